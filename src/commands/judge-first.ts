import { groupsOf } from "../space-setup.ts";
import { inSpace } from "../stream/space.ts";
import { caughtUp } from "./caught-up.ts";
import { type Supervise, superviseProcesses } from "./up-processes.ts";
import { aborted, type Stage, stopInOrder } from "./up-stage.ts";

type Say = (sentence: string) => void;

/** What is worked out while processes run; the code of one that gave up; undefined: stopped. */
export const beside = async <T>(
  { env, config, servers }: Stage,
  running: Pick<Supervise, "names" | "instead">,
  say: Say,
  stop: AbortSignal,
  work: (until: AbortSignal) => Promise<T>,
) => {
  const flags = ["--space", config.space];
  const processes = superviseProcesses({ ...running, env, flags, say });
  const done = new AbortController();
  const until = AbortSignal.any([stop, done.signal]);
  const failed = servers.failed.then((thrown) => Promise.reject(thrown));
  return Promise.race([work(until), processes.given, aborted(stop), failed]).finally(async () => {
    done.abort();
    await stopInOrder(processes);
  });
};

const judging = { names: ["line"], instead: { line: ["run", "feature-processor"] } } as const;

/**
 * Where a whole past is written, all of it is judged before anything is decided, so that the same
 * past leads to the same decisions. A processor waits for records that exist, never for producers:
 * one that decides beside the one that scores would hear of a payment made in March before it sees
 * the scores of February.
 */
export const judgeFirst = (stage: Stage, say: Say, stop: AbortSignal) => {
  const group = inSpace(stage.config.space, "feature-processor-group");
  const groups = groupsOf(stage.config).filter((one) => one.group === group);
  return beside(stage, judging, say, stop, (until) => caughtUp(stage, until, groups));
};
