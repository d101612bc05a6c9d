import { dayNumber } from "../events/time.ts";

/** Days are whole days since 1970-01-01 in UTC; a Date is never needed. */

export const DAY_MS = 86_400_000;

export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

/** 1 = Monday to 7 = Sunday; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

/** Year, month (1 to 12) and day of month of a day in the Gregorian calendar. */
export const dateOf = (day: number): { year: number; month: number; dayOfMonth: number } => {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
};

/** The day that a rule "day n of each month" means in a month counted from year 0 (12 × year). */
export const monthDay = (months: number, rule: number): number => {
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  const next = month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1);
  return Math.min(dayNumber(year, month, 1) + rule - 1, next - 1);
};

/** The first day after `day` on which a rule "day n of each month" falls. */
export const nextMonthDay = (day: number, rule: number): number => {
  const { year, month } = dateOf(day);
  const months = year * 12 + month - 1;
  const here = monthDay(months, rule);
  return here > day ? here : monthDay(months + 1, rule);
};
