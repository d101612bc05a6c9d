import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Above so much the measurement says more about other machines than about the program. */
export const stolenMaxPct = 2;
const lookMs = 5_000;
const waitMaxMs = 120_000;

/** CPU time of all CPUs since the start: all of it, and what the host gave to other machines. */
const times = (): { all: number; stolen: number } => {
  try {
    const [first] = readFileSync("/proc/stat", "utf8").split("\n", 1);
    const each = first.trim().split(/\s+/).slice(1, 9).map(Number);
    return { all: each.reduce((sum, one) => sum + one, 0), stolen: each[7] };
  } catch {
    return { all: 0, stolen: 0 };
  }
};

/** Tells how much of the machine's CPU time others have taken since, in per cent. */
export const stolenSince = (): (() => number) => {
  const before = times();
  return () => {
    const now = times();
    const share = (now.stolen - before.stolen) / Math.max(1, now.all - before.all);
    return Math.round(share * 1_000) / 10;
  };
};

/** Waits until the machine is ours for a few seconds, but not for ever. */
export const machineOurs = async (signal: AbortSignal): Promise<void> => {
  const until = performance.now() + waitMaxMs;
  while (performance.now() < until) {
    const stolen = stolenSince();
    await delay(lookMs, undefined, { signal });
    if (stolen() <= stolenMaxPct) return;
  }
};
