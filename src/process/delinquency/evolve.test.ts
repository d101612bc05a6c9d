import assert from "node:assert/strict";
import { test } from "node:test";
import { policies } from "../../events/policy.ts";
import { timeMs } from "../../events/time.ts";
import { type Transaction, transactionsStream } from "../../events/transaction.ts";
import { dayOf } from "../../rules/calendar.ts";
import { type Random, randomOf } from "../../rules/random.ts";
import { noRates, rateTable } from "../../rules/rates.ts";
import { arm } from "./deadlines.ts";
import { balanceOf, evolve, isTooLate } from "./evolve.ts";
import { knowsId } from "./lists.ts";
import { movementOf } from "./movement.ts";
import { evolveProfile, setCurrency } from "./profile.ts";
import { type CustomerRow, cell, customerCodec, lists } from "./row.ts";
import { lookAt } from "./sight.ts";

const { accounts, buckets, ids } = lists;
const policy = policies.read(
  Buffer.from(
    JSON.stringify({
      kind: "scoring",
      name: "delinquency",
      version: "1",
      bands: { CRITICAL: 0.8, HIGH: 0.6, MEDIUM: 0.4 },
      cool_down_minutes: 15,
      rescore_hours: 24,
      late_after_minutes: 60,
      large_times_mean: 3,
      large_least_debits: 10,
      large_floor: 100,
      salary_late_days: 3,
      utility_late_days: 5,
      due_soon_days: 5,
      reason_floor: 0.05,
      reasons_max: 4,
    }),
  ),
);
if (policy.kind !== "scoring") throw new Error("not a scoring policy");

const rates = rateTable("EUR", [{ from: 0, rates: { USD: 1.25, CZK: 25 } }]);
const base = transactionsStream.example;
const at = (txn_time: string, more: Partial<Transaction> = {}): Transaction => ({
  ...base,
  transaction_id: txn_time,
  txn_time,
  balance_after: null,
  ...more,
});
const take = (row: CustomerRow, value: Transaction): CustomerRow => {
  const time = timeMs(value.txn_time);
  const movement = movementOf(value, time, value.transaction_id!, "EUR", rates);
  assert.ok(movement);
  if (isTooLate(row, movement.day) || knowsId(row, movement.id)) return row;
  if (evolve(row, movement)) arm(row, "c", policy);
  return row;
};
const given = (...values: Transaction[]): CustomerRow => {
  const row = customerCodec.create("c");
  setCurrency(row, "EUR", rates, 0);
  return values.reduce(take, row);
};
const bytesOf = (row: CustomerRow): Buffer => Buffer.from(customerCodec.seal(row));
const seen = (row: CustomerRow) => lookAt(row, row.newest);

test("given debits and credits, then sums are in cents and of their own kind", () => {
  const s = seen(
    given(
      at("2024-01-10T09:00:00Z", { amount: 0.1 }),
      at("2024-01-10T10:00:00Z", { amount: 0.2, category: "dining" }),
      at("2024-01-12T10:00:00Z", { amount: 1_000, txn_type: "credit", category: "salary" }),
      at("2024-01-13T10:00:00Z", { amount: 500, txn_type: "credit", category: "lending" }),
      at("2024-01-13T11:00:00Z", { amount: 50, channel: "atm", category: "cash" }),
      at("2024-01-13T12:00:00Z", { amount: 300, category: "savings" }),
    ),
  );
  assert.deepEqual([s.spent[0], s.income[0], s.lending[0]], [5_030, 100_000, 50_000]);
  assert.deepEqual([s.discretionary[0], s.cash[0], s.withdrawals7], [20, 5_000, 1]);
});

test("given a failed transaction, then it is counted but in no sum, unless it was posted", () => {
  const failed = given(at("2024-01-10T09:00:00Z", { is_failed: true, posted: false }));
  assert.deepEqual([seen(failed).failed7, seen(failed).spent[0]], [1, 0]);
  const posted = given(at("2024-01-10T09:00:00Z", { is_failed: true, posted: true, amount: 5 }));
  assert.deepEqual([seen(posted).failed7, seen(posted).spent[0]], [1, 500]);
});

test("given a refund or a reversal, then it takes spending back and is no income", () => {
  const s = seen(
    given(
      at("2024-01-10T09:00:00Z", { amount: 80 }),
      at("2024-01-11T09:00:00Z", { amount: 30, txn_type: "credit", category: "refund" }),
      at("2024-01-12T09:00:00Z", { amount: 50, txn_type: "credit", reverses: "t" }),
    ),
  );
  assert.deepEqual([s.spent[0], s.income[0]], [0, 0]);
});

test("given a currency without a rate, then the transaction counts but its amount is in no sum", () => {
  const row = given(at("2024-01-10T09:00:00Z", { currency: "PLN", is_failed: true, posted: true }));
  assert.deepEqual([seen(row).failed7, seen(row).spent[0]], [1, 0]);
});

test("given an amount finer than its assumed currency, then it makes no movement", () => {
  const value = at("2024-01-10T09:00:00Z", { amount: 0.125, currency: null });
  assert.equal(movementOf(value, 0, "t", "EUR", noRates), undefined);
  assert.equal(movementOf(value, 0, "t", "KWD", noRates)?.amount, 125);
});

test("given 90 days, then the 91st pushes the first out, but its balance is remembered", () => {
  const row = given(
    at("2024-01-01T09:00:00Z", { amount: 7, balance_after: 100 }),
    at("2024-01-02T09:00:00Z", { amount: 8, account_id: "B", balance_after: 20 }),
    at("2024-03-30T09:00:00Z", { amount: 9, account_id: "B", balance_after: 10 }),
  );
  assert.deepEqual([row.count(buckets), row.spent90, row.debits90], [3, 2_400, 3]);
  take(row, at("2024-03-31T09:00:00Z", { amount: 1, account_id: "B", balance_after: 9 }));
  assert.deepEqual([row.count(buckets), row.count(ids)], [3, 3]);
  assert.deepEqual([row.spent90, row.debits90], [1_800, 3]);
  const s = seen(row);
  assert.deepEqual([s.closing[0], s.closing[88], s.closing[89]], [12_000, 11_000, 10_900]);
});

test("given the newest event, then what is 90 days older is too late, and 89 is not", () => {
  const row = given(at("2024-03-31T09:00:00Z"));
  assert.ok(isTooLate(row, dayOf(timeMs("2024-01-01"))));
  assert.ok(!isTooLate(row, dayOf(timeMs("2024-01-02"))));
  assert.ok(!isTooLate(customerCodec.create("c"), 0));
});

test("given an id that came within 90 days, then it is known, on whatever day", () => {
  const row = given(
    at("2024-01-10T09:00:00Z", { transaction_id: "t" }),
    at("2024-03-01T09:00:00Z"),
  );
  const again = movementOf(at("2024-03-02T00:00:00Z"), 0, "t", "EUR", noRates);
  assert.ok(again && knowsId(row, again.id));
});

test("given balances of a day out of order, then the latest one closes it", () => {
  const row = given(
    at("2024-01-10T12:00:00Z", { balance_after: 30 }),
    at("2024-01-10T09:00:00Z", { balance_after: -5 }),
  );
  assert.equal(balanceOf(row, 0), 3_000);
  assert.equal(row.get(buckets, 0, cell.lowest), -500);
});

test("given an account of type loan in the profile, then its balance is no money at hand", () => {
  const row = given(
    at("2024-01-10T12:00:00Z", { balance_after: 30 }),
    at("2024-01-10T12:00:00Z", { transaction_id: "l", account_id: "L", balance_after: -9_000 }),
  );
  evolveProfile(
    row,
    {
      customer_id: "c",
      version: 1,
      base_currency: "EUR",
      event_time: "2024-01-11",
      accounts: [{ account_id: "L", type: "loan", role: "owner", opened: "2023-01-11" }],
    },
    "EUR",
    rates,
  );
  const s = seen(row);
  assert.equal(s.closing[89], 3_000);
  assert.equal(s.today - s.openedDay, 364);
});

const drawn = (random: Random, n: number): Transaction => {
  const day = random.whole(0, 80);
  const time = timeMs("2024-01-03") + day * 86_400_000 + random.whole(0, 4) * 7_200_000;
  const credit = random.chance(0.2);
  return at(new Date(time).toISOString(), {
    transaction_id: `t${n}`,
    amount: random.whole(1, 300_000) / 100,
    txn_type: credit ? "credit" : "debit",
    category: random.pick(
      credit
        ? (["salary", "lending", "refund", "transfer"] as const)
        : (["groceries", "utilities", "telecom", "loan_payment", "gambling", "penalty"] as const),
    ),
    channel: random.pick(["pos", "atm", "online"] as const),
    merchant_id: `M${random.whole(1, 2)}`,
    account_id: random.pick(["A", "B", "C", "D"]),
    is_failed: random.chance(0.1),
    balance_after: random.chance(0.7) ? random.whole(-50_000, 500_000) / 100 : null,
  });
};

for (let seed = 1; seed <= 60; seed++)
  test(`given the same events in another order (seed ${seed}), then the row is the same`, () => {
    const random = randomOf(seed, "orders", 0);
    const values = Array.from({ length: random.whole(2, 120) }, (_, n) => drawn(random, n));
    if (seed % 5 === 0) values[0] = { ...values[0], amount: 40_000_000, is_failed: false };
    const sorted = values.toSorted((a, b) => timeMs(a.txn_time) - timeMs(b.txn_time));
    const expected = bytesOf(given(...sorted));
    for (let round = 0; round < 4; round++) {
      const shuffled = values
        .map((value) => ({ value, rank: random.unit() }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ value }) => value);
      const row = given(...shuffled, ...shuffled.slice(0, 5));
      assert.deepEqual(bytesOf(row), expected);
      assert.deepEqual(bytesOf(customerCodec.open(expected, "c")), expected);
    }
    assert.ok(given(...sorted).count(accounts) <= 4);
  });
