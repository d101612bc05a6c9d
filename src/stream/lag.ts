import type { AdminPort } from "./admin.ts";
import { Consumer, type PartitionOffset, type TopicPartition } from "./kafka.ts";
import { partitionKey } from "./restore.ts";

/** How far a group is behind on one partition. */
export type PartLag = TopicPartition & {
  group: string;
  committed: number;
  /** Whether the group has committed there at all; else it counts from the start. */
  known: boolean;
  end: number;
  records: number;
  /** Now less the append time of the oldest record that is not committed; 0 without lag. */
  seconds: number;
};

export type GroupTopics = {
  group: string;
  topics: readonly { name: string; partitions: number }[];
};

const readMs = 2_000;
const batchSize = 100;

/** A client that asks in a group's name, without joining it or waiting for open transactions. */
const connectTo = (bootstrap: string, group: string): Promise<Consumer> =>
  Consumer.connect({ bootstrap, group, settings: { "isolation.level": "read_uncommitted" } });

/** The offsets that a group has committed; partitions without one are left out. */
export const committedOf = async (
  bootstrap: string,
  group: string,
  parts: TopicPartition[],
): Promise<PartitionOffset[]> => {
  const consumer = await connectTo(bootstrap, group);
  try {
    return (await consumer.committed(parts)).filter(({ offset }) => offset >= 0);
  } finally {
    await consumer.close();
  }
};

/**
 * Lag of groups in records and in seconds. Names are full names. Keeps one consumer for looking at
 * the oldest uncommitted records, since only they tell how old a lag is.
 */
export class LagWatch {
  readonly #bootstrap: string;
  readonly #admin: AdminPort;
  #consumer: Consumer | undefined;
  /** One client for each group: the admin client's own call for this can crash the process. */
  readonly #groups = new Map<string, Consumer>();

  constructor(bootstrap: string, admin: AdminPort) {
    this.#bootstrap = bootstrap;
    this.#admin = admin;
  }

  async read(groups: readonly GroupTopics[], now: number): Promise<PartLag[]> {
    const parts = groups.flatMap(({ group, topics }) =>
      topics.flatMap(({ name, partitions }) =>
        Array.from({ length: partitions }, (_, partition) => ({ group, topic: name, partition })),
      ),
    );
    const distinct = [...new Map(parts.map((p) => [partitionKey(p), p])).values()];
    const [ends, starts, ...committed] = await Promise.all([
      this.#admin.endOffsets(distinct),
      this.#admin.startOffsets(distinct),
      ...groups.map(({ group }) =>
        this.#committed(
          group,
          parts.filter((part) => part.group === group),
        ),
      ),
    ]);
    const known = new Map(
      groups.map(({ group }, i) => [
        group,
        new Map(committed[i].map((p) => [partitionKey(p), p.offset])),
      ]),
    );
    const lags = parts.map((part) => {
      const key = partitionKey(part);
      const end = ends.get(key) ?? 0;
      const start = starts.get(key) ?? 0;
      const noted = known.get(part.group)?.get(key);
      const at = Math.max(noted ?? start, start);
      const records = Math.max(0, end - at);
      return { ...part, committed: at, known: noted !== undefined, end, records, seconds: 0 };
    });
    const behind = lags.filter((lag) => lag.records > 0);
    await this.#age(behind, now).catch((thrown) => {
      // The next look has a client that is not stuck.
      void this.#consumer?.close();
      this.#consumer = undefined;
      throw thrown;
    });
    return lags;
  }

  async #committed(group: string, parts: TopicPartition[]): Promise<PartitionOffset[]> {
    try {
      let consumer = this.#groups.get(group);
      if (consumer === undefined) {
        consumer = await connectTo(this.#bootstrap, group);
        this.#groups.set(group, consumer);
      }
      const found = await consumer.committed(parts);
      return found.filter(({ offset }) => offset >= 0);
    } catch {
      void this.#groups.get(group)?.close();
      this.#groups.delete(group);
      return [];
    }
  }

  /** Fills in the seconds: reads the first record behind each committed offset. */
  async #age(lags: PartLag[], now: number): Promise<void> {
    if (lags.length === 0) return;
    this.#consumer ??= await Consumer.connect({
      bootstrap: this.#bootstrap,
      group: "lag",
      settings: { "queued.min.messages": 1, "fetch.message.max.bytes": 65_536 },
    });
    const consumer = this.#consumer;
    const oldest = new Map<string, { offset: number; lags: PartLag[] }>();
    for (const lag of lags) {
      const key = partitionKey(lag);
      const at = oldest.get(key) ?? { offset: lag.committed, lags: [] };
      oldest.set(key, { offset: Math.min(at.offset, lag.committed), lags: [...at.lags, lag] });
    }
    consumer.assign(
      [...oldest].map(
        ([
          ,
          {
            offset,
            lags: [{ topic, partition }],
          },
        ]) => ({
          topic,
          partition,
          offset,
        }),
      ),
    );
    const until = Date.now() + readMs;
    while (oldest.size > 0 && Date.now() < until) {
      const { messages, ends } = await consumer.consume(batchSize, 50);
      for (const message of messages) {
        const found = oldest.get(partitionKey(message));
        if (!found) continue;
        for (const lag of found.lags) lag.seconds = Math.max(0, (now - message.timestamp) / 1_000);
        oldest.delete(partitionKey(message));
      }
      // Only markers of transactions are left: nothing there waits for anyone.
      for (const end of ends) oldest.delete(partitionKey(end));
    }
    consumer.assign([]);
  }

  async close(): Promise<void> {
    const open = [this.#consumer, ...this.#groups.values()];
    await Promise.all(open.map((consumer) => consumer?.close()));
  }
}
