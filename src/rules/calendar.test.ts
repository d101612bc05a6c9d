import assert from "node:assert/strict";
import { test } from "node:test";
import { dayNumber, timeMs } from "../events/time.ts";
import { DAY_MS, dateOf, dayOf, monthDay, nextMonthDay, weekdayOf } from "./calendar.ts";

const day = (text: string): number => dayOf(timeMs(text));

test("given every day from 1900 to 2100, then its date and weekday are the calendar's", () => {
  for (let n = day("1900-01-01"); n < day("2100-01-01"); n++) {
    const date = new Date(n * DAY_MS);
    const { year, month, dayOfMonth } = dateOf(n);
    assert.equal(year, date.getUTCFullYear());
    assert.equal(month, date.getUTCMonth() + 1);
    assert.equal(dayOfMonth, date.getUTCDate());
    assert.equal(dayNumber(year, month, dayOfMonth), n);
    assert.equal(weekdayOf(n), date.getUTCDay() || 7);
  }
});

test("given the rule day 31, then a shorter month gives its last day", () => {
  assert.equal(nextMonthDay(day("2024-01-31"), 31), day("2024-02-29"));
  assert.equal(nextMonthDay(day("2024-02-29"), 31), day("2024-03-31"));
  assert.equal(nextMonthDay(day("2023-12-31"), 31), day("2024-01-31"));
  assert.equal(nextMonthDay(day("2024-01-11"), 12), day("2024-01-12"));
  assert.equal(nextMonthDay(day("2024-01-12"), 12), day("2024-02-12"));
  assert.equal(monthDay(2024 * 12 + 1, 30), day("2024-02-29"));
});
