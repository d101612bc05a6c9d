import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, failure, sentenceOf } from "../errors.ts";
import { AdminPort } from "./admin.ts";
import { Consumer, type RawMessage } from "./kafka.ts";
import { partitionKey } from "./restore.ts";
import { inSpace } from "./space.ts";
import type { Topic } from "./topic.ts";

export type FollowOptions = {
  bootstrap: string;
  space: string;
  topic: Topic;
  /** Begins with what was appended in so many ms before now. */
  pastMs: number;
  /** Told first of all, and whenever the topic is another one than it was: forget what was told. */
  onBegin: (firstOffset: number) => void;
  /** Told in the order of their offsets, each once. */
  onRecords: (messages: readonly RawMessage[]) => void;
  /** Told once everything that was there at the beginning was told. */
  onCaughtUp: () => void;
  say: (sentence: string) => void;
};

const batchRecords = 500;
const waitMs = 50;
/** After so long without a record it is looked whether there are any. */
const silentMaxMs = 10_000;
const settings = { "queued.min.messages": 500, "queued.max.messages.kbytes": 4_096 };

/**
 * Follows a topic of one partition, without a group: every process that does it reads all of it.
 * Goes on where it was after the broker was away.
 */
export const follow = (
  options: FollowOptions,
): { run: (signal: AbortSignal) => Promise<void> } => ({
  run: async (signal) => {
    const { topic, say } = options;
    const place = { next: -1 };
    for (let attempt = 0; !signal.aborted; attempt++)
      try {
        await followOnce(options, place, signal, () => {
          attempt = 0;
        });
      } catch (thrown) {
        if (signal.aborted) return;
        if (attempt === 1) say(`${topic.name} is not read just now: ${sentenceOf(thrown)}`);
        await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
      }
  },
});

const followOnce = async (
  options: FollowOptions,
  place: { next: number },
  signal: AbortSignal,
  works: () => void,
): Promise<void> => {
  const { bootstrap, space, topic, pastMs, onBegin, onRecords, onCaughtUp } = options;
  const part = { topic: inSpace(space, topic.name), partition: 0 };
  const admin = AdminPort.open(bootstrap);
  let consumer: Consumer | undefined;
  try {
    const at = async (ask: Promise<Map<string, number>>) =>
      (await ask).get(partitionKey(part)) ?? 0;
    const end = await at(admin.endOffsets([part]));
    if (place.next < 0 || place.next > end) {
      place.next = await at(admin.offsetsAt([part], Date.now() - pastMs));
      onBegin(place.next);
    }
    consumer = await Consumer.connect({ bootstrap, group: "follow", settings });
    consumer.assign([{ ...part, offset: place.next }]);
    let isBehind = true;
    let heardAt = performance.now();
    while (!signal.aborted) {
      const { messages, ends } = await consumer.consume(batchRecords, waitMs);
      if (messages.length > 0) {
        if (messages[0].offset < place.next) {
          place.next = -1;
          throw failure("FAILED", "it is another topic than it was");
        }
        onRecords(messages);
        place.next = messages[messages.length - 1].offset + 1;
      }
      for (const { offset } of ends) place.next = Math.max(place.next, offset);
      if (messages.length + ends.length > 0) {
        works();
        heardAt = performance.now();
      } else if (performance.now() - heardAt > silentMaxMs) {
        // A client may stand still after its broker was shut out for a moment; a new one does not.
        if ((await at(admin.endOffsets([part]))) > place.next)
          throw failure("FAILED", "its records do not come");
        heardAt = performance.now();
      }
      if (!isBehind || place.next < end) continue;
      isBehind = false;
      onCaughtUp();
    }
  } finally {
    await consumer?.close();
    admin.close();
  }
};
