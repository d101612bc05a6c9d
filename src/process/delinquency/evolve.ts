import { DAY_MS, dayOf } from "../../rules/calendar.ts";
import { settlePruned } from "./dues.ts";
import {
  accountAt,
  addExtra,
  addId,
  addPayment,
  addPrint,
  bucketOf,
  extra,
  extraDay,
  forgetPayeesBefore,
  overflowSlot,
  printDay,
  slotOf,
  slotsPerDay,
} from "./lists.ts";
import type { Movement } from "./movement.ts";
import { addPay, learnUnlearned } from "./payers.ts";
import { type CustomerRow, cell, hasBalance, lists, windowDays } from "./row.ts";

const { buckets, extras, ids, prints } = lists;

/**
 * Money moved between one's own pockets is neither income nor spending. What is borrowed is no
 * income; giving it back is spending, as an instalment is.
 */
const notIncome: ReadonlySet<string> = new Set(["lending", "savings", "investment"]);
const notSpending: ReadonlySet<string> = new Set(["savings", "investment"]);
const discretionary: ReadonlySet<string> = new Set([
  "dining",
  "travel",
  "shopping",
  "online_shopping",
  "entertainment",
  "subscription",
  "gambling",
]);
/** Classes of what is owed, by the category of the payment. See dues.ts. */
const paymentClass: Readonly<Record<string, number>> = {
  loan_payment: 1,
  leasing: 2,
  rent: 3,
  utilities: 4,
  telecom: 5,
};

const payeeForgottenAfterDays = 120;

/** What else a movement may change, as bits: what deadlines depend on; that an id was forgotten. */
export const changes = { deadlines: 1, forgotId: 2 } as const;

/** Whether a movement lies before the days that are kept, so that it can no longer count. */
export const isTooLate = (row: CustomerRow, day: number): boolean =>
  row.newest >= 0 && day <= dayOf(row.newest) - windowDays;

/**
 * Takes a movement into the row. Every change is a sum, a least, a largest or a latest, so the
 * order in which movements of one window come makes no difference. Whether it is too late or a
 * duplicate was asked before. Returns the `changes` that it led to.
 */
export const evolve = (row: CustomerRow, movement: Movement): number => {
  const { time, day } = movement;
  const isNewDay = row.newest < 0 || day > dayOf(row.newest);
  if (isNewDay) prune(row, day);
  if (time > row.newest) row.newest = time;
  if (day < row.firstDay) row.firstDay = day;
  const slot = slotOf(row, movement.account);
  const bucket = bucketOf(row, day, slot);
  if (movement.isFailed) tally(row, bucket, 16, 1);
  if (movement.isSettled && !Number.isNaN(movement.amount)) {
    if (movement.isDebit) spend(row, bucket, movement);
    else receive(row, bucket, movement);
  }
  if (!Number.isNaN(movement.balance) && slot !== overflowSlot) balance(row, bucket, movement);
  const isDue = isNewDay || movement.payee !== 0 || movement.payer !== 0 || isOwed(movement);
  const forgot = addId(row, bucket, movement.id);
  return (isDue ? changes.deadlines : 0) | (forgot ? changes.forgotId : 0);
};

/** Whether another source has told of the same before: counted, but not dropped. */
export const isSuspected = (row: CustomerRow, movement: Movement): boolean =>
  movement.source !== 0 && addPrint(row, movement.day, movement.print, movement.source);

const isOwed = (movement: Movement): boolean => paymentClass[movement.category] !== undefined;

/** Adds 1 to an 8-bit count of a bucket's tallies; at 255 it stays. */
const tally = (row: CustomerRow, bucket: number, shift: number, by: number): void => {
  const tallies = row.get(buckets, bucket, cell.tally);
  const most = shift === 0 ? 0xffff : 0xff;
  const before = (tallies >>> shift) & most;
  const after = Math.min(most, before + by);
  row.set(buckets, bucket, cell.tally, (tallies & ~(most << shift)) | (after << shift));
};

/**
 * Adds to the sums that a movement of this category and channel belongs to. An amount below zero
 * takes one of them back: what it takes back is kept no longer, so its own category is what says
 * where that was counted. Counts stay: a debit that was given back has happened all the same.
 */
const addSpent = (row: CustomerRow, bucket: number, movement: Movement, amount: number): void => {
  const { category, channel, day } = movement;
  row.add(buckets, bucket, cell.spent, amount);
  row.spent90 += amount;
  if (discretionary.has(category)) row.add(buckets, bucket, cell.discretionary, amount);
  if (category === "gambling") addExtra(row, day, extra.gambling, amount);
  if (channel === "atm" || category === "cash") addExtra(row, day, extra.atm, amount);
  const owed = paymentClass[category];
  if (owed !== undefined) addExtra(row, day, extra.payment + owed, amount);
};

const addIncome = (row: CustomerRow, bucket: number, movement: Movement, amount: number): void => {
  const { category, day } = movement;
  if (category === "lending") addExtra(row, day, extra.lending, amount);
  if (!notIncome.has(category)) row.add(buckets, bucket, cell.income, amount);
};

const spend = (row: CustomerRow, bucket: number, movement: Movement): void => {
  const { amount, category, day } = movement;
  if (movement.isReversal) {
    addIncome(row, bucket, movement, -amount);
    return;
  }
  if (notSpending.has(category)) return;
  addSpent(row, bucket, movement, amount);
  tally(row, bucket, 0, 1);
  row.debits90 += 1;
  if (amount > row.get(buckets, bucket, cell.largest))
    row.set(buckets, bucket, cell.largest, amount);
  if (movement.channel === "atm") tally(row, bucket, 24, 1);
  if (category === "penalty") addPenalty(row, bucket);
  if (movement.payee !== 0) addPayment(row, movement.payee, day);
};

const addPenalty = (row: CustomerRow, bucket: number): void => {
  const more = row.get(buckets, bucket, cell.more);
  const penalties = Math.min(0xff, ((more >>> 16) & 0xff) + 1);
  row.set(buckets, bucket, cell.more, (more & ~0xff0000) | (penalties << 16));
};

const receive = (row: CustomerRow, bucket: number, movement: Movement): void => {
  const { amount, category, day } = movement;
  if (movement.isReversal) {
    if (!notSpending.has(category)) addSpent(row, bucket, movement, -amount);
    return;
  }
  addIncome(row, bucket, movement, amount);
  if (notIncome.has(category)) return;
  if (movement.time > row.lastCredit) row.lastCredit = movement.time;
  if (movement.payer !== 0) addPay(row, movement.payer, day, amount);
};

/** The latest balance of a day is its closing; of two at the same ms, the lower one. */
const balance = (row: CustomerRow, bucket: number, movement: Movement): void => {
  const stated = movement.balance;
  const at = movement.time - movement.day * DAY_MS;
  const more = row.get(buckets, bucket, cell.more);
  if ((more & hasBalance) === 0) {
    row.set(buckets, bucket, cell.more, more | hasBalance);
    row.set(buckets, bucket, cell.closing, stated);
    row.set(buckets, bucket, cell.closingAt, at);
    row.set(buckets, bucket, cell.lowest, stated);
    return;
  }
  const closingAt = row.get(buckets, bucket, cell.closingAt);
  const closing = row.get(buckets, bucket, cell.closing);
  if (at > closingAt || (at === closingAt && stated < closing)) {
    row.set(buckets, bucket, cell.closingAt, at);
    row.set(buckets, bucket, cell.closing, stated);
  }
  if (stated < row.get(buckets, bucket, cell.lowest)) row.set(buckets, bucket, cell.lowest, stated);
};

/** Lets go of what lies before the 90 days that end with `day`. */
const prune = (row: CustomerRow, day: number): void => {
  const first = day - windowDays + 1;
  let gone = 0;
  let goneIds = 0;
  for (; gone < row.count(buckets); gone++) {
    const key = row.get(buckets, gone, cell.key);
    if (Math.floor(key / slotsPerDay) >= first) break;
    goneIds += letGo(row, gone, key);
  }
  if (gone > 0) {
    row.remove(ids, 0, goneIds);
    row.remove(buckets, 0, gone);
  }
  let old = 0;
  for (; old < row.count(extras) && extraDay(row, old) < first; old++) settlePruned(row, old);
  if (old > 0) row.remove(extras, 0, old);
  let told = 0;
  while (told < row.count(prints) && printDay(row, told) < first) told++;
  if (told > 0) row.remove(prints, 0, told);
  forgetPayeesBefore(row, day - payeeForgottenAfterDays);
  learnUnlearned(row);
};

/** Keeps of a bucket what must outlive it: its account's balance. Returns how many ids it had. */
const letGo = (row: CustomerRow, bucket: number, key: number): number => {
  row.spent90 -= row.get(buckets, bucket, cell.spent);
  row.debits90 -= row.get(buckets, bucket, cell.tally) & 0xffff;
  const more = row.get(buckets, bucket, cell.more);
  if ((more & hasBalance) !== 0) {
    const at = accountAt(row, key % slotsPerDay) / 8;
    row.f64[at + 1] = row.get(buckets, bucket, cell.closing);
    row.f64[at + 2] = Math.floor(key / slotsPerDay) * DAY_MS;
  }
  return more & 0xffff;
};

/** The balance of an account as last stated, NaN when it never was. */
export const balanceOf = (row: CustomerRow, slot: number): number => {
  for (let bucket = row.count(buckets) - 1; bucket >= 0; bucket--)
    if (
      row.get(buckets, bucket, cell.key) % slotsPerDay === slot &&
      (row.get(buckets, bucket, cell.more) & hasBalance) !== 0
    )
      return row.get(buckets, bucket, cell.closing);
  return slot === overflowSlot ? Number.NaN : row.f64[accountAt(row, slot) / 8 + 1];
};
