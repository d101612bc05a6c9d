import assert from "node:assert/strict";
import { test } from "node:test";
import type { Obligation } from "../../events/customer.ts";
import { timeMs } from "../../events/time.ts";
import { dayOf } from "../../rules/calendar.ts";
import { noRates } from "../../rules/rates.ts";
import { standingOn, stateObligations } from "./dues.ts";
import { addExtra, extra } from "./lists.ts";
import { type CustomerRow, customerCodec, lists } from "./row.ts";

const day = (text: string): number => dayOf(timeMs(text));
const loan: Obligation = {
  obligation_id: "L1",
  product: "loan",
  instalment: 200,
  due_rule: "day 12",
  next_due: "2024-02-12",
};
const owing = (stated: string, ...all: Obligation[]): CustomerRow => {
  const row = customerCodec.create("c");
  stateObligations(row, all, day(stated), "EUR", noRates);
  return row;
};
const pay = (row: CustomerRow, on: string, amount: number, owed = 1): void =>
  addExtra(row, day(on), extra.payment + owed, amount * 100);
const standing = (row: CustomerRow, on: string) => {
  const found = standingOn(row, day(on));
  return (
    found && [
      found.daysPastDue,
      found.nextDue - day(on),
      found.needed / 100,
      found.neededSoon / 100,
    ]
  );
};

test("given nothing owed, then there is no standing", () => {
  assert.equal(standing(owing("2024-01-20"), "2024-02-01"), undefined);
});

test("given a loan due on the 12th, then it is due then, and past due the day after", () => {
  const row = owing("2024-01-20", loan);
  assert.deepEqual(standing(row, "2024-02-01"), [0, 11, 200, 0]);
  assert.deepEqual(standing(row, "2024-02-06"), [0, 6, 200, 200]);
  assert.deepEqual(standing(row, "2024-02-12"), [0, 0, 400, 200]);
  assert.deepEqual(standing(row, "2024-02-15"), [3, 26, 400, 200]);
  assert.deepEqual(standing(row, "2024-03-13"), [30, 30, 600, 400]);
});

test("given payments, then the oldest instalments are paid off by them", () => {
  const row = owing("2024-01-20", loan);
  pay(row, "2024-02-10", 200);
  assert.deepEqual(standing(row, "2024-02-15"), [0, 26, 200, 0]);
  pay(row, "2024-03-20", 100);
  assert.deepEqual(standing(row, "2024-03-20"), [8, 23, 400, 200]);
  pay(row, "2024-03-21", 100);
  assert.deepEqual(standing(row, "2024-03-21"), [0, 22, 200, 0]);
});

test("given a payment for the instalment before, then it does not pay the next one", () => {
  const row = owing("2024-01-20", loan);
  pay(row, "2024-01-20", 200);
  assert.deepEqual(standing(row, "2024-02-15"), [3, 26, 400, 200]);
});

test("given arrears in the profile, then they count from their own day until paid", () => {
  const row = owing("2024-01-20", { ...loan, days_past_due: 8 });
  assert.deepEqual(standing(row, "2024-01-25"), [13, 18, 400, 200]);
  pay(row, "2024-01-26", 200);
  assert.deepEqual(standing(row, "2024-01-26"), [0, 17, 200, 0]);
});

test("given rules of other kinds, then each is due by its own", () => {
  const every = { ...loan, due_rule: "every 14 days" };
  assert.deepEqual(standing(owing("2024-02-01", every), "2024-02-13"), [1, 13, 600, 200]);
  const once = { ...loan, due_rule: "once" };
  assert.deepEqual(standing(owing("2024-02-01", once), "2024-02-13")?.slice(0, 1), [1]);
  assert.equal(standing(owing("2024-02-01", once), "2024-02-13")?.[1], Number.POSITIVE_INFINITY);
  const lastDay = { ...loan, due_rule: "day 31", next_due: undefined };
  assert.equal(standing(owing("2024-02-01", lastDay), "2024-02-01")?.[1], 28);
  const ending = { ...loan, outstanding: 200 };
  assert.equal(standing(owing("2024-02-01", ending), "2024-03-20")?.[2], 200);
});

test("given a loan and a mortgage, then a payment goes to the likest instalment", () => {
  const mortgage = { ...loan, obligation_id: "M", product: "mortgage", instalment: 900 } as const;
  const row = owing("2024-01-20", loan, mortgage);
  pay(row, "2024-02-12", 900);
  assert.deepEqual(standing(row, "2024-02-14"), [2, 27, 1_300, 200]);
});

test("given an instalment in another currency, then it is left out", () => {
  const row = owing("2024-01-20", { ...loan, currency: "USD" });
  assert.equal(row.count(lists.obligations), 0);
});
