import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../../errors.ts";
import { Consumer, type RawMessage } from "../../stream/kafka.ts";
import { partitionKey, partitionOf } from "../../stream/partition.ts";
import type { TailSays } from "../messages/topics.ts";
import { askingKafka, judgeOf, type TopicDesk } from "./desk.ts";
import { Filter } from "./filter.ts";
import { kept, messageOf } from "./message.ts";

export type TailWish = {
  readonly partition?: number;
  readonly key?: string;
  readonly filter?: string;
};

/** Told what came; false: who listens has not taken in yet what was told before. */
type Tell = (says: TailSays) => boolean;

const everyMs = 250;
const shownPerS = 50;
const lookedAtOnce = 2_000;
/** Further behind than this, it goes on at the end: who looks on wants to see what happens now. */
const behindMost = 5_000;
const aliveEveryMs = 10_000;
const tailsMost = 20;
const valueMaxBytes = 64_000;
let open = 0;

type Lane = { topic: string; partition: number; next: number };

/** Follows the end of a topic, at a bounded rate, however fast it grows. */
class Tail {
  readonly #desk: TopicDesk;
  readonly #consumer: Consumer;
  readonly #lanes: Lane[];
  skipped = 0;

  constructor(desk: TopicDesk, consumer: Consumer, lanes: Lane[]) {
    this.#desk = desk;
    this.#consumer = consumer;
    this.#lanes = lanes;
    consumer.assign(
      lanes.map(({ topic, partition, next }) => ({ topic, partition, offset: next })),
    );
  }

  /** What came since the last time, at most so many. */
  async read(): Promise<RawMessage[]> {
    const all: RawMessage[] = [];
    while (all.length < lookedAtOnce) {
      const { messages, ends } = await this.#consumer.consume(500, 20);
      for (const { partition, offset } of messages) this.#pass(partition, offset + 1);
      for (const { partition, offset } of ends) this.#pass(partition, offset);
      all.push(...messages);
      if (messages.length === 0) break;
    }
    return all;
  }

  #pass(partition: number, next: number): void {
    const lane = this.#lanes.find((one) => one.partition === partition);
    if (lane) lane.next = Math.max(lane.next, next);
  }

  /** Leaves out what lies between where it is and the end, if that is too much. */
  async keepUp(): Promise<void> {
    const ends = await this.#desk.admin.endOffsets(this.#lanes);
    const behind = (lane: Lane) => Math.max(0, (ends.get(partitionKey(lane)) ?? 0) - lane.next);
    const records = this.#lanes.reduce((sum, lane) => sum + behind(lane), 0);
    if (records <= behindMost) return;
    this.skipped += records;
    for (const lane of this.#lanes) lane.next += behind(lane);
    this.#consumer.assign(
      this.#lanes.map(({ topic, partition, next }) => ({ topic, partition, offset: next })),
    );
  }
}

const lanesOf = async (desk: TopicDesk, name: string, wish: TailWish): Promise<Lane[]> => {
  const about = desk.about(name);
  const parts = await desk.bounds(about);
  const byKey =
    wish.key !== undefined && about.contract?.key !== "partition"
      ? partitionOf(wish.key, parts.length)
      : undefined;
  const wanted = wish.partition ?? byKey;
  return parts
    .filter(({ partition }) => wanted === undefined || partition === wanted)
    .map(({ topic, partition, end }) => ({ topic, partition, next: end }));
};

/**
 * Tells what comes to a topic, four times a second, until the signal. At most 50 a second are told,
 * the newest; how many more there were is said. Throws before the first word what cannot be done:
 * TOPIC_UNKNOWN, TOPICS_AWAY, FILTER_WRONG, TOPICS_BUSY.
 */
export const openTail = async (desk: TopicDesk, name: string, wish: TailWish) => {
  if (open >= tailsMost) throw failure("TOPICS_BUSY", `${tailsMost} live views`);
  const lanes = await lanesOf(desk, name, wish);
  const filter = wish.filter ? await Filter.open(wish.filter, name, desk.readings) : undefined;
  open++;
  const run = async (tell: Tell, signal: AbortSignal): Promise<void> => {
    let consumer: Consumer | undefined;
    try {
      consumer = await askingKafka(() =>
        Consumer.connect({
          bootstrap: desk.options.bootstrap,
          group: "browse",
          settings: {
            "queued.min.messages": 1_000,
            "queued.max.messages.kbytes": 16_384,
            "fetch.queue.backoff.ms": 2,
          },
        }),
      );
      const tail = new Tail(desk, consumer, lanes);
      await follow({ desk, name, tail, filter, key: wish.key }, tell, signal);
    } finally {
      open--;
      await Promise.all([consumer?.close(), filter?.close()]);
    }
  };
  return { run };
};

type Following = {
  desk: TopicDesk;
  name: string;
  tail: Tail;
  filter: Filter | undefined;
  key: string | undefined;
};

const follow = async (of: Following, tell: Tell, signal: AbortSignal): Promise<void> => {
  const { desk, name, tail, filter, key } = of;
  const about = desk.about(name);
  const judge = judgeOf(key, filter);
  let allowance = shownPerS / 2;
  let toldAt = Date.now();
  for (let round = 0; !signal.aborted; round++) {
    const began = Date.now();
    if (round % (1_000 / everyMs) === 0) await tail.keepUp();
    const came = await tail.read();
    const verdicts = judge ? await judge(came) : came.map(() => true);
    if (verdicts === undefined) {
      tell({ messages: [], skipped: tail.skipped, stopped: filter?.stopped ?? "It was ended." });
      return;
    }
    allowance = Math.min(shownPerS, allowance + (shownPerS * everyMs) / 1_000);
    const matching = came.filter((_, n) => verdicts[n]);
    const shown = matching.slice(Math.max(0, matching.length - Math.floor(allowance)));
    tail.skipped += matching.length - shown.length;
    if (shown.length + tail.skipped > 0 || began - toldAt > aliveEveryMs) {
      const messages = shown.map((one) => messageOf(about, desk, kept(one, valueMaxBytes)));
      if (tell({ messages, skipped: tail.skipped, stopped: null })) {
        allowance -= shown.length;
        tail.skipped = 0;
        toldAt = began;
      } else tail.skipped += shown.length;
    }
    const left = everyMs - (Date.now() - began);
    if (left > 0) await delay(left, undefined, { signal }).catch(() => {});
  }
};
