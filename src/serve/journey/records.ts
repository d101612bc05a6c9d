import { type Header, readHeader } from "../../stream/header.ts";
import type { RawMessage, TopicPartition } from "../../stream/kafka.ts";
import { readPage } from "../../stream/page.ts";
import { partitionKey, partitionOf } from "../../stream/partition.ts";
import type { Tell } from "../../stream/stretch.ts";
import { askingKafka, type TopicDesk } from "../topics/desk.ts";
import type { KnownTopic } from "../topics/known.ts";
import { type Kept, kept } from "../topics/message.ts";

/** Where a record lies: its topic without the space. */
export type Spot = { readonly topic: string; readonly partition: number; readonly offset: number };

/** A record with what ties it to others. */
export type Found = Spot & {
  readonly kept: Kept;
  readonly header: Header | undefined;
  /** Its value where that is a JSON object; never shown as it is. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly from: "kafka" | "archive";
};

/** A record that is no longer in Kafka, from the archive; undefined: it is not there either. */
export type Archived = (spot: Spot) => Promise<RawMessage | undefined>;

/** Where to look for a record: from what each partition has in `starts`, else from its end. */
type Way = {
  parts: Awaited<ReturnType<TopicDesk["bounds"]>>;
  starts: ReadonlyMap<string, number>;
  order: "newer" | "older";
};

const keptBytes = 64_000;
const stepMaxMs = 1_500;
const ahead = 20_000;
const probes = 24;
const probeRecords = 5;
const aroundBefore = 3_000;
const aroundAfter = 6_000;
const backMost = 100_000;
const slackMs = 2_000;

export const placeOf = ({ topic, partition, offset }: Spot): string =>
  `${topic}-${partition}-${offset}`;

const fieldsOf = (value: Buffer | null): Record<string, unknown> => {
  if (value === null) return {};
  try {
    const read: unknown = JSON.parse(value.toString("utf8"));
    return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/** Finds records of the space by where they lie, or by what they say about when to look. */
export class Records {
  readonly desk: TopicDesk;
  readonly #archived: Archived;

  constructor(desk: TopicDesk, archived: Archived) {
    this.desk = desk;
    this.#archived = archived;
  }

  /** `topic-partition-offset` of a topic that is known; also with the space before it. */
  spotOf(place: string): Spot | undefined {
    const [, full, partition, offset] = /^(.+)-(\d+)-(\d+)$/.exec(place) ?? [];
    if (offset === undefined) return undefined;
    const prefix = this.desk.fullName("");
    const topic = full.startsWith(prefix) ? full.slice(prefix.length) : full;
    const about = this.desk.topics.get(topic);
    if (about === undefined || Number(partition) >= about.topic.partitions) return undefined;
    return { topic, partition: Number(partition), offset: Number(offset) };
  }

  found(topic: string, message: RawMessage, from: Found["from"] = "kafka"): Found {
    const { partition, offset, headers, value } = message;
    const fields = fieldsOf(value !== null && value.length <= keptBytes ? value : null);
    const header = readHeader(headers);
    return { topic, partition, offset, kept: kept(message, keptBytes), header, fields, from };
  }

  /** The record at a spot, in Kafka or in the archive. */
  async at({ topic, partition, offset }: Spot): Promise<Found | undefined> {
    const stretch = { ...this.#part(topic, partition), from: offset, to: offset + 1 };
    let message: RawMessage | undefined;
    const start = await askingKafka(() => this.desk.admin.startOffsets([stretch]));
    if ((start.get(partitionKey(stretch)) ?? 0) <= offset)
      await this.#read([stretch], (one) => {
        message = one;
      });
    if (message) return this.found(topic, message);
    const archived = await this.#archived({ topic, partition, offset }).catch(() => undefined);
    return archived && this.found(topic, archived, "archive");
  }

  /** Whether the partition has come as far as this. */
  async wasWritten({ topic, partition, offset }: Spot): Promise<boolean> {
    const part = this.#part(topic, partition);
    const ends = await askingKafka(() => this.desk.admin.endOffsets([part]));
    return offset < (ends.get(partitionKey(part)) ?? 0);
  }

  #part(topic: string, partition: number): TopicPartition {
    return { topic: this.desk.fullName(topic), partition };
  }

  #read(
    stretches: readonly (TopicPartition & { from: number; to: number })[],
    tell: Tell,
  ): Promise<unknown> {
    return askingKafka(() => this.desk.reader.read(stretches, tell, { maxMs: stepMaxMs }));
  }

  partitionFor({ topic }: KnownTopic, key: Buffer | string | null): number {
    return key === null ? 0 : partitionOf(key, topic.partitions);
  }

  /**
   * Reads several topics from a time on, each in the partition of a key, at most so many records
   * each. `tell` says when it has enough of a topic.
   */
  async after(
    topics: readonly KnownTopic[],
    key: Buffer | string | null,
    ms: number,
    tell: (topic: string, message: RawMessage) => "enough" | undefined,
    most = ahead,
  ): Promise<void> {
    const parts = topics.map((about) => this.#part(about.name, this.partitionFor(about, key)));
    const [from, ends] = await askingKafka(() =>
      Promise.all([this.desk.admin.offsetsAt(parts, ms), this.desk.admin.endOffsets(parts)]),
    );
    const stretches = parts.map((part) => {
      const begin = from.get(partitionKey(part)) ?? 0;
      const end = ends.get(partitionKey(part)) ?? 0;
      return { ...part, from: begin, to: Math.min(end, begin + most) };
    });
    const names = new Map(parts.map((part, n) => [part.topic, topics[n].name]));
    await this.#read(stretches, (message) => tell(names.get(message.topic) as string, message));
  }

  /** The first record that is wanted, of those that any partition was given from a time on. */
  async anywhereAfter(
    about: KnownTopic,
    ms: number,
    isWanted: (found: Found) => boolean,
  ): Promise<Found | undefined> {
    const parts = await this.desk.bounds(about);
    const from = await askingKafka(() => this.desk.admin.offsetsAt(parts, ms));
    return this.#first(about, { parts, starts: from, order: "newer" }, isWanted);
  }

  /** The newest record that is wanted, among those that were appended up to a time. */
  async before(
    about: KnownTopic,
    key: Buffer | string | null,
    ms: number,
    isWanted: (found: Found) => boolean,
  ): Promise<Found | undefined> {
    const part = (await this.desk.bounds(about))[this.partitionFor(about, key)];
    const upTo = await askingKafka(() => this.desk.admin.offsetsAt([part], ms + 1));
    return this.#first(about, { parts: [part], starts: upTo, order: "older" }, isWanted);
  }

  /** The first record that is wanted, from where each partition starts, one way or the other. */
  async #first(
    about: KnownTopic,
    { parts, starts, order }: Way,
    isWanted: (found: Found) => boolean,
  ): Promise<Found | undefined> {
    const page = await askingKafka(() =>
      readPage(this.desk.reader, {
        parts,
        from: parts.map((part) => starts.get(partitionKey(part)) ?? part.end),
        order,
        most: 1,
        lookMost: backMost,
        maxMs: stepMaxMs,
        judge: async (messages) =>
          messages.map((message) => isWanted(this.found(about.name, message))),
        keep: (message) => this.found(about.name, message),
      }),
    );
    return page.found[0];
  }

  /**
   * A record of a key, of which it is known about when it happened: where it lies if it was
   * appended when it happened, as in real time; else where events of that time lie, as in a history
   * that was told all at once; else among the newest.
   */
  async near(
    about: KnownTopic,
    key: string,
    ms: number,
    isWanted: (found: Found) => boolean,
  ): Promise<Found | undefined> {
    let hit: Found | undefined;
    const tell = (_: string, message: RawMessage): "enough" | undefined => {
      const found = this.found(about.name, message);
      if (!isWanted(found)) return undefined;
      hit = found;
      return "enough";
    };
    await this.after([about], key, ms - slackMs, tell, aroundAfter);
    if (hit) return hit;
    const partition = this.partitionFor(about, key);
    const part = (await this.desk.bounds(about))[partition];
    const at = await this.#offsetOfEvent(about, part, ms);
    const from = Math.max(part.start, at - aroundBefore);
    const stretch = { ...part, from, to: Math.min(part.end, at + aroundAfter) };
    await this.#read([stretch], (message) => tell(about.name, message));
    return hit ?? this.before(about, key, Date.now(), isWanted);
  }

  /** About where events of a time lie, if they lie in order: by halving. */
  async #offsetOfEvent(
    about: KnownTopic,
    part: TopicPartition & { start: number; end: number },
    ms: number,
  ): Promise<number> {
    let { start: low, end: high } = part;
    for (let probe = 0; probe < probes && high - low > aroundBefore; probe++) {
      const middle = (low + high) >> 1;
      const times: number[] = [];
      let next = high;
      await this.#read([{ ...part, from: middle, to: high }], (message) => {
        const { header } = this.found(about.name, message);
        times.push(header?.eventTime ?? message.timestamp);
        next = message.offset + 1;
        return times.length === probeRecords ? "enough" : undefined;
      });
      // A single late event would lead astray; the middle one of a few does not.
      const time = times.sort((a, b) => a - b)[times.length >> 1];
      if (time === undefined || time >= ms) high = middle;
      else low = Math.min(next, high);
    }
    return low;
  }
}
