import assert from "node:assert/strict";
import { test } from "node:test";
import { policies } from "../../events/policy.ts";
import { timeMs } from "../../events/time.ts";
import { type Transaction, transactionsStream } from "../../events/transaction.ts";
import { dayOf } from "../../rules/calendar.ts";
import { type Random, randomOf } from "../../rules/random.ts";
import { noRates, rateTable } from "../../rules/rates.ts";
import { arm } from "./deadlines.ts";
import { balanceOf, changes, evolve, isSuspected, isTooLate } from "./evolve.ts";
import { features, valuesOf } from "./features.ts";
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
  if (evolve(row, movement) & changes.deadlines) arm(row, "c", policy);
  if (isSuspected(row, movement)) suspicions.set(row, suspicionsOf(row) + 1);
  return row;
};
/** How often another source had told of a row's transaction before. */
const suspicions = new WeakMap<CustomerRow, number>();
const suspicionsOf = (row: CustomerRow): number => suspicions.get(row) ?? 0;
const given = (...values: Transaction[]): CustomerRow => {
  const row = customerCodec.create("c");
  setCurrency(row, "EUR", rates, 0);
  return values.reduce(take, row);
};
const bytesOf = (row: CustomerRow): Buffer => Buffer.from(customerCodec.seal(row));
const seen = (row: CustomerRow) => lookAt(row, row.newest);
const vectorOf = (row: CustomerRow): Float64Array => {
  const values = new Float64Array(features.length);
  valuesOf(seen(row), values);
  return values;
};

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

test("given a currency without a rate, then it counts, but its amount is in no sum", () => {
  const row = given(at("2024-01-10T09:00:00Z", { currency: "PLN", is_failed: true, posted: true }));
  assert.deepEqual([seen(row).failed7, seen(row).spent[0]], [1, 0]);
});

test("given other currencies, then each is converted by the rate of its day, to cents", () => {
  const s = seen(
    given(
      at("2024-01-10T09:00:00Z", { currency: "USD", amount: 10.01, balance_after: 100 }),
      at("2024-01-10T10:00:00Z", { currency: "CZK", amount: 100 }),
      at("2024-01-10T11:00:00Z", { currency: null, amount: 1 }),
    ),
  );
  assert.deepEqual([s.spent[0], s.closing[89]], [801 + 400 + 100, 8_000]);
});

test("given one id from two sources, then they are two; the same source again is known", () => {
  const one = at("2024-01-10T09:00:00Z", { transaction_id: "t", source: "core" });
  const row = given(one, { ...one, source: "cards" }, one, { ...one, source: null });
  assert.equal(row.debits90, 3);
});

test("given the same amount of a day from two sources, then it is suspected once, and kept", () => {
  const one = at("2024-01-10T09:00:00Z", { transaction_id: "a", source: "core" });
  const told = { ...one, transaction_id: "b", source: "cards", txn_time: "2024-01-10T11:00:00Z" };
  const row = given(one, told, { ...told, transaction_id: "c" });
  assert.deepEqual([suspicionsOf(row), row.debits90, seen(row).suspected], [1, 3, 1]);
  const others = [
    { ...told, amount: 84.51 },
    { ...told, txn_time: "2024-01-11T00:00:00Z" },
    { ...told, account_id: "B" },
    { ...told, source: "core" },
    { ...told, source: null },
  ];
  for (const other of others) assert.equal(suspicionsOf(given(one, other)), 0);
  assert.equal(lookAt(row, timeMs("2024-02-20")).suspected, 0, "after 30 days");
});

test("given a customer who may only use an account, then its money is the owner's", () => {
  const row = given(
    at("2024-01-10T09:00:00Z", { account_id: "A", balance_after: 10 }),
    at("2024-01-10T09:00:00Z", { transaction_id: "b", account_id: "B", balance_after: 700 }),
  );
  const accounts = [{ account_id: "B", type: "current", role: "authorised" } as const];
  const event_time = "2024-01-11";
  evolveProfile(row, { customer_id: "c", version: 1, event_time, accounts }, "EUR", rates);
  assert.equal(seen(row).closing[89], 1_000);
});

test("given another base currency, then sums are converted; without a rate they start anew", () => {
  const pay = { txn_type: "credit", category: "salary", amount: 100 } as const;
  const living = () =>
    given(
      at("2024-01-10T09:00:00Z", { amount: 8, balance_after: 92 }),
      at("2024-01-11T09:00:00Z", pay),
    );
  const moved = { customer_id: "c", version: 1, event_time: "2024-01-12" };
  const crowns = living();
  evolveProfile(crowns, { ...moved, base_currency: "CZK" }, "EUR", rates);
  const s = seen(crowns);
  assert.deepEqual([s.spent[0], s.income[0], s.lastPay], [20_000, 250_000, 250_000]);
  assert.deepEqual([s.closing[89], crowns.spent90, s.currency], [230_000, 20_000, "CZK"]);
  const zloty = living();
  evolveProfile(zloty, { ...moved, base_currency: "PLN" }, "EUR", rates);
  assert.deepEqual([seen(zloty).spent[0], seen(zloty).lastPay], [0, Number.NaN]);
  assert.deepEqual([zloty.debits90, seen(zloty).hasBalance], [0, false]);
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

const cameIn = ["salary", "lending", "refund", "transfer"] as const;
const bills = ["utilities", "telecom", "loan_payment"] as const;
const wentOut = [...bills, "groceries", "gambling", "penalty", "savings"] as const;

const drawn = (random: Random, n: number): Transaction => {
  const day = random.whole(0, 80);
  const time = timeMs("2024-01-03") + day * 86_400_000 + random.whole(0, 4) * 7_200_000;
  const credit = random.chance(0.2);
  const reverses = random.chance(0.15) ? "t" : null;
  return at(new Date(time).toISOString(), {
    transaction_id: `t${n}`,
    amount: random.whole(1, 300_000) / 100,
    txn_type: credit ? "credit" : "debit",
    category: random.pick<Transaction["category"]>(
      credit === (reverses === null) ? cameIn : wentOut,
    ),
    reverses,
    channel: random.pick(["pos", "atm", "online"] as const),
    merchant_id: `M${random.whole(1, 2)}`,
    account_id: random.pick(["A", "B", "C", "D"]),
    is_failed: random.chance(0.1),
    currency: random.pick(["EUR", "EUR", "USD", "CZK", "PLN", null]),
    source: random.pick(["core", "cards", null]),
    balance_after: random.chance(0.7) ? random.whole(-50_000, 500_000) / 100 : null,
  });
};

for (let seed = 1; seed <= 60; seed++)
  test(`given the same events in another order (seed ${seed}), then the row is the same`, () => {
    const random = randomOf(seed, "orders", 0);
    const values = Array.from({ length: random.whole(2, 120) }, (_, n) => drawn(random, n));
    if (seed % 5 === 0) values[0] = { ...values[0], amount: 40_000_000, is_failed: false };
    const sorted = values.toSorted((a, b) => timeMs(a.txn_time) - timeMs(b.txn_time));
    // Another source tells of every fifth once more, under an id of its own.
    sorted.push(
      ...sorted
        .filter((_, n) => n % 5 === 0)
        .map((value, n) => ({ ...value, transaction_id: `again${n}`, source: "app" })),
    );
    const inOrder = given(...sorted);
    const expected = bytesOf(inOrder);
    const vector = vectorOf(inOrder);
    for (let round = 0; round < 4; round++) {
      const shuffled = sorted
        .map((value) => ({ value, rank: random.unit() }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ value }) => value);
      const row = given(...shuffled, ...shuffled.slice(0, 5));
      assert.deepEqual(bytesOf(row), expected);
      assert.deepEqual(vectorOf(row), vector);
      assert.equal(suspicionsOf(row), suspicionsOf(inOrder));
      assert.deepEqual(bytesOf(customerCodec.open(expected, "c")), expected);
    }
    assert.ok(given(...sorted).count(accounts) <= 4);
  });
