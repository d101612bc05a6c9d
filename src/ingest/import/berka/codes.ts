import type { Transaction } from "../../../events/transaction.ts";

/**
 * The bank's codes in our words. The ledger of 1993-94 has them in Czech, the extract of 1995-98 in
 * English; both are taken from every file.
 *
 * `VYBER` beside PRIJEM (in) and VYDAJ (out) is a third type, written `withdrawal in cash` in
 * English: money out, in cash.
 */
const types: Readonly<Record<string, Transaction["txn_type"]>> = {
  PRIJEM: "credit",
  credit: "credit",
  VYDAJ: "debit",
  withdrawal: "debit",
  VYBER: "debit",
  "withdrawal in cash": "debit",
};

type Means = Pick<Transaction, "category" | "channel">;

/** What the payment symbol says outweighs the operation: a fee is booked as a "withdrawal". */
const symbols: Readonly<Record<string, Partial<Means>>> = {
  SIPO: { category: "utilities" },
  household: { category: "utilities" },
  POJISTNE: { category: "insurance" },
  "insurrance payment": { category: "insurance" },
  "insurance payment": { category: "insurance" },
  UVER: { category: "loan_payment" },
  "loan payment": { category: "loan_payment" },
  LEASING: { category: "leasing" },
  leasing: { category: "leasing" },
  DUCHOD: { category: "pension" },
  "old-age pension": { category: "pension" },
  SLUZBY: { category: "fee", channel: "internal" },
  "payment for statement": { category: "fee", channel: "internal" },
  UROK: { category: "interest", channel: "internal" },
  "interest credited": { category: "interest", channel: "internal" },
  "SANKC. UROK": { category: "penalty", channel: "internal" },
  "sanction interest if negative balance": { category: "penalty", channel: "internal" },
};

/**
 * Collections from another bank come monthly on the same day with the same amount, half as much
 * again in June and December: they are wages, unless the symbol says pension.
 */
const operations: Readonly<Record<string, Means>> = {
  VKLAD: { category: "cash", channel: "branch" },
  "credit in cash": { category: "cash", channel: "branch" },
  VYBER: { category: "cash", channel: "branch" },
  "withdrawal in cash": { category: "cash", channel: "branch" },
  "VYBER KARTOU": { category: "cash", channel: "atm" },
  "credit card withdrawal": { category: "cash", channel: "atm" },
  "PREVOD Z UCTU": { category: "salary", channel: "bank_transfer" },
  "collection from another bank": { category: "salary", channel: "bank_transfer" },
  "PREVOD NA UCET": { category: "transfer", channel: "bank_transfer" },
  "remittance to another bank": { category: "transfer", channel: "bank_transfer" },
  "": { category: "other", channel: "other" },
};

export type Meaning = Means & { txn_type: Transaction["txn_type"]; notes: string[] };

/**
 * Type, category and channel of a row; undefined when the type is unknown, because then nobody can
 * say whether the money came or went. An unknown operation or symbol is read as `other` and noted.
 */
export const meaningOf = (type: string, operation: string, symbol: string): Meaning | undefined => {
  const txn_type = types[type];
  if (txn_type === undefined) return undefined;
  const name = symbol.trim();
  const how = operations[operation.trim()];
  const what = name === "" ? {} : symbols[name];
  const notes: string[] = [];
  if (how === undefined) notes.push("operation_unknown");
  if (what === undefined) notes.push("symbol_unknown");
  const means = { ...(how ?? operations[""]), ...what };
  if (means.category === "salary") notes.push("regular_transfer_in_read_as_salary");
  return { ...means, txn_type, notes };
};
