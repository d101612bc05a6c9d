import { currencyDecimals } from "../../events/currency.ts";

/** 1,240.00 USD, with the decimals that the currency has. */
export const moneyOf = (amount: number, currency: string | null | undefined): string => {
  const decimals = currencyDecimals.get(currency ?? "") ?? 2;
  const limits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return `${amount.toLocaleString("en-GB", limits)} ${currency ?? ""}`.trim();
};

export type TransactionRow = {
  transaction_id: string;
  amount: number;
  currency: string;
  txn_type: string;
  category: string;
  channel: string;
  merchant_id: string | null;
  is_failed: boolean;
  posted: boolean;
  balance_after: number | null;
  reverses: string | null;
};

/** What is spent or comes in, by category, where the direction says no more. */
const spent: Record<string, string> = {
  groceries: "Groceries",
  dining: "Restaurant",
  transport: "Transport",
  travel: "Travel",
  shopping: "Shopping",
  online_shopping: "Online shopping",
  entertainment: "Entertainment",
  subscription: "Subscription",
  gambling: "Gambling",
  health: "Health",
  education: "Education",
  insurance: "Insurance",
  utilities: "Household bill",
  telecom: "Phone and internet",
  household: "Household",
  rent: "Rent",
  loan_payment: "Loan instalment",
  leasing: "Leasing instalment",
  savings: "Transfer to savings",
  investment: "Investment",
  transfer: "Transfer out",
  cash: "Cash withdrawal",
  fee: "Fee",
  penalty: "Penalty",
  tax: "Tax",
  lending: "Repayment of borrowed money",
};
const received: Record<string, string> = {
  salary: "Salary received",
  pension: "Pension received",
  benefit: "Benefit received",
  interest: "Interest received",
  refund: "Refund",
  lending: "Money borrowed",
  savings: "Transfer from savings",
  transfer: "Transfer in",
  cash: "Cash paid in",
  investment: "Investment paid out",
  loan_payment: "Loan paid out",
};
const by: Record<string, string> = {
  pos: "in a shop",
  online: "online",
  mobile: "by mobile app",
  atm: "at a cash machine",
  branch: "at a branch",
  phone: "by phone",
  bank_transfer: "bank transfer",
  direct_debit: "direct debit",
  standing_order: "standing order",
  card: "card",
  internal: "between own accounts",
};
const paying: Record<string, string> = {
  pos: "Card payment",
  card: "Card payment",
  online: "Online payment",
  mobile: "Mobile payment",
  atm: "Cash withdrawal",
  direct_debit: "Direct debit",
  standing_order: "Standing order",
  bank_transfer: "Bank transfer",
};

const plain = (code: string): string => code.replaceAll("_", " ");
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const titleOf = ({ is_failed, reverses, txn_type, category, channel }: TransactionRow): string => {
  if (is_failed) return `${paying[channel] ?? "Payment"} failed`;
  if (reverses !== null) return "Payment taken back";
  if (txn_type === "credit") return received[category] ?? `Money in, ${plain(category)}`;
  return spent[category] ?? capital(plain(category));
};

/** A transaction in plain words; what its bank sent of names is text and no more. */
export const moneyWords = (row: TransactionRow) => {
  const { is_failed, category, channel, merchant_id, balance_after, currency } = row;
  const isBad = is_failed || category === "penalty";
  const detail = [
    is_failed && category !== "other" ? (spent[category] ?? plain(category)) : null,
    by[channel] ?? null,
    merchant_id,
    balance_after === null ? null : `balance ${moneyOf(balance_after, currency)} after it`,
    is_failed && row.posted ? "booked all the same" : null,
  ];
  return {
    says: `${titleOf(row)}, ${moneyOf(row.amount, currency)}`,
    detail: detail.filter((part) => part !== null).join(" · "),
    tone: isBad ? ("bad" as const) : ("plain" as const),
    event: row.transaction_id,
  };
};
