import type { Transaction } from "../../events/transaction.ts";
import { dayOf } from "../../rules/calendar.ts";
import { toMinor } from "../../rules/money.ts";

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
  /** NaN when it is in another currency: there is no rate to convert it by. */
  readonly amount: number;
  /** NaN when unknown. */
  readonly balance: number;
  readonly category: Transaction["category"];
  readonly channel: Transaction["channel"];
  readonly payee: number;
  readonly account: Hash48;
  readonly id: Hash48;
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

/**
 * Reads a transaction for a customer whose base currency is given. Undefined: its amount has more
 * decimals than the currency that was assumed for it.
 */
export const movementOf = (
  value: Transaction,
  time: number,
  id: string,
  base: string,
): Movement | undefined => {
  const inBase = (value.currency ?? base) === base;
  const amount = inBase ? toMinor(value.amount, base) : Number.NaN;
  const stated = value.balance_after;
  const known = inBase && stated !== null && stated !== undefined;
  const balance = known ? toMinor(stated, base) : Number.NaN;
  if (amount === undefined || balance === undefined) return undefined;
  const isBill = billed.has(value.category) && value.txn_type === "debit";
  return {
    time,
    day: dayOf(time),
    isDebit: value.txn_type === "debit",
    isFailed: value.is_failed,
    isSettled: !value.is_failed || value.posted === true,
    isReversal: (value.reverses ?? "") !== "" || value.category === "refund",
    amount,
    balance,
    category: value.category,
    channel: value.channel,
    payee: isBill ? hash48(`${value.category} ${value.merchant_id ?? ""}`).low : 0,
    account: hash48(value.account_id ?? "default"),
    id: hash48(id),
  };
};
