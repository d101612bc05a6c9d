import { dayOf } from "../../rules/calendar.ts";
import { minorPerUnit } from "../../rules/money.ts";
import { lateAt, medianGap, type Rhythm, rhythmOf } from "./cadence.ts";
import { businessDaysOf } from "./country.ts";
import { type Standing, standingOn } from "./dues.ts";
import {
  accountAt,
  accountType,
  extra,
  extraDay,
  extraKind,
  isOthers,
  payeeDays,
  paymentsOf,
  slotsPerDay,
  suspectedAfter,
} from "./lists.ts";
import { currencyOf } from "./movement.ts";
import {
  expectedPayday,
  lastPayLate,
  mostPayLate,
  paydayOf,
  paydaysOf,
  payOf,
  successorOf,
  usualPay,
} from "./payers.ts";
import {
  bucketCells,
  type CustomerRow,
  cell,
  hasBalance,
  lists,
  noDay,
  windowDays,
} from "./row.ts";

const { accounts, buckets, extras, payees, payers } = lists;
const month = 30;
const months = windowDays / month;

/** Sums of the last 30 days, of the 30 before, and of the 30 before those. */
type Months = Float64Array;
const threeMonths = (): Months => new Float64Array(months);

/**
 * A customer's row seen from one day, with everything that features are computed from. There is one
 * of it, filled anew for each score: features must not keep it. Money is in minor units.
 */
export class Sight {
  today = 0;
  /** Days that the customer has been seen for, today included. */
  seenDays = 0;
  minorPerUnit = 100;
  currency = "";
  readonly spent = threeMonths();
  readonly income = threeMonths();
  readonly discretionary = threeMonths();
  readonly cash = threeMonths();
  readonly gambling = threeMonths();
  readonly lending = threeMonths();
  readonly failed = threeMonths();
  readonly withdrawals = threeMonths();
  /** Days with a debit of at least `largeTimes` the mean one. */
  readonly large = threeMonths();
  readonly penalties = threeMonths();
  failed7 = 0;
  withdrawals7 = 0;
  /** Mean debit of 90 days, less what was given back; NaN if nothing is left of it. */
  meanDebit = Number.NaN;
  /** Whether any balance is known. */
  hasBalance = false;
  /**
   * The money of all own accounts but loans and cards at the end of each day and its lowest in the
   * day, oldest day first.
   */
  readonly closing = new Float64Array(windowDays);
  readonly lowest = new Float64Array(windowDays);
  /** Whether any account was below zero on the day. */
  readonly below = new Uint8Array(windowDays);
  /** The same of savings accounts alone, if there are any, else of all. */
  readonly savings = new Float64Array(windowDays);
  standing: Standing | undefined;
  /** Business days by which pay is late, or, while it is not, by which the last one was. */
  payLate = Number.NaN;
  /** The most by which pay was late on the earlier paydays remembered; NaN: not known. */
  payLateBefore = Number.NaN;
  /** The day by which the next pay is expected of whoever pays most. */
  nextPay = Number.NaN;
  lastPay = Number.NaN;
  /** The middle one of the pays before the last; NaN if these are too few. */
  usualPay = Number.NaN;
  /** The pay before the last, and the middle one of those before it. */
  payBefore = Number.NaN;
  earlierPay = Number.NaN;
  /** The usual days from pay to pay, of whoever pays most often. */
  payGap = Number.NaN;
  /** Transactions of 30 days that two sources told of. */
  suspected = 0;
  /** Days by which the latest bill of any payee is late, NaN if no payee has a rhythm. */
  billLateDays = Number.NaN;
  /** The most by which any was late on the earlier days remembered; NaN: not known. */
  billLateBefore = Number.NaN;
  lastCreditDay = Number.NaN;
  openedDay = Number.NaN;
  /** Of the days seen, the first that is in the window, counted as in `closing`. */
  firstSeen = 0;
}

const sight = new Sight();

/** Looks at a row from `time`, which is not before its newest event. */
export const lookAt = (row: CustomerRow, time: number): Sight => {
  const s = sight;
  s.today = dayOf(time);
  s.seenDays = row.firstDay === noDay ? 0 : s.today - row.firstDay + 1;
  s.firstSeen = Math.max(0, windowDays - s.seenDays);
  s.currency = row.currency === 0 ? "" : currencyOf(row.currency);
  s.minorPerUnit = minorPerUnit(s.currency) ?? 100;
  sum(row, s);
  sumExtras(row, s);
  follow(row, s);
  s.standing = standingOn(row, s.today);
  lookAtPay(row, s);
  s.suspected = suspectedAfter(row, s.today - month);
  lookAtBills(row, s);
  s.lastCreditDay = row.lastCredit < 0 ? Number.NaN : dayOf(row.lastCredit);
  s.openedDay = row.openedDay === noDay ? Number.NaN : row.openedDay;
  return s;
};

/** A debit is large from so many times the mean on. */
const largeTimes = 3;

const sum = (row: CustomerRow, s: Sight): void => {
  const { spent, income, discretionary, failed, withdrawals, large, penalties } = s;
  for (const list of [spent, income, discretionary, failed, withdrawals, large, penalties])
    list.fill(0);
  s.failed7 = s.withdrawals7 = 0;
  s.meanDebit = row.debits90 > 0 && row.spent90 > 0 ? row.spent90 / row.debits90 : Number.NaN;
  const threshold = largeTimes * s.meanDebit;
  let largeDay = -1;
  const { cells } = row;
  const end = row.firstCell(buckets) + bucketCells * row.count(buckets);
  for (let at = row.firstCell(buckets); at < end; at += bucketCells) {
    const day = Math.floor(cells[at] / slotsPerDay);
    const age = s.today - day;
    if (age >= windowDays) continue;
    const m = Math.floor(age / month);
    const tallies = cells[at + cell.tally];
    const [failures, drawn] = [(tallies >>> 16) & 0xff, tallies >>> 24];
    spent[m] += cells[at + cell.spent];
    income[m] += cells[at + cell.income];
    discretionary[m] += cells[at + cell.discretionary];
    failed[m] += failures;
    withdrawals[m] += drawn;
    // The accounts of a day lie side by side: it is one day, however many had a large debit.
    if (cells[at + cell.largest] >= threshold && day !== largeDay) {
      large[m]++;
      largeDay = day;
    }
    penalties[m] += (cells[at + cell.more] >>> 16) & 0xff;
    if (age < 7) {
      s.failed7 += failures;
      s.withdrawals7 += drawn;
    }
  }
};

const sumExtras = (row: CustomerRow, s: Sight): void => {
  for (const list of [s.cash, s.gambling, s.lending]) list.fill(0);
  for (let e = 0; e < row.count(extras); e++) {
    const age = s.today - extraDay(row, e);
    if (age >= windowDays) continue;
    const kind = extraKind(row, e);
    const amount = row.get(extras, e, 1);
    const m = Math.floor(age / month);
    if (kind === extra.atm) s.cash[m] += amount;
    else if (kind === extra.gambling) s.gambling[m] += amount;
    else if (kind === extra.lending) s.lending[m] += amount;
  }
};

const known = new Float64Array(32);
const counts = new Uint8Array(32);
const isSavings = new Uint8Array(32);

/** What each account held when the window began; one first heard of later held the same before. */
const startOfAccounts = (row: CustomerRow) => {
  const count = row.count(accounts);
  const start = { total: 0, savings: 0, negative: 0, any: false };
  let saving = false;
  for (let slot = 0; slot < count; slot++) {
    const type = accountType(row, slot);
    counts[slot] = type === "loan" || type === "card" || isOthers(row, slot) ? 0 : 1;
    isSavings[slot] = type === "savings" ? counts[slot] : 0;
    known[slot] = row.f64[accountAt(row, slot) / 8 + 1];
  }
  const { cells } = row;
  const begin = row.firstCell(buckets);
  for (let at = begin + bucketCells * (row.count(buckets) - 1); at >= begin; at -= bucketCells) {
    if ((cells[at + cell.more] & hasBalance) === 0) continue;
    const slot = cells[at] % slotsPerDay;
    if (row.f64[accountAt(row, slot) / 8 + 2] < 0) known[slot] = cells[at + cell.closing];
  }
  for (let slot = 0; slot < count; slot++)
    if (isSavings[slot] === 1 && !Number.isNaN(known[slot])) saving = true;
  for (let slot = 0; slot < count; slot++) {
    if (!saving) isSavings[slot] = counts[slot];
    if (counts[slot] === 0 || Number.isNaN(known[slot])) continue;
    start.any = true;
    start.total += known[slot];
    if (known[slot] < 0) start.negative++;
    if (isSavings[slot] === 1) start.savings += known[slot];
  }
  return start;
};

/** Carries the balances of all accounts from day to day. */
const follow = (row: CustomerRow, s: Sight): void => {
  let { total, savings, negative, any } = startOfAccounts(row);
  s.hasBalance = any;
  if (!any) return;
  const first = s.today - windowDays + 1;
  let done = 0;
  let low = 0;
  let dipped = false;
  const fill = (until: number): void => {
    for (; done < until; done++) {
      s.closing[done] = total;
      s.savings[done] = savings;
      s.lowest[done] = total + low;
      s.below[done] = negative > 0 || dipped ? 1 : 0;
      [low, dipped] = [0, false];
    }
  };
  const { cells } = row;
  const end = row.firstCell(buckets) + bucketCells * row.count(buckets);
  for (let at = row.firstCell(buckets); at < end; at += bucketCells) {
    if ((cells[at + cell.more] & hasBalance) === 0) continue;
    const key = cells[at];
    const slot = key % slotsPerDay;
    if (counts[slot] === 0) continue;
    const day = Math.floor(key / slotsPerDay) - first;
    fill(day);
    const closing = cells[at + cell.closing];
    if (day >= 0) {
      low += Math.min(0, cells[at + cell.lowest] - closing);
      dipped ||= cells[at + cell.lowest] < 0;
    }
    negative += (closing < 0 ? 1 : 0) - (known[slot] < 0 ? 1 : 0);
    total += closing - known[slot];
    if (isSavings[slot] === 1) savings += closing - known[slot];
    known[slot] = closing;
  }
  fill(windowDays);
};

/** Pay that is late for longer says no more. */
const payLateMostDays = 120;
/** Who pays less than this share of the one that pays most is not waited for. */
const smallShare = 0.25;

/** The payer that pays most, of those that no other one took the place of. */
const mainPayer = (row: CustomerRow): number => {
  let [main, most] = [-1, -1];
  for (let index = 0; index < row.count(payers); index++) {
    if (successorOf(row, index) >= 0) continue;
    const usual = usualPay(row, index);
    if (usual > most) [main, most] = [index, usual];
  }
  return main;
};

/** The usual pay before the last one, of this payer or of the one whose place it took. */
const usualBefore = (row: CustomerRow, main: number): number => {
  if (paydaysOf(row, main) >= 3) return usualPay(row, main, 1);
  for (let index = 0; index < row.count(payers); index++)
    if (index !== main && paydaysOf(row, index) >= 2 && successorOf(row, index) === main)
      return usualPay(row, index);
  return Number.NaN;
};

/** The shortest usual wait for pay, of those who paid within the window before money last came. */
const usualPayGap = (row: CustomerRow): number => {
  let shortest = Number.NaN;
  const from = dayOf(row.lastCredit) - windowDays;
  for (let index = 0; index < row.count(payers); index++) {
    const count = paydaysOf(row, index);
    if (count < 3 || paydayOf(row, index, count - 1) <= from) continue;
    const gap = medianGap((n) => paydayOf(row, index, n), count - 1);
    if (!(gap >= shortest)) shortest = gap;
  }
  return shortest;
};

const lookAtPay = (row: CustomerRow, s: Sight): void => {
  s.payLate = s.nextPay = s.lastPay = s.usualPay = Number.NaN;
  s.payLateBefore = s.payBefore = s.earlierPay = Number.NaN;
  s.payGap = usualPayGap(row);
  const main = mainPayer(row);
  if (main < 0) return;
  const calendar = businessDaysOf(row.country);
  const most = usualPay(row, main);
  for (let index = 0; index < row.count(payers); index++) {
    const expected = expectedPayday(row, index);
    const isSmall = usualPay(row, index) < smallShare * most;
    if (expected === 0 || isSmall || successorOf(row, index) >= 0) continue;
    const until = Math.min(s.today, expected + payLateMostDays);
    const isLate = until > expected;
    const last = lastPayLate(row, index);
    const late = isLate ? calendar.between(expected, until) : last;
    if (!(late <= s.payLate)) s.payLate = late;
    const before = isLate ? Math.max(last, mostPayLate(row, index)) : mostPayLate(row, index);
    if (!(before <= s.payLateBefore || Number.isNaN(before))) s.payLateBefore = before;
  }
  if (expectedPayday(row, main) > 0) s.nextPay = expectedPayday(row, main);
  const count = paydaysOf(row, main);
  s.lastPay = payOf(row, main, count - 1);
  s.usualPay = usualBefore(row, main);
  if (count < 4) return;
  s.payBefore = payOf(row, main, count - 2);
  s.earlierPay = usualPay(row, main, 2);
};

/** Bills unpaid for longer are taken for ended. */
const billEndedAfterDays = 35;
/** Days over which a bill that came late counts on. */
const lateBillMemoryDays = 30;

const lookAtBills = (row: CustomerRow, s: Sight): void => {
  s.billLateDays = s.billLateBefore = Number.NaN;
  for (let index = 0; index < row.count(payees); index++) lookAtBill(row, index, s);
};

/** The rhythm of one payee's bills. */
export const billRhythm = (row: CustomerRow, index: number): Rhythm | undefined => {
  const at = payeeDays(row, index);
  return rhythmOf((n) => row.u16[at + n], paymentsOf(row, index));
};

const lookAtBill = (row: CustomerRow, index: number, s: Sight): void => {
  const rhythm = billRhythm(row, index);
  if (rhythm === undefined) return;
  const overdue = s.today - rhythm.expected;
  if (overdue > billEndedAfterDays) return;
  const at = payeeDays(row, index);
  const count = paymentsOf(row, index);
  const counts = overdue <= 0 && s.today - row.u16[at + count - 1] < lateBillMemoryDays;
  const late = overdue > 0 ? overdue : counts ? rhythm.lastLate : 0;
  if (!(late <= s.billLateDays)) s.billLateDays = late;
  for (let n = 3; n < (counts ? count - 1 : count); n++) {
    const before = lateAt((m) => row.u16[at + m], n);
    if (!(before <= billEndedAfterDays) || before <= s.billLateBefore) continue;
    s.billLateBefore = before;
  }
};
