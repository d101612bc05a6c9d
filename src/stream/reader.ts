import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, Failure, failure, sentenceOf } from "../errors.ts";
import { type Header, readHeader } from "./header.ts";
import type { Batch, PartitionOffset, RawMessage, Rebalance, TopicPartition } from "./kafka.ts";
import { codes, KafkaError } from "./kafka-error.ts";
import { NotedOffsets } from "./noted-offsets.ts";
import { isForAnother } from "./redrive.ts";
import { inSpace } from "./space.ts";
import type { Topic } from "./topic.ts";
import type { FetchOptions } from "./wire/fetcher.ts";
import { GroupConsumer } from "./wire/group-consumer.ts";

/**
 * A group member that only reads: sinks, notify, live views. What it does with a batch happens
 * outside Kafka, so `handle` must be safe to repeat: either it is idempotent, or it keeps its own
 * offsets beside its effects and gives them back through `startAt`. The group's offsets are
 * committed after `handle` and serve lag alone. A record that was put back for another group is
 * left out.
 */
export type Received = {
  topic: Topic;
  partition: number;
  offset: number;
  key: string | null;
  value: Buffer | null;
  header: Header | undefined;
  /** All headers as they came, for what dead letters say beside ours. */
  headers?: readonly Record<string, Buffer>[];
  appendTime: number;
};
export const partKey = (topic: string, partition: number): string => `${topic}-${partition}`;

export type ReaderOptions = {
  bootstrap: string;
  space: string;
  group: string;
  topics: readonly Topic[];
  /** Restarts with the same slot keep their partitions; several readers need several slots. */
  slot?: number;
  /** The offset to start from by `partKey` of the topic's bare name, where one is kept. */
  startAt?: (parts: { topic: string; partition: number }[]) => Promise<Map<string, number>>;
  handle: (batch: Received[]) => Promise<void>;
  maxBatch?: number;
  /** What comes within this time comes together, ms. */
  restMs?: number;
  /** Told once when `handle` fails and once when it works again. */
  say?: (sentence: string) => void;
};
export type Reader = { run: (signal: AbortSignal) => Promise<void> };

const idleMs = 20;

const fetch: Omit<FetchOptions, "bootstrap"> = {
  // What is fetched ahead is memory: a process has many readers, and each is in no hurry.
  aheadMaxBytes: 4_000_000,
  partMaxBytes: 262_144,
};
const usualRestMs = 50;

/** Whether another process owns our place in the group. */
const isTaken = (thrown: unknown): boolean =>
  thrown instanceof KafkaError && thrown.code === codes.fencedInstance;
/** Whether a new client may do better. */
const mayPass = (thrown: unknown): boolean =>
  thrown instanceof KafkaError || (thrown instanceof Failure && thrown.retryable);

class GroupReader implements Reader {
  readonly #options: ReaderOptions;
  readonly #topics: Map<string, Topic>;
  readonly #jobs: Rebalance[] = [];
  readonly #mine = new Set<string>();
  #consumer!: GroupConsumer;
  #offsets!: NotedOffsets;
  /** Lives in a row that ended before the group had given anything. */
  #attempt = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#topics = new Map(options.topics.map((t) => [inSpace(options.space, t.name), t]));
  }

  /** Starts over with a new client where the old one is stuck, or Kafka is away. */
  async run(signal: AbortSignal): Promise<void> {
    const { group, say } = this.#options;
    for (; !signal.aborted; this.#attempt++)
      try {
        await this.#live(signal);
        return;
      } catch (thrown) {
        if (isTaken(thrown)) throw failure("FENCED", this.#instance ?? group);
        if (!mayPass(thrown)) throw thrown;
        if (signal.aborted) return;
        if (this.#attempt === 0) say?.(`${group} starts over: ${sentenceOf(thrown)}`);
        this.#jobs.length = 0;
        this.#mine.clear();
        await delay(backoffMs(this.#attempt), undefined, { signal }).catch(() => {});
      }
  }

  /** How the group knows this reader, where it has a slot. */
  get #instance(): string | undefined {
    const { space, group, slot } = this.#options;
    return slot === undefined ? undefined : `${inSpace(space, group)}-${slot}`;
  }

  async #live(signal: AbortSignal): Promise<void> {
    const { bootstrap, space, group, maxBatch = 1_000, restMs = usualRestMs } = this.#options;
    this.#consumer = await GroupConsumer.connect({
      bootstrap,
      group: inSpace(space, group),
      instance: this.#instance,
      onRebalance: (rebalance) => this.#jobs.push(rebalance),
      fetch: { ...fetch, restMs },
    });
    this.#offsets = new NotedOffsets((offsets) => this.#consumer.commit(offsets));
    try {
      this.#consumer.subscribe([...this.#topics.keys()]);
      let inFlight: Promise<Batch> | undefined;
      while (!signal.aborted) {
        if (this.#jobs.length > 0 && inFlight === undefined) await this.#rebalance();
        const { messages, ends } = await (inFlight ?? this.#read(maxBatch));
        // The next batch comes while this one is handled, but never across a change of partitions.
        inFlight = this.#jobs.length > 0 ? undefined : this.#read(maxBatch);
        const mine = (p: TopicPartition) => this.#mine.has(partKey(p.topic, p.partition));
        const batch = messages.filter(mine);
        if (batch.length > 0 && !(await this.#handle(batch, signal))) break;
        this.#offsets.read({ messages: batch, ends: ends.filter(mine) });
      }
      await inFlight;
      await this.#offsets.end();
    } finally {
      await this.#consumer.close();
    }
  }

  #read(most: number): Promise<Batch> {
    const batch = this.#consumer.consume(most, idleMs);
    batch.catch(() => {});
    return batch;
  }

  async #rebalance(): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) {
      const names = job.parts.map((p) => partKey(p.topic, p.partition));
      if (job.kind === "revoke") {
        for (const part of names) this.#mine.delete(part);
        this.#offsets.forget(job.parts);
        this.#consumer.remove(job.parts);
        continue;
      }
      this.#consumer.add(await this.#startingPoints(job.parts));
      if (this.#attempt > 0) this.#options.say?.(`${this.#options.group} reads again.`);
      this.#attempt = 0;
      for (const part of names) this.#mine.add(part);
    }
  }

  async #startingPoints(parts: Rebalance["parts"]): Promise<PartitionOffset[]> {
    if (parts.length === 0) return [];
    const { startAt } = this.#options;
    const committed = await this.#consumer.committed(parts);
    if (!startAt) return committed;
    const bare = parts.map((p) => ({ topic: this.#bare(p.topic), partition: p.partition }));
    const own = await startAt(bare);
    return committed.map((p) => {
      const offset = own.get(partKey(this.#bare(p.topic), p.partition));
      return offset === undefined ? p : { ...p, offset };
    });
  }

  #bare(topic: string): string {
    return this.#topics.get(topic)?.name ?? topic;
  }

  /** True when the batch was handled; false when the reader was stopped before it could be. */
  async #handle(messages: RawMessage[], signal: AbortSignal): Promise<boolean> {
    const { handle, group, say } = this.#options;
    const batch = messages
      .filter(({ headers }) => !isForAnother(headers, group))
      .map((m) => this.#received(m));
    if (batch.length === 0) return true;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await handle(batch);
        if (attempt > 0) say?.(`${group} works again.`);
        return true;
      } catch (thrown) {
        if ((thrown as { retryable?: boolean }).retryable === false) throw thrown;
        if (attempt === 0) say?.(`${group} waits and tries again: ${sentenceOf(thrown)}`);
        await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
      }
    }
    return false;
  }

  #received(m: RawMessage): Received {
    return {
      topic: this.#topics.get(m.topic) as Topic,
      partition: m.partition,
      offset: m.offset,
      key: m.key === null ? null : m.key.toString("utf8"),
      value: m.value,
      header: readHeader(m.headers),
      headers: m.headers,
      appendTime: m.timestamp,
    };
  }
}

export const openReader = (options: ReaderOptions): Reader => new GroupReader(options);
