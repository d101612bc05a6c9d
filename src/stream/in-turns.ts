import { setImmediate } from "node:timers/promises";

/** Far below what a group waits for a heartbeat, far above what a turn costs. */
const turnMs = 50;

/** Goes through long work a step at a time, and gives everything else its turn now and then. */
export const inTurns = async (work: Iterable<unknown>): Promise<void> => {
  let until = performance.now() + turnMs;
  for (const _ of work) {
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + turnMs;
  }
};
