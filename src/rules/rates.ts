import { dayOf } from "./calendar.ts";
import { minorPerUnit } from "./money.ts";

/**
 * Exchange rates as they stood on days of the past: units of each currency for one unit of `base`.
 * A rate holds from its day until the next one that names the currency.
 */
export type RateTable = {
  readonly base: string;
  /** By currency its days, rising, and the rate from each on. */
  readonly rates: ReadonlyMap<string, { readonly days: number[]; readonly perBase: number[] }>;
};

export const noRates: RateTable = { base: "", rates: new Map() };

/** A table of entries in any order. `from` in ms since 1970. */
export const rateTable = (
  base: string,
  entries: readonly { readonly from: number; readonly rates: Readonly<Record<string, number>> }[],
): RateTable => {
  const rates = new Map<string, { days: number[]; perBase: number[] }>();
  for (const entry of entries.toSorted((a, b) => a.from - b.from))
    for (const [currency, rate] of Object.entries(entry.rates)) {
      const known = rates.get(currency);
      if (!known) rates.set(currency, { days: [dayOf(entry.from)], perBase: [rate] });
      else {
        known.days.push(dayOf(entry.from));
        known.perBase.push(rate);
      }
    }
  return { base, rates };
};

const perBaseOn = (table: RateTable, currency: string, day: number): number => {
  if (currency === table.base) return 1;
  const known = table.rates.get(currency);
  if (known === undefined) return Number.NaN;
  let at = known.days.length - 1;
  while (at > 0 && known.days[at] > day) at--;
  return known.perBase[at];
};

/**
 * Units of one currency for one of another on a day; before a currency's first rate that one is
 * taken, and NaN is the answer where the table does not name both.
 */
export const rateOn = (table: RateTable, from: string, to: string, day: number): number =>
  from === to ? 1 : perBaseOn(table, to, day) / perBaseOn(table, from, day);

/** Whole minor units of one currency in whole minor units of another on a day; NaN: no rate. */
export const convert = (
  table: RateTable,
  minor: number,
  from: string,
  to: string,
  day: number,
): number => {
  if (from === to) return minor;
  const rate = rateOn(table, from, to, day);
  const power = (minorPerUnit(to) ?? Number.NaN) / (minorPerUnit(from) ?? Number.NaN);
  return Math.round(minor * rate * power);
};
