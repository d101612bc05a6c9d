import { Failure, failure, sentenceOf } from "../../errors.ts";
import type { RawMessage } from "../kafka.ts";
import { partitionKey } from "../partition.ts";
import { at, attributes, magic, readInt64 } from "./batch-format.ts";
import { decompress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { readVarint, readVarlong, varintEnd } from "./varint.ts";

/** A producer whose transaction, begun at an offset of the partition, was aborted. */
export type AbortedTransaction = { producerId: number; firstOffset: number };

type Headers = Record<string, Buffer>[];

const none: Buffer = Buffer.alloc(0);
/** Key of a control record: a version, then 0 for an abort and 1 for a commit, 2 bytes each. */
const abortType = 0;

/** Names of headers are few and come in the same order again and again: one for each place. */
const namesMost = 16;
const names: { bytes: Buffer; text: string }[] = [];

const isSame = (known: Buffer, bytes: Buffer, from: number, to: number): boolean => {
  if (known.length !== to - from) return false;
  for (let n = 0; n < known.length; n++) if (known[n] !== bytes[from + n]) return false;
  return true;
};

const nameOf = (place: number, bytes: Buffer, from: number, to: number): string => {
  const known = names[place];
  if (known !== undefined && isSame(known.bytes, bytes, from, to)) return known.text;
  const text = bytes.toString("utf8", from, to);
  if (place < namesMost) names[place] = { bytes: Buffer.from(bytes.subarray(from, to)), text };
  return text;
};

/** The headers that begin behind their count. One without a value has an empty one. */
const readHeaders = (bytes: Buffer, from: number, count: number): Headers => {
  const headers: Headers = [];
  for (let n = 0; n < count; n++) {
    const nameSize = readVarint(bytes, from);
    from = varintEnd + nameSize;
    const name = nameOf(n, bytes, varintEnd, from);
    const size = readVarint(bytes, from);
    from = size > 0 ? varintEnd + size : varintEnd;
    headers.push({ [name]: size > 0 ? bytes.subarray(varintEnd, from) : none });
  }
  return headers;
};

/**
 * The records of one partition in the answer to a Fetch: batches one behind the other, of which
 * the last may be cut off. A batch is checked and decompressed when its first record is asked for,
 * and let go with its last. Control batches are passed over, and with `isCommittedOnly` those of
 * aborted transactions: a producer counts as aborted from the first offset of an aborted
 * transaction until the marker that ends it. Keys, values and headers are views of the answer, or
 * of a decompressed batch, which they keep alive.
 */
export class PartitionRecords {
  readonly #topic: string;
  readonly #partition: number;
  readonly #bytes: Buffer;
  readonly #fromOffset: number;
  readonly #isCommittedOnly: boolean;
  /** Aborted transactions still ahead, by offset, and the producers that are in one. */
  readonly #ahead: AbortedTransaction[];
  readonly #abortedNow = new Set<number>();
  #nextOffset: number;
  /** Where the batch begins that is read or comes next, and, while it is read, where it ends. */
  #begin = 0;
  #end = 0;
  #isDone = false;
  /** The batch that is read: its records, the place of the next one, and how many are left. */
  #records: Buffer = none;
  #place = 0;
  #left = 0;
  #baseOffset = 0;
  #lastOffset = 0;
  #baseTimestamp = 0;
  /** The time of each of its records, or NaN where each bears its own. */
  #appendTime = Number.NaN;

  constructor(
    topic: string,
    partition: number,
    bytes: Buffer,
    fromOffset: number,
    aborted: readonly AbortedTransaction[],
    isCommittedOnly: boolean,
  ) {
    this.#topic = topic;
    this.#partition = partition;
    this.#bytes = bytes;
    this.#fromOffset = fromOffset;
    this.#nextOffset = fromOffset;
    this.#ahead = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
    this.#isCommittedOnly = isCommittedOnly;
  }

  /** The offset behind the last record or batch that was passed: the next Fetch begins there. */
  get nextOffset(): number {
    return this.#nextOffset;
  }
  /** Whether all was passed; known once `take` has returned less than it was asked for. */
  get isDone(): boolean {
    return this.#isDone;
  }
  /** Bytes of the batches that are not done with, as they came. */
  get bytesLeft(): number {
    return this.#isDone ? 0 : this.#bytes.length - this.#begin;
  }

  /**
   * Pushes the next records in their order, `most` at the most, and returns how many these were.
   * Throws RECORDS_DAMAGED for a batch that is damaged, or in an older format than 2.
   */
  take(into: RawMessage[], most: number): number {
    let taken = 0;
    try {
      while (taken < most && (this.#left > 0 || this.#enter()))
        taken += this.#takeOfBatch(into, most - taken);
    } catch (thrown) {
      // What a codec or the end of the bytes says by itself names no place.
      throw thrown instanceof Failure ? thrown : this.#failure(`fails: ${sentenceOf(thrown)}`);
    }
    return taken;
  }

  /** Goes to the next batch whose records count. False: there is none. */
  #enter(): boolean {
    while (this.#isWhole()) {
      const count = this.#readHead();
      if (this.#counts()) {
        this.#records = this.#unpack();
        this.#place = 0;
        this.#left = count;
        return true;
      }
      this.#leave();
    }
    this.#isDone = true;
    return false;
  }

  /** Whether a whole batch follows, not one that was cut off. */
  #isWhole(): boolean {
    const rest = this.#bytes.length - this.#begin;
    if (rest <= at.magic) return false;
    const format = this.#bytes[this.#begin + at.magic];
    if (format !== magic) throw this.#failure(`is in message format ${format}, not ${magic}`);
    this.#end = this.#begin + at.leaderEpoch + this.#bytes.readInt32BE(this.#begin + at.length);
    if (this.#end < this.#begin + at.records) throw this.#failure("is too short for its header");
    return this.#end <= this.#bytes.length;
  }

  /** Reads what all records of the batch share, and returns how many these are. */
  #readHead(): number {
    const bytes = this.#bytes;
    const begin = this.#begin;
    this.#baseOffset = readInt64(bytes, begin + at.baseOffset);
    this.#lastOffset = this.#baseOffset + bytes.readInt32BE(begin + at.lastOffsetDelta);
    this.#baseTimestamp = readInt64(bytes, begin + at.baseTimestamp);
    this.#appendTime =
      this.#attributes & attributes.isAppendTime
        ? readInt64(bytes, begin + at.maxTimestamp)
        : Number.NaN;
    return bytes.readInt32BE(begin + at.count);
  }

  get #attributes(): number {
    return this.#bytes.readInt16BE(this.#begin + at.attributes);
  }

  /** Whether the batch has records to hand on. Must see each batch, since markers are batches. */
  #counts(): boolean {
    const kind = this.#attributes;
    const isControl = (kind & attributes.isControl) !== 0;
    if (!this.#isCommittedOnly || (kind & attributes.isTransactional) === 0)
      return !isControl && this.#lastOffset >= this.#fromOffset;
    while (this.#ahead.length > 0 && this.#ahead[0].firstOffset <= this.#lastOffset)
      this.#abortedNow.add(this.#ahead.shift()!.producerId);
    const producerId = readInt64(this.#bytes, this.#begin + at.producerId);
    if (isControl && this.#isAbort()) this.#abortedNow.delete(producerId);
    if (isControl || this.#abortedNow.has(producerId)) return false;
    return this.#lastOffset >= this.#fromOffset;
  }

  /** Whether a control batch, which is one record, says that the transaction was aborted. */
  #isAbort(): boolean {
    const records = this.#unpack();
    readVarint(records, 0);
    readVarlong(records, varintEnd + 1);
    readVarint(records, varintEnd);
    const size = readVarint(records, varintEnd);
    return size >= 4 && records.readInt16BE(varintEnd + 2) === abortType;
  }

  #unpack(): Buffer {
    const begin = this.#begin;
    const sum = crc32c(this.#bytes.subarray(begin + at.attributes, this.#end));
    if (sum !== this.#bytes.readUInt32BE(begin + at.crc)) throw this.#failure("has a wrong sum");
    const records = this.#bytes.subarray(begin + at.records, this.#end);
    return decompress(this.#attributes & attributes.codec, records);
  }

  #leave(): void {
    this.#begin = this.#end;
    this.#records = none;
    if (this.#lastOffset >= this.#nextOffset) this.#nextOffset = this.#lastOffset + 1;
  }

  #takeOfBatch(into: RawMessage[], most: number): number {
    const records = this.#records;
    let place = this.#place;
    let left = this.#left;
    let taken = 0;
    for (; left > 0 && taken < most; left--) {
      const size = readVarint(records, place);
      const end = varintEnd + size;
      if (size < 0 || end > records.length) throw this.#failure("ends within a record");
      if (this.#takeOne(into, records, varintEnd + 1, end)) taken++;
      place = end;
    }
    this.#place = place;
    this.#left = left;
    if (left === 0) this.#leave();
    return taken;
  }

  /** Reads the record whose attributes end there. False: it lies before what was asked for. */
  #takeOne(into: RawMessage[], bytes: Buffer, from: number, end: number): boolean {
    const delta = readVarlong(bytes, from);
    const offset = this.#baseOffset + readVarint(bytes, varintEnd);
    if (offset < this.#fromOffset) return false;
    const keySize = readVarint(bytes, varintEnd);
    const keyAt = varintEnd;
    const valueSize = readVarint(bytes, keySize > 0 ? keyAt + keySize : keyAt);
    const valueAt = varintEnd;
    const headerCount = readVarint(bytes, valueSize > 0 ? valueAt + valueSize : valueAt);
    if (varintEnd > end) throw this.#failure("has a record whose parts are longer than it");
    into.push({
      topic: this.#topic,
      partition: this.#partition,
      offset,
      key: keySize < 0 ? null : bytes.subarray(keyAt, keyAt + keySize),
      value: valueSize < 0 ? null : bytes.subarray(valueAt, valueAt + valueSize),
      timestamp: Number.isNaN(this.#appendTime) ? this.#baseTimestamp + delta : this.#appendTime,
      headers: headerCount > 0 ? readHeaders(bytes, varintEnd, headerCount) : undefined,
    });
    this.#nextOffset = offset + 1;
    return true;
  }

  #failure(says: string): Failure {
    const part = partitionKey({ topic: this.#topic, partition: this.#partition });
    return failure("RECORDS_DAMAGED", part, String(this.#nextOffset), `a batch ${says}`);
  }
}
