import assert from "node:assert/strict";
import { test } from "node:test";
import { cardFeatures, cardRow } from "./features.ts";

const month = (n: number, status: number, bill: number, paid: number) => ({
  month: `2005-0${9 - n}`,
  status,
  bill_minor: bill * 100,
  paid_minor: paid * 100,
});

const valuesOf = (months: ReturnType<typeof month>[]) => {
  const row = cardRow({ limit_minor: 1_000_00, months });
  return Object.fromEntries(cardFeatures.map(({ id }, n) => [id, row[n]]));
};

test("given six months of a card, then the features are what a hand computes", () => {
  const found = valuesOf([
    month(0, 2, 600, 0),
    month(1, 1, 500, 50),
    month(2, 0, 400, 100),
    month(3, -1, 300, 400),
    month(4, -2, 0, 0),
    month(5, -1, 100, 100),
  ]);
  assert.deepEqual([found.arrears_0m, found.arrears_1m, found.arrears_2m], [2, 1, 0]);
  assert.deepEqual([found.arrears_3m, found.arrears_worst, found.arrears_count], [0, 2, 2]);
  // Distances from the middle 2.5, 1.5, …: (2.5 × 2 + 1.5 × 1) / 17.5.
  assert.equal(found.arrears_trend, 6.5 / 17.5);
  assert.deepEqual([found.revolving_count, found.unused_count], [1, 1]);
  assert.deepEqual([found.paid_in_full_now, found.revolving_now], [0, 0]);
  assert.deepEqual([found.limit_used_now, found.limit_used_most], [0.6, 0.6]);
  assert.ok(Math.abs(found.limit_used_mean - 1_900 / 6_000) < 1e-12);
  // 0 of 500, 50 of 400, 100 of 300; nothing was owed two months before; the last paid 0 of 100.
  assert.deepEqual([found.repaid_last, found.repaid_least], [0, 0]);
  assert.ok(Math.abs(found.repaid_mean - (0 + 0.125 + 1 / 3 + 0) / 4) < 1e-12);
  assert.deepEqual([found.paid_last, found.paid_before, found.unpaid_count], [0, 50, 2]);
  assert.equal(found.paid_of_limit, 0.65);
});

test("given one month only, then what needs two is missing and not zero", () => {
  const found = valuesOf([month(0, 0, 200, 20)]);
  assert.equal(found.bill_now, 200);
  for (const id of ["arrears_1m", "repaid_last", "repaid_mean", "paid_before", "arrears_trend"])
    assert.ok(Number.isNaN(found[id]), id);
});

test("given the feature set, then nothing of the person is in it, and ids are unique", () => {
  const ids = cardFeatures.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { id, says } of cardFeatures)
    assert.doesNotMatch(`${id} ${says}`, /\b(sex|gender|age|education|school|marri)/i);
});
