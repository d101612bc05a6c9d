import Holidays from "date-holidays";

/**
 * Public holidays as the library `date-holidays` tells them. It is no part of what runs: our own
 * rules, and contacts that were decided by them, are held against it.
 */
const DAY_MS = 86_400_000;

/**
 * What the library says and is not so, or not of the banks of the whole country: it applies today's
 * law to the past, moves what was not moved, and counts what single regions keep.
 */
export const mistaken: readonly { country: string; days: RegExp; why: string }[] = [
  {
    country: "CZ",
    days: /^(2012-04-06|2013-03-29|2014-04-18|2015-04-03)$/,
    why: "Good Friday came in 2016",
  },
  { country: "ES", days: /-12-26$/, why: "moved from a Sunday in some regions only" },
  { country: "GB", days: /^2012-05-28$/, why: "was held a week later, with the jubilee" },
  {
    country: "PT",
    days: /^201[345]-(05-30|06-04|06-19|10-05|11-01|12-01)$/,
    why: "four holidays were suspended for three years",
  },
  { country: "RO", days: /^20(1\d|2[0-3])-01-0[67]$/, why: "holidays since 2024" },
  { country: "RO", days: /^201[2-5]-01-24$/, why: "a holiday since 2016" },
  { country: "RO", days: /^201[236]-06-01$/, why: "a holiday since 2017" },
  {
    country: "RO",
    days: /^(2012-04-13|2013-05-03|2014-04-18|2015-04-10|2016-04-29|2017-04-14)$/,
    why: "Good Friday came in 2018",
  },
  { country: "TW", days: /^2012-(01-02|10-01)$/, why: "nothing was moved before 2015" },
  {
    country: "TW",
    days: /^(2012-01-27|2016-02-12|2019-02-08|2022-02-04)$/,
    why: "a bridge of the New Year, worked for on a Saturday",
  },
  {
    country: "TW",
    days: /^(2019-02-09|2022-02-05|2025-02-01|2026-02-21|2028-01-29|2029-02-17)$/,
    why: "a Saturday of the week of the New Year",
  },
  {
    country: "US",
    days: /-(06-18|07-03|12-24|12-31)$/,
    why: "of a holiday on a Saturday the banks keep no Friday",
  },
];

const isMistaken = (country: string, day: string): boolean =>
  mistaken.some((one) => one.country === country && one.days.test(day));

const known = new Map<string, ReadonlySet<string>>();

const libraryOf = (country: string) => new Holidays(country, { types: ["public"] });

/** The library's days of a year, such as 2027-03-26, right or mistaken. */
export const holidaysTold = (country: string, year: number): ReadonlySet<string> => {
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
  holidaysTold(country.toUpperCase(), Number(day.slice(0, 4))).has(day) &&
  !isMistaken(country.toUpperCase(), day);
