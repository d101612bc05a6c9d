import assert from "node:assert/strict";
import { test } from "node:test";
import type { RawHeaders, RawMessage } from "../kafka.ts";
import { seeded } from "../test-task.ts";
import { at, readInt64 } from "./batch-format.ts";
import { PartitionRecords } from "./batch-reader.ts";
import { BatchWriter, type FinishOptions } from "./batch-writer.ts";
import { crc32c } from "./crc32c.ts";

const plain: FinishOptions = {
  producerId: 2 ** 40 + 5,
  producerEpoch: 3,
  baseSequence: 12,
  isTransactional: true,
  compress: false,
};
const read = (batch: Buffer): RawMessage[] => {
  const all: RawMessage[] = [];
  const records = new PartitionRecords("t", 0, batch, 0, [], true);
  while (!records.isDone) records.take(all, 100);
  return all;
};
type Kind = {
  key: Buffer | string | null;
  value: Buffer | null;
  headers?: RawHeaders;
  time: number;
};
const bytesOf = (content: Buffer | string | null) =>
  content === null ? null : Buffer.from(content as string).toString("hex");
/** What should be read of what was written. */
const shown = ({ key, value, headers, time }: Kind) => ({
  key: bytesOf(key),
  value: bytesOf(value),
  time,
  headers: headers?.length
    ? headers.map((one) => Object.entries(one).map(([name, v]) => [name, bytesOf(v)]))
    : undefined,
});
const roundTrip = (kinds: Kind[]) => {
  for (const compress of [false, true]) {
    const writer = new BatchWriter({ maxBytes: 10_000_000 });
    for (const { key, value, headers, time } of kinds)
      assert.ok(writer.add(key, value, headers, time));
    const got = read(writer.finish({ ...plain, compress }));
    assert.deepEqual(
      got.map(({ timestamp, ...rest }) => shown({ ...rest, time: timestamp })),
      kinds.map(shown),
    );
    assert.deepEqual(
      got.map(({ offset }) => offset),
      kinds.map((_, n) => n),
    );
  }
};

test("given records of all kinds, then they read back as they were", () => {
  const long = "ü".repeat(40);
  roundTrip([
    { key: null, value: null, time: 5 },
    { key: "", value: Buffer.alloc(0), headers: [], time: 4 },
    { key: "a\0b", value: Buffer.from("x"), headers: [{ bw: "1|ü|é" }], time: 1.8e12 },
    {
      key: "zürich 🐑",
      value: Buffer.from("y"),
      headers: [{ [long]: long }, { "7": "" }],
      time: 0,
    },
    { key: long, value: null, headers: [{ bw: Buffer.from([0, 255]) }], time: 7 },
    { key: Buffer.from([0, 1, 200]), value: Buffer.alloc(9_000, 1), time: 1 },
    { key: "k".repeat(70_000), value: Buffer.from("v"), time: -3 },
  ]);
});

test("given sizes around those where a length needs one more byte, then they read back", () => {
  const around = [0, 1, 45, 60, 63, 64, 65, 8_170, 8_191, 8_192, 8_193];
  roundTrip(
    around.flatMap((n) => [
      { key: "x".repeat(n), value: Buffer.alloc(n), time: n },
      { key: "é".repeat(n), value: null, headers: [{ bw: "→".repeat(n) }], time: n },
      { key: null, value: Buffer.alloc(n), headers: [{ bw: "h" }], time: 1 - n },
    ]),
  );
});

test("given random records, then they read back", () => {
  const random = seeded(23);
  const below = (n: number) => Math.floor(random() * n);
  const signs = ["a", "b", "1", "ß", "🐑", "\0", "☃", "z"];
  const text = () => Array.from({ length: below(40) }, () => signs[below(signs.length)]).join("");
  roundTrip(
    Array.from({ length: 3_000 }, () => ({
      key: below(5) === 0 ? null : text(),
      value: below(9) === 0 ? null : Buffer.from(text()),
      headers: below(3) === 0 ? undefined : Array.from({ length: below(4) }, () => ({ h: text() })),
      time: 1.7e12 + below(1e9) - 5e8,
    })),
  );
});

test("given a batch, then its header holds what Kafka looks at", () => {
  const writer = new BatchWriter();
  for (const time of [100, 90, 130]) writer.add("k", null, undefined, time);
  const batch = writer.finish(plain);
  assert.equal(batch.length, writer.bytes);
  assert.deepEqual(
    [readInt64(batch, at.baseOffset), batch.readInt32BE(at.length), batch.readInt32BE(12)],
    [0, batch.length - 12, -1],
  );
  assert.deepEqual([batch[at.magic], batch.readInt16BE(at.attributes)], [2, 0x10]);
  assert.deepEqual([batch.readInt32BE(at.lastOffsetDelta), batch.readInt32BE(at.count)], [2, 3]);
  assert.deepEqual(
    [readInt64(batch, at.baseTimestamp), readInt64(batch, at.maxTimestamp)],
    [100, 130],
  );
  assert.deepEqual(
    [readInt64(batch, at.producerId), batch.readInt16BE(51), batch.readInt32BE(53)],
    [2 ** 40 + 5, 3, 12],
  );
  assert.equal(batch.readUInt32BE(at.crc), crc32c(batch.subarray(at.attributes)));
  const none = { producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false };
  const again = writer.finish({ ...plain, ...none });
  assert.deepEqual([readInt64(again, at.producerId), again.readInt16BE(at.attributes)], [-1, 0]);
});

test("given compression, then a batch that it makes no smaller goes as it is", () => {
  const writer = new BatchWriter();
  writer.add("k", Buffer.from("v"), undefined, 0);
  assert.equal(writer.finish({ ...plain, compress: true }).readInt16BE(at.attributes), 0x10);
  writer.add("k", Buffer.alloc(500), undefined, 0);
  const batch = writer.finish({ ...plain, compress: true });
  assert.equal(batch.readInt16BE(at.attributes), 0x13);
  assert.ok(batch.length < writer.bytes);
});

test("given a full batch, then no more is added, but a first record of any size is", () => {
  const writer = new BatchWriter({ maxBytes: 1_000 });
  const giant = Buffer.alloc(3_000_000, 7);
  assert.ok(writer.add("k", giant, undefined, 0));
  assert.equal(writer.add("k", null, undefined, 0), false);
  assert.equal(read(writer.finish(plain))[0].value?.equals(giant), true);
  writer.reset();
  assert.deepEqual([writer.count, writer.bytes], [0, at.records]);
  assert.throws(() => writer.finish(plain), /without records/);
  let added = 0;
  while (writer.add("ü".repeat(20), null, undefined, added)) added++;
  const { bytes } = writer;
  assert.ok(bytes <= 1_000 && bytes > 940);
  assert.equal(writer.add("k", giant, undefined, 0), false);
  assert.deepEqual([writer.count, writer.bytes], [added, bytes]);
  assert.equal(read(writer.finish(plain)).length, added);
});

test("given a value that changes after it was added, then the batch has what it was", () => {
  const writer = new BatchWriter();
  const value = Buffer.from("before");
  writer.add("k", value, undefined, 0);
  value.fill("x");
  assert.equal(String(read(writer.finish(plain))[0].value), "before");
});
