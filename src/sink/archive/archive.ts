import type { Say } from "../../db.ts";
import { failure } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { partKey } from "../../stream/reader.ts";
import { putFile, sweepDrafts } from "./file.ts";
import { Forgotten, forgetIn } from "./forgotten.ts";
import { Packed } from "./packed.ts";
import { type LogRecord, noteOf, writeParquet } from "./parquet.ts";
import { endOf, filePath, listFiles, ofPartition, topicFolder } from "./place.ts";

/**
 * The archive: every record of the business topics as Parquet, by topic, date and hour of the
 * broker's time, partition and offsets.
 *
 * The files are the only memory of how far it has come: a partition goes on behind its newest file,
 * and what was read but not yet filed is read again from Kafka. So a kill anywhere loses and
 * doubles nothing. A file is closed
 *   - when the next record belongs to another hour, or it is full: at the same offsets whenever the
 *     same log is read, so that a second run puts the same bytes in the same place;
 *   - when its hour is over and the partition was read to its end: then it answers for the
 *     transaction markers behind its last record too, since Kafka may delete them with the rest.
 *
 * A tombstone of the topic `erasures` takes a customer out of everything that is open or filed.
 * First their name goes onto the list of the forgotten, then the files are searched: a file that
 * another process puts in place meanwhile is looked at again by that process, which finds the list
 * changed.
 */
export type ArchiveOptions = {
  folder: string;
  space: string;
  topics: readonly Contract<unknown>[];
  /** The topic whose null values erase the customer that is their key. */
  erasures: string;
  /** The id that Kafka gave a topic when it was created. */
  topicId: (topic: string) => Promise<string>;
  /** The first offset that Kafka still holds, by partition. */
  startOffsets: (topic: string, partitions: number) => Promise<readonly number[]>;
  fileMaxBytes: number;
  fileMaxRecords?: number;
  now?: () => number;
  say: Say;
};

export type Part = { topic: string; partition: number };
/** A record with its partition; names are those within the space. */
export type Arrived = Part & LogRecord;
export type PartEnd = Part & { offset: number };

const hourMs = 3_600_000;
/** How long after an hour its last records may still come. */
const graceMs = 60_000;
const fileMaxRecords = 50_000;
const recordOverhead = 100;

const hourOf = (ms: number): number => Math.floor(ms / hourMs);

/** A partition: what it holds that is not filed yet. */
type Open = {
  readonly topic: Contract<unknown>;
  readonly partition: number;
  readonly topicId: string;
  /** The first offset that no file answers for. */
  first: number;
  /** The next offset to be read. */
  next: number;
  /** The last record's offset and time; -1 before the first. */
  last: number;
  heard: number;
  readonly records: Packed;
  bytes: number;
  atEnd: boolean;
};

export class Archive {
  readonly #options: ArchiveOptions;
  readonly #topics: ReadonlyMap<string, Contract<unknown>>;
  readonly #parts = new Map<string, Open>();
  readonly #forgotten: Forgotten;
  readonly #now: () => number;

  private constructor(options: ArchiveOptions, forgotten: Forgotten) {
    this.#options = options;
    this.#forgotten = forgotten;
    this.#topics = new Map(options.topics.map((topic) => [topic.name, topic]));
    this.#now = options.now ?? Date.now;
  }

  static async open(options: ArchiveOptions): Promise<Archive> {
    return new Archive(options, await Forgotten.open(options.folder, options.space));
  }

  #folderOf(topic: string): string {
    return topicFolder(this.#options.folder, this.#options.space, topic);
  }

  /** Where each partition of the topics is to be read from: behind its newest file. */
  async startAt(): Promise<PartEnd[]> {
    const starts: PartEnd[] = [];
    for (const topic of this.#options.topics) {
      const { name, partitions } = topic;
      await sweepDrafts(this.#folderOf(name));
      const topicId = await this.#options.topicId(name);
      const files = await listFiles(this.#folderOf(name));
      const newest = files.at(-1);
      if (newest !== undefined && (await noteOf(newest.path)).topicId !== topicId)
        throw failure("ARCHIVE_OTHER_TOPIC", name, this.#folderOf(name));
      const stored = await this.#options.startOffsets(name, partitions);
      for (let partition = 0; partition < partitions; partition++) {
        const end = endOf(ofPartition(files, partition));
        const offset = this.#startOf(partKey(name, partition), end, stored[partition]);
        starts.push({ topic: name, partition, offset });
        const empty = { records: new Packed(), bytes: 0, atEnd: false, last: -1, heard: 0 };
        const open = { topic, partition, topicId, first: offset, next: offset, ...empty };
        this.#parts.set(partKey(name, partition), open);
      }
    }
    return starts;
  }

  #startOf(part: string, end: number | undefined, stored: number): number {
    if (end === undefined || end >= stored) return end ?? stored;
    this.#options.say(failure("ARCHIVE_HOLE", part, `${end} to ${stored - 1}`).message);
    return stored;
  }

  /** Takes in a batch, and the ends of partitions that were read up to there. Safe to repeat. */
  async handle(batch: readonly Arrived[], ends: readonly PartEnd[] = []): Promise<void> {
    for (const record of batch) await this.#take(record);
    for (const { topic, partition, offset } of ends) {
      const part = this.#parts.get(partKey(topic, partition));
      if (part === undefined || offset < part.next) continue;
      part.next = offset;
      part.atEnd = true;
    }
  }

  async #take({ topic, partition, ...record }: Arrived): Promise<void> {
    const part = this.#parts.get(partKey(topic, partition));
    if (part === undefined || record.offset < part.next) return;
    const isFull =
      part.records.count >= (this.#options.fileMaxRecords ?? fileMaxRecords) ||
      part.bytes >= this.#options.fileMaxBytes;
    const isOtherHour = hourOf(part.heard) !== hourOf(record.appendTime);
    if (part.last >= part.first && (isFull || isOtherHour)) await this.#file(part, part.last);
    if (topic === this.#options.erasures && record.value === null && record.key !== null)
      await this.#forget(record.key, record.appendTime);
    part.next = record.offset + 1;
    part.last = record.offset;
    part.heard = record.appendTime;
    part.atEnd = false;
    if (this.#forgotten.coversRecord(part.topic, record)) return;
    part.records.push(record);
    part.bytes += (record.value?.length ?? 0) + recordOverhead;
  }

  /** Closes what belongs to an hour that is over, where nothing more can come. */
  async closeOver(): Promise<void> {
    const now = this.#now();
    for (const part of this.#parts.values()) {
      if (!part.atEnd || part.next === part.first) continue;
      if ((hourOf(part.heard) + 1) * hourMs + graceMs > now) continue;
      if (part.heard === 0) part.heard = now;
      await this.#file(part, part.next - 1);
    }
  }

  async #file(part: Open, last: number): Promise<void> {
    const { topic, partition, first, topicId } = part;
    await this.#forgotten.refresh();
    const kept = part.records.records().filter((one) => !this.#forgotten.coversRecord(topic, one));
    const path = filePath(this.#folderOf(topic.name), partition, { first, last }, part.heard);
    await putFile(path, writeParquet(topic, kept, { topicId }));
    part.first = last + 1;
    part.records.clear();
    part.bytes = 0;
    if (await this.#forgotten.refresh())
      await forgetIn({ path, partition, first, last }, topic, this.#forgotten);
  }

  async #forget(customer: string, appendTime: number): Promise<void> {
    await this.#forgotten.add(customer, appendTime);
    for (const part of this.#parts.values())
      part.records.keep((one) => !this.#forgotten.coversRecord(part.topic, one));
    for (const topic of this.#topics.values())
      for (const file of await listFiles(this.#folderOf(topic.name)))
        await forgetIn(file, topic, this.#forgotten);
  }
}
