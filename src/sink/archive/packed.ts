import type { LogRecord } from "./parquet.ts";

const chunkBytes = 65_536;
const absent = -1;
/** Offset, append time, length of the key and of the value, number of headers. */
const fixedBytes = 8 + 8 + 4 + 4 + 4;
const lengthsOfHeader = 4 + 4;

type Chunk = { readonly bytes: Buffer; used: number };

/**
 * Records that wait to be filed, as bytes. Held as objects, tens of thousands of records with their
 * Buffers made the garbage collector two fifths of all work of a process that catches up.
 */
export class Packed {
  #chunks: Chunk[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push({ offset, appendTime, key, value, headers }: LogRecord): void {
    const keyBytes = key === null ? 0 : Buffer.byteLength(key);
    let size = fixedBytes + keyBytes + (value?.length ?? 0);
    const named = headers.flatMap((one) => Object.entries(one));
    for (const [name, bytes] of named)
      size += lengthsOfHeader + Buffer.byteLength(name) + bytes.length;
    const chunk = this.#room(size);
    const { bytes } = chunk;
    let at = bytes.writeDoubleLE(offset, chunk.used);
    at = bytes.writeDoubleLE(appendTime, at);
    at = bytes.writeInt32LE(key === null ? absent : keyBytes, at);
    at = bytes.writeInt32LE(value?.length ?? absent, at);
    at = bytes.writeInt32LE(named.length, at);
    if (key !== null) at += bytes.write(key, at);
    if (value !== null) at += value.copy(bytes, at);
    for (const [name, header] of named) {
      at = bytes.writeInt32LE(Buffer.byteLength(name), at);
      at = bytes.writeInt32LE(header.length, at);
      at += bytes.write(name, at);
      at += header.copy(bytes, at);
    }
    chunk.used = at;
    this.#count++;
  }

  #room(size: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last && last.bytes.length - last.used >= size) return last;
    const chunk = { bytes: Buffer.allocUnsafeSlow(Math.max(chunkBytes, size)), used: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }

  /** All of them in the order in which they came. Their Buffers are views: read, do not keep. */
  records(): LogRecord[] {
    return this.#chunks.flatMap(({ bytes, used }) => {
      const found: LogRecord[] = [];
      for (let at = 0; at < used; ) {
        const [record, end] = readAt(bytes, at);
        found.push(record);
        at = end;
      }
      return found;
    });
  }

  /** Forgets those that the test refuses. */
  keep(test: (record: LogRecord) => boolean): void {
    const kept = this.records().filter(test);
    this.clear();
    for (const record of kept) this.push(record);
  }

  clear(): void {
    this.#chunks = [];
    this.#count = 0;
  }
}

const readAt = (bytes: Buffer, from: number): [LogRecord, number] => {
  let at = from + fixedBytes;
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  const keyBytes = bytes.readInt32LE(from + 16);
  const valueBytes = bytes.readInt32LE(from + 20);
  const key = keyBytes === absent ? null : take(keyBytes).toString("utf8");
  const value = valueBytes === absent ? null : take(valueBytes);
  const headers = Array.from({ length: bytes.readInt32LE(from + 24) }, () => {
    const nameBytes = bytes.readInt32LE(at);
    const headerBytes = bytes.readInt32LE(at + 4);
    at += lengthsOfHeader;
    const name = take(nameBytes).toString("utf8");
    return { [name]: take(headerBytes) };
  });
  const offset = bytes.readDoubleLE(from);
  const appendTime = bytes.readDoubleLE(from + 8);
  return [{ offset, key, value, headers, appendTime }, at];
};
