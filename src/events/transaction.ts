import Type, { type Static } from "typebox";
import { contract, maybe, money, oneOf, text, time } from "./contract.ts";
import { currencyDecimals } from "./currency.ts";
import { BadRecord } from "./reading.ts";

export const txnTypes = ["debit", "credit"] as const;

/** What money was spent on, or where it came from. */
export const categories = [
  "salary",
  "pension",
  "benefit",
  "interest",
  "refund",
  "lending",
  "groceries",
  "dining",
  "transport",
  "travel",
  "shopping",
  "online_shopping",
  "entertainment",
  "subscription",
  "gambling",
  "health",
  "education",
  "insurance",
  "utilities",
  "telecom",
  "household",
  "rent",
  "loan_payment",
  "leasing",
  "savings",
  "investment",
  "transfer",
  "cash",
  "fee",
  "penalty",
  "tax",
  "other",
] as const;

/** How money moved. */
export const channels = [
  "pos",
  "online",
  "mobile",
  "atm",
  "branch",
  "phone",
  "bank_transfer",
  "direct_debit",
  "standing_order",
  "card",
  "internal",
  "other",
] as const;

const transactionSchema = Type.Object({
  customer_id: text(),
  transaction_id: maybe(text()),
  txn_time: time({ description: "When it happened: the event time" }),
  amount: money({ minimum: 0, description: "Never negative: txn_type says the direction" }),
  currency: maybe(
    text({ maxLength: 10, description: "ISO 4217; missing: the setting `currency`" }),
  ),
  txn_type: oneOf(txnTypes),
  category: oneOf(categories),
  channel: oneOf(channels),
  merchant_id: maybe(text()),
  is_failed: Type.Boolean(),
  account_id: maybe(text({ personal: true, description: 'Missing: "default"' })),
  balance_after: maybe(money({ description: "Balance of the account after it" })),
  posted: maybe(Type.Boolean({ description: "A failed one counts in sums only if posted" })),
  reverses: maybe(text({ description: "transaction_id of the one that this takes back" })),
  source: maybe(
    text({ description: "The system that sent it: its transaction_id names one only there" }),
  ),
  event_time: maybe(time({ description: "When it was sent" })),
  event_type: maybe(text()),
});
export type Transaction = Static<typeof transactionSchema>;

const powers = [1, 10, 100, 1_000, 10_000];

/**
 * Refuses an amount with more decimals than its currency has, or beyond 2^53 minor units. m/10^n
 * divided is the double nearest to that decimal, so an amount has n decimals if and only if
 * rounding to m and dividing again gives the same double.
 */
const checkAmount = (amount: number, decimals: number, field: string): void => {
  const power = powers[decimals];
  const minor = Math.round(amount * power);
  if (!Number.isSafeInteger(minor))
    throw new BadRecord(
      "amount_out_of_range",
      `${field} is beyond what can be counted exactly: send a smaller one.`,
    );
  if (minor / power !== amount)
    throw new BadRecord(
      "amount_precision",
      `${field} has more than the ${decimals} decimals of its currency: round it.`,
    );
};

/** Decimals to check by; a missing currency takes the setting's, known only to the processor. */
const decimalsOf = (currency: string | null | undefined): number => {
  if (currency === null || currency === undefined) return 4;
  const decimals = currencyDecimals.get(currency);
  if (decimals === undefined)
    throw new BadRecord(
      "unknown_currency",
      "currency is not a code of ISO 4217: send one such as EUR.",
    );
  return decimals;
};

const checkTransaction = (value: Transaction): void => {
  const decimals = decimalsOf(value.currency);
  checkAmount(value.amount, decimals, "amount");
  const balance = value.balance_after;
  if (balance !== null && balance !== undefined) checkAmount(balance, decimals, "balance_after");
};

/** Bank transactions by customer: what delinquency is judged on. */
export const transactionsStream = contract({
  name: "transactions-stream",
  says: "A transaction on an account of a known customer.",
  key: "customer_id",
  type: "transaction",
  json: transactionSchema,
  timeOf: (value) => value.txn_time,
  keyOf: (value) => value.customer_id,
  check: checkTransaction,
  audit: "digest",
  owner: "delinquency",
  door: true,
  writtenBy: ["normalise", "importers", "replay", "simulator"],
  readBy: ["delinquency", "sinks"],
  example: {
    customer_id: "CUST-001",
    transaction_id: "0f6c7c1e-6a0e-4c4c-9a53-0d8f1c1f2a10",
    txn_time: "2024-01-15T10:30:00Z",
    amount: 84.5,
    currency: "EUR",
    txn_type: "debit",
    category: "groceries",
    channel: "pos",
    merchant_id: "MERCHANT_1234",
    is_failed: false,
    account_id: "ACC-001",
    balance_after: 812.4,
    posted: true,
    reverses: null,
    event_time: "2024-01-15T10:30:01Z",
    event_type: "transaction",
  },
});

const rawSchema = Type.Object({
  tx_id: text(),
  user_id: text(),
  amount: money({ description: "Negative: money back" }),
  currency: text({ maxLength: 10 }),
  merchant: maybe(text()),
  category: maybe(text()),
  timestamp: time(),
  source_system: maybe(text()),
  transaction_type: maybe(text()),
  processing_time_ms: maybe(Type.Number()),
});

/** Transactions as other systems send them, by their own user ids. */
export const transactions = contract({
  name: "transactions",
  says: "A transaction as its source sent it, under the source's own user id.",
  key: "user_id",
  type: "raw_transaction",
  json: rawSchema,
  timeOf: (value) => value.timestamp,
  keyOf: (value) => value.user_id,
  check: (value) => checkAmount(value.amount, decimalsOf(value.currency), "amount"),
  audit: "digest",
  owner: "normalise",
  door: true,
  writtenBy: ["HTTP", "importers", "simulator"],
  readBy: ["normalise", "sinks"],
  example: {
    tx_id: "5b1f0c9e-3c55-4b39-8f3e-6f5a6d1c2b7a",
    user_id: "8a4e2d10-77b1-4a53-b0a1-2f9f3f0f9c11",
    amount: 123.45,
    currency: "USD",
    merchant: "Amazon",
    category: "online_shopping",
    timestamp: "2025-08-15T10:30:00Z",
    source_system: "streaming_kafka",
    transaction_type: "real_time",
    processing_time_ms: 150,
  },
});
