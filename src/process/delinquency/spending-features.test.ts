import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTime } from "../../events/time.ts";
import { noRates } from "../../rules/rates.ts";
import { evolveProfile } from "./profile.ts";
import { days, living, start, type Told, valuesAt, vectorAt } from "./test-customer.ts";

const largeDays = (...told: Told[]): number => valuesAt(living(...told), 89).large_txn_count_30d;

test("given large debits from two accounts on one day, then that is one day", () => {
  const small = days(90, (day) => ({ day, amount: 10, account_id: "A" }));
  const large = (account_id: string): Told[] => [
    { day: 85, amount: 200, account_id: "A" },
    { day: 85, amount: 210, account_id },
    { day: 86, amount: 150, account_id },
    { day: 40, amount: 190, account_id },
  ];
  assert.equal(largeDays(...small, ...large("B")), 2);
  assert.equal(largeDays(...small, ...large("A")), 2, "as from one account");
  const often = days(90, (day) => ({ day, amount: 1 })).flatMap((one) => Array(20).fill(one));
  const both = days(90, (day) => ({ day, amount: 100, account_id: day % 2 ? "A" : "B" }));
  const other = both.map((one) => ({ ...one, account_id: "C" }));
  assert.equal(largeDays(...often, ...both, ...other), 30, "never more than there are days");
});

test("given more given back than spent, then there is no mean to be large against", () => {
  const back = { txn_type: "credit", category: "refund" } as const;
  const spent = days(60, (day) => ({ day, amount: 10 }));
  assert.ok(Number.isNaN(largeDays(...spent, { day: 80, ...back, amount: 700 })));
  assert.ok(Number.isNaN(largeDays(...spent, { day: 80, ...back, amount: 600 })));
  assert.equal(largeDays(...spent, { day: 80, ...back, amount: 590 }, { day: 81, amount: 10 }), 1);
});

test("given spending on wants, then its change is against the two months before", () => {
  const row = living(
    { day: 0, amount: 5 },
    { day: 10, category: "dining", amount: 300 },
    { day: 40, category: "travel", amount: 60 },
    { day: 41, category: "gambling", amount: 40 },
    { day: 70, category: "entertainment", amount: 260 },
    { day: 71, category: "groceries", amount: 900 },
  );
  const { value, usual } = vectorAt(row, 89).discretionary_change_pct;
  assert.equal(value, 30, "260 against 200");
  assert.equal(Math.round(usual), -67, "100 after 300");
});

const credit = { txn_type: "credit", reverses: "t" } as const;
const debit = { txn_type: "debit", reverses: "t" } as const;
const pay = { txn_type: "credit", category: "salary", amount: 600 } as const;

test("given spending that is taken back, then it is in none of its sums any more", () => {
  const kept = [
    { day: 0, amount: 100 },
    { day: 70, amount: 100 },
    { day: 71, ...pay },
  ];
  const taken = [
    { category: "gambling", channel: "online", amount: 100 },
    { category: "cash", channel: "atm", amount: 80 },
    { category: "dining", channel: "pos", amount: 60 },
    { category: "lending", channel: "bank_transfer", amount: 50 },
    { category: "savings", channel: "internal", amount: 40 },
  ] as const;
  const row = living(
    ...kept,
    ...taken.map((one) => ({ day: 80, ...one })),
    ...taken.map((one) => ({ day: 82, ...one, ...credit })),
  );
  const [values, without] = [valuesAt(row, 89), valuesAt(living(...kept), 89)];
  const sums = ["spend_30d", "spend_to_income_30d", "atm_share_30d", "gambling_share_30d"];
  for (const id of [...sums, "income_30d", "discretionary_change_pct", "spend_change_pct"])
    assert.deepEqual([id, values[id]], [id, without[id]]);
  assert.equal(values.atm_count_7d, 0, "of 9 days before");
});

test("given money in that is taken back, then only what counted as income is less", () => {
  const came = [
    { day: 70, ...pay },
    { day: 75, ...pay, category: "lending", amount: 500 },
    { day: 76, ...pay, category: "savings", amount: 90 },
  ] as const;
  const row = living(
    { day: 0 },
    ...came,
    { day: 80, ...debit, category: "lending", amount: 500 },
    { day: 81, ...debit, category: "savings", amount: 90 },
    { day: 82, ...debit, category: "salary", amount: 100 },
  );
  const values = valuesAt(row, 89);
  assert.deepEqual([values.income_30d, values.lending_inflow_30d, values.spend_30d], [500, 0, 0]);
});

test("given what is taken back a month later, then a share is none, and not less", () => {
  const bet = { category: "gambling", channel: "online", amount: 100 } as const;
  const lent = { ...pay, category: "lending", amount: 500 } as const;
  const row = living(
    { day: 40, ...bet },
    { day: 41, ...lent },
    { day: 80, amount: 300 },
    { day: 81, ...bet, ...credit },
    { day: 82, ...lent, ...debit },
  );
  const values = valuesAt(row, 89);
  const shares = [values.spend_30d, values.gambling_share_30d, values.lending_inflow_30d];
  assert.deepEqual(shares, [200, 0, 0]);
});

test("given an instalment that is taken back, then it is unpaid again", () => {
  const loan = { obligation_id: "L", product: "loan", instalment: 200 } as const;
  const obligations = [{ ...loan, due_rule: "day 12", next_due: "2024-01-12" }];
  const paid = { category: "loan_payment", amount: 200 } as const;
  const of = (...told: Told[]) => {
    const row = living(...told);
    const event_time = isoTime(start);
    evolveProfile(row, { customer_id: "c", version: 1, event_time, obligations }, "EUR", noRates);
    return valuesAt(row, 14).days_past_due;
  };
  assert.equal(of({ day: 9, ...paid }), 0);
  assert.equal(of({ day: 9, ...paid }, { day: 12, ...paid, ...credit }), 3);
});
