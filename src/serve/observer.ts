import { sentenceOf } from "../errors.ts";
import { AdminPort } from "../stream/admin.ts";
import { committedOf, LagWatch, oldestOf, type PartLag } from "../stream/lag.ts";
import { partitionKey } from "../stream/partition.ts";
import { inSpace } from "../stream/space.ts";
import type { SeenFlow } from "./drift.ts";
import { NewestReader, type NewestRecords } from "./newest.ts";
import { type OwnPart, type WatchedTopic, writerOf } from "./own-part.ts";

/**
 * Looks at the running space from outside, a sample at a time: how fast each topic grows and who
 * wrote its newest records, how far each group has come. A sample costs a few questions to the
 * broker and the newest records of those partitions that have grown.
 */
export type TopicSample = {
  readonly ratePerS: number | null;
  readonly stored: number;
  readonly newestAt: number | null;
  /** By writer, its share of the newest records; undefined where records do not say. */
  readonly shares: ReadonlyMap<string, number> | undefined;
};
export type ReaderSample = {
  readonly id: string;
  readonly topic: string;
  readonly ratePerS: number | null;
  /** null where the group has never committed. */
  readonly lagRecords: number | null;
  readonly lagSeconds: number | null;
};
export type Sample = {
  readonly at: number;
  readonly topics: ReadonlyMap<string, TopicSample>;
  readonly readers: readonly ReaderSample[];
  readonly seen: readonly SeenFlow[];
};

export type ObserverOptions = { bootstrap: string; space: string; own: () => OwnPart };

const newestMost = 24;
const strangersEvery = 10;
const strangersMost = 5;
const agedMs = 90_000;

type Part = { topic: string; partition: number };
type PartState = { end: number; committed: Map<string, number>; newest?: NewestRecords };
/** What a look at the broker found. */
type Look = {
  at: number;
  topics: readonly WatchedTopic[];
  starts: Map<string, number>;
  ends: Map<string, number>;
  lags: Map<string, PartLag>;
};

export class Observer {
  readonly #options: ObserverOptions;
  readonly #own: OwnPart;
  readonly #admin: AdminPort;
  readonly #lags: LagWatch;
  readonly #newest: NewestReader;
  readonly #parts = new Map<string, PartState>();
  #lookedAt: number | undefined;
  #looks = 0;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#own = options.own();
    this.#admin = AdminPort.open(options.bootstrap);
    this.#lags = new LagWatch(options.bootstrap, this.#admin);
    this.#newest = new NewestReader(options.bootstrap);
  }

  #full(topic: string): string {
    return inSpace(this.#options.space, topic);
  }
  #partsOf({ name, partitions }: WatchedTopic): Part[] {
    const topic = this.#full(name);
    return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  }

  /** Throws when Kafka does not answer. */
  async sample(): Promise<Sample> {
    const there = new Set(await this.#admin.topicNames());
    const topics = this.#own.topics.filter(({ name }) => there.has(this.#full(name)));
    const parts = topics.flatMap((topic) => this.#partsOf(topic));
    const at = Date.now();
    const partitions = new Map(topics.map(({ name, partitions }) => [name, partitions]));
    const groups = this.#own.readers.map(({ group, topics: names }) => ({
      group,
      topics: names
        .filter((name) => partitions.has(name))
        .map((name) => ({ name: this.#full(name), partitions: partitions.get(name) as number })),
    }));
    const [starts, ends, lags] = await Promise.all([
      this.#admin.startOffsets(parts),
      this.#admin.endOffsets(parts),
      this.#lags.read(groups, at),
    ]);
    const byPart = new Map(lags.map((lag) => [`${lag.group} ${partitionKey(lag)}`, lag]));
    const look: Look = { at, topics, starts, ends, lags: byPart };
    const earlier = new Map([...this.#parts].map(([key, { end }]) => [key, end]));
    await this.#lookAtNewest(topics, look, earlier);
    const strangers = this.#looks % strangersEvery === 0 ? await this.#strangers(topics, look) : [];
    const sample = this.#told(look, earlier, strangers);
    this.#remember(look);
    return sample;
  }

  /** Only partitions that have grown are read again. */
  async #lookAtNewest(
    topics: readonly WatchedTopic[],
    { starts, ends }: Look,
    earlier: ReadonlyMap<string, number>,
  ): Promise<void> {
    const spans = topics
      .flatMap((topic) => this.#partsOf(topic))
      .flatMap((part) => {
        const key = partitionKey(part);
        const end = ends.get(key) ?? 0;
        const start = starts.get(key) ?? 0;
        const isSame = earlier.get(key) === end && this.#parts.get(key)?.newest !== undefined;
        if (isSame || end <= start) return [];
        return [{ ...part, from: Math.max(start, end - newestMost), end }];
      });
    const found = await this.#newest.read(spans);
    for (const [key, newest] of found) {
      const state = this.#parts.get(key) ?? { end: ends.get(key) ?? 0, committed: new Map() };
      this.#parts.set(key, { ...state, newest });
    }
  }

  /** Groups of this space that the map does not know, and what they have committed. */
  async #strangers(topics: readonly WatchedTopic[], look: Look): Promise<SeenFlow[]> {
    const { space, bootstrap } = this.#options;
    const known = new Set(this.#own.readers.map(({ group }) => group));
    const isOurs = (group: string) =>
      space === "live" ? !/^[a-z][a-z0-9]{0,19}\./.test(group) : group.startsWith(`${space}.`);
    const all = (await this.#admin.groups())
      .filter((group) => isOurs(group) && !known.has(group))
      .sort();
    // In turn, so that who comes late in the list is not overlooked for ever.
    const first = (Math.floor(this.#looks / strangersEvery) * strangersMost) % (all.length || 1);
    const groups = [...all.slice(first), ...all.slice(0, first)].slice(0, strangersMost);
    const parts = topics.flatMap((topic) => this.#partsOf(topic));
    const bare = new Map(topics.map(({ name }) => [this.#full(name), name]));
    const found = await Promise.all(
      groups.map(async (group) => {
        const offsets = await committedOf(bootstrap, group, parts).catch(() => []);
        return offsets.flatMap((offset): SeenFlow[] => {
          const at = this.#readAt(group, offset, look);
          const topic = bare.get(offset.topic);
          if (at === undefined || topic === undefined) return [];
          return [{ from: `topic:${topic}`, to: `group:${group}`, at }];
        });
      }),
    );
    return found.flat();
  }

  /** When a group is known to have read a partition: it moved, or it has read the newest record. */
  #readAt(
    group: string,
    { topic, partition, offset }: Part & { offset: number },
    { at, ends }: Look,
  ): number | undefined {
    const key = partitionKey({ topic, partition });
    const state = this.#parts.get(key);
    const before = state?.committed.get(group);
    state?.committed.set(group, offset);
    if (before !== undefined && offset > before) return at;
    const isThrough = offset > 0 && offset >= (ends.get(key) ?? Number.POSITIVE_INFINITY);
    return isThrough ? (state?.newest?.newestAt ?? undefined) : undefined;
  }

  #told(look: Look, earlier: ReadonlyMap<string, number>, strangers: SeenFlow[]): Sample {
    const seconds = this.#lookedAt === undefined ? 0 : (look.at - this.#lookedAt) / 1_000;
    const isFresh = seconds > 0 && seconds * 1_000 < agedMs;
    const topics = new Map<string, TopicSample>();
    const seen: SeenFlow[] = [...strangers];
    for (const topic of look.topics) {
      const told = this.#topicTold(topic, look, isFresh ? { earlier, seconds } : undefined);
      topics.set(topic.name, told.sample);
      seen.push(...told.seen);
    }
    const readers = this.#own.readers.flatMap((reader) =>
      reader.topics.flatMap((name) => {
        const topic = look.topics.find((one) => one.name === name);
        if (topic === undefined) return [];
        const told = this.#readerTold(reader, topic, look, isFresh ? seconds : undefined);
        seen.push(...told.seen);
        return [told.sample];
      }),
    );
    return { at: look.at, topics, readers, seen };
  }

  #topicTold(
    topic: WatchedTopic,
    { starts, ends }: Look,
    since: { earlier: ReadonlyMap<string, number>; seconds: number } | undefined,
  ): { sample: TopicSample; seen: SeenFlow[] } {
    let [stored, grown] = [0, 0];
    let isComparable = since !== undefined;
    const newest: NewestRecords[] = [];
    for (const part of this.#partsOf(topic)) {
      const key = partitionKey(part);
      const end = ends.get(key) ?? 0;
      stored += end - (starts.get(key) ?? 0);
      const before = since?.earlier.get(key);
      if (before === undefined || end < before) isComparable = false;
      else grown += end - before;
      const state = this.#parts.get(key);
      if (state?.newest) newest.push(state.newest);
    }
    const density = densityOf(newest);
    const rate = grown === 0 ? 0 : density === undefined ? null : grown * density;
    const sources = topic.envelope ? sourcesOf(newest) : undefined;
    const seen: SeenFlow[] = [];
    const shares = new Map<string, number>();
    const total = [...(sources ?? [])].reduce((sum, [, { records }]) => sum + records, 0);
    for (const [name, { records, at }] of sources ?? []) {
      const from = writerOf(this.#own, name, topic.name) ?? `writer:${name}`;
      seen.push({ from, to: `topic:${topic.name}`, at });
      shares.set(from, (shares.get(from) ?? 0) + records / total);
    }
    const times = newest.flatMap(({ newestAt }) => newestAt ?? []);
    const sample = {
      ratePerS: !isComparable || rate === null ? null : rate / (since?.seconds ?? 1),
      stored,
      newestAt: times.length === 0 ? null : Math.max(...times),
      shares: sources === undefined ? undefined : shares,
    };
    return { sample, seen };
  }

  #readerTold(
    reader: OwnPart["readers"][number],
    topic: WatchedTopic,
    look: Look,
    seconds: number | undefined,
  ): { sample: ReaderSample; seen: SeenFlow[] } {
    const { group, id } = reader;
    let [lag, moved] = [0, 0];
    const ages: Pick<PartLag, "seconds">[] = [];
    let [isKnown, isComparable] = [false, seconds !== undefined];
    let seenAt: number | undefined;
    const newest: NewestRecords[] = [];
    for (const part of this.#partsOf(topic)) {
      const key = partitionKey(part);
      const found = look.lags.get(`${group} ${key}`);
      if (found === undefined) continue;
      isKnown ||= found.known;
      const state = this.#parts.get(key);
      // Behind the newest record only markers of transactions are left, which nobody waits for.
      const isThrough = found.committed > (state?.newest?.newestOffset ?? Number.POSITIVE_INFINITY);
      lag += isThrough ? 0 : found.records;
      if (!isThrough) ages.push(found);
      if (!found.known) continue;
      const before = state?.committed.get(group);
      if (before === undefined || found.committed < before) isComparable &&= false;
      else moved += found.committed - before;
      const at = this.#readAt(group, { ...part, offset: found.committed }, look);
      if (at !== undefined) seenAt = Math.max(seenAt ?? 0, at);
      if (state?.newest) newest.push(state.newest);
    }
    const density = densityOf(newest) ?? 1;
    const rate = isComparable && isKnown ? (moved * density) / (seconds ?? 1) : null;
    const sample = {
      id,
      topic: topic.name,
      ratePerS: rate,
      lagRecords: isKnown ? lag : null,
      lagSeconds: isKnown ? oldestOf(ages) : null,
    };
    const flow = { from: `topic:${topic.name}`, to: id };
    return { sample, seen: seenAt === undefined ? [] : [{ ...flow, at: seenAt }] };
  }

  #remember({ at, ends }: Look): void {
    this.#looks++;
    this.#lookedAt = at;
    for (const [key, end] of ends) {
      const state = this.#parts.get(key);
      this.#parts.set(key, { committed: new Map(), ...state, end });
    }
  }

  async close(): Promise<void> {
    this.#newest.close();
    await this.#lags.close();
    this.#admin.close();
  }
}

/** Offsets also number the markers of transactions: which part of them are records. */
const densityOf = (newest: readonly NewestRecords[]): number | undefined => {
  const records = newest.reduce((sum, one) => sum + one.records, 0);
  const span = newest.reduce((sum, one) => sum + one.span, 0);
  return span === 0 ? undefined : records / span;
};

const sourcesOf = (newest: readonly NewestRecords[]) => {
  const all = new Map<string, { records: number; at: number }>();
  for (const { sources } of newest)
    for (const [name, { records, at }] of sources) {
      const before = all.get(name) ?? { records: 0, at: 0 };
      all.set(name, { records: before.records + records, at: Math.max(before.at, at) });
    }
  return all;
};

/** What keeps a sample from being taken, in a sentence. */
export const faultOf = (thrown: unknown): string => `Kafka cannot be asked: ${sentenceOf(thrown)}`;
