import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTime } from "../../events/time.ts";
import { noRates } from "../../rules/rates.ts";
import { featureRegistry, featureSets, features, modelFeatures } from "./features.ts";
import { evolveProfile } from "./profile.ts";
import { days, living, start, type Told, valuesAt, vectorAt } from "./test-customer.ts";

test("given the registry, then each entry is whole and no id is there twice", () => {
  assert.equal(features.length, 36);
  assert.equal(new Set(features.map(({ id }) => id)).size, 36);
  for (const { id, unit, says, code, group, direction, reason } of features) {
    assert.match(id, /^[a-z0-9_]+$/);
    assert.match(code, /^[A-Z_]+$/);
    if (says.startsWith("Days ")) assert.equal(unit, "days", id);
    assert.ok(says.endsWith(".") && group !== "" && [-1, 0, 1].includes(direction));
    for (const [value, usual] of [
      [1, 2],
      [-3.5, Number.NaN],
      [20, 0.5],
    ])
      assert.ok(!/NaN|undefined|Infinity/.test(reason(value, usual, "EUR")), id);
  }
});

/** Who reads decisions of years ago reads these codes: none may change, and new ones are added. */
const codes = {
  savings_drawdown_30d_pct: "SAVINGS_FELL",
  min_balance_30d: "BALANCE_LOW",
  low_balance_share_90d: "BALANCE_OFTEN_LOW",
  low_to_high_balance_90d: "BALANCE_FELL_FAR",
  days_below_zero_30d: "BELOW_ZERO",
  balance_days: "BALANCE_LOW",
  min_balance_days_30d: "BALANCE_LOW",
  balance_slope_90d: "BALANCE_FALLING",
  failed_txn_count_7d: "PAYMENTS_FAILED",
  failed_txn_count_30d: "PAYMENTS_FAILED",
  penalty_count_90d: "PENALTIES",
  utility_payment_lateness_score: "BILLS_LATE",
  days_past_due: "PAST_DUE",
  days_to_next_due: "DUE_SOON",
  due_cover_ratio: "DUE_NOT_COVERED",
  projected_cover_ratio: "DUE_NOT_COVERED",
  due_to_income_ratio: "DUES_HIGH",
  salary_delay_days: "SALARY_LATE",
  salary_change_pct: "SALARY_CHANGED",
  income_30d: "INCOME_LOW",
  income_change_pct: "INCOME_CHANGED",
  days_to_next_pay: "PAY_FAR",
  income_volatility_90d: "INCOME_UNSTEADY",
  days_since_last_credit: "NO_INCOME",
  lending_to_income_30d: "BORROWED",
  lending_inflow_30d: "BORROWED",
  spend_30d: "SPENDING_CHANGED",
  spend_change_pct: "SPENDING_CHANGED",
  spend_to_income_30d: "SPENDS_MORE_THAN_INCOME",
  discretionary_change_pct: "WANTS_CHANGED",
  atm_count_7d: "CASH_OFTEN",
  atm_share_30d: "CASH_SHARE",
  gambling_share_30d: "GAMBLING",
  large_txn_count_30d: "LARGE_DEBITS",
  suspected_duplicate_count_30d: "DUPLICATES_SUSPECTED",
  account_age_days: "ACCOUNT_NEW",
};

test("given the registry, then reason codes are those that were ever told", () => {
  assert.deepEqual(Object.fromEntries(features.map(({ id, code }) => [id, code])), codes);
});

/** The features that DESIGN's chapter on delinquency asks for. */
const asked = [
  "savings_drawdown_30d_pct utility_payment_lateness_score failed_txn_count_7d",
  "failed_txn_count_30d salary_delay_days salary_change_pct income_30d spend_30d",
  "spend_to_income_30d atm_count_7d atm_share_30d gambling_share_30d lending_inflow_30d",
  "discretionary_change_pct min_balance_30d low_balance_share_90d days_below_zero_30d",
  "penalty_count_90d large_txn_count_30d days_since_last_credit income_volatility_90d",
  "balance_slope_90d days_to_next_due due_cover_ratio days_past_due account_age_days",
]
  .join(" ")
  .split(" ");

test("given the registry as plain values, then what was asked for is described", () => {
  const byName = new Map(featureRegistry.map((entry) => [entry.feature, entry]));
  for (const name of asked) assert.ok(byName.get(name)?.says, name);
  assert.deepEqual(JSON.parse(JSON.stringify(featureRegistry)), featureRegistry);
  const windows = [7, 30, 90, null];
  for (const { owner, freshness, window_days } of featureRegistry)
    assert.ok(owner !== "" && freshness.endsWith(".") && windows.includes(window_days));
  const sensitive = featureRegistry.filter((entry) => entry.sensitive).map((e) => e.feature);
  const private_ = ["lending_to_income_30d", "lending_inflow_30d", "gambling_share_30d"];
  assert.deepEqual(sensitive, private_);
});

test("given the sets, then models of set 2 learn from no amount of money", () => {
  assert.ok(modelFeatures.every(({ unit }) => unit !== "money"));
  for (const id of ["income_30d", "spend_30d", "min_balance_30d", "lending_inflow_30d"]) {
    assert.ok(featureSets.get("1")?.has(id));
    assert.ok(!featureSets.get("2")?.has(id));
  }
  assert.ok(!featureSets.get("1")?.has("projected_cover_ratio"));
  assert.ok(!featureSets.get("2")?.has("suspected_duplicate_count_30d"));
});

test("given one transaction without a balance, then what is unknown is missing, not zero", () => {
  const values = valuesAt(living({ day: 0, amount: 5 }), 0);
  const missing = Object.keys(values).filter((id) => Number.isNaN(values[id]));
  assert.deepEqual(missing.toSorted(), [
    "account_age_days",
    "balance_days",
    "balance_slope_90d",
    "days_below_zero_30d",
    "days_past_due",
    "days_since_last_credit",
    "days_to_next_due",
    "days_to_next_pay",
    "discretionary_change_pct",
    "due_cover_ratio",
    "due_to_income_ratio",
    "income_change_pct",
    "income_volatility_90d",
    "lending_to_income_30d",
    "low_balance_share_90d",
    "low_to_high_balance_90d",
    "min_balance_30d",
    "min_balance_days_30d",
    "projected_cover_ratio",
    "salary_change_pct",
    "salary_delay_days",
    "savings_drawdown_30d_pct",
    "spend_change_pct",
    "spend_to_income_30d",
    "utility_payment_lateness_score",
  ]);
  assert.equal(values.spend_30d, 5);
  assert.equal(values.failed_txn_count_7d, 0);
});

test("given savings of 1,000 that fall to 600 in a month, then they fell by 40 %", () => {
  const row = living(
    { day: 0, account_id: "S", balance_after: 1_000 },
    { day: 0, account_id: "C", balance_after: 50 },
    { day: 60, account_id: "C", balance_after: 900 },
    { day: 80, account_id: "S", balance_after: 600 },
  );
  const accounts = [{ account_id: "S", type: "savings", role: "owner" } as const];
  const profile = { customer_id: "c", version: 1, event_time: "2024-01-01", accounts };
  evolveProfile(row, profile, "EUR", noRates);
  const { savings_drawdown_30d_pct: savings } = vectorAt(row, 89);
  assert.deepEqual(savings, { value: -40, usual: 0 });
});

test("given balances day by day, then lows, days below zero and trend are theirs", () => {
  const row = living(
    ...days(90, (day) => ({
      day,
      amount: 10,
      balance_after: day < 60 ? 1_000 : 1_000 - 50 * (day - 59),
    })),
  );
  const values = valuesAt(row, 89);
  assert.equal(values.min_balance_30d, -500);
  assert.equal(values.days_below_zero_30d, 10);
  assert.equal(values.low_balance_share_90d, 12 / 90);
  assert.equal(values.low_to_high_balance_90d, -0.5);
  assert.equal(valuesAt(row, 160).low_to_high_balance_90d, -1, "no lower than -1");
  assert.ok(values.balance_slope_90d < -1 && values.balance_slope_90d > -3);
});

test("given failed payments and penalties, then they are counted in their windows", () => {
  const row = living(
    { day: 10, category: "penalty", amount: 5 },
    { day: 40, is_failed: true },
    { day: 70, is_failed: true },
    { day: 86, is_failed: true },
    { day: 89, is_failed: true },
  );
  const values = valuesAt(row, 89);
  assert.deepEqual(
    [values.failed_txn_count_7d, values.failed_txn_count_30d, values.penalty_count_90d],
    [2, 3, 1],
  );
});

test("given pay on the 25th that stops, then its delay is counted in business days", () => {
  const pay = { txn_type: "credit", category: "salary" } as const;
  const row = living(
    { day: 24, ...pay, amount: 2_000 },
    { day: 55, ...pay, amount: 2_000 },
    { day: 84, ...pay, amount: 1_500 },
  );
  assert.equal(valuesAt(row, 84).salary_change_pct, -25);
  assert.equal(valuesAt(row, 115).salary_delay_days, 0);
  assert.equal(valuesAt(row, 129).salary_delay_days, 10);
  assert.equal(valuesAt(row, 129).days_since_last_credit, 45);
});

test("given spending of kinds, then shares and changes are the month's", () => {
  const row = living(
    ...days(90, (day) => ({ day, amount: 10, category: day < 60 ? "groceries" : "dining" })),
    { day: 30, txn_type: "credit", category: "transfer", amount: 450 },
    { day: 80, txn_type: "credit", category: "transfer", amount: 600 },
    { day: 85, category: "gambling", amount: 100 },
    { day: 86, channel: "atm", category: "cash", amount: 100 },
    { day: 87, txn_type: "credit", category: "lending", amount: 250 },
  );
  const all = vectorAt(row, 89);
  const { value: spent, usual } = all.spend_30d;
  assert.deepEqual([spent, usual], [500, 300]);
  assert.equal(all.income_30d.value, 600);
  assert.equal(all.spend_to_income_30d.value, 500 / 600);
  assert.equal(all.gambling_share_30d.value, 0.2);
  assert.equal(all.atm_share_30d.value, 0.2);
  assert.equal(all.atm_count_7d.value, 1);
  assert.equal(all.lending_inflow_30d.value, 250);
  assert.equal(all.large_txn_count_30d.value, 2);
  assert.equal(all.days_since_last_credit.value, 9);
  assert.ok(Number.isNaN(all.discretionary_change_pct.value));
});

test("given a bill paid every month, when it is missing, then a point for every two days", () => {
  const bill = { category: "utilities", merchant_id: "POWER" } as const;
  const row = living({ day: 9, ...bill }, { day: 40, ...bill }, { day: 69, ...bill });
  assert.equal(valuesAt(row, 100).utility_payment_lateness_score, 0);
  assert.equal(valuesAt(row, 106).utility_payment_lateness_score, 3);
  assert.equal(valuesAt(row, 125).utility_payment_lateness_score, 10);
  assert.ok(Number.isNaN(valuesAt(row, 140).utility_payment_lateness_score));
});

test("given a loan in the profile, then dues, cover and days past due come from it", () => {
  const row = living({ day: 0, balance_after: 300 });
  const loan = { obligation_id: "L", product: "loan", instalment: 200 } as const;
  const profile = {
    customer_id: "c",
    version: 1,
    event_time: isoTime(start),
    obligations: [{ ...loan, due_rule: "day 12", next_due: "2024-01-12" }],
    accounts: [{ account_id: "A", type: "current", role: "owner", opened: "2023-01-01" } as const],
  };
  evolveProfile(row, profile, "EUR", noRates);
  const before = valuesAt(row, 5);
  assert.deepEqual([before.days_to_next_due, before.days_past_due], [6, 0]);
  assert.equal(before.due_cover_ratio, 1.5);
  assert.equal(before.account_age_days, 370);
  const after = valuesAt(row, 14);
  assert.deepEqual([after.days_past_due, after.due_cover_ratio], [3, 0.75]);
});

const pay = { txn_type: "credit", category: "salary", amount: 2_000 } as const;
const profile = { customer_id: "c", version: 1, event_time: isoTime(start) };

test("given a holiday of the country on a payday, then pay is expected after it", () => {
  const paid = [38, 67, 98].map((day) => ({ day, ...pay }));
  const anywhere = living(...paid);
  assert.equal(valuesAt(anywhere, 130).salary_delay_days, 2, "8 May was a Wednesday");
  const czech = living(...paid);
  evolveProfile(czech, { ...profile, country: "CZ" }, "EUR", noRates);
  assert.equal(valuesAt(czech, 129).salary_delay_days, 0);
  assert.equal(valuesAt(czech, 130).salary_delay_days, 1, "8 May is a holiday");
});

test("given pay on the 20th, then the days to the next are counted, below zero when late", () => {
  const row = living(...[19, 50, 79].map((day) => ({ day, ...pay })));
  assert.equal(valuesAt(row, 109).days_to_next_pay, 1);
  assert.equal(valuesAt(row, 115).days_to_next_pay, -5);
});

test("given three months' incomes, then their deviation is over their mean", () => {
  const income = (...amounts: number[]) => {
    const came = { txn_type: "credit", category: "transfer" } as const;
    const told = amounts.map((amount, month) => ({ day: 10 + 30 * month, ...came, amount }));
    return living({ day: 0 }, ...told);
  };
  const varied = income(1_000, 1_000, 400);
  const off = valuesAt(varied, 89).income_volatility_90d - Math.sqrt(80_000) / 800;
  assert.ok(Math.abs(off) < 1e-12, `off by ${off}`);
  assert.equal(valuesAt(income(700, 700, 700), 89).income_volatility_90d, 0);
  assert.ok(Number.isNaN(valuesAt(varied, 88).income_volatility_90d), "not three months yet");
});

test("given a new employer, then the old one is not late, and pay is held against the old", () => {
  const old = [24, 55, 84].map((day) => ({ day, ...pay, merchant_id: "OLD" }));
  const row = living(...old, { day: 117, ...pay, amount: 1_900, merchant_id: "NEW" });
  const values = valuesAt(row, 130);
  assert.ok(Number.isNaN(values.salary_delay_days));
  assert.equal(values.salary_change_pct, -5);
  assert.equal(valuesAt(living(...old), 130).salary_delay_days, 11);
});

test("given a wage and a small benefit, then only the wage is waited for", () => {
  const benefit = { ...pay, category: "benefit", amount: 150, merchant_id: "STATE" } as const;
  const row = living(
    ...[9, 40, 69].map((day) => ({ day, ...benefit })),
    ...[24, 55, 84, 115].map((day) => ({ day, ...pay, merchant_id: "WORK" })),
  );
  const values = valuesAt(row, 120);
  assert.deepEqual([values.salary_delay_days, values.salary_change_pct], [0, 0]);
});

test("given a loan due soon, then what will be left then is known, with pay and spending", () => {
  const loan = { obligation_id: "L", product: "loan", instalment: 200 } as const;
  const obligations = [{ ...loan, due_rule: "day 16", next_due: "2024-04-16" }];
  const paid = [9, 40, 69].map((day) => ({ day, ...pay, amount: 900 }));
  const row = living(
    ...paid,
    ...days(97, (day) => ({ day, amount: 10, balance_after: day < 96 ? 400 : 140 })),
  );
  evolveProfile(row, { ...profile, event_time: "2024-04-01", obligations }, "EUR", noRates);
  const before = valuesAt(row, 96);
  assert.equal(before.projected_cover_ratio, (140 + 900 - 10 * 10) / 200);
  assert.equal(before.due_cover_ratio, 0.7);
  const unpaid = valuesAt(row, 101);
  assert.equal(Math.round(100 * unpaid.projected_cover_ratio), 46, "pay was due on the 10th");
});

test("given amounts and the same in another currency, then set 2 says the same of both", () => {
  const told = (times: number) =>
    [
      ...days(90, (day) => ({ day, amount: 10 * times, balance_after: (300 - day) * times })),
      { day: 20, ...pay, amount: 500 * times },
      { day: 50, ...pay, amount: 500 * times },
      { day: 80, ...pay, amount: 250 * times },
      { day: 85, txn_type: "credit", category: "lending", amount: 50 * times } as const,
    ] satisfies Told[];
  const obligations = [
    { obligation_id: "L", product: "loan", instalment: 100, due_rule: "day 5" } as const,
  ];
  const euros = living(...told(1));
  evolveProfile(euros, { ...profile, obligations }, "EUR", noRates);
  const crowns = living(...told(25));
  const inCrowns = obligations.map((one) => ({ ...one, instalment: 2_500 }));
  evolveProfile(crowns, { ...profile, obligations: inCrowns }, "EUR", noRates);
  const [few, many] = [valuesAt(euros, 89), valuesAt(crowns, 89)];
  for (const { id } of modelFeatures)
    assert.ok(Object.is(few[id], many[id]) || Math.abs(few[id] - many[id]) < 1e-9, id);
  assert.equal(many.income_30d, 25 * few.income_30d);
  assert.equal(few.income_change_pct, -50);
  assert.equal(few.spend_change_pct, 0);
  assert.equal(few.lending_to_income_30d, 0.2);
  assert.deepEqual([few.balance_days, few.min_balance_days_30d], [21.1, 21.1]);
  assert.equal(Math.round(100 * few.due_to_income_ratio), 96, "three are overdue");
});

test("given balances below zero, then the reason says so, and no share of nothing", () => {
  const cover = features.find(({ id }) => id === "due_cover_ratio")!;
  const below = "Balances are below zero, and payments fall due within a month";
  assert.equal(cover.reason(-0.4, Number.NaN, "EUR"), below);
  const held = "Balances cover 40 % of what falls due in a month";
  assert.equal(cover.reason(0.4, Number.NaN, "EUR"), held);
  assert.equal(cover.reason(0.4, 1, "EUR"), `${held}; usually balances would cover 100 %`);
});
