import { type BusinessDays, businessDaysIn } from "../../rules/business-days.ts";

/** A country of ISO 3166 as a small number, for keeping in a row; 0: none that is known. */
export const countryCode = (country: string | null | undefined): number =>
  country && /^[A-Z]{2}$/.test(country)
    ? 1 + 26 * (country.charCodeAt(0) - 65) + country.charCodeAt(1) - 65
    : 0;

const lettersOf = (code: number): string =>
  code === 0 ? "" : String.fromCharCode(65 + Math.floor((code - 1) / 26), 65 + ((code - 1) % 26));

const byCode: BusinessDays[] = [];

/** The business days of a country by its number. */
export const businessDaysOf = (code: number): BusinessDays => {
  byCode[code] ??= businessDaysIn(lettersOf(code));
  return byCode[code];
};
