import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dateOf,
  dayNumberOf,
  dayOf,
  isMonthDay,
  isPayday,
  nextMonthDay,
  plusBusinessDays,
  weekdayOf,
  ZoneOffsets,
} from "./days.ts";

const number = (date: string) => dayNumberOf(Date.parse(date));
const day = (date: string) => dayOf(number(date));
const paydaysOf = (rule: number, month: string, length: number) =>
  Array.from({ length }, (_, n) => `${month}-${String(n + 1).padStart(2, "0")}`).filter((date) =>
    isPayday({ kind: "monthly", day: rule }, 0, day(date)),
  );

test("a payday on a weekend is moved to the Friday before", () => {
  assert.deepEqual(paydaysOf(15, "2026-11", 30), ["2026-11-13"]);
  assert.deepEqual(paydaysOf(12, "2026-11", 30), ["2026-11-12"]);
  assert.deepEqual(paydaysOf(31, "2026-11", 30), ["2026-11-30"]);
  assert.deepEqual(paydaysOf(31, "2027-02", 28), ["2027-02-26"]);
});

test("pay every 14 days comes on Fridays", () => {
  const days = Array.from({ length: 56 }, (_, n) => dayOf(number("2026-11-01") + n));
  const paydays = days.filter((each) => isPayday({ kind: "every", days: 14 }, 6, each));
  assert.equal(paydays.length, 4);
  assert.deepEqual([...new Set(paydays.map((each) => each.weekday))], [5]);
});

test("the last day of a short month stands in for a missing one", () => {
  assert.ok(isMonthDay(31, day("2027-02-28")));
  assert.ok(!isMonthDay(28, day("2027-03-31")));
  assert.equal(dateOf(nextMonthDay(31, number("2027-01-31"))), "2027-02-28");
  assert.equal(dateOf(nextMonthDay(12, number("2026-11-12"))), "2026-12-12");
});

test("business days leave out Saturday and Sunday", () => {
  assert.equal(weekdayOf(number("2026-11-21")), 6);
  assert.equal(dateOf(plusBusinessDays(number("2026-11-20"), 1)), "2026-11-23");
  assert.equal(dateOf(plusBusinessDays(number("2026-11-18"), 5)), "2026-11-25");
  assert.equal(plusBusinessDays(number("2026-11-21"), 0), number("2026-11-21"));
});

test("zones follow their own summer time", () => {
  const offsets = new ZoneOffsets();
  assert.equal(offsets.minutes("Europe/Prague", day("2026-07-01")), 120);
  assert.equal(offsets.minutes("Europe/Prague", day("2026-12-01")), 60);
  assert.equal(offsets.minutes("America/New_York", day("2026-10-28")), -240);
});
