import { setTimeout as delay } from "node:timers/promises";
import { sentenceOf } from "../errors.ts";
import { ticks } from "../events/topics.ts";
import { openWriter, type Writer } from "../stream/writer.ts";
import { readBegun } from "./simulate/position.ts";

export type ClockOptions = {
  bootstrap: string;
  space: string;
  /** Settled when the source in this process has told its history up to now. */
  after?: Promise<unknown>;
  /** Without `after`: how long a source elsewhere has to claim the space before the first look. */
  settleMs?: number;
  say: (sentence: string) => void;
  now?: () => number;
};

const everyMs = 1_000;
const settleMs = 3_000;
const lookAgainMs = 1_000;
const firstRetryMs = 100;
const retryMs = 1_000;

/**
 * Tells every partition once a second what time it is, for timers that no event moves. It starts
 * behind the ticks of a simulated history: a clock that ran ahead of it would fire every timer of
 * the past too early.
 */
export const clock = (options: ClockOptions) => ({
  run: async (signal: AbortSignal): Promise<void> => {
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {});
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        if (await historyTold(options, signal)) await tickAlong(options, signal, pause);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        if (attempt === 1) options.say(`The clock waits and tries again: ${sentenceOf(thrown)}`);
        await pause(attempt === 0 ? firstRetryMs : retryMs);
      }
    }
  },
});

/** True once no simulated history is under way, which a plan always is; false when stopped. */
const historyTold = async (options: ClockOptions, signal: AbortSignal): Promise<boolean> => {
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  const settled = () =>
    delay(options.settleMs ?? settleMs, undefined, { signal }).catch(() => undefined);
  await Promise.race([options.after ?? settled(), stopped]);
  for (;;) {
    if (signal.aborted) return false;
    const { simulated, planned } = await readBegun(options.bootstrap, options.space, signal);
    if (!planned && (simulated === undefined || simulated.present)) return true;
    await delay(lookAgainMs, undefined, { signal }).catch(() => {});
  }
};

const tickAlong = async (
  options: ClockOptions,
  signal: AbortSignal,
  pause: (ms: number) => Promise<unknown>,
): Promise<void> => {
  const { bootstrap, space, now = Date.now } = options;
  const writer = await openWriter({ bootstrap, space, source: "clock@1" });
  try {
    while (!signal.aborted) {
      await tick(writer, now());
      await pause(everyMs - (now() % everyMs));
    }
  } finally {
    await writer.close();
  }
};

const tick = async (writer: Writer, time: number): Promise<void> => {
  for (let partition = 0; partition < ticks.partitions; partition++)
    await writer.send(ticks, String(partition), time, { partition });
};
