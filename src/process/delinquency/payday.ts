import type { BusinessDays } from "../../rules/business-days.ts";
import { dateOf, monthDay } from "../../rules/calendar.ts";
import { lateAt, rhythmOf } from "./cadence.ts";

/** How somebody is paid. `regular`: at equal intervals of another kind. */
export const cadences = [
  "none",
  "regular",
  "weekly",
  "biweekly",
  "four_weekly",
  "monthly",
  "last_business_day",
] as const;
export type Cadence = (typeof cadences)[number];

/** What the days on which one payer has paid so far say of the next. */
export type Payday = {
  readonly cadence: Cadence;
  /** Of a monthly payday the day of the month, else 0. */
  readonly dayOfMonth: number;
  /** The day by which the next pay is expected; 0: not known. */
  readonly expected: number;
  /** Business days by which the last pay came after its day. */
  readonly late: number;
  /** The most by which one before it came after its day; NaN: not known. */
  readonly lateBefore: number;
};

/** The paydays of a cadence, numbered through: months, weeks or so. */
type Plan = {
  readonly cadence: Cadence;
  readonly dayOfMonth: number;
  readonly dayAt: (n: number) => number;
  /** The number of the payday that a day is nearest to, or one beside it. */
  readonly near: (day: number) => number;
};

const unknown: Payday = {
  cadence: "none",
  dayOfMonth: 0,
  expected: 0,
  late: 0,
  lateBefore: Number.NaN,
};
/** Pay may come this long before its day and still be meant for it. */
const earlyDays = 5;
const periods = [
  [7, "weekly"],
  [14, "biweekly"],
  [28, "four_weekly"],
] as const;

const monthsOf = (day: number): number => {
  const { year, month } = dateOf(day);
  return 12 * year + month - 1;
};

const monthly = (n: number, shift: (day: number) => number): Plan => ({
  cadence: "monthly",
  dayOfMonth: n,
  dayAt: (months) => shift(monthDay(months, n)),
  near: monthsOf,
});

const lastBusinessDay = (calendar: BusinessDays): Plan => ({
  cadence: "last_business_day",
  dayOfMonth: 0,
  dayAt: (months) => calendar.lastIn(months),
  near: monthsOf,
});

const every = (days: number, cadence: Cadence, from: number, calendar: BusinessDays): Plan => ({
  cadence,
  dayOfMonth: 0,
  dayAt: (n) => calendar.onOrAfter(from + n * days),
  near: (day) => Math.round((day - from) / days),
});

/** The number of the payday that falls on a day, NaN if none does. */
const numberOf = (plan: Plan, day: number): number => {
  const n = plan.near(day);
  for (const one of [n, n + 1, n - 1]) if (plan.dayAt(one) === day) return one;
  return Number.NaN;
};

/**
 * How many days are no paydays of the plan; too many when two fall on one payday, or when the
 * waits are mostly longer than one.
 */
const misses = (plan: Plan, day: (n: number) => number, count: number, most: number): number => {
  let [missed, before, next] = [0, Number.NaN, 0];
  for (let n = 0; n < count; n++) {
    const number = numberOf(plan, day(n));
    if (Number.isNaN(number)) {
      if (++missed > most) return missed;
      continue;
    }
    if (number === before) return count;
    if (number === before + 1) next++;
    before = number;
  }
  return 2 * next >= count - 1 - missed ? missed : count;
};

/** The plans that any of the days could be of, the likeliest first. */
const plansFor = function* (
  day: (n: number) => number,
  count: number,
  calendar: BusinessDays,
): Generator<Plan> {
  yield lastBusinessDay(calendar);
  for (const [days, cadence] of periods)
    for (const from of [day(count - 1), day(0)]) yield every(days, cadence, from, calendar);
  const shifts = [
    (at: number) => calendar.onOrAfter(at),
    (at: number) => calendar.onOrBefore(at),
    (at: number) => at,
  ];
  for (let n = 1; n <= 31; n++) for (const shift of shifts) yield monthly(n, shift);
};

const expectation = (
  plan: Plan,
  day: (n: number) => number,
  count: number,
  calendar: BusinessDays,
): Payday => {
  const numberFor = (at: number): number => {
    let n = plan.near(at + earlyDays) + 1;
    while (plan.dayAt(n) > at + earlyDays) n--;
    return n;
  };
  let [late, lateBefore, number] = [0, 0, Number.NaN];
  for (let n = 0; n < count; n++) {
    const isSecond = numberFor(day(n)) === number;
    number = numberFor(day(n));
    lateBefore = Math.max(lateBefore, late);
    late = isSecond ? 0 : calendar.between(plan.dayAt(number), day(n));
  }
  const { cadence, dayOfMonth } = plan;
  return { cadence, dayOfMonth, expected: plan.dayAt(number + 1), late, lateBefore };
};

/**
 * Learns a payer's cadence from the days on which it paid, oldest first, at least three: the plan
 * that misses the fewest of them. Up to a third may be missed once there are four, so that one that
 * came late does not hide the cadence. Where no plan fits, equal intervals do: see cadence.ts.
 */
export const learnPayday = (
  day: (n: number) => number,
  count: number,
  calendar: BusinessDays,
): Payday => {
  if (count < 3) return unknown;
  let best: Plan | undefined;
  let fewest = count > 3 ? Math.floor(count / 3) + 1 : 1;
  for (const plan of plansFor(day, count, calendar)) {
    const missed = misses(plan, day, count, fewest - 1);
    if (missed < fewest) [best, fewest] = [plan, missed];
    if (fewest === 0) break;
  }
  if (best) return expectation(best, day, count, calendar);
  const rhythm = rhythmOf(day, count);
  if (!rhythm) return unknown;
  const lateBy = (n: number, days: number) => calendar.between(day(n) - days, day(n));
  let lateBefore = Number.NaN;
  for (let n = 3; n < count - 1; n++) {
    const before = lateBy(n, lateAt(day, n));
    if (!(before <= lateBefore)) lateBefore = before;
  }
  const late = lateBy(count - 1, rhythm.lastLate);
  return { cadence: "regular", dayOfMonth: 0, expected: rhythm.expected, late, lateBefore };
};
