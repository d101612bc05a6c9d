import type { CustomerUpdate } from "../../events/customer.ts";
import { timeMs } from "../../events/time.ts";
import { dayOf } from "../../rules/calendar.ts";
import { stateObligations } from "./dues.ts";
import { accountAt, accountTypes, overflowSlot, slotOf } from "./lists.ts";
import { currencyCode, hash48 } from "./movement.ts";
import { type CustomerRow, cell, lists, noDay } from "./row.ts";

/**
 * Takes in what a profile states: accounts, obligations, base currency, how long the customer is
 * observed. It never moves the customer's newest time. False: an older profile than the one known,
 * which changes nothing. `currency` is that of a profile that names none.
 */
export const evolveProfile = (
  row: CustomerRow,
  profile: CustomerUpdate,
  currency: string,
): boolean => {
  const time = timeMs(profile.event_time);
  if (time < row.profileTime) return false;
  row.profileTime = time;
  const base = profile.base_currency ?? currency;
  setCurrency(row, base);
  const until = profile.observed_until;
  row.observedUntil = until ? timeMs(until) : Number.POSITIVE_INFINITY;
  row.openedDay = noDay;
  for (const account of profile.accounts ?? []) {
    const slot = slotOf(row, hash48(account.account_id));
    if (slot !== overflowSlot)
      row.bytes[accountAt(row, slot) + 6] = accountTypes.indexOf(account.type);
    if (account.opened && account.role === "owner")
      row.openedDay = Math.min(row.openedDay, Math.max(0, dayOf(timeMs(account.opened))));
  }
  stateObligations(row, profile.obligations ?? [], dayOf(time), base);
  return true;
};

const { accounts, buckets, extras, obligations } = lists;

/**
 * Sums are in the base currency. When that changes there is no rate to convert them by, so they
 * start anew; counts, days and ids stay.
 */
export const setCurrency = (row: CustomerRow, base: string): void => {
  const code = currencyCode(base);
  if (row.currency !== 0 && row.currency !== code) forgetMoney(row);
  row.currency = code;
};

const forgetMoney = (row: CustomerRow): void => {
  const sums = [cell.spent, cell.income, cell.discretionary, cell.closing, cell.lowest];
  for (let b = 0; b < row.count(buckets); b++) {
    for (const which of [...sums, cell.largest, cell.closingAt]) row.set(buckets, b, which, 0);
    row.set(buckets, b, cell.tally, row.get(buckets, b, cell.tally) & ~0xffff);
    row.set(buckets, b, cell.more, row.get(buckets, b, cell.more) & 0xffffff);
  }
  row.spent90 = 0;
  row.debits90 = 0;
  row.salaries = 0;
  for (let n = 0; n < 6; n++) row.setSalary(n, 0, 0);
  row.remove(extras, 0, row.count(extras));
  row.remove(obligations, 0, row.count(obligations));
  for (let slot = 0; slot < row.count(accounts); slot++) {
    row.f64[accountAt(row, slot) / 8 + 1] = Number.NaN;
    row.f64[accountAt(row, slot) / 8 + 2] = -1;
  }
};
