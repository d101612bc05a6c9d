/**
 * Times as they travel: ISO 8601 text. A time without a zone is UTC; a date alone is its midnight.
 * Written by hand because `Date.parse` reads a time without a zone in the machine's own zone, takes
 * much that is not ISO, and is slower.
 */

const two = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
};

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Days since 1970-01-01 of a date in the Gregorian calendar; month 1 to 12. */
export const dayNumber = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - 719_468;
};

const dateMs = (text: string): number => {
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  if (text[4] !== "-" || text[7] !== "-" || !(month >= 1 && month <= 12)) return Number.NaN;
  const last = month === 2 && isLeap(year) ? 29 : monthDays[month - 1];
  if (!(day >= 1 && day <= last)) return Number.NaN;
  return dayNumber(year, month, day) * 86_400_000;
};

/** Offset from UTC in ms of what stands behind the seconds: nothing, Z, +02:00 or +0200. */
const zoneMs = (text: string, at: number): number => {
  const left = text.length - at;
  if (left === 0) return 0;
  const sign = text[at];
  if (left === 1) return sign === "Z" || sign === "z" ? 0 : Number.NaN;
  if (sign !== "+" && sign !== "-") return Number.NaN;
  const colon = left === 6 && text[at + 3] === ":";
  if (!colon && left !== 5) return Number.NaN;
  const hours = two(text, at + 1);
  const minutes = two(text, at + (colon ? 4 : 3));
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (hours * 60 + minutes) * (sign === "-" ? -60_000 : 60_000);
};

/**
 * Milliseconds since 1970 of an ISO time; NaN when it cannot be read. Digits of the second beyond
 * the third are cut off.
 */
export const timeMs = (text: string): number => {
  if (text.length < 16) return text.length === 10 ? dateMs(text) : Number.NaN;
  const hour = two(text, 11);
  const minute = two(text, 14);
  const divider = text.charCodeAt(10);
  if ((divider !== 84 && divider !== 32) || text[13] !== ":") return Number.NaN;
  if (!(hour <= 23 && minute <= 59)) return Number.NaN;
  let at = 16;
  let seconds = 0;
  let fraction = 0;
  if (text[16] === ":") {
    seconds = two(text, 17);
    if (!(seconds <= 59)) return Number.NaN;
    at = 19;
    if (text[19] === ".") {
      let unit = 100;
      let digit = text.charCodeAt(++at) - 48;
      if (!(digit >= 0 && digit <= 9)) return Number.NaN;
      for (; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - 48) {
        fraction += Math.floor(unit) * digit;
        unit /= 10;
      }
    }
  }
  return (
    dateMs(text) +
    hour * 3_600_000 +
    minute * 60_000 +
    seconds * 1_000 +
    fraction -
    zoneMs(text, at)
  );
};

const padded = Array.from({ length: 1_000 }, (_, n) => String(n));
const twoDigits = (n: number): string => (n < 10 ? `0${padded[n]}` : padded[n]);
let lastDay = Number.NaN;
let lastDate = "";

/** An ISO time in UTC with milliseconds, such as 2024-01-15T10:30:00.000Z. */
export const isoTime = (ms: number): string => {
  const day = Math.floor(ms / 86_400_000);
  if (day !== lastDay) {
    lastDate = new Date(day * 86_400_000).toISOString().slice(0, -14);
    lastDay = day;
  }
  const inDay = Math.floor(ms) - day * 86_400_000;
  const hour = Math.floor(inDay / 3_600_000);
  const minute = Math.floor(inDay / 60_000) - hour * 60;
  const second = Math.floor(inDay / 1_000) - hour * 3_600 - minute * 60;
  const milli = inDay % 1_000;
  const fraction = milli < 100 ? `0${twoDigits(milli)}` : padded[milli];
  return `${lastDate}T${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(second)}.${fraction}Z`;
};

const historyMs = 5 * 60_000;

/** Whether it was history when it came in: told so long after it had happened. Times in ms. */
export const isHistory = (
  of: { eventTime: number; ingestTime: number },
  lateMs = historyMs,
): boolean => of.ingestTime - of.eventTime >= lateMs;
