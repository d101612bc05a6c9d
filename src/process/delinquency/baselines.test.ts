import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTime } from "../../events/time.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { noRates } from "../../rules/rates.ts";
import { features } from "./features.ts";
import { evolveProfile } from "./profile.ts";
import { type CustomerRow, customerCodec } from "./row.ts";
import { vectorAt } from "./score.ts";
import { lookAt } from "./sight.ts";
import { days, living, start, type Told } from "./test-customer.ts";

const pay = { txn_type: "credit", category: "salary", amount: 900 } as const;
const bill = { category: "utilities", merchant_id: "POWER", amount: 10 } as const;
const loan = { obligation_id: "L", product: "loan", instalment: 200, due_rule: "day 16" } as const;

const owing = (row: CustomerRow, day: number): CustomerRow => {
  const event_time = isoTime(start + day * DAY_MS);
  const profile = { customer_id: "c", version: 1, event_time, obligations: [loan] };
  evolveProfile(row, profile, "EUR", noRates);
  return row;
};
/** What the vector of a day says is usual, to two decimals. */
const usualAt = (row: CustomerRow, day: number): Record<string, number | null> => {
  const time = start + day * DAY_MS;
  const cause = { trigger: "request", time, asOf: time, transaction: null } as const;
  const { baselines } = vectorAt("c", lookAt(row, time), cause);
  const short = (value: number | null) => value && Math.round(100 * value) / 100;
  return Object.fromEntries(Object.entries(baselines).map(([id, value]) => [id, short(value)]));
};
const reasonAt = (row: CustomerRow, day: number, id: string): string => {
  const sight = lookAt(row, start + day * DAY_MS);
  const feature = features.find((one) => one.id === id);
  assert.ok(feature?.usual);
  return feature.reason(feature.value(sight), feature.usual(sight), "EUR");
};
/** Why these are held against nothing of the customer's own. */
const without = {
  account_age_days: "it only grows",
  days_past_due: "what was past due before is not kept: a profile states anew",
  days_to_next_due: "it counts down from one due day to the next",
  days_to_next_pay: "it counts down from one payday to the next",
  income_volatility_90d: "it takes three months, and no more are kept",
  suspected_duplicate_count_30d: "it says something of the data, not of the customer",
};

test("given the registry, then what has no usual value of the customer's own is argued", () => {
  const found = features.filter(({ usual }) => !usual).map(({ id }) => id);
  assert.deepEqual(found.toSorted(), Object.keys(without));
});

test("given balances that fell, then they are held against those of a month and two ago", () => {
  const row = owing(
    living(
      ...[9, 40, 69].map((day) => ({ day, ...pay })),
      ...days(100, (day) => ({ day, amount: 10, balance_after: day < 75 ? 400 : 40 })),
    ),
    99,
  );
  const usual = usualAt(row, 99);
  assert.equal(usual.balance_days, 40);
  assert.equal(usual.min_balance_days_30d, 40);
  assert.equal(usual.due_cover_ratio, 2);
  assert.equal(usual.projected_cover_ratio, (400 + 900 - 10 * 7) / 200);
  assert.equal(usual.low_balance_share_90d, 0);
  assert.equal(usual.low_to_high_balance_90d, 1);
  assert.equal(usual.balance_slope_90d, 0);
  assert.equal(usual.due_to_income_ratio, 0.22, "200 of 900");
  assert.equal(
    reasonAt(row, 99, "balance_days"),
    "The balances are 4 days of usual spending; usually 40 days",
  );
  assert.equal(
    reasonAt(row, 99, "due_cover_ratio"),
    "Balances cover 20 % of what falls due in a month; usually balances would cover 200 %",
  );
});

test("given two months only, then what needs three is not known, and is not zero", () => {
  const usual = usualAt(living(...days(60, (day) => ({ day, amount: 10, balance_after: 90 }))), 59);
  for (const id of ["balance_days", "low_balance_share_90d", "penalty_count_90d"])
    assert.equal(usual[id], null, id);
});

test("given spending and income that changed, then the change of the month before is usual", () => {
  const row = living(
    ...days(90, (day) => ({ day, amount: day < 30 ? 10 : 15, category: "dining" })),
    { day: 20, ...pay },
    { day: 50, ...pay, amount: 450 },
    { day: 80, ...pay, amount: 450 },
    { day: 10, category: "penalty", amount: 5 },
    { day: 88, category: "penalty", amount: 5 },
  );
  const usual = usualAt(row, 89);
  assert.equal(usual.spend_change_pct, 47.54, "450 after 305");
  assert.equal(usual.discretionary_change_pct, 50);
  assert.equal(usual.income_change_pct, -50);
  assert.equal(usual.penalty_count_90d, 1.5);
});

const paydays = (...paid: number[]): Told[] => paid.map((day) => ({ day, ...pay }));

test("given salary that was a day late at most, when it is missing, then both are told", () => {
  const row = living(...paydays(9, 42, 71, 100, 130, 161));
  assert.equal(usualAt(row, 199).salary_delay_days, 1, "of March it came on Tuesday the 12th");
  assert.equal(
    reasonAt(row, 199, "salary_delay_days"),
    "Salary is 6 business days late; never more than 1 before",
  );
});

test("given a pay that came late, then it is held against those before it alone", () => {
  const row = living(...paydays(9, 39, 67, 100, 136));
  assert.equal(usualAt(row, 137).salary_delay_days, 0);
  assert.equal(usualAt(row, 175).salary_delay_days, 4, "the late one is one of those before");
});

test("given two paydays, then nothing is known of how late pay was before", () => {
  assert.equal(usualAt(living(...paydays(9, 40)), 80).salary_delay_days, null);
});

test("given a pay that fell, then the change of the one before is usual", () => {
  const amounts = [900, 900, 990, 495];
  const row = living(...amounts.map((amount, n) => ({ day: 9 + 30 * n, ...pay, amount })));
  assert.equal(usualAt(row, 100).salary_change_pct, 10);
  assert.equal(
    reasonAt(row, 100, "salary_change_pct"),
    "The last pay fell by 45 %; usually it rises by 10 %",
  );
});

test("given nothing that came in, then the usual wait is that of whoever pays most often", () => {
  const row = living(
    ...paydays(9, 40, 69),
    ...[60, 67, 74].map((day) => ({ day, ...pay, amount: 90, merchant_id: "STATE" })),
  );
  assert.equal(usualAt(row, 120).days_since_last_credit, 7);
  assert.equal(usualAt(living(...paydays(9, 40, 69)), 120).days_since_last_credit, 29);
});

test("given bills of which one came late, then a later one is held against it", () => {
  const row = living(...[9, 40, 70, 109, 140].map((day) => ({ day, ...bill })));
  assert.equal(usualAt(row, 150).utility_payment_lateness_score, 4);
  assert.equal(
    reasonAt(row, 175, "utility_payment_lateness_score"),
    "A household bill is 4 days later than usual; never more than 8 before",
  );
});

test("given a row as it was stored, then all that is usual is the same of it", () => {
  const row = owing(living(...paydays(9, 40, 71, 100), { day: 101, ...bill }), 102);
  const again = customerCodec.open(Buffer.from(customerCodec.seal(row)), "c");
  assert.deepEqual(usualAt(again, 140), usualAt(row, 140));
});
