import type { Hash48 } from "./movement.ts";
import {
  accountsMax,
  type CustomerRow,
  cell,
  idsMax,
  lists,
  payeesMax,
  paymentsMax,
  printsMax,
} from "./row.ts";

/** The row's sorted lists: finding an element's place, and making one where there is none. */

const { accounts, buckets, extras, ids, payees, prints } = lists;

export const slotsPerDay = 32;
/** Where transactions of accounts beyond the most that are kept are counted, without balances. */
export const overflowSlot = accountsMax;

export const accountTypes = ["current", "savings", "card", "loan", "other"] as const;
export type AccountType = (typeof accountTypes)[number];

/**
 * An account: low and high bits of its hash, type, whether it is somebody else's, balance before
 * the window and its time.
 */
export const accountAt = (row: CustomerRow, slot: number): number =>
  row.start(accounts) + 24 * slot;

export const accountType = (row: CustomerRow, slot: number): AccountType =>
  slot < row.count(accounts) ? accountTypes[row.bytes[accountAt(row, slot) + 6]] : "other";

/** Whether the customer may only use the account: its money is the owner's. */
export const isOthers = (row: CustomerRow, slot: number): boolean =>
  row.bytes[accountAt(row, slot) + 7] === 1;

/** The place of an account, made if it is new; places of other accounts may move. */
export const slotOf = (row: CustomerRow, account: Hash48): number => {
  const count = row.count(accounts);
  let slot = 0;
  for (; slot < count; slot++) {
    const at = accountAt(row, slot);
    const low = row.u32[at / 4];
    const high = row.u16[at / 2 + 2];
    if (low === account.low && high === account.high) return slot;
    if (low > account.low || (low === account.low && high > account.high)) break;
  }
  if (count === accountsMax) return overflowSlot;
  row.insert(accounts, slot);
  for (let b = 0; b < row.count(buckets); b++) {
    const key = row.get(buckets, b, cell.key);
    const other = key % slotsPerDay;
    if (other >= slot && other !== overflowSlot) row.set(buckets, b, cell.key, key + 1);
  }
  const at = accountAt(row, slot);
  row.u32[at / 4] = account.low;
  row.u16[at / 2 + 2] = account.high;
  row.f64[at / 8 + 1] = Number.NaN;
  row.f64[at / 8 + 2] = -1;
  return slot;
};

/** The bucket of a day and account, made if it is new. */
export const bucketOf = (row: CustomerRow, day: number, slot: number): number => {
  const key = day * slotsPerDay + slot;
  let bucket = row.count(buckets);
  while (bucket > 0) {
    const other = row.get(buckets, bucket - 1, cell.key);
    if (other === key) return bucket - 1;
    if (other < key) break;
    bucket--;
  }
  row.insert(buckets, bucket);
  row.set(buckets, bucket, cell.key, key);
  return bucket;
};

/** Kinds of extras: amounts that come on few days. Payments of what is owed start at `payment`. */
export const extra = { atm: 1, gambling: 2, lending: 3, payment: 16 } as const;
const kindsPerDay = 32;

export const extraDay = (row: CustomerRow, index: number): number =>
  Math.floor(row.get(extras, index, 0) / kindsPerDay);
export const extraKind = (row: CustomerRow, index: number): number =>
  row.get(extras, index, 0) % kindsPerDay;

export const addExtra = (row: CustomerRow, day: number, kind: number, amount: number): void => {
  const key = day * kindsPerDay + kind;
  let index = row.count(extras);
  while (index > 0) {
    const other = row.get(extras, index - 1, 0);
    if (other === key) {
      row.add(extras, index - 1, 1, amount);
      return;
    }
    if (other < key) break;
    index--;
  }
  row.insert(extras, index);
  row.set(extras, index, 0, key);
  row.set(extras, index, 1, amount);
};

/** Whether a transaction with this id is among those of the last 90 days. */
export const knowsId = (row: CustomerRow, id: Hash48): boolean => {
  const { u16 } = row;
  const start = row.start(ids) / 2;
  const [low, middle] = [id.low & 0xffff, id.low >>> 16];
  for (let at = start + 3 * (row.count(ids) - 1); at >= start; at -= 3)
    if (u16[at] === low && u16[at + 1] === middle && u16[at + 2] === id.high) return true;
  return false;
};

/**
 * Ids stand in the order of their buckets, and sorted within a bucket. True: the oldest one had to
 * be forgotten for it, so a duplicate of that one would not be known.
 */
export const addId = (row: CustomerRow, bucket: number, id: Hash48): boolean => {
  const isFull = row.count(ids) >= idsMax;
  if (isFull) forgetOldestId(row);
  let end = row.count(ids);
  for (let b = row.count(buckets) - 1; b > bucket; b--)
    end -= row.get(buckets, b, cell.more) & 0xffff;
  const here = row.get(buckets, bucket, cell.more) & 0xffff;
  let index = end;
  const [low, middle] = [id.low & 0xffff, id.low >>> 16];
  for (; index > end - here; index--) {
    const at = row.start(ids) / 2 + 3 * (index - 1);
    const [a, b, c] = [row.u16[at], row.u16[at + 1], row.u16[at + 2]];
    if (a < low || (a === low && (b < middle || (b === middle && c < id.high)))) break;
  }
  row.insert(ids, index);
  const at = row.start(ids) / 2 + 3 * index;
  row.u16[at] = low;
  row.u16[at + 1] = middle;
  row.u16[at + 2] = id.high;
  row.add(buckets, bucket, cell.more, 1);
  return isFull;
};

const forgetOldestId = (row: CustomerRow): void => {
  for (let b = 0; b < row.count(buckets); b++) {
    if ((row.get(buckets, b, cell.more) & 0xffff) === 0) continue;
    row.add(buckets, b, cell.more, -1);
    row.remove(ids, 0);
    return;
  }
};

/** Day, source and print of an element of the list of prints. */
export const printDay = (row: CustomerRow, index: number): number =>
  row.u16[row.start(prints) / 2 + 4 * index];
export const printAt = (row: CustomerRow, index: number): number =>
  row.u32[row.start(prints) / 4 + 2 * index + 1];

/**
 * Keeps what a transaction says of itself, sorted by day, print and source. True: another source
 * has told of the same on that day, and this one had not yet, so it may be the same transaction.
 */
export const addPrint = (row: CustomerRow, day: number, print: number, source: number): boolean => {
  if (row.count(prints) >= printsMax) row.remove(prints, 0);
  let index = row.count(prints);
  for (; index > 0; index--) {
    const [otherDay, other] = [printDay(row, index - 1), printAt(row, index - 1)];
    if (otherDay > day || (otherDay === day && other > print)) continue;
    const otherSource = row.u16[row.start(prints) / 2 + 4 * (index - 1) + 1];
    const isSame = otherDay === day && other === print;
    if (isSame && otherSource === source) return false;
    if (!isSame || otherSource < source) break;
  }
  row.insert(prints, index);
  const at = row.start(prints) / 2 + 4 * index;
  row.u16[at] = day;
  row.u16[at + 1] = source;
  row.u32[at / 2 + 1] = print;
  return isTold(row, index - 1, day, print) || isTold(row, index + 1, day, print);
};

const isTold = (row: CustomerRow, index: number, day: number, print: number): boolean =>
  index >= 0 &&
  index < row.count(prints) &&
  printDay(row, index) === day &&
  printAt(row, index) === print;

/** Transactions of the days after `day` that a second source told of. */
export const suspectedAfter = (row: CustomerRow, day: number): number => {
  let count = 0;
  for (let index = row.count(prints) - 1; index > 0 && printDay(row, index) > day; index--)
    if (isTold(row, index - 1, printDay(row, index), printAt(row, index))) count++;
  return count;
};

const payeeAt = (row: CustomerRow, index: number): number => row.start(payees) + 16 * index;

/** Days on which a payee was paid, oldest first: 16-bit numbers from this place on, 0 is none. */
export const payeeDays = (row: CustomerRow, index: number): number => payeeAt(row, index) / 2 + 2;

export const paymentsOf = (row: CustomerRow, index: number): number => {
  const at = payeeDays(row, index);
  let count = paymentsMax;
  while (count > 0 && row.u16[at + count - 1] === 0) count--;
  return count;
};

const lastPaid = (row: CustomerRow, index: number): number =>
  row.u16[payeeDays(row, index) + paymentsOf(row, index) - 1];

const forgetOldestPayee = (row: CustomerRow): void => {
  let oldest = 0;
  for (let index = 1; index < row.count(payees); index++)
    if (lastPaid(row, index) < lastPaid(row, oldest)) oldest = index;
  row.remove(payees, oldest);
};

/** A payee that has not been paid since a day is forgotten. */
export const forgetPayeesBefore = (row: CustomerRow, day: number): void => {
  for (let index = row.count(payees) - 1; index >= 0; index--)
    if (lastPaid(row, index) < day) row.remove(payees, index);
};

export const addPayment = (row: CustomerRow, key: number, day: number): void => {
  const find = (): number => {
    let index = 0;
    while (index < row.count(payees) && row.u32[payeeAt(row, index) / 4] < key) index++;
    return index;
  };
  let index = find();
  if (index === row.count(payees) || row.u32[payeeAt(row, index) / 4] !== key) {
    if (row.count(payees) === payeesMax) {
      forgetOldestPayee(row);
      index = find();
    }
    row.insert(payees, index);
    row.u32[payeeAt(row, index) / 4] = key;
  }
  const at = payeeDays(row, index);
  let count = paymentsOf(row, index);
  let place = count;
  while (place > 0 && row.u16[at + place - 1] > day) place--;
  if (place > 0 && row.u16[at + place - 1] === day) return;
  if (count === paymentsMax) {
    if (place === 0) return;
    row.u16.copyWithin(at, at + 1, at + place);
    place--;
    count--;
  } else row.u16.copyWithin(at + place + 1, at + place, at + count);
  row.u16[at + place] = day;
};
