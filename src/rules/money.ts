import { currencyDecimals } from "../events/currency.ts";

/**
 * Money is counted in whole minor units (cents) of its currency, as safe integers. Sums are taken
 * over these only; whole units with decimals appear where events are read and written.
 */

const powers = [1, 10, 100, 1_000, 10_000];

/** How many minor units make one unit: 100 for EUR, 1 for JPY. Undefined: not in ISO 4217. */
export const minorPerUnit = (currency: string): number | undefined => {
  const decimals = currencyDecimals.get(currency);
  return decimals === undefined ? undefined : powers[decimals];
};

/**
 * Minor units of an amount in whole units. Undefined when the amount has more decimals than the
 * currency, or cannot be counted exactly.
 */
export const toMinor = (amount: number, currency: string): number | undefined => {
  const power = minorPerUnit(currency);
  if (power === undefined) return undefined;
  const minor = Math.round(amount * power);
  return Number.isSafeInteger(minor) && minor / power === amount ? minor : undefined;
};

/** The amount in whole units: the double nearest to the exact decimal. */
export const fromMinor = (minor: number, currency: string): number => {
  const power = minorPerUnit(currency);
  if (power === undefined) throw new RangeError(`${currency} is not a code of ISO 4217`);
  return minor / power;
};

/** The amount as text with the currency's decimals, such as "1234.50 EUR". */
export const moneyText = (minor: number, currency: string): string =>
  `${fromMinor(minor, currency).toFixed(currencyDecimals.get(currency))} ${currency}`;
