import type { Obligation } from "../../events/customer.ts";
import { moneyOf } from "./money-words.ts";

const products: Record<string, string> = {
  loan: "Loan instalment",
  mortgage: "Mortgage instalment",
  credit_card: "Credit card payment",
  leasing: "Leasing instalment",
  rent: "Rent",
  utility: "Household bill",
  telecom: "Phone and internet bill",
  other: "Instalment",
};
export const productWords = (product: string | undefined): string =>
  products[product ?? "other"] ?? products.other;

export type OutcomeRow = {
  outcome_id: string;
  outcome: string;
  obligation_id: string | null;
  amount: number | null;
  currency: string | null;
  due_date: string | null;
  intervention_id: string | null;
};

const days = (count: number): string => `${count} day${count === 1 ? "" : "s"}`;
const dayOf = (time: string): string =>
  new Date(time).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });

const sum = (amount: number | null, currency: string | null): string =>
  amount === null ? "" : `, ${moneyOf(amount, currency)}`;
const wasDue = ({ due_date }: OutcomeRow): string => (due_date ? `due ${dayOf(due_date)}` : "");

/** An instalment that falls due next, as the profile has it. */
export const dueWords = (row: { obligation: Obligation; currency: string | null }) => {
  const { product, instalment, currency, days_past_due, due_rule, outstanding } = row.obligation;
  const money = currency ?? row.currency;
  const detail = [
    days_past_due ? `${days(days_past_due)} overdue` : null,
    due_rule ?? null,
    outstanding == null ? null : `${moneyOf(outstanding, money)} outstanding`,
  ];
  return {
    says: `${productWords(product)} falls due, ${moneyOf(instalment, money)}`,
    detail: detail.filter((part) => part !== null).join(" · "),
  };
};

/** An instalment whose day has come, of which it is known what became. */
export const fellWords = (row: OutcomeRow) => ({
  says: `Instalment fell due${sum(row.amount, row.currency)}`,
  detail: row.obligation_id ?? "",
  event: row.outcome_id,
});

const outcomes: Record<string, string> = {
  payment_made: "Instalment paid",
  payment_missed: "Instalment not paid",
  payment_cured: "Overdue instalment paid",
  loan_repaid: "Loan repaid",
  loan_defaulted: "Loan written off",
  loan_running: "Loan runs without trouble",
  loan_in_arrears: "Loan is in arrears",
  customer_answered: "The customer answered",
};
const bad = new Set(["payment_missed", "loan_defaulted", "loan_in_arrears"]);
const good = new Set(["payment_cured", "loan_repaid", "customer_answered"]);

export const outcomeWords = (row: OutcomeRow) => {
  const { outcome, amount, currency, obligation_id } = row;
  return {
    says: `${outcomes[outcome] ?? outcome.replaceAll("_", " ")}${sum(amount, currency)}`,
    detail: [wasDue(row), obligation_id].filter(Boolean).join(" · "),
    tone: bad.has(outcome) ? ("bad" as const) : good.has(outcome) ? ("good" as const) : undefined,
    event: row.outcome_id,
  };
};

export type OwedRow = {
  obligations: readonly Obligation[] | null;
  before: readonly Obligation[] | null;
};

const changeOf = (now: Obligation, was: Obligation | undefined) => {
  const name = productWords(now.product);
  const money = moneyOf(now.instalment, now.currency);
  if (was === undefined) return { says: `New: ${name.toLowerCase()}, ${money}`, tone: undefined };
  const [late, before] = [now.days_past_due ?? 0, was.days_past_due ?? 0];
  if (late > 0 && before === 0)
    return { says: `${name} ${days(late)} overdue, ${money}`, tone: "bad" as const };
  if (late === 0 && before > 0)
    return { says: `${name}: nothing is overdue any more`, tone: "good" as const };
  if (now.instalment === was.instalment) return undefined;
  return { says: `${name} is ${money} now, was ${moneyOf(was.instalment, was.currency)}` };
};

/** What the profile says otherwise of what is owed. */
export const owedWords = ({ obligations, before }: OwedRow) => {
  const [now, was] = [obligations ?? [], before ?? []];
  const known = (list: readonly Obligation[], id: string) =>
    list.find((one) => one.obligation_id === id);
  const changes = [
    ...now.flatMap((one) => changeOf(one, known(was, one.obligation_id)) ?? []),
    ...was
      .filter((one) => !known(now, one.obligation_id))
      .map((one) => ({ says: `${productWords(one.product)} ended`, tone: undefined })),
  ];
  return {
    says: changes.map(({ says }) => says).join("; "),
    detail: "",
    tone: changes.find(({ tone }) => tone === "bad")?.tone ?? changes[0]?.tone,
  };
};
