import assert from "node:assert/strict";
import { test } from "node:test";
import { businessDaysIn } from "../../rules/business-days.ts";
import {
  dateOf,
  dayNumberOf,
  dayOf,
  isMonthDay,
  isPayday,
  nextMonthDay,
  ZoneOffsets,
} from "./days.ts";

const number = (date: string) => dayNumberOf(Date.parse(date));
const day = (date: string) => dayOf(number(date));
const paydaysOf = (rule: number, month: string, length: number, country = "DE") =>
  Array.from({ length }, (_, n) => `${month}-${String(n + 1).padStart(2, "0")}`).filter((date) =>
    isPayday({ kind: "monthly", day: rule }, 0, day(date), businessDaysIn(country)),
  );

test("a payday on a day when banks are closed is moved to the last business day before", () => {
  assert.deepEqual(paydaysOf(25, "2026-12", 31, "GB"), ["2026-12-24"]);
  assert.deepEqual(paydaysOf(25, "2026-12", 31, "CZ"), ["2026-12-23"]);
  assert.deepEqual(paydaysOf(28, "2026-12", 31, "GB"), ["2026-12-24"]);
  assert.deepEqual(paydaysOf(28, "2026-12", 31, "US"), ["2026-12-28"]);

  assert.deepEqual(paydaysOf(15, "2026-11", 30), ["2026-11-13"]);
  assert.deepEqual(paydaysOf(12, "2026-11", 30), ["2026-11-12"]);
  assert.deepEqual(paydaysOf(31, "2026-11", 30), ["2026-11-30"]);
  assert.deepEqual(paydaysOf(31, "2027-02", 28), ["2027-02-26"]);
});

test("pay every 14 days comes on Fridays, and on the Thursday before Christmas", () => {
  const days = Array.from({ length: 56 }, (_, n) => dayOf(number("2026-11-01") + n));
  const business = businessDaysIn("US");
  const every = { kind: "every", days: 14 } as const;
  const paydays = days.filter((each) => isPayday(every, 6, each, business));
  assert.equal(paydays.length, 4);
  const others = paydays.filter((each) => each.weekday !== 5).map((each) => each.date);
  assert.deepEqual(others, ["2026-12-24"]);
});

test("the last day of a short month stands in for a missing one", () => {
  assert.ok(isMonthDay(31, day("2027-02-28")));
  assert.ok(!isMonthDay(28, day("2027-03-31")));
  assert.equal(dateOf(nextMonthDay(31, number("2027-01-31"))), "2027-02-28");
  assert.equal(dateOf(nextMonthDay(12, number("2026-11-12"))), "2026-12-12");
});

test("zones follow their own summer time", () => {
  const offsets = new ZoneOffsets();
  assert.equal(offsets.minutes("Europe/Prague", day("2026-07-01")), 120);
  assert.equal(offsets.minutes("Europe/Prague", day("2026-12-01")), 60);
  assert.equal(offsets.minutes("America/New_York", day("2026-10-28")), -240);
});
