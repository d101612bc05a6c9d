import { transactionsStream } from "../../events/topics.ts";
import { mintId } from "../../stream/ids.ts";
import { from, type Table, table } from "./table.ts";

/** `currency` is the one of transactions that name none. */
export const transactionsTable = (currency: string): Table =>
  table({
    name: "transactions",
    columns: {
      customer_id: "text",
      transaction_id: "text",
      txn_time: "timestamptz",
      amount: "numeric",
      currency: "text",
      txn_type: "text",
      category: "text",
      channel: "text",
      merchant_id: "text",
      is_failed: "boolean",
      account_id: "text",
      balance_after: "numeric",
      posted: "boolean",
      reverses: "text",
      source: "text",
    },
    key: ["customer_id", "source", "transaction_id"],
    keeps: "first",
    from: [
      from(transactionsStream, (t, { origin }) => ({
        customer_id: t.customer_id,
        transaction_id: t.transaction_id ?? mintId("transaction", origin, 0),
        txn_time: t.txn_time,
        amount: t.amount,
        currency: t.currency ?? currency,
        txn_type: t.txn_type,
        category: t.category,
        channel: t.channel,
        merchant_id: t.merchant_id,
        is_failed: t.is_failed,
        account_id: t.account_id ?? "default",
        balance_after: t.balance_after,
        posted: t.posted ?? !t.is_failed,
        reverses: t.reverses,
        source: t.source ?? "",
      })),
    ],
  });
