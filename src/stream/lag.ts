import type { AdminPort } from "./admin.ts";
import type { Batch, PartitionOffset, TopicPartition } from "./kafka.ts";
import { partitionKey } from "./partition.ts";
import { SeenEnds } from "./seen-ends.ts";
import { Fetcher } from "./wire/fetcher.ts";
import { GroupOffsets } from "./wire/group-offsets.ts";

/** How far a group is behind on one partition. */
export type PartLag = TopicPartition & {
  group: string;
  committed: number;
  /** Whether the group has committed there at all; else it counts from the start. */
  known: boolean;
  end: number;
  records: number;
  /**
   * Now less the append time of the oldest record that this group has not committed; 0 without lag.
   * Where that record cannot be read in time, for how long it has been seen to be there; null where
   * it was there before the first look.
   */
  seconds: number | null;
};

export type GroupTopics = {
  group: string;
  topics: readonly { name: string; partitions: number }[];
};

const readMs = 2_000;
/** A partition that does not answer must not keep the others from their next record. */
const roundMs = 1_000;
const batchRecords = 100;

/** The offsets that a group has committed; partitions without one are left out. */
export const committedOf = async (
  bootstrap: string,
  group: string,
  parts: TopicPartition[],
): Promise<PartitionOffset[]> => {
  const offsets = new GroupOffsets(bootstrap, group);
  try {
    return await offsets.read(parts);
  } finally {
    offsets.close();
  }
};

/** The age of the oldest of these; null where that of one is unknown. */
export const oldestOf = (lags: readonly Pick<PartLag, "seconds">[]): number | null => {
  let oldest = 0;
  for (const { seconds } of lags) {
    if (seconds === null) return null;
    oldest = Math.max(oldest, seconds);
  }
  return oldest;
};

/** Whether every group was asked and none has anything left to read. */
export const noneBehind = (groups: readonly GroupTopics[], lags: readonly PartLag[]): boolean => {
  const asked = new Set(lags.map(({ group }) => group));
  return (
    groups.every(({ group }) => asked.has(group)) && lags.every(({ records }) => records === 0)
  );
};

/**
 * Lag of groups in records and in seconds. Names are full names. Looks at the oldest uncommitted
 * records, since only they tell how old a lag is. A group that cannot be asked what it has
 * committed is left out: nothing is known of it.
 */
export class LagWatch {
  readonly #bootstrap: string;
  readonly #admin: AdminPort;
  readonly #fetcher: Fetcher;
  /** One look at a time: a partition is read from one place at a time. */
  #looking: Promise<void> = Promise.resolve();
  readonly #groups = new Map<string, GroupOffsets>();
  readonly #ends = new SeenEnds();

  constructor(bootstrap: string, admin: AdminPort) {
    this.#bootstrap = bootstrap;
    this.#admin = admin;
    this.#fetcher = new Fetcher({ bootstrap, partMaxBytes: 65_536 });
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
    this.#ends.note(ends, now);
    const known = new Map(
      groups.flatMap(({ group }, i) => {
        const own = committed[i];
        return own ? [[group, new Map(own.map((p) => [partitionKey(p), p.offset]))] as const] : [];
      }),
    );
    const lags = parts.flatMap((part): PartLag[] => {
      const own = known.get(part.group);
      if (own === undefined) return [];
      const key = partitionKey(part);
      const end = ends.get(key) ?? 0;
      const start = starts.get(key) ?? 0;
      const noted = own.get(key);
      const at = Math.max(noted ?? start, start);
      const records = Math.max(0, end - at);
      const seconds = records === 0 ? 0 : null;
      return [{ ...part, committed: at, known: noted !== undefined, end, records, seconds }];
    });
    const behind = lags.filter((lag) => lag.records > 0);
    this.#looking = this.#looking.catch(() => {}).then(() => this.#age(behind, now));
    await this.#looking;
    for (const lag of behind) {
      const since = this.#ends.since(partitionKey(lag), lag.committed);
      if (since !== undefined) lag.seconds ??= (now - since) / 1_000;
    }
    return lags;
  }

  async #committed(group: string, parts: TopicPartition[]): Promise<PartitionOffset[] | undefined> {
    const offsets = this.#groups.get(group) ?? new GroupOffsets(this.#bootstrap, group);
    this.#groups.set(group, offsets);
    return offsets.read(parts).catch(() => undefined);
  }

  /**
   * Fills in the seconds: reads the first record behind each committed offset. A partition is read
   * from one offset at a time, so groups that stand apart on it are looked at in rounds, the one
   * that is furthest behind first.
   */
  async #age(lags: PartLag[], now: number): Promise<void> {
    if (lags.length === 0) return;
    const open = Map.groupBy(lags, partitionKey);
    for (const own of open.values()) own.sort((a, b) => a.committed - b.committed);
    const until = Date.now() + readMs;
    while (open.size > 0 && Date.now() < until) {
      const furthest = [...open.values()].map(([first]) => first);
      this.#fetcher.add(
        furthest.map(({ topic, partition, committed }) => ({
          topic,
          partition,
          offset: committed,
        })),
      );
      const roundUntil = Math.min(until, Date.now() + roundMs);
      while (furthest.some(isOpen) && Date.now() < roundUntil)
        settle(open, await this.#fetcher.consume(batchRecords, 50), now);
      this.#fetcher.remove(furthest);
    }
  }

  close(): void {
    this.#fetcher.close();
    for (const offsets of this.#groups.values()) offsets.close();
  }
}

const isOpen = ({ seconds }: PartLag): boolean => seconds === null;

/** Tells each lag that stood at one of these records, or before it, how old that record is. */
const settle = (open: Map<string, PartLag[]>, { messages, ends }: Batch, now: number): void => {
  for (const message of messages) {
    const key = partitionKey(message);
    const own = open.get(key) ?? [];
    const seconds = Math.max(0, (now - message.timestamp) / 1_000);
    for (const lag of own) if (lag.committed <= message.offset) lag.seconds = seconds;
    const left = own.filter(isOpen);
    if (left.length > 0) open.set(key, left);
    else open.delete(key);
  }
  // Only markers of transactions are left: nothing there waits for anyone.
  for (const end of ends) {
    for (const lag of open.get(partitionKey(end)) ?? []) lag.seconds = 0;
    open.delete(partitionKey(end));
  }
};
