import type { CustomerUpdate } from "../../events/customer.ts";
import { timeMs } from "../../events/time.ts";
import { dayOf } from "../../rules/calendar.ts";
import { minorPerUnit } from "../../rules/money.ts";
import { type RateTable, rateOn } from "../../rules/rates.ts";
import { countryCode } from "./country.ts";
import { stateObligations } from "./dues.ts";
import { accountAt, accountTypes, overflowSlot, slotOf } from "./lists.ts";
import { currencyCode, currencyOf, hash48 } from "./movement.ts";
import { exchangePay, forgetPay, learnPayers } from "./payers.ts";
import { type CustomerRow, cell, lists, noDay } from "./row.ts";

/**
 * Takes in what a profile states: country, accounts, obligations, base currency, how long the
 * customer is observed. It never moves the customer's newest time. False: an older profile than the
 * one known, which changes nothing. `currency` is that of a profile that names none.
 */
export const evolveProfile = (
  row: CustomerRow,
  profile: CustomerUpdate,
  currency: string,
  rates: RateTable,
): boolean => {
  const time = timeMs(profile.event_time);
  if (time < row.profileTime) return false;
  row.profileTime = time;
  const base = profile.base_currency ?? currency;
  setCurrency(row, base, rates, dayOf(time));
  setCountry(row, countryCode(profile.country));
  const until = profile.observed_until;
  row.observedUntil = until ? timeMs(until) : Number.POSITIVE_INFINITY;
  row.openedDay = noDay;
  for (const account of profile.accounts ?? []) {
    const slot = slotOf(row, hash48(account.account_id));
    if (slot !== overflowSlot) {
      row.bytes[accountAt(row, slot) + 6] = accountTypes.indexOf(account.type);
      row.bytes[accountAt(row, slot) + 7] = account.role === "authorised" ? 1 : 0;
    }
    if (account.opened && account.role === "owner")
      row.openedDay = Math.min(row.openedDay, Math.max(0, dayOf(timeMs(account.opened))));
  }
  stateObligations(row, profile.obligations ?? [], dayOf(time), base, rates);
  return true;
};

/** Holidays are the country's, so paydays are learned anew. */
const setCountry = (row: CustomerRow, code: number): void => {
  if (row.country === code) return;
  row.country = code;
  learnPayers(row);
};

const { accounts, buckets, extras, obligations } = lists;
const sums = [cell.spent, cell.income, cell.discretionary, cell.closing, cell.lowest, cell.largest];

/**
 * Sums are in the base currency. When that changes they are converted by the rate of `day`; without
 * a rate they start anew, while counts, days and ids stay.
 */
export const setCurrency = (
  row: CustomerRow,
  base: string,
  rates: RateTable,
  day: number,
): void => {
  const code = currencyCode(base);
  if (row.currency !== 0 && row.currency !== code) {
    const old = currencyOf(row.currency);
    const power = (minorPerUnit(base) ?? Number.NaN) / (minorPerUnit(old) ?? Number.NaN);
    const factor = rateOn(rates, old, base, day) * power;
    if (Number.isNaN(factor)) forgetMoney(row);
    else exchangeMoney(row, factor);
    row.remove(obligations, 0, row.count(obligations));
  }
  row.currency = code;
};

const exchangeMoney = (row: CustomerRow, factor: number): void => {
  row.spent90 = 0;
  for (let b = 0; b < row.count(buckets); b++) {
    for (const which of sums)
      row.set(buckets, b, which, Math.round(factor * row.get(buckets, b, which)));
    row.spent90 += row.get(buckets, b, cell.spent);
  }
  for (let e = 0; e < row.count(extras); e++)
    row.set(extras, e, 1, Math.round(factor * row.get(extras, e, 1)));
  exchangePay(row, factor);
  for (let slot = 0; slot < row.count(accounts); slot++) {
    const at = accountAt(row, slot) / 8 + 1;
    row.f64[at] = Math.round(factor * row.f64[at]);
  }
};

const forgetMoney = (row: CustomerRow): void => {
  for (let b = 0; b < row.count(buckets); b++) {
    for (const which of [...sums, cell.closingAt]) row.set(buckets, b, which, 0);
    row.set(buckets, b, cell.tally, row.get(buckets, b, cell.tally) & ~0xffff);
    row.set(buckets, b, cell.more, row.get(buckets, b, cell.more) & 0xffffff);
  }
  row.spent90 = 0;
  row.debits90 = 0;
  forgetPay(row);
  row.remove(extras, 0, row.count(extras));
  for (let slot = 0; slot < row.count(accounts); slot++) {
    row.f64[accountAt(row, slot) / 8 + 1] = Number.NaN;
    row.f64[accountAt(row, slot) / 8 + 2] = -1;
  }
};
