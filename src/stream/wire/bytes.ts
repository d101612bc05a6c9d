import { readInt64, writeInt64 } from "./batch-format.ts";

/**
 * The primitive types of Kafka's protocol, in the flexible form of its newer versions: compact
 * strings and arrays, tagged fields. An int64 is a JavaScript number: offsets, times and producer
 * ids stay below 2^53.
 */
type OfTopic = { readonly topic: string };

/** Partitions as requests have them: each topic once, in the order in which it comes first. */
export const byTopic = <T extends OfTopic>(parts: readonly T[]): [string, T[]][] => [
  ...Map.groupBy(parts, ({ topic }) => topic),
];

/** A request that is being written. */
export class Encoder {
  #bytes = Buffer.allocUnsafe(512);
  #at = 0;

  #room(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, at + length));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#at = at + length;
    return at;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#bytes.writeInt8(value, at);
    return this;
  }
  int16(value: number): this {
    const at = this.#room(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }
  int32(value: number): this {
    const at = this.#room(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }
  int64(value: number): this {
    const at = this.#room(8);
    writeInt64(this.#bytes, value, at);
    return this;
  }
  bool(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }
  /** An unsigned varint: seven bits a byte, the lowest first. */
  uvarint(value: number): this {
    let rest = value;
    while (rest > 127) {
      const at = this.#room(1);
      this.#bytes[at] = (rest & 127) | 128;
      rest >>>= 7;
    }
    const at = this.#room(1);
    this.#bytes[at] = rest;
    return this;
  }
  /** The form that a request's header still has: a length of two bytes. */
  oldText(text: string): this {
    const length = Buffer.byteLength(text);
    this.int16(length);
    const at = this.#room(length);
    this.#bytes.write(text, at, "utf8");
    return this;
  }
  text(text: string | null): this {
    if (text === null) return this.uvarint(0);
    const length = Buffer.byteLength(text);
    this.uvarint(length + 1);
    const at = this.#room(length);
    this.#bytes.write(text, at, "utf8");
    return this;
  }
  bytes(value: Buffer): this {
    return this.uvarint(value.length + 1).raw(value);
  }
  raw(value: Buffer): this {
    const at = this.#room(value.length);
    value.copy(this.#bytes, at);
    return this;
  }
  array<T>(items: readonly T[] | null, each: (item: T) => unknown): this {
    if (items === null) return this.uvarint(0);
    this.uvarint(items.length + 1);
    for (const item of items) each(item);
    return this;
  }
  /** Topics with their partitions; `each` writes one partition to its end. */
  parts<T extends OfTopic>(parts: readonly T[], each: (part: T) => unknown): this {
    return this.array(byTopic(parts), ([topic, own]) => this.text(topic).array(own, each).end());
  }
  /** The end of a structure: no tagged fields. */
  end(): this {
    return this.uvarint(0);
  }
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** An answer that is being read; reading past its end throws a RangeError. */
export class Decoder {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(): number {
    const value = this.bytes.readInt8(this.at);
    this.at += 1;
    return value;
  }
  int16(): number {
    const value = this.bytes.readInt16BE(this.at);
    this.at += 2;
    return value;
  }
  int32(): number {
    const value = this.bytes.readInt32BE(this.at);
    this.at += 4;
    return value;
  }
  int64(): number {
    const value = readInt64(this.bytes, this.at);
    this.at += 8;
    return value;
  }
  bool(): boolean {
    return this.int8() !== 0;
  }
  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }
  text(): string | null {
    const length = this.uvarint() - 1;
    if (length < 0) return null;
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }
  /** Sixteen bytes as text in base64, without the padding. */
  uuid(): string {
    this.at += 16;
    return this.bytes.toString("base64", this.at - 16, this.at).slice(0, 22);
  }
  /** A view of the answer; empty where there is none. */
  block(): Buffer {
    const length = Math.max(0, this.uvarint() - 1);
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError("An answer ends within its bytes");
    return this.bytes.subarray(this.at - length, this.at);
  }
  array<T>(each: () => T): T[] {
    const length = this.uvarint() - 1;
    const items: T[] = [];
    for (let n = 0; n < length; n++) items.push(each());
    return items;
  }
  /** Topics with their partitions; `each` reads one partition to its end. */
  parts<T>(each: (topic: string) => T): T[] {
    return this.array(() => {
      const topic = this.text() ?? "";
      const own = this.array(() => each(topic));
      this.end();
      return own;
    }).flat();
  }
  /** The end of a structure: passes over its tagged fields. */
  end(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      const length = this.uvarint();
      this.at += length;
    }
  }
}
