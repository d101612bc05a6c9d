import {
  atMost,
  before,
  dailySpend,
  type Feature,
  missing,
  neverMore,
  percent,
  sumOf,
  thanUsual,
  usualBalance,
  whole,
  within,
} from "./feature.ts";
import { windowDays } from "./row.ts";
import type { Sight } from "./sight.ts";

/**
 * What the balances will be on the next due day, with the pay that is expected by then and without
 * the usual spending, over what is overdue or falls due then.
 */
const projectedCover = (s: Sight, balance: number): number => {
  const spend = dailySpend(s);
  if (!s.standing || !s.hasBalance || Number.isNaN(spend)) return missing;
  const { nextDue, overdue, dueNext } = s.standing;
  if (nextDue === Number.POSITIVE_INFINITY) return missing;
  const usual = Number.isNaN(s.usualPay) ? s.lastPay : s.usualPay;
  const pay = s.nextPay >= s.today && s.nextPay <= nextDue ? usual : 0;
  const left = balance + pay - spend * (nextDue - s.today);
  return within(left / (overdue + dueNext), -5, 20);
};

/** A month's mean of the income of the last 90 days, or of as many as were seen. */
const monthlyIncome = (s: Sight): number =>
  s.seenDays >= 30 ? (30 * sumOf(s.income)) / Math.min(windowDays, s.seenDays) : missing;

const cover = (s: Sight, balance: number): number =>
  s.hasBalance && s.standing && s.standing.needed > 0
    ? within(balance / s.standing.needed, -5, 20)
    : missing;

const dueToIncome = (s: Sight, income: number): number => {
  if (!s.standing || Number.isNaN(income)) return missing;
  return income > 0 ? atMost(s.standing.needed / income, 5) : 5;
};

/** Points of the latest bill at which it may be later still. */
const billPointsMost = 10;

const billLate = (points: number, most: number): string => {
  const days = whole(2 * points, "day");
  const atLeast = points >= billPointsMost ? " or more" : "";
  const text = `A household bill is ${days}${atLeast} later than usual`;
  if (most >= billPointsMost) return `${text}; one was that late before`;
  return neverMore(text, most, (m) => String(Math.round(2 * m)));
};

const ofBalances = (share: number): string =>
  share <= 0 ? "balances would cover nothing" : `balances would cover ${percent(share)}`;

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
    reason: (value, usual) =>
      thanUsual(`${whole(value, "payment")} failed in 7 days`, usual, (u) => u.toFixed(1)),
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
    value: (s) => sumOf(s.penalties),
    usual: (s) => 3 * before(s, s.penalties),
    direction: 1,
    code: "PENALTIES",
    group: "penalty",
    reason: (value, usual) =>
      thanUsual(
        `The bank booked ${value === 1 ? "a penalty" : `${value} penalties`} in 90 days`,
        usual,
        (u) => u.toFixed(1),
      ),
  },
  {
    id: "utility_payment_lateness_score",
    unit: "points",
    window: 90,
    says: "How late the household's bills are, 0 to 10: a point for every two days.",
    value: (s) => atMost(s.billLateDays / 2, billPointsMost),
    usual: (s) => atMost(s.billLateBefore / 2, billPointsMost),
    direction: 1,
    code: "BILLS_LATE",
    group: "bills",
    reason: billLate,
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
    value: (s) => cover(s, s.closing[windowDays - 1]),
    usual: (s) => cover(s, usualBalance(s)),
    direction: -1,
    code: "DUE_NOT_COVERED",
    group: "cover",
    reason: (value, usual) =>
      thanUsual(
        value < 0
          ? "Balances are below zero, and payments fall due within a month"
          : `Balances cover ${percent(value)} of what falls due in a month`,
        usual,
        ofBalances,
      ),
  },
  {
    id: "projected_cover_ratio",
    unit: "ratio",
    window: 90,
    since: "2",
    says:
      "Balances with the pay expected by the next due day, less usual spending until then, over " +
      "what is overdue or falls due that day.",
    value: (s) => projectedCover(s, s.closing[windowDays - 1]),
    usual: (s) => projectedCover(s, usualBalance(s)),
    direction: -1,
    code: "DUE_NOT_COVERED",
    group: "cover",
    reason: (value, usual) =>
      thanUsual(
        value <= 0
          ? "With usual spending nothing is left for the next payment due"
          : `With usual spending ${percent(value)} of the next payment due is covered`,
        usual,
        ofBalances,
      ),
  },
  {
    id: "due_to_income_ratio",
    unit: "ratio",
    window: 90,
    since: "2",
    says: "What is overdue or falls due within a month over a month's income.",
    value: (s) => dueToIncome(s, monthlyIncome(s)),
    usual: (s) => dueToIncome(s, before(s, s.income)),
    direction: 1,
    code: "DUES_HIGH",
    group: "burden",
    reason: (value, usual) =>
      thanUsual(
        value >= 5
          ? "Payments fall due within a month, and hardly anything comes in"
          : `What falls due in a month is ${percent(value)} of a month's income`,
        usual,
        (u) => (u >= 5 ? "hardly anything comes in" : `it would be ${percent(u)}`),
      ),
  },
];
