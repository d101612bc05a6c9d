import {
  atMost,
  before,
  changeBefore,
  changePct,
  type Feature,
  inMoney,
  itMoves,
  missing,
  money,
  moved,
  neverMore,
  percent,
  sumOf,
  thanUsual,
  whole,
  within,
} from "./feature.ts";
import { windowDays } from "./row.ts";
import type { Sight } from "./sight.ts";

const volatility = (s: Sight): number => {
  if (s.seenDays < windowDays) return missing;
  const mean = sumOf(s.income) / 3;
  if (!(mean > 0)) return missing;
  const spread = s.income.reduce((sum, income) => sum + (income - mean) ** 2, 0) / 3;
  return Math.sqrt(spread) / mean;
};

const lendingToIncome = (lent: number, income: number): number => {
  if (income > 0) return within(lent / income, 0, 5);
  return lent > 0 ? 5 : missing;
};

/** What comes in. */
export const incomeFeatures: Feature[] = [
  {
    id: "salary_delay_days",
    unit: "business days",
    window: null,
    says: "Business days by which pay is later than expected, or by which the last one came late.",
    value: (s) => atMost(s.payLate, 60),
    usual: (s) => atMost(s.payLateBefore, 60),
    direction: 1,
    code: "SALARY_LATE",
    group: "salary",
    reason: (value, most) =>
      neverMore(`Salary is ${whole(value, "business day")} late`, most, (m) => String(m)),
  },
  {
    id: "salary_change_pct",
    unit: "%",
    window: null,
    says: "The last pay against the median of those before; negative: less.",
    value: (s) => changePct(s.usualPay, s.lastPay),
    usual: (s) => changePct(s.earlierPay, s.payBefore),
    direction: -1,
    code: "SALARY_CHANGED",
    group: "salary",
    reason: (value, usual) => thanUsual(`The last pay ${moved(value)}`, usual, itMoves),
  },
  {
    id: "income_30d",
    unit: "money",
    window: 30,
    says: "Income in 30 days, in units of the base currency; what was borrowed does not count.",
    value: (s) => money(s.income[0], s),
    usual: (s) => money(before(s, s.income), s),
    direction: 0,
    code: "INCOME_LOW",
    group: "income",
    reason: (value, usual, currency) =>
      thanUsual(`Income in 30 days is ${inMoney(value, currency)}`, usual, (u) =>
        inMoney(u, currency),
      ),
  },
  {
    id: "income_change_pct",
    unit: "%",
    window: 90,
    since: "2",
    says: "Income in 30 days against the two months before; negative: less.",
    value: (s) => changePct(before(s, s.income), s.income[0]),
    usual: (s) => changeBefore(s, s.income),
    direction: -1,
    code: "INCOME_CHANGED",
    group: "income",
    reason: (value, usual) =>
      thanUsual(`Income ${moved(value)} against the two months before`, usual, itMoves),
  },
  {
    id: "days_to_next_pay",
    unit: "days",
    window: null,
    since: "2",
    says: "Days until the next pay is expected; negative: it is late.",
    value: (s) => within(s.nextPay - s.today, -60, 62),
    direction: 0,
    code: "PAY_FAR",
    group: "salary",
    reason: (value) =>
      value < 0
        ? `Pay was expected ${whole(-value, "day")} ago`
        : `The next pay is expected in ${whole(value, "day")}`,
  },
  {
    id: "income_volatility_90d",
    unit: "ratio",
    window: 90,
    says: "Deviation of three months' incomes over their mean.",
    value: volatility,
    direction: 1,
    code: "INCOME_UNSTEADY",
    group: "income",
    reason: (value) => `Income varies by ${percent(value)} from month to month`,
  },
  {
    id: "days_since_last_credit",
    unit: "days",
    window: null,
    says: "Days since money last came in.",
    value: (s) => s.today - s.lastCreditDay,
    usual: (s) => s.payGap,
    direction: 1,
    code: "NO_INCOME",
    group: "income",
    reason: (value, usual) =>
      thanUsual(
        `No money has come in for ${whole(value, "day")}`,
        usual,
        (u) => `pay comes every ${whole(u, "day")}`,
      ),
  },
  {
    id: "lending_to_income_30d",
    unit: "share",
    window: 30,
    since: "2",
    says: "Money borrowed in 30 days as a share of income.",
    value: (s) => lendingToIncome(s.lending[0], s.income[0]),
    usual: (s) => lendingToIncome(before(s, s.lending), before(s, s.income)),
    direction: 1,
    code: "BORROWED",
    group: "lending",
    sensitive: true,
    reason: (value, usual) =>
      value >= 5
        ? "Borrowed money is nearly all that came in within 30 days"
        : thanUsual(`Money borrowed in 30 days is ${percent(value)} of income`, usual, percent),
  },
  {
    id: "lending_inflow_30d",
    unit: "money",
    window: 30,
    says: "Money borrowed in 30 days, in units of the base currency.",
    value: (s) => money(Math.max(0, s.lending[0]), s),
    usual: (s) => money(Math.max(0, before(s, s.lending)), s),
    direction: 1,
    code: "BORROWED",
    group: "lending",
    sensitive: true,
    reason: (value, usual, currency) =>
      thanUsual(`${inMoney(value, currency)} were borrowed in 30 days`, usual, (u) =>
        inMoney(u, currency),
      ),
  },
];
