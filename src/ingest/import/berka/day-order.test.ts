import assert from "node:assert/strict";
import { test } from "node:test";
import { type Booked, orderDay } from "./day-order.ts";

const row = (trans_id: number, crowns: number, balance: number): Booked => ({
  trans_id,
  signed_minor: Math.round(crowns * 100),
  balance_minor: Math.round(balance * 100),
});
const ids = (rows: Booked[]) => rows.map((one) => one.trans_id);

test("given rows whose ids are not in order, when the balances chain, then they decide", () => {
  const day = [row(1, -1_000, 4_000), row(9, 4_500, 5_000), row(5, -14.6, 3_985.4)];
  const ordered = orderDay(50_000, day);
  assert.equal(ordered.by, "chain");
  assert.deepEqual(ids(ordered.rows), [9, 1, 5]);
});

test("given balances that are off by a tenth, then the chain still holds", () => {
  const ordered = orderDay(7_110_770, [
    row(3_608_593, 344.8, 71_452.4),
    row(695_490, -14.6, 71_437.8),
  ]);
  assert.equal(ordered.by, "chain");
  assert.deepEqual(ids(ordered.rows), [3_608_593, 695_490]);
});

test("given two equal withdrawals, then either order chains and the ids break the tie", () => {
  const ordered = orderDay(100_000, [row(8, -100, 800), row(3, -100, 900)]);
  assert.deepEqual(ids(ordered.rows), [3, 8]);
  const same = orderDay(0, [row(7, 0, 0), row(2, 0, 0)]);
  assert.deepEqual(ids(same.rows), [2, 7]);
});

test("given that a row before the day is missing, then the day still chains in itself", () => {
  const ordered = orderDay(0, [row(1, -100, 850), row(2, 50, 950)]);
  assert.equal(ordered.by, "broken_chain");
  assert.deepEqual(ids(ordered.rows), [2, 1]);
});

test("given balances that fit no order, then trans_id decides", () => {
  const ordered = orderDay(0, [row(4, -100, 1), row(2, 50, 777)]);
  assert.equal(ordered.by, "trans_id");
  assert.deepEqual(ids(ordered.rows), [2, 4]);
});

test("given a day of 40 rows that fit in no order, then the search gives up in time", () => {
  const rows = Array.from({ length: 40 }, (_, i) => row(i + 1, i % 2 ? 1 : -1, i % 2 ? 1 : 0));
  const ordered = orderDay(0, [...rows, row(99, 5, 999)]);
  assert.equal(ordered.by, "trans_id");
  assert.equal(ordered.rows.length, 41);
});
