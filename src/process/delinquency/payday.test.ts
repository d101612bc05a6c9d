import assert from "node:assert/strict";
import { test } from "node:test";
import { timeMs } from "../../events/time.ts";
import { businessDaysIn } from "../../rules/business-days.ts";
import { DAY_MS, dayOf, monthDay } from "../../rules/calendar.ts";
import { randomOf } from "../../rules/random.ts";
import { learnPayday } from "./payday.ts";

const day = (text: string): number => dayOf(timeMs(text));
const text = (at: number): string => new Date(at * DAY_MS).toISOString().slice(0, 10);
const learned = (country: string, ...days: readonly string[]) => {
  const { cadence, dayOfMonth, expected, late } = learnPayday(
    (n) => day(days[n]),
    days.length,
    businessDaysIn(country),
  );
  return [cadence, dayOfMonth, expected === 0 ? "" : text(expected), late];
};

test("given two paydays only, then nothing is learned", () => {
  assert.deepEqual(learned("CZ", "2024-01-12", "2024-02-12"), ["none", 0, "", 0]);
});

test("given pay on day 12 or the Friday before a weekend, then it is monthly on day 12", () => {
  const days = ["2024-08-12", "2024-09-12", "2024-10-11", "2024-11-12", "2024-12-12"];
  assert.deepEqual(learned("CZ", ...days), ["monthly", 12, "2025-01-10", 0]);
});

test("given pay that waits for Monday, then the next one is expected after its weekend", () => {
  const days = ["2024-05-15", "2024-06-17", "2024-07-15", "2024-08-15"];
  assert.deepEqual(learned("", ...days), ["monthly", 15, "2024-09-16", 0]);
});

test("given pay on the last business day, then holidays of the country count", () => {
  const days = ["2023-12-29", "2024-01-31", "2024-02-29"];
  assert.deepEqual(learned("CZ", ...days), ["last_business_day", 0, "2024-03-28", 0]);
  assert.deepEqual(learned("FR", ...days), ["last_business_day", 0, "2024-03-29", 0]);
});

test("given pay on day 1 that comes in the old month before a weekend, then it is on day 1", () => {
  const days = ["2024-04-01", "2024-05-01", "2024-05-31", "2024-07-01", "2024-08-01"];
  assert.deepEqual(learned("", ...days), ["monthly", 1, "2024-08-30", 0]);
});

test("given weekly, fortnightly and four-weekly pay, then each is told from the others", () => {
  const every = (gap: number) => [0, 1, 2, 3].map((n) => text(day("2024-01-05") + n * gap));
  assert.deepEqual(learned("US", ...every(7)), ["weekly", 0, "2024-02-02", 0]);
  assert.deepEqual(learned("US", ...every(14)), ["biweekly", 0, "2024-03-01", 0]);
  assert.deepEqual(learned("GB", ...every(28)), ["four_weekly", 0, "2024-04-26", 0]);
});

test("given fortnightly pay with a holiday on its day, then the cadence stays", () => {
  const days = ["2024-06-06", "2024-06-20", "2024-07-05", "2024-07-18", "2024-08-01"];
  assert.deepEqual(learned("US", ...days), ["biweekly", 0, "2024-08-15", 0]);
});

test("given one pay that came late, then by how many business days, and the cadence stays", () => {
  const days = ["2024-01-10", "2024-02-09", "2024-03-08", "2024-04-10", "2024-05-16"];
  assert.deepEqual(learned("CZ", ...days), ["monthly", 10, "2024-06-10", 4]);
});

test("given a month without pay, then the rhythm is still monthly", () => {
  const days = ["2024-01-25", "2024-02-25", "2024-04-25", "2024-05-25"];
  assert.deepEqual(learned("", ...days), ["monthly", 25, "2024-06-25", 0]);
});

test("given twice a month, then it is regular; given no order, then there is no cadence", () => {
  const twice = ["2024-01-15", "2024-01-31", "2024-02-15", "2024-02-29", "2024-03-15"];
  assert.equal(learned("US", ...twice)[0], "regular");
  const wild = ["2024-01-03", "2024-01-20", "2024-03-01", "2024-03-09", "2024-05-30"];
  assert.deepEqual(learned("US", ...wild), ["none", 0, "", 0]);
});

for (let seed = 1; seed <= 40; seed++)
  test(`given six months of one payer's plan (seed ${seed}), then the next day is right`, () => {
    const random = randomOf(seed, "paydays", 0);
    const calendar = businessDaysIn(random.pick(["CZ", "DE", "GB", "US", "XX"] as const));
    const rule = random.whole(1, 31);
    const shift = random.pick([
      (at: number) => calendar.onOrBefore(at),
      (at: number) => calendar.onOrAfter(at),
    ]);
    const first = 12 * random.whole(2010, 2028) + random.whole(0, 11);
    const plan = (n: number) => shift(monthDay(first + n, rule));
    const { cadence, expected, late } = learnPayday(plan, 6, calendar);
    assert.match(cadence, /^(monthly|last_business_day)$/);
    assert.equal(late, 0);
    // Where no weekend came in the way, six months cannot tell to which side pay is moved.
    const other = [calendar.onOrBefore, calendar.onOrAfter].map((one) =>
      one.call(calendar, monthDay(first + 6, rule)),
    );
    assert.ok(expected === plan(6) || other.includes(expected), `${text(expected)} ${rule}`);
  });
