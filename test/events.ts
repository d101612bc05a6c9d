import type { CustomerUpdate } from "../src/events/customer.ts";
import { isoTime } from "../src/events/time.ts";
import { customerUpdates } from "../src/events/topics.ts";
import { type Transaction, transactionsStream } from "../src/events/transaction.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** An invented customer who may be reached by every channel. */
export const profileOf = (customer: string, at: number): CustomerUpdate => ({
  ...customerUpdates.example,
  customer_id: customer,
  version: 1,
  time_zone: "UTC",
  base_currency: "EUR",
  accounts: [{ account_id: "ACC", type: "current", role: "owner" }],
  obligations: [
    {
      obligation_id: "LOAN",
      product: "loan",
      instalment: 600,
      due_rule: "every 10 days",
      next_due: isoTime(at + 10 * dayMs),
      days_past_due: 20,
      outstanding: 9_000,
    },
  ],
  consent: [{ purpose: "service", channel: "any", basis: "contract", given: true }],
  event_time: isoTime(at),
});

export const transactionOf = (
  customer: string,
  id: string,
  at: number,
  more: Partial<Transaction> = {},
): Transaction => ({
  ...transactionsStream.example,
  customer_id: customer,
  transaction_id: id,
  txn_time: isoTime(at),
  event_time: isoTime(at),
  account_id: "ACC",
  balance_after: 1_000,
  ...more,
});

/**
 * Two months of somebody who gets by and then does not: pay stops, savings are drawn, payments fail
 * and the account falls below zero. Ends at `end`, oldest first.
 */
export const declineOf = (customer: string, end: number): Transaction[] => {
  const made: Transaction[] = [];
  let balance = 1_500;
  const add = (day: number, more: Partial<Transaction>) => {
    const at = end - (60 - day) * dayMs + made.length;
    const amount = more.amount ?? 40;
    if (!more.is_failed) balance += more.txn_type === "credit" ? amount : -amount;
    const id = `${customer}-${made.length}`;
    made.push(transactionOf(customer, id, at, { amount, balance_after: balance, ...more }));
  };
  for (let day = 0; day <= 60; day++) {
    if (day === 3) add(day, { txn_type: "credit", category: "salary", amount: 2_000 });
    if (day % 2 === 0) add(day, { category: "groceries", amount: 130 });
    if (day > 20 && day % 3 === 0) add(day, { category: "cash", channel: "atm", amount: 90 });
    if (day > 40 && day % 3 === 0) add(day, { category: "rent", amount: 700, is_failed: true });
    if (day > 45 && day % 4 === 0) add(day, { category: "penalty", amount: 15 });
  }
  return made;
};
