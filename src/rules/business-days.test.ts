import assert from "node:assert/strict";
import { test } from "node:test";
import { timeMs } from "../events/time.ts";
import { businessDaysIn } from "./business-days.ts";
import { dayOf, weekdayOf } from "./calendar.ts";
import { holidayRules } from "./holiday-rules.ts";

const day = (text: string): number => dayOf(timeMs(text));
const holidays = (country: string, year: number): string[] => {
  const found: string[] = [];
  for (let at = day(`${year}-01-01`); at <= day(`${year}-12-31`); at++)
    if (weekdayOf(at) <= 5 && businessDaysIn(country).isHoliday(at))
      found.push(new Date(at * 86_400_000).toISOString().slice(5, 10));
  return found;
};
const list = (text: string): string[] => text.split(" ");

test("given the Czech Republic, then Easter, fixed days and the years of a holiday hold", () => {
  const of2024 = "01-01 03-29 04-01 05-01 05-08 07-05 10-28 12-24 12-25 12-26";
  assert.deepEqual(holidays("CZ", 2024), list(of2024));
  assert.ok(!businessDaysIn("CZ").isHoliday(day("2015-04-03")), "Good Friday came in 2016");
  assert.ok(!businessDaysIn("CZ").isHoliday(day("1998-09-28")));
});

test("given Britain, then bank holidays on a weekend are moved to the next free weekdays", () => {
  const of2022 = "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27";
  assert.deepEqual(holidays("GB", 2022), list(of2022));
  const of2021 = "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28";
  assert.deepEqual(holidays("GB", 2021), list(of2021));
});

test("given the United States, then banks close on Monday for a Sunday only", () => {
  const of2021 = "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25";
  assert.deepEqual(holidays("US", 2021), list(of2021));
  assert.ok(businessDaysIn("US").isHoliday(day("2022-06-20")), "the 19th was a Sunday");
});

test("given Orthodox Easter, Fridays and days after Easter, then they are found", () => {
  assert.ok(businessDaysIn("GR").isHoliday(day("2024-05-06")));
  assert.ok(businessDaysIn("RO").isHoliday(day("2021-04-30")));
  assert.ok(businessDaysIn("SE").isHoliday(day("2024-06-21")));
  assert.ok(businessDaysIn("DE").isHoliday(day("2024-05-09")));
  assert.ok(businessDaysIn("DE").isHoliday(day("2017-10-31")));
  assert.ok(!businessDaysIn("DE").isHoliday(day("2018-10-31")));
});

test("given two days, then only business days count between them", () => {
  const anywhere = businessDaysIn("");
  const friday = day("2024-01-12");
  assert.equal(anywhere.between(friday, friday), 0);
  assert.equal(anywhere.between(friday, friday + 2), 0);
  assert.equal(anywhere.between(friday, friday + 3), 1);
  assert.equal(anywhere.between(friday, friday + 14), 10);
  assert.equal(anywhere.between(friday, friday - 3), 0);
  assert.equal(businessDaysIn("CZ").between(day("2024-03-27"), day("2024-04-02")), 2);
  assert.equal(businessDaysIn("FR").between(day("2024-03-27"), day("2024-04-02")), 3);
});

test("given any country and day, then counting there and back agrees, in whatever order", () => {
  for (const country of [...Object.keys(holidayRules), "XX"]) {
    const days = businessDaysIn(country);
    for (let from = day("2030-12-20"); from > day("1997-01-01"); from -= 211)
      for (const count of [1, 2, 7, 30]) {
        const to = days.after(from, count);
        assert.equal(days.between(from, to), count);
        assert.ok(days.has(to));
      }
  }
});

test("given a month, then its last business day is before the weekend and the holidays", () => {
  const months = (year: number, month: number) => 12 * year + month - 1;
  assert.equal(businessDaysIn("CZ").lastIn(months(2024, 3)), day("2024-03-28"));
  assert.equal(businessDaysIn("FR").lastIn(months(2024, 3)), day("2024-03-29"));
  assert.equal(businessDaysIn("SE").lastIn(months(2024, 12)), day("2024-12-30"));
});
