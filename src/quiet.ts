import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** One look at how busy the process is, over so long. */
export const lookMs = 5_000;
const busyShare = 0.3;
const quietShare = 0.2;

/** Says after each look whether the process has just gone quiet after it was busy. */
export const quietWatch = (): ((cpuMs: number) => boolean) => {
  let wasBusy = false;
  return (cpuMs) => {
    const share = cpuMs / lookMs;
    if (share >= busyShare) wasBusy = true;
    const isOver = wasBusy && share <= quietShare;
    if (isOver) wasBusy = false;
    return isOver;
  };
};

/**
 * V8 keeps the garbage of a burst, such as a history that was told, until it needs the room, which
 * a quiet process may never do: of 486 MB of the line a collection gave back 155. So garbage is
 * collected after each burst, when a pause costs least: at the first quiet look, and at the next,
 * because writers let their room go a moment after the burst.
 */
export const collectWhenQuiet = (): void => {
  setFlagsFromString("--expose-gc");
  const gc: (options: object) => void = runInNewContext("gc");
  // The last resort of V8 also gives empty pages back to the system.
  const collect = () => gc({ type: "major", flavor: "last-resort" });
  const isOver = quietWatch();
  let before = process.cpuUsage();
  let isAgain = false;
  setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    const isFirst = isOver((user + system) / 1_000);
    if (isFirst || isAgain) collect();
    isAgain = isFirst;
  }, lookMs).unref();
};
