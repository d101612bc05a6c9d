import assert from "node:assert/strict";
import { test } from "node:test";
import { type CustomerRow, cell, customerCodec, lists } from "./row.ts";

const { accounts, buckets, extras, ids } = lists;
const filled = (): CustomerRow => {
  const row = customerCodec.create("c");
  row.newest = 1_705_314_600_000;
  row.score = 0.25;
  row.insert(accounts, 0, 2);
  row.insert(buckets, 0, 3);
  row.insert(extras, 0, 2);
  row.insert(ids, 0, 5);
  for (let b = 0; b < 3; b++)
    for (let which = 0; which < 10; which++) row.set(buckets, b, which, 100 * b - which);
  row.set(extras, 1, 1, -7);
  row.u16[row.start(ids) / 2 + 14] = 4_711;
  return row;
};

test("given a row, when its bytes are opened, then they are the same bytes and facts", () => {
  const row = filled();
  const bytes = Buffer.from(customerCodec.seal(row));
  const again = customerCodec.open(bytes, "c");
  assert.deepEqual(customerCodec.seal(again), bytes);
  assert.equal(bytes[0], customerCodec.version);
  assert.equal(again.newest, row.newest);
  assert.equal(again.get(buckets, 2, 9), 191);
  assert.equal(again.count(ids), 5);
});

test("given an opened row, when it changes, then the bytes it came from stay as they were", () => {
  const bytes = Buffer.from(customerCodec.seal(filled()));
  const before = Buffer.from(bytes);
  const row = customerCodec.open(bytes, "c");
  row.add(buckets, 0, cell.spent, 5);
  row.insert(ids, 0, 500);
  assert.deepEqual(bytes, before);
});

test("given bytes at an odd place of a larger buffer, then they are opened all the same", () => {
  const bytes = customerCodec.seal(filled());
  const odd = Buffer.concat([Buffer.from("x"), bytes]).subarray(1);
  assert.deepEqual(customerCodec.seal(customerCodec.open(odd, "c")), Buffer.from(bytes));
});

test("given a row, when elements come and go, then the others stay in place", () => {
  const row = filled();
  const before = Buffer.from(customerCodec.seal(row));
  for (let n = 0; n < 200; n++) row.insert(buckets, 1);
  assert.equal(row.get(buckets, 201, cell.spent), 96);
  assert.equal(row.get(buckets, 202, cell.spent), 196);
  assert.equal(row.u16[row.start(ids) / 2 + 14], 4_711);
  row.remove(buckets, 1, 200);
  assert.deepEqual(Buffer.from(customerCodec.seal(row)), before);
});

test("given a number beyond 4 bytes, when it is set, then the row turns wide and keeps all", () => {
  const row = filled();
  row.set(buckets, 1, cell.closing, 3_000_000_000_000);
  assert.ok(row.wide);
  const again = customerCodec.open(Buffer.from(customerCodec.seal(row)), "c");
  assert.ok(again.wide);
  assert.equal(again.get(buckets, 1, cell.closing), 3_000_000_000_000);
  assert.equal(again.get(buckets, 0, 9), -9);
  assert.equal(again.get(buckets, 2, 3), 197);
  assert.equal(again.get(extras, 1, 1), -7);
  assert.equal(again.u16[again.start(ids) / 2 + 14], 4_711);
  assert.equal(again.newest, 1_705_314_600_000);
  row.add(buckets, 1, cell.closing, 1);
  assert.equal(row.get(buckets, 1, cell.closing), 3_000_000_000_001);
});

test("given a new row, then nothing is due", () => {
  assert.equal(customerCodec.deadline?.(customerCodec.create("c")), Number.POSITIVE_INFINITY);
});
