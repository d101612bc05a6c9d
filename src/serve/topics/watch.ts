import { inTime } from "../../stream/in-time.ts";
import { type GroupTopics, LagWatch, oldestOf, type PartLag } from "../../stream/lag.ts";
import { readPage } from "../../stream/page.ts";
import { partitionKey } from "../../stream/partition.ts";
import type { TopicSummary } from "../messages/topics.ts";
import { askingKafka, type TopicDesk } from "./desk.ts";
import type { KnownTopic } from "./known.ts";

/** Ends of a topic's partitions, added up, at a time in ms. */
type Sample = { readonly at: number; readonly ends: number; readonly starts: number };

const everyMs = 2_000;
/** Nobody has asked for so long: it rests. */
const restAfterMs = 60_000;
const rateOverMs = 20_000;
const sizeOldMs = 60_000;
const sizesAtOnce = 12;
const sizeRecords = 20;
const firstLookMs = 1_000;

/**
 * Watches how topics grow and how far behind their readers are, while somebody asks. Kafka's client
 * cannot ask how large a topic is on disk, so the size is the mean of its newest records, times
 * their number.
 */
export class TopicWatch {
  readonly #desk: TopicDesk;
  readonly #groups: () => readonly GroupTopics[];
  readonly #samples = new Map<string, Sample[]>();
  readonly #sizes = new Map<string, { at: number; mean: number | null }>();
  #lags: LagWatch | undefined;
  #lagParts: { at: number; parts: readonly PartLag[] } | undefined;
  #lag = new Map<string, TopicSummary["lag"]>();
  #asked = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(desk: TopicDesk, groups: () => readonly GroupTopics[]) {
    this.#desk = desk;
    this.#groups = groups;
  }

  /** The figures of every topic as they were at most two seconds ago. Throws TOPICS_AWAY. */
  async read(): Promise<TopicSummary[]> {
    this.#asked = Date.now();
    if (this.#samples.size === 0) await this.#sample();
    if (this.#timer === undefined) void this.#look().catch(() => {});
    return [...this.#desk.topics.values()].map((about) => this.#summaryOf(about));
  }
  async readOne(about: KnownTopic): Promise<TopicSummary> {
    await this.read();
    return this.#summaryOf(about);
  }

  /** How far every group is behind on each partition, as it was at most some seconds ago. */
  async lags(): Promise<{ at: number; parts: readonly PartLag[] }> {
    this.#asked = Date.now();
    const old = this.#asked - (this.#lagParts?.at ?? 0) > restAfterMs;
    // A first look connects to every group; who asks then is answered without it soon.
    if (old) await inTime(this.#look(), firstLookMs, () => {});
    else if (this.#timer === undefined) void this.#look().catch(() => {});
    return this.#lagParts ?? { at: this.#asked, parts: [] };
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
      this.#again();
    });
    return this.#looking;
  }

  #again(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#closed || Date.now() - this.#asked > restAfterMs) {
      this.#samples.clear();
      return;
    }
    this.#timer = setTimeout(() => void this.#look().catch(() => {}), everyMs);
    this.#timer.unref();
  }

  async #lookOnce(): Promise<void> {
    const { there, topics } = await this.#sample();
    await this.#lookAtLag(there).catch(() => {});
    await this.#lookAtSizes(topics).catch(() => {});
  }

  async #sample(): Promise<{ there: Set<string>; topics: KnownTopic[] }> {
    const there = new Set(await askingKafka(() => this.#desk.admin.topicNames()));
    const topics = [...this.#desk.topics.values()].filter(({ name }) =>
      there.has(this.#desk.fullName(name)),
    );
    const parts = topics.flatMap(({ name, topic }) =>
      Array.from({ length: topic.partitions }, (_, partition) => ({
        name,
        topic: this.#desk.fullName(name),
        partition,
      })),
    );
    const [starts, ends] = await askingKafka(() =>
      Promise.all([this.#desk.admin.startOffsets(parts), this.#desk.admin.endOffsets(parts)]),
    );
    const at = Date.now();
    for (const { name } of topics) {
      const own = parts.filter((part) => part.name === name);
      const sum = (of: Map<string, number>) =>
        own.reduce((all, part) => all + (of.get(partitionKey(part)) ?? 0), 0);
      const earlier = (this.#samples.get(name) ?? []).filter((one) => one.at > at - rateOverMs);
      this.#samples.set(name, [...earlier, { at, starts: sum(starts), ends: sum(ends) }]);
    }
    return { there, topics };
  }

  async #lookAtLag(there: ReadonlySet<string>): Promise<void> {
    this.#lags ??= new LagWatch(this.#desk.options.bootstrap, this.#desk.admin);
    const groups = this.#groups().map(({ group, topics }) => ({
      group,
      topics: topics.filter(({ name }) => there.has(name)),
    }));
    const found = new Map<string, TopicSummary["lag"]>();
    const at = Date.now();
    const parts = await this.#lags.read(groups, at);
    this.#lagParts = { at, parts };
    for (const [name, lags] of Map.groupBy(parts, byTopic))
      found.set(
        name,
        [...Map.groupBy(lags, ({ group }) => group)]
          .map(([group, own]) => ({
            group,
            records: own.reduce((sum, { records }) => sum + records, 0),
            seconds: oldestOf(own),
          }))
          .sort((a, b) => age(b) - age(a) || b.records - a.records),
      );
    this.#lag = found;
  }

  /** A few topics at a time, so that a first look at many does not take long. */
  async #lookAtSizes(topics: readonly KnownTopic[]): Promise<void> {
    const now = Date.now();
    const old = topics
      .filter(({ name }) => (this.#sizes.get(name)?.at ?? 0) < now - sizeOldMs)
      .slice(0, sizesAtOnce);
    for (const about of old) {
      const parts = await this.#desk.bounds(about);
      const { found } = await readPage(this.#desk.reader, {
        parts,
        from: parts.map(({ end }) => end),
        order: "older",
        most: sizeRecords,
        lookMost: 1_000,
        maxMs: 1_000,
        keep: ({ key, value }) => (key?.length ?? 0) + (value?.length ?? 0),
      });
      const mean = found.reduce((sum, size) => sum + size, 0) / found.length;
      this.#sizes.set(about.name, { at: now, mean: found.length === 0 ? null : mean });
    }
  }

  #summaryOf(about: KnownTopic): TopicSummary {
    const { name, topic, contract, kind, writers, readers } = about;
    const samples = this.#samples.get(name) ?? [];
    const [first, last] = [samples[0], samples.at(-1)];
    const records = last ? last.ends - last.starts : null;
    const mean = this.#sizes.get(name)?.mean;
    const spanMs = first && last ? last.at - first.at : 0;
    return {
      name,
      kind,
      says: contract?.says ?? `What ${writers[0]?.name ?? "a processor"} must remember.`,
      owner: contract?.owner ?? "engine",
      key: contract?.key ?? null,
      partitions: topic.partitions,
      compacted: topic.compacted,
      retention_ms: topic.compacted ? null : topic.retentionMs,
      records,
      per_s: spanMs < everyMs / 2 ? null : ((last?.ends ?? 0) - first.ends) / (spanMs / 1_000),
      bytes:
        records === 0 ? 0 : records === null || mean == null ? null : Math.round(mean * records),
      lag: this.#lag.get(this.#desk.fullName(name)) ?? [],
      writers: [...writers],
      readers: [...readers],
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking?.catch(() => {});
    await this.#lags?.close();
  }
}

const byTopic = ({ topic }: PartLag): string => topic;
/** A lag of unknown age may be the longest. */
const age = ({ seconds }: { seconds: number | null }): number =>
  seconds ?? Number.POSITIVE_INFINITY;
