import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { CustomerUpdate } from "../../events/customer.ts";
import { timeMs } from "../../events/time.ts";
import { type Transaction, transactionsStream } from "../../events/transaction.ts";
import { noRates } from "../../rules/rates.ts";
import { evolve } from "./evolve.ts";
import { features, valuesOf } from "./features.ts";
import { movementOf } from "./movement.ts";
import { cadenceOf, mostPayLate, paydaysOf } from "./payers.ts";
import { evolveProfile } from "./profile.ts";
import { type CustomerRow, customerCodec, lists } from "./row.ts";
import { lookAt } from "./sight.ts";

/** What the rows of the fixtures were made from, by the releases that wrote each version. */
const profile: CustomerUpdate = {
  customer_id: "c",
  version: 1,
  base_currency: "EUR",
  event_time: "2024-01-01",
  accounts: [
    { account_id: "A", type: "current", role: "owner", opened: "2020-01-01" },
    { account_id: "S", type: "savings", role: "owner" },
  ],
  obligations: [
    { obligation_id: "L", product: "loan", instalment: 200, due_rule: "day 12", next_due: null },
  ],
};
const pay = { txn_type: "credit", category: "salary", amount: 2_000, merchant_id: "WORK" } as const;
const bill = { category: "utilities", merchant_id: "POWER", amount: 90 } as const;
const told = [
  ...["01-25", "02-25", "03-25", "04-25"].map((day) => ({ day, ...pay, account_id: "A" })),
  ...["01-10", "02-10", "03-10", "04-10"].map((day) => ({ day, ...bill, account_id: "A" })),
  { day: "04-12", category: "loan_payment", amount: 200, account_id: "A" } as const,
  { day: "04-13", category: "groceries", amount: 20, account_id: "S", balance_after: 900 } as const,
  { day: "04-20", category: "gambling", amount: 30, account_id: "A", is_failed: true } as const,
].toSorted((a, b) => a.day.localeCompare(b.day));

const take = (row: CustomerRow, { day, ...more }: { day: string } & Partial<Transaction>): void => {
  const time = timeMs(`2024-${day}T09:00:00Z`);
  const value = { ...transactionsStream.example, balance_after: 500, ...more };
  evolve(row, movementOf(value, time, `t ${day} ${value.category}`, "EUR", noRates)!);
};

const rowOf = (version: 1 | 2) => readFileSync(`test/fixtures/rows/customer-${version}.bin`);
const stored = rowOf(1);
const today = (): CustomerRow => {
  const row = customerCodec.create("c");
  evolveProfile(row, profile, "EUR", noRates);
  for (const one of told) take(row, one);
  return row;
};
const vector = (row: CustomerRow): number[] => {
  const values = new Float64Array(features.length);
  valuesOf(lookAt(row, timeMs("2024-05-30T12:00:00Z")), values);
  return [...values];
};

for (const version of [1, 2] as const) {
  test(`given a row of version ${version}, when it is opened, then it is today's and whole`, () => {
    const stored = rowOf(version);
    assert.equal(stored[0], version);
    const row = customerCodec.open(Buffer.from(stored), "c");
    assert.deepEqual(stored, rowOf(version), "the bytes it came from stay");
    const bytes = customerCodec.seal(row);
    assert.equal(bytes[0], customerCodec.version);
    for (const list of Object.values(lists)) assert.equal(row.count(list), today().count(list));
    assert.equal(paydaysOf(row, 0), 4);
    assert.deepEqual(customerCodec.open(Buffer.from(bytes), "c").view, bytes);
  });

  test(`given a row of version ${version}, when pay comes, then what it lacks is learned`, () => {
    const [old, fresh] = [customerCodec.open(rowOf(version), "c"), today()];
    for (const row of [old, fresh]) take(row, { day: "05-25", ...pay, account_id: "A" });
    assert.equal(cadenceOf(old, 0), "monthly");
    assert.equal(mostPayLate(old, 0), 0, "known, and never late");
    assert.deepEqual(vector(old), vector(fresh));
    assert.deepEqual(Buffer.from(old.view), Buffer.from(fresh.view));
  });
}

test("given a row of version 1, when a day begins, then late pay is known", () => {
  const old = customerCodec.open(Buffer.from(stored), "c");
  take(old, { day: "05-29", amount: 5 });
  const { payLate } = lookAt(old, timeMs("2024-05-30T12:00:00Z"));
  assert.equal(payLate, 4, "it came on a Sunday before, so it was expected on the Saturday");
});

test("given a row of version 1, when a number outgrows 4 bytes, then the others stay", () => {
  const row = customerCodec.open(Buffer.from(stored), "c");
  const before = row.get(lists.buckets, 3, 4);
  row.set(lists.buckets, 0, 4, 3_000_000_000_000);
  assert.ok(row.wide);
  assert.equal(row.get(lists.buckets, 3, 4), before);
  assert.equal(row.count(lists.ids), today().count(lists.ids));
});
