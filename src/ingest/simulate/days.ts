import { DateTime } from "luxon";

/** When pay comes: on a day of each month (31: the last), or every so many days. */
export type Cadence =
  | { readonly kind: "monthly"; readonly day: number }
  | { readonly kind: "every"; readonly days: number };

export const DAY_MS = 86_400_000;

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
/** 1 = Monday to 7 = Sunday; 1970-01-01 was a Thursday. */
export const weekdayOf = (number: number): number => ((((number + 3) % 7) + 7) % 7) + 1;

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

/**
 * Whether pay comes on this day. A payday on a weekend is moved to the Friday before; monthly
 * paydays are never before the 3rd, so that this stays within the month.
 */
export const isPayday = (cadence: Cadence, shift: number, day: Day): boolean => {
  if (cadence.kind === "every") return (day.number + shift) % cadence.days === 0;
  const target = Math.min(cadence.day, day.monthLength);
  const weekday = weekdayOf(day.number + target - day.dayOfMonth);
  return target - Math.max(0, weekday - 5) === day.dayOfMonth;
};

/** Paydays in a year, for turning a month's pay into one payday's. */
export const paydaysInYear = (cadence: Cadence): number =>
  cadence.kind === "monthly" ? 12 : 364 / cadence.days;

/** The day so many business days (Monday to Friday) after another. */
export const plusBusinessDays = (number: number, count: number): number => {
  let day = number;
  for (let left = count; left > 0; ) if (weekdayOf(++day) <= 5) left--;
  return day;
};

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
