/**
 * Feasts that follow the moon or the sun, as a table of dates: no rule of ours computes them. A
 * year that the table lacks has none of them; whoever adds years, adds them to each line.
 */
const fromYear = 2000;

const table = {
  /** New Year's Day of the Chinese calendar. */
  spring:
    "02-05 01-24 02-12 02-01 01-22 02-09 01-29 02-18 02-07 01-26 02-14 02-03 01-23 02-10 01-31 " +
    "02-19 02-08 01-28 02-16 02-05 01-25 02-12 02-01 01-22 02-10 01-29 02-17 02-06 01-26 02-13 " +
    "02-03 01-23 02-11",
  /** The fifth day of its fifth month. */
  dragon:
    "06-06 06-25 06-15 06-04 06-22 06-11 05-31 06-19 06-08 05-28 06-16 06-06 06-23 06-12 06-02 " +
    "06-20 06-09 05-30 06-18 06-07 06-25 06-14 06-03 06-22 06-10 05-31 06-19 06-09 05-28 06-16 " +
    "06-05 06-24 06-12",
  /** The fifteenth day of its eighth month. */
  harvest:
    "09-12 10-01 09-21 09-11 09-28 09-18 10-06 09-25 09-14 10-03 09-22 09-12 09-30 09-19 09-08 " +
    "09-27 09-15 10-04 09-24 09-13 10-01 09-21 09-10 09-29 09-17 10-06 09-25 09-15 10-03 09-22 " +
    "09-12 10-01 09-19",
  /** Its fifth solar term, on which graves are swept. */
  tombs:
    "04-04 04-05 04-05 04-05 04-04 04-05 04-05 04-05 04-04 04-04 04-05 04-05 04-04 04-04 04-05 " +
    "04-05 04-04 04-04 04-05 04-05 04-04 04-04 04-05 04-05 04-04 04-04 04-05 04-05 04-04 04-04 " +
    "04-05 04-05 04-04",
  /** The equinoxes in Tokyo. */
  vernal:
    "03-20 03-20 03-21 03-21 03-20 03-20 03-21 03-21 03-20 03-20 03-21 03-21 03-20 03-20 03-21 " +
    "03-21 03-20 03-20 03-21 03-21 03-20 03-20 03-21 03-21 03-20 03-20 03-20 03-21 03-20 03-20 " +
    "03-20 03-21 03-20",
  autumnal:
    "09-23 09-23 09-23 09-23 09-23 09-23 09-23 09-23 09-23 09-23 09-23 09-23 09-22 09-23 09-23 " +
    "09-23 09-22 09-23 09-23 09-23 09-22 09-23 09-23 09-23 09-22 09-23 09-23 09-23 09-22 09-23 " +
    "09-23 09-23 09-22",
} as const;
export type Feast = keyof typeof table;

export const feasts = Object.keys(table) as readonly Feast[];

const dates: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(table).map(([feast, text]) => [feast, text.split(" ")]),
);

/** The date of a feast in a year, such as 02-17; undefined where the table has none. */
export const feastDate = (feast: string, year: number): string | undefined =>
  dates[feast]?.[year - fromYear];
