import { DateTime } from "luxon";

export const bankZone = "Europe/Prague";

/**
 * A day of the bank as `YYYY-MM-DD`. The sheets write `YYMMDD`; every date in them lies in the
 * twentieth century. Undefined when there is no such day.
 */
export const bankDay = (text: string): string | undefined => {
  const found = /^(\d\d)(\d\d)(\d\d)(?: 00:00:00)?$/.exec(text);
  return found ? realDay(1900 + Number(found[1]), Number(found[2]), Number(found[3])) : undefined;
};

const realDay = (year: number, month: number, day: number): string | undefined => {
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real ? date.toISOString().slice(0, 10) : undefined;
};

/** Born on, and the sex that the number states: women have 50 added to the month. */
export const birthOf = (number: string): { born: string; sex: "F" | "M" } | undefined => {
  const found = /^(\d\d)(\d\d)(\d\d)$/.exec(number);
  if (!found) return undefined;
  const month = Number(found[2]);
  const woman = month > 50;
  const born = realDay(1900 + Number(found[1]), woman ? month - 50 : month, Number(found[3]));
  return born === undefined ? undefined : { born, sex: woman ? "F" : "M" };
};

const starts = new Map<string, number>();

/**
 * 00:00 of a bank day in the bank's own zone, in ms since 1970: 22:00 or 23:00 UTC the day before.
 */
export const startOf = (day: string): number => {
  let at = starts.get(day);
  if (at === undefined) {
    at = DateTime.fromISO(day, { zone: bankZone }).toMillis();
    starts.set(day, at);
  }
  return at;
};

/** The day so many calendar days later. */
export const addDays = (day: string, days: number): string => {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
};

/** The same day of a later month, or that month's last day. */
export const addMonths = (day: string, months: number): string => {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0));
  last.setUTCDate(Math.min(date, last.getUTCDate()));
  return last.toISOString().slice(0, 10);
};

/** The last ms of a bank day. */
export const endOf = (day: string): number => startOf(addDays(day, 1)) - 1;
