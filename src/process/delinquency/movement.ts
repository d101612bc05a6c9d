import type { Transaction } from "../../events/transaction.ts";
import { dayOf } from "../../rules/calendar.ts";
import { toMinor } from "../../rules/money.ts";
import { convert, type RateTable } from "../../rules/rates.ts";

/** A transaction as the customer's row takes it in: money in minor units of the base currency. */
export type Movement = {
  readonly time: number;
  readonly day: number;
  readonly isDebit: boolean;
  readonly isFailed: boolean;
  /** Counts in sums: not failed, or failed and booked all the same. */
  readonly isSettled: boolean;
  /** Whether it takes another one back. */
  readonly isReversal: boolean;
  /** NaN when it is in another currency and there is no rate to convert it by. */
  readonly amount: number;
  /** NaN when unknown. */
  readonly balance: number;
  readonly category: Transaction["category"];
  readonly channel: Transaction["channel"];
  /** Whose bill it pays; 0: it is none. */
  readonly payee: number;
  /** Who pays the customer's salary, pension or benefit; 0: it is none. */
  readonly payer: number;
  readonly account: Hash48;
  /** Of the transaction's id and the source that gave it. */
  readonly id: Hash48;
  /** The source that sent it, 16 bits; 0: it did not say. */
  readonly source: number;
  /** What the transaction says of itself beside its id, for a source that says who it is. */
  readonly print: number;
};

/** 48 bits of a text, in three parts of 16 bits packed as low 32 and high 16. */
export type Hash48 = { readonly low: number; readonly high: number };

/**
 * Two lanes of multiply-and-xor (constants of MurmurHash3 and xxHash) over the UTF-16 units,
 * crossed at the end. Ids are told apart by it, so 32 bits would be too few.
 */
export const hash48 = (text: string, seed = 0): Hash48 => {
  let a = 0x9747b28c ^ seed;
  let b = 0x2545f491 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x85ebca6b);
    b = Math.imul(b ^ unit, 0x9e3779b1);
    a = (a << 13) | (a >>> 19);
    b = (b << 17) | (b >>> 15);
  }
  a = Math.imul(a ^ (a >>> 16), 0xc2b2ae35) ^ Math.imul(b ^ (b >>> 13), 0x27d4eb2f);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca77) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae3d);
  return { low: (a ^ (a >>> 15)) >>> 0, high: (b >>> 16) & 0xffff };
};

/** The base currency as a small number, for keeping in a row: 0 is none. */
export const currencyCode = (letters: string): number =>
  1 +
  (letters.charCodeAt(0) - 65) * 676 +
  (letters.charCodeAt(1) - 65) * 26 +
  (letters.charCodeAt(2) - 65);

export const currencyOf = (code: number): string =>
  String.fromCharCode(
    65 + Math.floor((code - 1) / 676),
    65 + (Math.floor((code - 1) / 26) % 26),
    65 + ((code - 1) % 26),
  );

/** Bills whose rhythm is followed. */
const billed: ReadonlySet<string> = new Set(["utilities", "telecom", "household"]);
/** Pay whose days are learned. */
const paid: ReadonlySet<string> = new Set(["salary", "pension", "benefit"]);

const payerOf = ({ txn_type, category, merchant_id }: Transaction): number =>
  txn_type === "credit" && paid.has(category) ? hash48(merchant_id ?? category).low || 1 : 0;

/** Account, direction and amount: two sources that tell of one transaction agree on these. */
const printOf = (value: Transaction, currency: string): number =>
  hash48(`${value.account_id ?? ""} ${value.txn_type} ${value.amount} ${currency}`).low;

/**
 * Reads a transaction for a customer whose base currency is given; money in another one is
 * converted by the rate of the day. Undefined: its amount has more decimals than its currency.
 */
export const movementOf = (
  value: Transaction,
  time: number,
  id: string,
  base: string,
  rates: RateTable,
): Movement | undefined => {
  const day = dayOf(time);
  const currency = value.currency ?? base;
  const stated = value.balance_after ?? undefined;
  const amount = toMinor(value.amount, currency);
  const balance = stated === undefined ? Number.NaN : toMinor(stated, currency);
  if (amount === undefined || balance === undefined) return undefined;
  const source = value.source ?? "";
  const isBill = billed.has(value.category) && value.txn_type === "debit";
  return {
    time,
    day,
    isDebit: value.txn_type === "debit",
    isFailed: value.is_failed,
    isSettled: !value.is_failed || value.posted === true,
    isReversal: (value.reverses ?? "") !== "" || value.category === "refund",
    amount: convert(rates, amount, currency, base, day),
    balance: convert(rates, balance, currency, base, day),
    category: value.category,
    channel: value.channel,
    payee: isBill ? hash48(`${value.category} ${value.merchant_id ?? ""}`).low : 0,
    payer: payerOf(value),
    account: hash48(value.account_id ?? "default"),
    id: hash48(source === "" ? id : `${source} ${id}`),
    source: source === "" ? 0 : hash48(source).high || 1,
    print: source === "" ? 0 : printOf(value, currency),
  };
};
