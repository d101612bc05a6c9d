import { businessDaysOf } from "./country.ts";
import { cadences, learnPayday, type Payday } from "./payday.ts";
import { type CustomerRow, lists } from "./row.ts";
import { unlearned } from "./row-versions.ts";

/**
 * Who pays a customer, each with its newest paydays and what was learned of them. What is learned
 * depends on the days alone, not on the order in which they came.
 *
 * Bytes of a payer: hash of its name 4, expected day for which a timer has fired 2, expected day of
 * the next pay 2, six paydays oldest first 2 each, business days by which the last one was late 1,
 * the most by which one before it was 1, cadence 1, day of the month 1, the six amounts 8 each.
 */
const { payers } = lists;
export const payersMax = 6;
export const paydaysMax = 6;
const stride = 72;
/** Pay that came later than so many business days came so late at least. */
const latestKept = 254;

const payerAt = (row: CustomerRow, index: number): number => row.start(payers) + stride * index;

export const paydayOf = (row: CustomerRow, index: number, n: number): number =>
  row.u16[payerAt(row, index) / 2 + 4 + n];
export const payOf = (row: CustomerRow, index: number, n: number): number =>
  row.f64[payerAt(row, index) / 8 + 3 + n];

export const paydaysOf = (row: CustomerRow, index: number): number => {
  let count = paydaysMax;
  while (count > 0 && paydayOf(row, index, count - 1) === 0) count--;
  return count;
};

/** The day by which the next pay of a payer is expected; 0: not known. */
export const expectedPayday = (row: CustomerRow, index: number): number =>
  row.u16[payerAt(row, index) / 2 + 3];
/** Business days by which the last pay came late. */
export const lastPayLate = (row: CustomerRow, index: number): number =>
  row.bytes[payerAt(row, index) + 20];
/** The most business days by which a remembered pay before the last came late; NaN: not known. */
export const mostPayLate = (row: CustomerRow, index: number): number => {
  const most = row.bytes[payerAt(row, index) + 21];
  return most === unlearned ? Number.NaN : most;
};
export const cadenceOf = (row: CustomerRow, index: number): Payday["cadence"] =>
  cadences[row.bytes[payerAt(row, index) + 22]] ?? "none";

/** The expected day for which a timer has fired, so that it fires once. */
export const payFired = (row: CustomerRow, index: number): number =>
  row.u16[payerAt(row, index) / 2 + 2];
export const markPayFired = (row: CustomerRow, index: number, day: number): void => {
  row.u16[payerAt(row, index) / 2 + 2] = day;
};

const learn = (row: CustomerRow, index: number): void => {
  const at = payerAt(row, index);
  const calendar = businessDaysOf(row.country);
  const found = learnPayday((n) => paydayOf(row, index, n), paydaysOf(row, index), calendar);
  row.u16[at / 2 + 3] = found.expected;
  row.bytes[at + 20] = Math.min(found.late, latestKept);
  row.bytes[at + 21] = Number.isNaN(found.lateBefore)
    ? unlearned
    : Math.min(found.lateBefore, latestKept);
  row.bytes[at + 22] = cadences.indexOf(found.cadence);
  row.bytes[at + 23] = found.dayOfMonth;
};

/** Learns anew, since the holidays are other ones. */
export const learnPayers = (row: CustomerRow): void => {
  for (let index = 0; index < row.count(payers); index++) learn(row, index);
};

/** Learns what a row of an earlier version had not. */
export const learnUnlearned = (row: CustomerRow): void => {
  for (let index = 0; index < row.count(payers); index++)
    if (row.bytes[payerAt(row, index) + 22] === unlearned) learn(row, index);
};

const lastPayday = (row: CustomerRow, index: number): number =>
  paydayOf(row, index, paydaysOf(row, index) - 1);

const forgetOldest = (row: CustomerRow): void => {
  let oldest = 0;
  for (let index = 1; index < row.count(payers); index++)
    if (lastPayday(row, index) < lastPayday(row, oldest)) oldest = index;
  row.remove(payers, oldest);
};

const hashAt = (row: CustomerRow, index: number): number => row.u32[payerAt(row, index) / 4];

/** The payer's place; the one without a name, of a row of an earlier version, takes the first. */
const placeOf = (row: CustomerRow, payer: number): number => {
  const find = (): number => {
    let index = 0;
    while (index < row.count(payers) && hashAt(row, index) < payer) index++;
    return index;
  };
  const here = find();
  if (here < row.count(payers) && hashAt(row, here) === payer) return here;
  if (row.count(payers) === 1 && hashAt(row, 0) === 0) {
    row.u32[payerAt(row, 0) / 4] = payer;
    return 0;
  }
  if (row.count(payers) === payersMax) forgetOldest(row);
  const index = find();
  row.insert(payers, index);
  row.u32[payerAt(row, index) / 4] = payer;
  return index;
};

/** Pay of a day, added up by payer; the newest days are kept, oldest first. */
export const addPay = (row: CustomerRow, payer: number, day: number, amount: number): void => {
  const index = placeOf(row, payer);
  const days = payerAt(row, index) / 2 + 4;
  const amounts = payerAt(row, index) / 8 + 3;
  const count = paydaysOf(row, index);
  let place = count;
  while (place > 0 && row.u16[days + place - 1] > day) place--;
  if (place > 0 && row.u16[days + place - 1] === day) {
    row.f64[amounts + place - 1] += amount;
    return;
  }
  if (count === paydaysMax) {
    if (place === 0) return;
    row.u16.copyWithin(days, days + 1, days + place);
    row.f64.copyWithin(amounts, amounts + 1, amounts + place);
    place--;
  } else {
    row.u16.copyWithin(days + place + 1, days + place, days + count);
    row.f64.copyWithin(amounts + place + 1, amounts + place, amounts + count);
  }
  row.u16[days + place] = day;
  row.f64[amounts + place] = amount;
  learn(row, index);
};

const some = new Float64Array(paydaysMax);

/** The middle one of a payer's pays, of an even number the higher; `but` the newest ones. */
export const usualPay = (row: CustomerRow, index: number, but = 0): number => {
  const count = paydaysOf(row, index) - but;
  if (count <= 0) return Number.NaN;
  const sorted = some.subarray(0, count);
  for (let n = 0; n < count; n++) sorted[n] = payOf(row, index, n);
  sorted.sort();
  return sorted[count >> 1];
};

/** Whether a payer has stopped because another one that pays about as much began since. */
export const successorOf = (row: CustomerRow, index: number): number => {
  const last = lastPayday(row, index);
  for (let other = 0; other < row.count(payers); other++)
    if (
      other !== index &&
      paydayOf(row, other, 0) > last &&
      2 * usualPay(row, other) >= usualPay(row, index)
    )
      return other;
  return -1;
};

/** The base currency is another one: every pay is counted in it by a rate. */
export const exchangePay = (row: CustomerRow, factor: number): void => {
  for (let index = 0; index < row.count(payers); index++) {
    const amounts = payerAt(row, index) / 8 + 3;
    for (let n = 0; n < paydaysOf(row, index); n++)
      row.f64[amounts + n] = Math.round(factor * row.f64[amounts + n]);
  }
};

export const forgetPay = (row: CustomerRow): void => row.remove(payers, 0, row.count(payers));
