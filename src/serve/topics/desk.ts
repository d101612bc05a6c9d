import { Failure, failure } from "../../errors.ts";
import { AdminPort } from "../../stream/admin.ts";
import type { RawMessage } from "../../stream/kafka.ts";
import { KafkaError } from "../../stream/kafka-error.ts";
import { type Page, type PagePart, readPage } from "../../stream/page.ts";
import { partitionKey, partitionOf } from "../../stream/partition.ts";
import { inSpace } from "../../stream/space.ts";
import { StretchReader } from "../../stream/stretch.ts";
import type { Topology } from "../../stream/topology.ts";
import { Filter } from "./filter.ts";
import { type KnownTopic, knownTopics, Readings } from "./known.ts";
import { type Kept, kept } from "./message.ts";

/** Where a page begins: the topic's start or end, an offset, or a time in ms. */
export type Place = "start" | "end" | { readonly offset: number } | { readonly ms: number };

export type PageWish = {
  readonly partition?: number;
  readonly from: Place;
  /** Where an earlier page ended; it counts instead of `from`. */
  readonly at?: readonly number[];
  readonly order: "older" | "newer";
  readonly key?: string;
  readonly filter?: string;
  readonly most: number;
};
export type Found = Page<Kept> & { readonly filter: Filter | undefined };

export type TopicDeskOptions = {
  readonly bootstrap: string;
  readonly space: string;
  readonly topology: () => Topology;
  /** Who on the picture of the architecture calls itself so, where it writes this topic. */
  readonly writerOf: (name: string, topic: string) => string | undefined;
};

const pageMaxMs = 4_000;
const lookMost = { plain: 20_000, key: 400_000, filter: 100_000 };
/** Of one record alone more is shown than of each of many. */
const keptBytes = { one: 1_000_000, many: 64_000 };

/** What Kafka refuses, as the API says it. */
export const askingKafka = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    const isAway = thrown instanceof Failure && thrown.code === "KAFKA_UNREACHABLE";
    throw thrown instanceof KafkaError || isAway ? failure("TOPICS_AWAY") : thrown;
  }
};

/** Reads the space's topics at any place, outside any group. */
export class TopicDesk {
  readonly options: TopicDeskOptions;
  readonly reader: StretchReader;
  #admin: AdminPort | undefined;
  #known: { topics: Map<string, KnownTopic>; readings: Readings } | undefined;

  constructor(options: TopicDeskOptions) {
    this.options = options;
    this.reader = new StretchReader(options.bootstrap);
  }

  /** Opened with the first question: the API also serves who never asks. */
  get admin(): AdminPort {
    this.#admin ??= AdminPort.open(this.options.bootstrap);
    return this.#admin;
  }

  #map() {
    if (this.#known === undefined) {
      const topics = knownTopics(this.options.topology());
      this.#known = { topics, readings: new Readings(topics, this.options.space) };
    }
    return this.#known;
  }
  get topics(): ReadonlyMap<string, KnownTopic> {
    return this.#map().topics;
  }
  get readings(): Readings {
    return this.#map().readings;
  }

  /** Throws TOPIC_UNKNOWN. */
  about(name: string): KnownTopic {
    const found = this.topics.get(name);
    if (found === undefined) throw failure("TOPIC_UNKNOWN", name);
    return found;
  }

  fullName(name: string): string {
    return inSpace(this.options.space, name);
  }

  /** What Kafka holds of a topic's partitions. Throws TOPICS_AWAY. */
  bounds({ name, topic }: KnownTopic): Promise<PagePart[]> {
    const parts = Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: this.fullName(name),
      partition,
    }));
    return askingKafka(async () => {
      const [starts, ends] = await Promise.all([
        this.admin.startOffsets(parts),
        this.admin.endOffsets(parts),
      ]);
      return parts.map((part) => ({
        ...part,
        start: starts.get(partitionKey(part)) ?? 0,
        end: ends.get(partitionKey(part)) ?? 0,
      }));
    });
  }

  /** The partitions that a page is about: one that was asked for, or the one of the key. */
  #parts(about: KnownTopic, parts: PagePart[], { partition, key }: PageWish): PagePart[] {
    const { partitions } = about.topic;
    if (partition !== undefined) {
      if (partition >= partitions)
        throw failure("REQUEST_WRONG", `${about.name} has partitions 0 to ${partitions - 1}`);
      return [parts[partition]];
    }
    // The writer of a clock names the partition; elsewhere the key decides.
    const isByKey = key !== undefined && about.contract?.key !== "partition";
    return isByKey ? [parts[partitionOf(key, partitions)]] : parts;
  }

  async #begin(parts: readonly PagePart[], { from, at, order }: PageWish): Promise<number[]> {
    if (at !== undefined) {
      if (at.length === parts.length) return [...at];
      throw failure("REQUEST_WRONG", "`at` is not of a page of these partitions");
    }
    const behind = order === "older" ? 1 : 0;
    if (from === "start") return parts.map(({ start }) => start);
    if (from === "end") return parts.map(({ end }) => end);
    if ("offset" in from) return parts.map(() => from.offset + behind);
    const found = await askingKafka(() => this.admin.offsetsAt(parts, from.ms + behind));
    return parts.map((part) => found.get(partitionKey(part)) ?? part.end);
  }

  /** Throws TOPIC_UNKNOWN, TOPICS_AWAY, FILTER_WRONG, TOPICS_BUSY, REQUEST_WRONG. */
  async page(name: string, wish: PageWish, signal?: AbortSignal): Promise<Found> {
    const about = this.about(name);
    const parts = this.#parts(about, await this.bounds(about), wish);
    const begin = await this.#begin(parts, wish);
    const filter = wish.filter ? await Filter.open(wish.filter, name, this.readings) : undefined;
    const bytes = wish.most === 1 ? keptBytes.one : keptBytes.many;
    try {
      const page = await askingKafka(() =>
        readPage(this.reader, {
          parts,
          from: begin,
          order: wish.order,
          most: wish.most,
          lookMost: filter ? lookMost.filter : wish.key ? lookMost.key : lookMost.plain,
          maxMs: pageMaxMs,
          judge: judgeOf(wish.key, filter),
          keep: (message) => kept(message, bytes),
          signal,
        }),
      );
      return { ...page, filter };
    } finally {
      await filter?.close();
    }
  }

  async close(): Promise<void> {
    await this.reader.close();
    this.#admin?.close();
  }
}

type Judge = (messages: readonly RawMessage[]) => Promise<boolean[] | undefined>;

/** Keys are compared here; only what bears the key goes to the filter. */
export const judgeOf = (key: string | undefined, filter: Filter | undefined): Judge | undefined => {
  if (key === undefined) return filter && ((messages) => filter.judge(messages));
  const wanted = Buffer.from(key);
  return async (messages) => {
    const bears = messages.map((message) => message.key?.equals(wanted) === true);
    if (filter === undefined) return bears;
    const verdicts = await filter.judge(messages.filter((_, n) => bears[n]));
    if (verdicts === undefined) return undefined;
    let at = 0;
    return bears.map((bear) => bear && verdicts[at++]);
  };
};
