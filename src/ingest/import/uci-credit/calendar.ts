import { DateTime } from "luxon";

export const bankZone = "Asia/Taipei";
const DAY_MS = 86_400_000;

/**
 * The file names months, never days. What was paid in a month is booked on its due day, which comes
 * each month before the statement; the statement is of the month's last day.
 */
export const dueDay = 20;

const dayIn = (month: string, day: number): number =>
  DateTime.fromISO(`${month}-01`, { zone: bankZone }).set({ day }).toMillis();

/** 00:00 of a month's due day in the bank's zone, ms since 1970. */
export const dueOf = (month: string): number => dayIn(month, dueDay);

/** 00:00 of a month's first day. */
export const startOf = (month: string): number => dayIn(month, 1);

/** 00:00 of the day of a month's statement: its last one. */
export const statementOf = (month: string): number => startOf(monthAfter(month)) - DAY_MS;

/** The month after, as `YYYY-MM`. */
export const monthAfter = (month: string): string => {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
};

/** The last ms of each day between two times that are 00:00 in the zone, which has no summer. */
export function* dayEnds(from: number, to: number): Generator<number> {
  for (let at = from; at <= to; at += DAY_MS) yield at + DAY_MS - 1;
}
