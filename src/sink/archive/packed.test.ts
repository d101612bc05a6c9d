import assert from "node:assert/strict";
import { test } from "node:test";
import { Packed } from "./packed.ts";
import type { LogRecord } from "./parquet.ts";

const record = (offset: number, more: Partial<LogRecord> = {}): LogRecord => ({
  offset,
  key: `CUST-${offset}`,
  value: Buffer.from(`{"n":${offset}}`),
  headers: [{ bw: Buffer.from([0, 255, offset % 256]) }],
  appendTime: 1_750_000_000_000 + offset,
  ...more,
});

const packed = (records: readonly LogRecord[]): Packed => {
  const all = new Packed();
  for (const one of records) all.push(one);
  return all;
};

test("given records of every shape, then they come back as they were, in order", () => {
  const records = [
    record(2 ** 40),
    record(1, { key: null }),
    record(2, { value: null }),
    record(3, { key: "", value: Buffer.alloc(0), headers: [] }),
    record(4, { key: "Žižkov 😀", headers: [{ ä: Buffer.from("x") }, { b: Buffer.alloc(0) }] }),
    record(5, { value: Buffer.alloc(300_000, 7) }),
    ...Array.from({ length: 5_000 }, (_, n) => record(6 + n)),
  ];
  const all = packed(records);
  assert.equal(all.count, records.length);
  assert.deepEqual(all.records(), records);
});

test("given some to forget, then the others stay, and all of them go at once", () => {
  const all = packed(Array.from({ length: 1_000 }, (_, n) => record(n)));
  all.keep(({ offset }) => offset % 3 === 0);
  assert.equal(all.count, 334);
  assert.deepEqual(
    all.records().map(({ offset }) => offset),
    Array.from({ length: 334 }, (_, n) => n * 3),
  );
  all.clear();
  assert.deepEqual([all.count, all.records()], [0, []]);
});
