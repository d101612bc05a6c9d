import type { DeadReason } from "../src/stream/topic.ts";
import { transactionOf } from "./events.ts";

/** A record that nobody can use, and what is to be said of it. */
export type BadInput = {
  name: string;
  reason: DeadReason;
  /** Without it, the customer's id. */
  key?: null;
  value: (customer: string, now: number) => Buffer | null;
};

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const bad = (
  name: string,
  reason: DeadReason,
  change: (whole: Record<string, unknown>) => unknown,
): BadInput => ({
  name,
  reason,
  value: (customer, now) => {
    const changed = change({ ...transactionOf(customer, `bad ${name}`, now) });
    return Buffer.isBuffer(changed) ? changed : json(changed);
  },
});
const replaced = (whole: unknown, what: string, by: string): Buffer =>
  Buffer.from(JSON.stringify(whole).replace(what, by));
const without = (whole: Record<string, unknown>, field: string) => ({
  ...whole,
  [field]: undefined,
});
const oversized = (bytes: number): BadInput =>
  bad(`${bytes} bytes`, "record_too_large", (whole) =>
    json({ ...whole, merchant_id: "m".repeat(bytes) }).subarray(0, bytes),
  );

export const badInputs: readonly BadInput[] = [
  bad("malformed JSON", "malformed_json", () => Buffer.from('{"customer_id": "c", ')),
  bad("no JSON at all", "malformed_json", () => Buffer.from([0xff, 0x00, 0x80, 0x0a])),
  bad("a text that is not UTF-8", "malformed_json", (whole) =>
    Buffer.from(JSON.stringify({ ...whole, merchant_id: "M\u00fcller" }), "latin1"),
  ),
  bad("an empty value", "malformed_json", () => Buffer.alloc(0)),
  bad("an array", "wrong_type", () => [1, 2, 3]),
  bad("an amount in words", "wrong_type", (whole) => ({ ...whole, amount: "twelve" })),
  bad("a flag as a text", "wrong_type", (whole) => ({ ...whole, is_failed: "no" })),
  bad("a null where none may be", "wrong_type", (whole) => ({ ...whole, txn_type: null })),
  bad("no amount", "missing_field", (whole) => without(whole, "amount")),
  bad("no time", "missing_field", (whole) => without(whole, "txn_time")),
  bad("an unknown currency", "unknown_currency", (whole) => ({ ...whole, currency: "XQZ" })),
  bad("an unknown kind", "unknown_value", (whole) => ({ ...whole, txn_type: "sideways" })),
  bad("NaN", "not_a_number", (whole) => replaced(whole, '"amount":84.5', '"amount":NaN')),
  bad("NaN as a text", "not_a_number", (whole) => ({ ...whole, amount: "NaN" })),
  bad("beyond a double", "not_a_number", (whole) =>
    replaced(whole, '"amount":84.5', '"amount":1e999'),
  ),
  bad("beyond the column", "amount_out_of_range", (whole) => ({ ...whole, amount: 1e17 })),
  bad("a balance beyond it", "amount_out_of_range", (whole) => ({
    ...whole,
    balance_after: -1e300,
  })),
  bad("a negative amount", "amount_out_of_range", (whole) => ({ ...whole, amount: -1 })),
  bad("too many decimals", "amount_precision", (whole) => ({ ...whole, amount: 1.005 })),
  bad("1900", "time_out_of_range", (whole) => ({ ...whole, txn_time: "1900-01-01T00:00:00Z" })),
  bad("2100", "time_out_of_range", (whole) => ({ ...whole, txn_time: "2100-01-01T00:00:00Z" })),
  bad("no time that is one", "time_unreadable", (whole) => ({ ...whole, txn_time: "yesterday" })),
  bad("another's id", "key_mismatch", (whole) => ({ ...whole, customer_id: "somebody else" })),
  bad("__proto__", "forbidden_key", (whole) =>
    replaced(whole, '"amount"', '"__proto__":{"is_failed":true},"amount"'),
  ),
  bad("__proto__ in disguise", "forbidden_key", (whole) =>
    replaced(whole, '"amount"', '"\\u005f_proto__":{"is_failed":true},"amount"'),
  ),
  { name: "a null key", reason: "key_missing", key: null, value: (c, n) => goodBytes(c, n) },
  { name: "a tombstone", reason: "tombstone", value: () => null },
  oversized(2_000_000),
  oversized(10_000_000),
];

const goodBytes = (customer: string, now: number): Buffer =>
  json(transactionOf(customer, "without a key", now));

/** What HTTP tells the sender to do, by name; what is not here is not refused there by itself. */
export const cures: ReadonlyMap<string, string> = new Map([
  ["malformed JSON", "send one JSON object."],
  ["no JSON at all", "send JSON in UTF-8."],
  ["a text that is not UTF-8", "send JSON in UTF-8."],
  ["an amount in words", "send number."],
  ["a flag as a text", "send boolean."],
  ["a null where none may be", "send string."],
  ["no amount", "add it."],
  ["no time", "add it."],
  ["an unknown currency", "send one such as EUR."],
  ["an unknown kind", "use one of debit, credit."],
  ["NaN", "send null where it is not known."],
  ["NaN as a text", "send a plain decimal number."],
  ["beyond a double", "send a plain decimal number."],
  ["beyond the column", "it must be <= "],
  ["a balance beyond it", "it must be >= "],
  ["a negative amount", "it must be >= 0."],
  ["too many decimals", "round it."],
  ["1900", "correct its time."],
  ["2100", "correct its time."],
  ["no time that is one", "send ISO 8601, such as "],
  ["__proto__", "leave it out."],
  ["__proto__ in disguise", "leave it out."],
  ["a tombstone", "send one JSON object."],
  ["2000000 bytes", "send a smaller one."],
  ["10000000 bytes", "send a smaller one."],
]);
