import { Consumer, type RawMessage, type TopicPartition } from "./kafka.ts";
import { partitionKey } from "./partition.ts";

/** Part of a partition: offsets from `from` up to, but without, `to`. */
export type Stretch = TopicPartition & { readonly from: number; readonly to: number };

export type StretchOptions = {
  /** Ends the reading before its end; what was read until then counts. */
  maxMs: number;
  /** Ends one stretch, once this many of its records were told. */
  most?: number;
  signal?: AbortSignal;
};

/** Told one record after the other; "enough" ends its stretch. */
export type Tell = (message: RawMessage) => Heard | Promise<Heard>;
// biome-ignore lint/suspicious/noConfusingVoidType: who only listens returns nothing
type Heard = "enough" | void;

/**
 * Where the reading of a stretch ended: at its `to`, at the last record that is committed, because
 * it was enough, or because time ran out or the signal came.
 */
export type Reached = { offset: number; by: "to" | "end" | "most" | "time" };

/** At most so many records are taken from the client at once, and at least so many. */
const batchMost = 500;
const batchLeast = 50;
const waitMs = 25;

/**
 * Clients that read stretches of topics, anywhere and outside any group. A few are kept, since a
 * new one costs a connection; who asks while all are busy waits.
 */
export class StretchReader {
  readonly #bootstrap: string;
  readonly #most: number;
  readonly #free: Consumer[] = [];
  readonly #waiting: ((consumer: Consumer | undefined) => void)[] = [];
  #open = 0;
  #closed = false;

  constructor(bootstrap: string, most = 4) {
    this.#bootstrap = bootstrap;
    this.#most = most;
  }

  /**
   * Tells every committed record of these stretches, of at most one for each partition, in the
   * order of each partition. Returns how far it came in each, the next offset and why it ended.
   */
  async read(
    stretches: readonly Stretch[],
    tell: Tell,
    options: StretchOptions,
  ): Promise<Reached[]> {
    const wanted = stretches.filter(({ from, to }) => from < to);
    if (wanted.length === 0) return stretches.map(({ from }) => ({ offset: from, by: "to" }));
    const consumer = await this.#take();
    try {
      return await readWith(consumer, stretches, tell, options);
    } finally {
      consumer.assign([]);
      this.#giveBack(consumer);
    }
  }

  async #take(): Promise<Consumer> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#open >= this.#most) {
      const given = await new Promise<Consumer | undefined>((give) => this.#waiting.push(give));
      if (given) return given;
    }
    this.#open++;
    try {
      return await Consumer.connect({
        bootstrap: this.#bootstrap,
        group: "browse",
        settings: {
          "queued.min.messages": 1_000,
          // Without it a partition rests for a second whenever so much lies ready.
          "fetch.queue.backoff.ms": 2,
          "queued.max.messages.kbytes": 16_384,
          "fetch.message.max.bytes": 131_072,
        },
      });
    } catch (thrown) {
      this.#open--;
      this.#waiting.shift()?.(undefined);
      throw thrown;
    }
  }

  #giveBack(consumer: Consumer): void {
    const next = this.#waiting.shift();
    if (next) next(consumer);
    else if (this.#closed) void consumer.close();
    else this.#free.push(consumer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#free.splice(0).map((consumer) => consumer.close()));
  }
}

const readWith = async (
  consumer: Consumer,
  stretches: readonly Stretch[],
  tell: Tell,
  { maxMs, most = Number.POSITIVE_INFINITY, signal }: StretchOptions,
): Promise<Reached[]> => {
  const reached = stretches.map(
    ({ from, to }): Reached => ({ offset: from, by: from < to ? "time" : "to" }),
  );
  const told = stretches.map(() => 0);
  const open = new Map<string, number>();
  for (const [at, stretch] of stretches.entries())
    if (stretch.from < stretch.to) open.set(partitionKey(stretch), at);
  consumer.assign(
    [...open.values()].map((at) => {
      const { topic, partition, from } = stretches[at];
      return { topic, partition, offset: from };
    }),
  );
  const paused: TopicPartition[] = [];
  // What lies ready of a partition comes before that of others, and may be ten thousand records.
  const finish = (part: TopicPartition) => {
    if (!open.delete(partitionKey(part)) || open.size === 0) return;
    const { topic, partition } = part;
    consumer.pause([{ topic, partition }]);
    paused.push({ topic, partition });
  };
  const wanted = stretches.reduce((sum, { from, to }) => sum + Math.min(most, to - from), 0);
  const batch = Math.min(batchMost, Math.max(batchLeast, wanted));
  const until = performance.now() + maxMs;
  while (open.size > 0 && performance.now() < until && !signal?.aborted) {
    const { messages, ends } = await consumer.consume(batch, waitMs);
    for (const message of messages) {
      const at = open.get(partitionKey(message));
      if (at === undefined || message.offset < reached[at].offset) continue;
      const { to } = stretches[at];
      const isWithin = message.offset < to;
      reached[at].offset = isWithin ? message.offset + 1 : to;
      const answer = isWithin ? await tell(message) : undefined;
      if (isWithin) told[at]++;
      if (reached[at].offset >= to) reached[at].by = "to";
      else if (told[at] >= most || answer === "enough") reached[at].by = "most";
      if (reached[at].by !== "time") finish(message);
    }
    for (const end of ends) {
      const at = open.get(partitionKey(end));
      if (at === undefined) continue;
      reached[at] = { offset: Math.max(reached[at].offset, end.offset), by: "end" };
      finish(end);
    }
  }
  if (paused.length > 0) consumer.resume(paused);
  return reached;
};
