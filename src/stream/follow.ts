import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, failure, sentenceOf } from "../errors.ts";
import { AdminPort } from "./admin.ts";
import type { RawMessage, TopicPartition } from "./kafka.ts";
import { partitionKey } from "./partition.ts";
import { inSpace } from "./space.ts";
import type { Topic } from "./topic.ts";
import { Fetcher } from "./wire/fetcher.ts";

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
const aheadMaxBytes = 4_000_000;

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
  const { bootstrap, space, topic, onRecords, onCaughtUp } = options;
  const part = { topic: inSpace(space, topic.name), partition: 0 };
  const end = await begin(options, part, place, signal);
  const fetcher = new Fetcher({ bootstrap, aheadMaxBytes });
  try {
    fetcher.add([{ ...part, offset: place.next }]);
    let isBehind = true;
    while (!signal.aborted) {
      const { messages, ends } = await fetcher.consume(batchRecords, waitMs);
      if (messages.length > 0) {
        if (messages[0].offset < place.next) {
          place.next = -1;
          throw failure("FAILED", "it is another topic than it was");
        }
        onRecords(messages);
        place.next = messages[messages.length - 1].offset + 1;
      }
      for (const { offset } of ends) place.next = Math.max(place.next, offset);
      if (messages.length + ends.length > 0) works();
      if (!isBehind || place.next < end) continue;
      isBehind = false;
      onCaughtUp();
    }
  } finally {
    fetcher.close();
  }
};

/** Finds where to begin, unless that is known; returns where the topic ends now. */
const begin = async (
  { bootstrap, pastMs, onBegin }: FollowOptions,
  part: TopicPartition,
  place: { next: number },
  signal: AbortSignal,
): Promise<number> => {
  const admin = AdminPort.open(bootstrap, signal);
  const at = async (ask: Promise<Map<string, number>>) => (await ask).get(partitionKey(part)) ?? 0;
  try {
    const end = await at(admin.endOffsets([part]));
    if (place.next < 0 || place.next > end) {
      place.next = await at(admin.offsetsAt([part], Date.now() - pastMs));
      onBegin(place.next);
    }
    return end;
  } finally {
    admin.close();
  }
};
