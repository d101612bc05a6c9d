import { DateTime } from "luxon";
import type { BusinessDays } from "../../rules/business-days.ts";
import { DAY_MS, weekdayOf } from "../../rules/calendar.ts";

/** When pay comes: on a day of each month (31: the last), or every so many days. */
export type Cadence =
  | { readonly kind: "monthly"; readonly day: number }
  | { readonly kind: "every"; readonly days: number };

/** One day in UTC and all that the plans of a day need to know of it. */
export type Day = {
  /** Days since 1970-01-01. */
  readonly number: number;
  readonly start: number;
  /** Such as 2026-11-21. */
  readonly date: string;
  readonly dayOfMonth: number;
  readonly monthLength: number;
  /** 1 = Monday to 7 = Sunday. */
  readonly weekday: number;
};

export const dateOf = (number: number): string =>
  new Date(number * DAY_MS).toISOString().slice(0, 10);
export const dayNumberOf = (ms: number): number => Math.floor(ms / DAY_MS);
const known = new Map<number, Day>();
const knownMost = 1_000;

export const dayOf = (number: number): Day => {
  let day = known.get(number);
  if (day === undefined) {
    if (known.size >= knownMost) known.clear();
    day = newDay(number);
    known.set(number, day);
  }
  return day;
};

const newDay = (number: number): Day => {
  const at = new Date(number * DAY_MS);
  return {
    number,
    start: number * DAY_MS,
    date: dateOf(number),
    dayOfMonth: at.getUTCDate(),
    monthLength: new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate(),
    weekday: weekdayOf(number),
  };
};

/** Whether a rule "day n of each month" falls on this day; the last day stands in for a missing. */
export const isMonthDay = (rule: number, day: Day): boolean =>
  Math.min(rule, day.monthLength) === day.dayOfMonth;

/** Paydays are moved by no more than this: a long weekend between holidays. */
const movedMost = 6;

/**
 * Whether pay comes on this day. A payday on which banks are closed is moved to the last business
 * day before it; monthly paydays are never in the first week, so that this stays in the month.
 */
export const isPayday = (
  cadence: Cadence,
  shift: number,
  day: Day,
  business: BusinessDays,
): boolean => {
  const { number } = day;
  const ahead =
    cadence.kind === "monthly"
      ? Math.min(cadence.day, day.monthLength) - day.dayOfMonth
      : (cadence.days - ((number + shift) % cadence.days)) % cadence.days;
  if (ahead < 0 || ahead > movedMost) return false;
  return business.onOrBefore(number + ahead) === number;
};

/** Paydays in a year, for turning a month's pay into one payday's. */
export const paydaysInYear = (cadence: Cadence): number =>
  cadence.kind === "monthly" ? 12 : 364 / cadence.days;

/** The next day after `number` on which a rule "day n of each month" falls. */
export const nextMonthDay = (rule: number, number: number): number => {
  for (let next = number + 1; ; next++) if (isMonthDay(rule, dayOf(next))) return next;
};

/** Minutes by which a zone is ahead of UTC at noon of each day, looked up once a day. */
export class ZoneOffsets {
  readonly #known = new Map<string, { day: number; minutes: number }>();

  minutes(zone: string, day: Day): number {
    const known = this.#known.get(zone);
    if (known?.day === day.number) return known.minutes;
    const minutes = DateTime.fromMillis(day.start + DAY_MS / 2, { zone }).offset;
    this.#known.set(zone, { day: day.number, minutes });
    return minutes;
  }
}
