import assert from "node:assert/strict";
import { test } from "node:test";
import { holidaysTold, isHoliday, mistaken } from "../../test/public-holidays.ts";
import { timeMs } from "../events/time.ts";
import { businessDaysIn } from "./business-days.ts";
import { DAY_MS, dayOf, weekdayOf } from "./calendar.ts";
import { feastDate, feasts } from "./feast-days.ts";
import { holidayRules } from "./holiday-rules.ts";

/** What our table knows and the library does not count as a public holiday of the country. */
const ours: readonly { country: string; days: RegExp; why: string }[] = [
  { country: "AU", days: /-06-(0[89]|1[0-4])$/, why: "the King's birthday, in all but two states" },
  { country: "AU", days: /-01-26$/, why: "the day itself, when it is moved from a Saturday" },
  { country: "BG", days: /-12-26$/, why: "the second day of Christmas" },
  {
    country: "CA",
    days: /-(01-0[23]|05-(1[89]|2[0-4])|07-0[23]|09-30|10-(0[89]|1[0-4])|11-11|12-2[678])$/,
    why: "banks keep what is a holiday by federal law and in most provinces",
  },
  { country: "FI", days: /-(06-(19|2[0-5])|12-24)$/, why: "eves on which the banks are closed" },
  { country: "GB", days: /^2012-06-04$|-08-(2[5-9]|3[01])$/, why: "bank holidays of England" },
  {
    country: "IE",
    days: /^2022-03-18$|-(01-0[23]|03-1[89]|12-2[78])$/,
    why: "moved from a weekend; and one day for those who died of Covid",
  },
  { country: "JP", days: /-(01-0[23]|12-31)$/, why: "banks are closed around the New Year" },
  { country: "NL", days: /^20(20|25)-05-05$/, why: "every fifth year" },
  { country: "PL", days: /^2018-11-12$/, why: "a hundred years of independence" },
  {
    country: "SE",
    days: /-(06-(19|2[0-5])|12-24|12-31)$/,
    why: "eves on which the banks are closed",
  },
  { country: "SI", days: /^2012-01-02$/, why: "abolished later that year, and given back in 2017" },
  {
    country: "SK",
    days: /^20(27|28|29|30)-(05-08|09-15)$/,
    why: "working days in 2026 alone",
  },
  { country: "TW", days: /-(04-30|05-0[12])$/, why: "banks keep Labour Day" },
  {
    country: "TW",
    days: new RegExp(
      "^(2015-(02-27|04-03|06-19|10-09)|2016-04-05|2017-04-03|2020-(04-02|04-03|10-09)|" +
        "2021-04-02|2022-09-09|2024-04-05|2025-(04-03|05-30)|2026-(02-27|04-03|10-09)|" +
        "2027-04-06|2028-04-03|2029-(04-03|06-15|09-21))$",
    ),
    why: "moved from a Saturday, or from another holiday",
  },
  {
    country: "TW",
    days: /^20(2[5-9]|30)-(09-2[789]|10-2[456]|12-2[45])$|^(2027-02-04|2028-01-24|2030-02-01)$/,
    why: "four holidays of the law of 2025",
  },
  { country: "US", days: /-11-12$/, why: "Veterans Day, moved from a Sunday" },
];

const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

const [first, last] = [dayOf(timeMs("2012-01-01")), dayOf(timeMs("2030-12-31"))];
const days = Array.from({ length: last - first + 1 }, (_, n) => first + n).filter(
  (day) => weekdayOf(day) < 7,
);
const explained = (list: typeof ours, country: string, day: string) =>
  list.filter((one) => one.country === country && one.days.test(day));

test("given each country, then its days are the library's, or it is known why", () => {
  const used = new Set<unknown>();
  const unknown: string[] = [];
  let agreed = 0;
  for (const country of Object.keys(holidayRules)) {
    const calendar = businessDaysIn(country);
    for (const day of days) {
      const text = dayText(day);
      const [we, they] = [calendar.isHoliday(day), isHoliday(country, text)];
      if (we && they) agreed++;
      const told = holidaysTold(country, Number(text.slice(0, 4))).has(text);
      if (told && !we) for (const one of explained(mistaken, country, text)) used.add(one);
      if (we === they) continue;
      const [why] = we ? explained(ours, country, text) : [];
      if (why === undefined) unknown.push(`${country} ${text} is ${we ? "ours" : "theirs"} alone`);
      else used.add(why);
    }
  }
  assert.deepEqual(unknown, []);
  assert.ok(agreed > 4_000, `${agreed} days agree`);
  const idle = [...ours, ...mistaken].filter((one) => !used.has(one));
  assert.deepEqual(idle, [], "every difference that is explained is there");
});

test("given the table of feasts, then each has its date in every year of it, and no other", () => {
  for (const feast of feasts) {
    for (let year = 2000; year <= 2032; year++)
      assert.match(String(feastDate(feast, year)), /^0[1-9]-[0-3]\d$|^10-0\d$/, `${feast} ${year}`);
    assert.equal(feastDate(feast, 2033), undefined);
    assert.equal(feastDate(feast, 1999), undefined);
  }
});

test("given today, then feasts are dated for the rest of this year and two more", () => {
  const year = new Date().getUTCFullYear();
  for (const feast of feasts)
    for (const ahead of [0, 1, 2])
      assert.ok(
        feastDate(feast, year + ahead),
        `${feast} has no date in ${year + ahead}: add years to src/rules/feast-days.ts`,
      );
});

test("given a country whose feasts no table has, then it is not taken for known", () => {
  assert.ok(!businessDaysIn("IN").knowsHolidays, "Diwali, Holi and Id follow the moon");
  for (const rules of Object.values(holidayRules)) assert.ok(rules.split(";").length >= 8);
});

test("given Taiwan, then its New Year, feasts and what is moved off a weekend are known", () => {
  const of = (year: number) =>
    days
      .filter((day) => weekdayOf(day) < 6 && dayText(day).startsWith(String(year)))
      .filter((day) => businessDaysIn("TW").isHoliday(day))
      .map((day) => dayText(day).slice(5))
      .join(" ");
  assert.equal(
    of(2026),
    "01-01 02-16 02-17 02-18 02-19 02-20 02-27 04-03 04-06 05-01 06-19 09-25 09-28 10-09 " +
      "10-26 12-25",
  );
  assert.equal(
    of(2021),
    "01-01 02-11 02-12 02-15 02-16 03-01 04-02 04-05 04-30 06-14 09-21 10-11 12-31",
  );
});
