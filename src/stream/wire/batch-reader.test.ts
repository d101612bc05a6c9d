import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { compressSync } from "snappy";
import type { RawMessage } from "../kafka.ts";
import { at, attributes, writeInt64 } from "./batch-format.ts";
import { type AbortedTransaction, PartitionRecords } from "./batch-reader.ts";
import { BatchWriter, type FinishOptions } from "./batch-writer.ts";
import { codecs } from "./compression.ts";
import { crc32c } from "./crc32c.ts";

const plain: FinishOptions = {
  producerId: 7,
  producerEpoch: 0,
  baseSequence: 0,
  isTransactional: false,
  compress: false,
};
const resum = (batch: Buffer): Buffer => {
  batch.writeInt32BE(batch.length - at.leaderEpoch, at.length);
  batch.writeUInt32BE(crc32c(batch.subarray(at.attributes)), at.crc);
  return batch;
};
/** A batch of texts as the broker stores it, from an offset on. */
const stored = (offset: number, texts: string[], options: Partial<FinishOptions> = {}): Buffer => {
  const writer = new BatchWriter();
  for (const [n, text] of texts.entries()) writer.add(`k${n}`, Buffer.from(text), undefined, n);
  const batch = Buffer.from(writer.finish({ ...plain, ...options }));
  writeInt64(batch, offset, at.baseOffset);
  return batch;
};
/** The same batch under another codec. */
const packed = (batch: Buffer, codec: number, pack: (bytes: Buffer) => Buffer): Buffer => {
  const whole = Buffer.concat([batch.subarray(0, at.records), pack(batch.subarray(at.records))]);
  whole.writeInt16BE(codec, at.attributes);
  return resum(whole);
};
const marker = (offset: number, producerId: number, type: "abort" | "commit"): Buffer => {
  const writer = new BatchWriter();
  writer.add(Buffer.from([0, 0, 0, type === "abort" ? 0 : 1]), Buffer.alloc(6), undefined, 0);
  const batch = Buffer.from(writer.finish({ ...plain, producerId, isTransactional: true }));
  batch.writeInt16BE(attributes.isTransactional | attributes.isControl, at.attributes);
  writeInt64(batch, offset, at.baseOffset);
  return resum(batch);
};
type Ask = { from?: number; aborted?: AbortedTransaction[]; all?: boolean };
const open = (batches: Buffer[], { from = 0, aborted = [], all }: Ask = {}) =>
  new PartitionRecords("t", 3, Buffer.concat(batches), from, aborted, !all);
const takeAll = (records: PartitionRecords, most = 1_000): RawMessage[] => {
  const all: RawMessage[] = [];
  while (!records.isDone) records.take(all, most);
  return all;
};
const refused = (batches: Buffer[], message: RegExp) =>
  assert.throws(() => takeAll(open(batches)), {
    code: "RECORDS_DAMAGED",
    retryable: true,
    message,
  });
const shown = (messages: RawMessage[]) => messages.map((m) => `${m.offset}:${m.value}`);

test("given batches, then their records come in order, as many as are asked for", () => {
  const records = open([stored(10, ["a", "b", "c"]), stored(20, ["d"]), stored(21, ["e", "f"])]);
  const size = records.bytesLeft;
  const into: RawMessage[] = [];
  assert.equal(records.take(into, 2), 2);
  assert.equal(records.nextOffset, 12);
  assert.equal(records.bytesLeft, size);
  assert.equal(records.take(into, 2), 2);
  assert.equal(records.nextOffset, 21);
  assert.equal(records.isDone, false);
  assert.equal(records.take(into, 0), 0);
  assert.equal(records.take(into, 10), 2);
  assert.ok(records.isDone);
  assert.deepEqual([records.bytesLeft, records.nextOffset], [0, 23]);
  assert.deepEqual(shown(into), ["10:a", "11:b", "12:c", "20:d", "21:e", "22:f"]);
  assert.equal(records.take(into, 10), 0);
  const { topic, partition, key, timestamp, headers } = into[1];
  assert.deepEqual(
    { topic, partition, key: String(key), timestamp, headers },
    { topic: "t", partition: 3, key: "k1", timestamp: 1, headers: undefined },
  );
});

test("given nothing or a batch that is cut off, then the next offset is behind the rest", () => {
  const empty = open([], { from: 9 });
  assert.deepEqual(takeAll(empty), []);
  assert.equal(empty.nextOffset, 9);
  const last = stored(2, ["c", "d"], { compress: true });
  for (let kept = 0; kept < last.length; kept++) {
    const records = open([stored(0, ["a", "b"]), last.subarray(0, kept)]);
    assert.deepEqual(shown(takeAll(records)), ["0:a", "1:b"]);
    assert.deepEqual([records.nextOffset, records.bytesLeft], [2, 0]);
  }
});

test("given an offset within a compressed batch, then records before it are left out", () => {
  const texts = Array.from({ length: 200 }, (_, n) => `the same words ${n}`);
  const batch = stored(1_000, texts, { compress: true });
  assert.equal(batch.readInt16BE(at.attributes), codecs.lz4);
  const records = open([stored(900, ["old"]), batch], { from: 1_150 });
  const into: RawMessage[] = [];
  assert.equal(records.take(into, 30), 30);
  assert.deepEqual([into[0].offset, records.nextOffset], [1_150, 1_180]);
  assert.equal(takeAll(records).length, 20);
  assert.equal(records.nextOffset, 1_200);
});

test("given an offset behind what compaction left of a batch, then it goes on behind it", () => {
  const batch = stored(5, ["a", "b"]);
  batch.writeInt32BE(9, at.lastOffsetDelta);
  const hollow = Buffer.from(stored(15, ["x"]).subarray(0, at.records));
  hollow.writeInt32BE(0, at.count);
  const records = open([resum(batch), resum(hollow)], { from: 12 });
  assert.deepEqual(shown(takeAll(records)), []);
  assert.equal(records.nextOffset, 16);
});

test("given each codec, then the records are the same", () => {
  const texts = Array.from({ length: 100 }, (_, n) => `a text that comes again ${n}`);
  const batch = stored(0, texts);
  const wanted = shown(takeAll(open([batch])));
  const java = (bytes: Buffer) => {
    const blocks = [bytes.subarray(0, 900), bytes.subarray(900)].flatMap((part) => {
      const block = compressSync(part);
      const size = Buffer.alloc(4);
      size.writeInt32BE(block.length);
      return [size, block];
    });
    const head = Buffer.from("\x82SNAPPY\0\0\0\0\x01\0\0\0\x01", "latin1");
    return Buffer.concat([head, ...blocks]);
  };
  const all = [
    packed(batch, codecs.gzip, (bytes) => gzipSync(bytes)),
    packed(batch, codecs.snappy, (bytes) => compressSync(bytes)),
    packed(batch, codecs.snappy, java),
    stored(0, texts, { compress: true }),
    packed(batch, codecs.zstd, (bytes) => zstdCompressSync(bytes)),
  ];
  for (const one of all) {
    assert.ok(one.length < batch.length);
    assert.deepEqual(shown(takeAll(open([one]), 7)), wanted);
  }
  const unknown = packed(batch, 5, (bytes) => bytes);
  refused([unknown], /codec 5/);
});

test("given the append time of the log, then each record bears it", () => {
  const batch = stored(0, ["a", "b"]);
  batch.writeInt16BE(attributes.isAppendTime, at.attributes);
  writeInt64(batch, 1_700_000_000_123, at.maxTimestamp);
  const times = takeAll(open([resum(batch)])).map(({ timestamp }) => timestamp);
  assert.deepEqual(times, [1_700_000_000_123, 1_700_000_000_123]);
});

test("given aborted transactions, then theirs are left out and those around them come", () => {
  const of = (producerId: number) => ({ producerId, isTransactional: true });
  const batches = [
    stored(0, ["kept"], of(1)),
    stored(1, ["lost"], of(2)),
    stored(2, ["kept too"], of(1)),
    stored(3, ["lost too"], of(2)),
    stored(4, ["outside"], { producerId: 2 }),
    marker(5, 2, "abort"),
    marker(6, 1, "commit"),
    stored(7, ["again"], of(2)),
    marker(8, 2, "commit"),
    stored(9, ["lost again"], of(2)),
    marker(10, 2, "abort"),
  ];
  const aborted = [
    { producerId: 2, firstOffset: 9 },
    { producerId: 2, firstOffset: 1 },
  ];
  const committed = open(batches, { aborted });
  assert.deepEqual(shown(takeAll(committed)), ["0:kept", "2:kept too", "4:outside", "7:again"]);
  assert.equal(committed.nextOffset, 11);
  const all = open(batches, { aborted, all: true });
  assert.equal(takeAll(all).length, 7);
  assert.equal(all.nextOffset, 11);
  const later = open(batches.slice(3), { aborted, from: 4 });
  assert.deepEqual(shown(takeAll(later)), ["4:outside", "7:again"]);
});

test("given an old format, a wrong sum or damaged records, then the error names the place", () => {
  const old = stored(0, ["a"]);
  old[at.magic] = 1;
  refused([stored(0, ["a"]), old], /t\/3 behind offset 1 .*format 1/);
  for (const place of [at.attributes, at.records, -2]) {
    const wrong = stored(0, ["a"]);
    wrong[place < 0 ? wrong.length + place : place] ^= 1;
    refused([stored(9, ["a"]), wrong], /t\/3 behind offset 10 .*wrong sum.*asked for again/);
  }
  const tooLong = stored(0, ["a"]);
  tooLong[at.records] = 0x7e;
  refused([resum(tooLong)], /ends within a record/);
  const longKey = stored(0, ["a"]);
  longKey[at.records + 4] = 0x7e;
  refused([resum(longKey)], /longer than it/);
  const short = stored(0, ["a"]);
  short.writeInt32BE(3, at.length);
  refused([short], /too short/);
  const noGzip = packed(stored(0, ["a"]), codecs.gzip, (bytes) => bytes);
  refused([noGzip], /t\/3 behind offset 0 .*header/);
});

test("given headers, one of them without a value, then they come in order, that one empty", () => {
  const writer = new BatchWriter();
  for (const name of ["bw", "bw", "other"])
    writer.add("k", null, [{ first: "1" }, { [name]: "" }], 0);
  const batch = Buffer.from(writer.finish(plain));
  batch[batch.length - 1] = 0x01;
  const got = takeAll(open([resum(batch)])).map(({ headers }) =>
    (headers ?? []).map((one) => Object.entries(one).map(([name, value]) => `${name}=${value}`)),
  );
  assert.deepEqual(got, [
    [["first=1"], ["bw="]],
    [["first=1"], ["bw="]],
    [["first=1"], ["other="]],
  ]);
});
