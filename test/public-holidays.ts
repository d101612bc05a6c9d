import Holidays from "date-holidays";

/**
 * Public holidays as the library `date-holidays` tells them. It is no part of what runs: our own
 * rules, and contacts that were decided by them, are held against it.
 */
const DAY_MS = 86_400_000;
const known = new Map<string, ReadonlySet<string>>();

const libraryOf = (country: string) => new Holidays(country, { types: ["public"] });

/** The days of a year, such as 2027-03-26, on which a country has a public holiday. */
export const publicHolidays = (country: string, year: number): ReadonlySet<string> => {
  const key = `${country} ${year}`;
  let days = known.get(key);
  if (days === undefined) {
    days = new Set(
      libraryOf(country)
        .getHolidays(year)
        .flatMap(({ date, start, end }) => {
          const first = Date.parse(date.slice(0, 10));
          const count = Math.max(1, Math.round((end.getTime() - start.getTime()) / DAY_MS));
          return Array.from({ length: count }, (_, n) =>
            new Date(first + n * DAY_MS).toISOString().slice(0, 10),
          );
        }),
    );
    known.set(key, days);
  }
  return days;
};

/** Whether a day such as 2027-03-26 is a public holiday of a country, by its code. */
export const isHoliday = (country: string, day: string): boolean =>
  publicHolidays(country.toUpperCase(), Number(day.slice(0, 4))).has(day);
