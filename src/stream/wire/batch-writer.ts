import type { RawHeaders } from "../kafka.ts";
import { at, attributes, magic, writeInt64 } from "./batch-format.ts";
import { codecs, compress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { varintBytes, writeVarint, writeVarlong } from "./varint.ts";

export type BatchWriterOptions = {
  /** Size of a whole batch before compression, bytes. */
  maxBytes?: number;
};

export type FinishOptions = {
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  isTransactional: boolean;
  compress: boolean;
};

const firstBytes = 16_384;
const keptBytes = 1_048_576;
const roomyBytes = 65_536;
/** Beside key, value and headers: a record's length, attributes, deltas and three counts. */
const recordFrameBytes = 40;
const headerFrameBytes = 10;
const usualFrameBytes = 9;
const utf8MostBytes = 3;
/** Up to here a loop is quicker than a call into the runtime, of some 50 ns. */
const shortText = 12;

/** Writes a text as UTF-8 and returns how many bytes it took. */
const writeText = (bytes: Buffer, text: string, to: number): number => {
  const { length } = text;
  if (length > shortText) return bytes.write(text, to);
  for (let n = 0; n < length; n++) {
    const code = text.charCodeAt(n);
    if (code >= 0x80) return bytes.write(text, to);
    bytes[to + n] = code;
  }
  return length;
};

/** Writes length and bytes of a text or of bytes, and returns the place behind them. */
const writeSized = (bytes: Buffer, content: Buffer | string, to: number): number => {
  const from = writeVarint(bytes, content.length, to);
  if (typeof content !== "string") {
    bytes.set(content, from);
    return from + content.length;
  }
  const size = writeText(bytes, content, from);
  if (size === content.length) return from + size;
  const begin = to + varintBytes(size);
  bytes.copyWithin(begin, from, from + size);
  writeVarint(bytes, size, to);
  return begin + size;
};

/** Signs and bytes of headers, without what stands between them. */
const headersLength = (headers: RawHeaders): number => {
  let length = 0;
  for (const header of headers)
    for (const name in header) length += name.length + header[name].length;
  return length;
};

const writeHeaders = (bytes: Buffer, headers: RawHeaders | undefined, to: number): number => {
  if (headers === undefined) {
    bytes[to] = 0;
    return to + 1;
  }
  let end = writeVarint(bytes, headers.length, to);
  for (const header of headers)
    for (const name in header) end = writeSized(bytes, header[name], writeSized(bytes, name, end));
  return end;
};

/**
 * One record batch of one partition while it is filled, in a buffer that is used again for the
 * next. Each record is encoded in place as it comes, and so is its length, which stands before it:
 * the place left for it is that of a text in which each sign takes one byte. Where signs take more,
 * what was written is moved up by the byte or two that are lacking.
 */
export class BatchWriter {
  readonly #maxBytes: number;
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  #end: number = at.records;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor({ maxBytes = 400_000 }: BatchWriterOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  /** Records so far. */
  get count(): number {
    return this.#count;
  }
  /** Whether it holds room for far more than a batch of quiet times. */
  get isRoomy(): boolean {
    return this.#bytes.length > roomyBytes;
  }
  /** Size of the batch so far, uncompressed and with its header, bytes. */
  get bytes(): number {
    return this.#end;
  }

  /**
   * Adds a record and copies its bytes; `timestamp` is in ms since 1970. False, with nothing added,
   * when the batch would pass `maxBytes`. A first record is taken whatever its size.
   */
  add(
    key: Buffer | string | null,
    value: Buffer | null,
    headers: RawHeaders | undefined,
    timestamp: number,
  ): boolean {
    const isFirst = this.#count === 0;
    const begin = this.#end;
    const texts = (key?.length ?? 0) + (headers === undefined ? 0 : headersLength(headers));
    const frames = recordFrameBytes + headerFrameBytes * (headers?.length ?? 0);
    const valueBytes = value?.length ?? 0;
    if (!isFirst && begin + texts + valueBytes > this.#maxBytes) return false;
    const most = begin + frames + utf8MostBytes * texts + valueBytes;
    if (most > this.#bytes.length) this.#grow(most);
    if (isFirst) {
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    }
    const from = begin + varintBytes(texts + valueBytes + usualFrameBytes);
    const body = this.#write(key, value, headers, timestamp - this.#baseTimestamp, from);
    const size = body - from;
    const moved = begin + varintBytes(size);
    const end = moved + size;
    if (!isFirst && end > this.#maxBytes) return false;
    if (moved !== from) this.#bytes.copyWithin(moved, from, body);
    writeVarint(this.#bytes, size, begin);
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#end = end;
    this.#count++;
    return true;
  }

  /** Writes a record without its length, and returns the place behind it. */
  #write(
    key: Buffer | string | null,
    value: Buffer | null,
    headers: RawHeaders | undefined,
    timestampDelta: number,
    from: number,
  ): number {
    const bytes = this.#bytes;
    bytes[from] = 0;
    let end = writeVarlong(bytes, timestampDelta, from + 1);
    end = writeVarint(bytes, this.#count, end);
    end = key === null ? writeVarint(bytes, -1, end) : writeSized(bytes, key, end);
    end = value === null ? writeVarint(bytes, -1, end) : writeSized(bytes, value, end);
    return writeHeaders(bytes, headers, end);
  }

  #grow(needed: number): void {
    let size = this.#bytes.length;
    while (size < needed) size *= 2;
    const bytes = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(bytes, 0, 0, this.#end);
    this.#bytes = bytes;
  }

  /**
   * The whole batch as Kafka takes it: a view of the inner buffer where it is not compressed, valid
   * until `reset`. It may be asked for again, with another epoch or sequence. Records that lz4 does
   * not make smaller go as they are. Throws an Error for a batch without records.
   */
  finish(options: FinishOptions): Buffer {
    if (this.#count === 0) throw new Error("a batch without records");
    const raw = this.#bytes.subarray(at.records, this.#end);
    const packed = options.compress ? compress(raw) : raw;
    const isPacked = packed.length < raw.length;
    const batch = isPacked
      ? Buffer.allocUnsafeSlow(at.records + packed.length)
      : this.#bytes.subarray(0, this.#end);
    if (isPacked) batch.set(packed, at.records);
    this.#writeHead(batch, isPacked ? codecs.lz4 : codecs.none, options);
    return batch;
  }

  #writeHead(batch: Buffer, codec: number, options: FinishOptions): void {
    writeInt64(batch, 0, at.baseOffset);
    batch.writeInt32BE(batch.length - at.leaderEpoch, at.length);
    batch.writeInt32BE(-1, at.leaderEpoch);
    batch.writeInt8(magic, at.magic);
    const transactional = options.isTransactional ? attributes.isTransactional : 0;
    batch.writeInt16BE(codec | transactional, at.attributes);
    batch.writeInt32BE(this.#count - 1, at.lastOffsetDelta);
    writeInt64(batch, this.#baseTimestamp, at.baseTimestamp);
    writeInt64(batch, this.#maxTimestamp, at.maxTimestamp);
    writeInt64(batch, options.producerId, at.producerId);
    batch.writeInt16BE(options.producerEpoch, at.producerEpoch);
    batch.writeInt32BE(options.baseSequence, at.baseSequence);
    batch.writeInt32BE(this.#count, at.count);
    batch.writeUInt32BE(crc32c(batch.subarray(at.attributes)), at.crc);
  }

  /** Begins the next batch. A buffer past 1 MB is not kept: one giant record is no habit. */
  reset(): void {
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes);
    this.#end = at.records;
    this.#count = 0;
  }
}
