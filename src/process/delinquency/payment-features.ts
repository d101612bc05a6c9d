import {
  atMost,
  before,
  dailySpend,
  type Feature,
  missing,
  percent,
  sumOf,
  thanUsual,
  whole,
  within,
} from "./feature.ts";
import { windowDays } from "./row.ts";
import type { Sight } from "./sight.ts";

/**
 * What the balances will be on the next due day, with the pay that is expected by then and without
 * the usual spending, over what is overdue or falls due then.
 */
const projectedCover = (s: Sight): number => {
  const spend = dailySpend(s);
  if (!s.standing || !s.hasBalance || Number.isNaN(spend)) return missing;
  const { nextDue, overdue, dueNext } = s.standing;
  if (nextDue === Number.POSITIVE_INFINITY) return missing;
  const usual = Number.isNaN(s.usualPay) ? s.lastPay : s.usualPay;
  const pay = s.nextPay >= s.today && s.nextPay <= nextDue ? usual : 0;
  const left = s.closing[windowDays - 1] + pay - spend * (nextDue - s.today);
  return within(left / (overdue + dueNext), -5, 20);
};

/** A month's mean of the income of the last 90 days, or of as many as were seen. */
const monthlyIncome = (s: Sight): number =>
  s.seenDays >= 30 ? (30 * sumOf(s.income)) / Math.min(windowDays, s.seenDays) : missing;

const dueToIncome = (s: Sight): number => {
  const income = monthlyIncome(s);
  if (!s.standing || Number.isNaN(income)) return missing;
  return income > 0 ? atMost(s.standing.needed / income, 5) : 5;
};

/** What payments say: failed ones, bills, instalments. */
export const paymentFeatures: Feature[] = [
  {
    id: "failed_txn_count_7d",
    unit: "count",
    window: 7,
    says: "Failed transactions in 7 days.",
    value: (s) => s.failed7,
    usual: (s) => (before(s, s.failed) * 7) / 30,
    direction: 1,
    code: "PAYMENTS_FAILED",
    group: "failed",
    reason: (value) => `${whole(value, "payment")} failed in 7 days`,
  },
  {
    id: "failed_txn_count_30d",
    unit: "count",
    window: 30,
    says: "Failed transactions in 30 days.",
    value: (s) => s.failed[0],
    usual: (s) => before(s, s.failed),
    direction: 1,
    code: "PAYMENTS_FAILED",
    group: "failed",
    reason: (value, usual) =>
      thanUsual(`${whole(value, "payment")} failed in 30 days`, usual, (u) =>
        String(Math.round(u)),
      ),
  },
  {
    id: "penalty_count_90d",
    unit: "count",
    window: 90,
    says: "Penalties booked in 90 days.",
    value: (s) => s.penalties,
    direction: 1,
    code: "PENALTIES",
    group: "penalty",
    reason: (value) =>
      `The bank booked ${value === 1 ? "a penalty" : `${value} penalties`} in 90 days`,
  },
  {
    id: "utility_payment_lateness_score",
    unit: "points",
    window: 90,
    says: "How late the household's bills are, 0 to 10: a point for every two days.",
    value: (s) => atMost(s.billLateDays / 2, 10),
    direction: 1,
    code: "BILLS_LATE",
    group: "bills",
    reason: (value) => `A household bill is ${whole(2 * value, "day")} later than usual`,
  },
  {
    id: "days_past_due",
    unit: "days",
    window: null,
    says: "Days since the oldest unpaid instalment fell due; 0: none is unpaid.",
    value: (s) => s.standing?.daysPastDue ?? missing,
    direction: 1,
    code: "PAST_DUE",
    group: "due",
    reason: (value) => `An instalment is ${whole(value, "day")} past due`,
  },
  {
    id: "days_to_next_due",
    unit: "days",
    window: null,
    says: "Days until the next unpaid instalment falls due.",
    value: (s) =>
      s.standing && s.standing.nextDue < Number.POSITIVE_INFINITY
        ? s.standing.nextDue - s.today
        : missing,
    direction: 0,
    code: "DUE_SOON",
    group: "due",
    reason: (value) => `The next instalment falls due in ${whole(value, "day")}`,
  },
  {
    id: "due_cover_ratio",
    unit: "ratio",
    window: null,
    says: "All balances over what is overdue or falls due within a month.",
    value: (s) =>
      s.hasBalance && s.standing && s.standing.needed > 0
        ? within(s.closing[windowDays - 1] / s.standing.needed, -5, 20)
        : missing,
    direction: -1,
    code: "DUE_NOT_COVERED",
    group: "cover",
    reason: (value) =>
      value < 0
        ? "Balances are below zero, and payments fall due within a month"
        : `Balances cover ${percent(value)} of what falls due in a month`,
  },
  {
    id: "projected_cover_ratio",
    unit: "ratio",
    window: 90,
    since: "2",
    says:
      "Balances with the pay expected by the next due day, less usual spending until then, over " +
      "what is overdue or falls due that day.",
    value: projectedCover,
    direction: -1,
    code: "DUE_NOT_COVERED",
    group: "cover",
    reason: (value) =>
      value <= 0
        ? "With usual spending nothing is left for the next payment due"
        : `With usual spending ${percent(value)} of the next payment due is covered`,
  },
  {
    id: "due_to_income_ratio",
    unit: "ratio",
    window: 90,
    since: "2",
    says: "What is overdue or falls due within a month over a month's income.",
    value: dueToIncome,
    direction: 1,
    code: "DUES_HIGH",
    group: "burden",
    reason: (value) =>
      value >= 5
        ? "Payments fall due within a month, and hardly anything comes in"
        : `What falls due in a month is ${percent(value)} of a month's income`,
  },
];
