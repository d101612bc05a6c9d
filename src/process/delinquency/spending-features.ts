import {
  before,
  changeBefore,
  changePct,
  type Feature,
  inMoney,
  itMoves,
  missing,
  money,
  moved,
  percent,
  shareOf,
  thanUsual,
  whole,
  within,
} from "./feature.ts";
import type { Sight } from "./sight.ts";

const mostOfIncome = 20;

/** Spending without income is the most, unless income was never seen at all. */
const spendToIncome = (s: Sight, spent: number, income: number): number => {
  if (income > 0) return within(spent / income, 0, mostOfIncome);
  return income <= 0 && spent > 0 && !Number.isNaN(s.lastCreditDay) ? mostOfIncome : missing;
};

/** What goes out, and the account itself. */
export const spendingFeatures: Feature[] = [
  {
    id: "spend_30d",
    unit: "money",
    window: 30,
    says: "Spending in 30 days, in units of the base currency.",
    value: (s) => money(s.spent[0], s),
    usual: (s) => money(before(s, s.spent), s),
    direction: 0,
    code: "SPENDING_CHANGED",
    group: "spending",
    reason: (value, usual, currency) =>
      thanUsual(`Spending in 30 days is ${inMoney(value, currency)}`, usual, (u) =>
        inMoney(u, currency),
      ),
  },
  {
    id: "spend_change_pct",
    unit: "%",
    window: 90,
    since: "2",
    says: "Spending in 30 days against the two months before; negative: less.",
    value: (s) => changePct(before(s, s.spent), s.spent[0]),
    usual: (s) => changeBefore(s, s.spent),
    direction: 0,
    code: "SPENDING_CHANGED",
    group: "spending",
    reason: (value, usual) =>
      thanUsual(`Spending ${moved(value)} against the two months before`, usual, itMoves),
  },
  {
    id: "spend_to_income_30d",
    unit: "ratio",
    window: 30,
    says: "Spending over income in 30 days.",
    value: (s) => spendToIncome(s, s.spent[0], s.income[0]),
    usual: (s) => spendToIncome(s, before(s, s.spent), before(s, s.income)),
    direction: 1,
    code: "SPENDS_MORE_THAN_INCOME",
    group: "spending",
    reason: (value, usual) =>
      value >= 10
        ? "Hardly anything came in against what was spent in 30 days"
        : thanUsual(`Spending is ${percent(value)} of income in 30 days`, usual, percent),
  },
  {
    id: "discretionary_change_pct",
    unit: "%",
    window: 90,
    says: "Spending on wants in 30 days against the two months before; negative: less.",
    value: (s) => changePct(before(s, s.discretionary), s.discretionary[0]),
    usual: (s) => changeBefore(s, s.discretionary),
    direction: 0,
    code: "WANTS_CHANGED",
    group: "wants",
    reason: (value, usual) =>
      thanUsual(`Spending on wants ${moved(value)} against the two months before`, usual, itMoves),
  },
  {
    id: "atm_count_7d",
    unit: "count",
    window: 7,
    says: "Withdrawals at cash machines in 7 days.",
    value: (s) => s.withdrawals7,
    usual: (s) => (before(s, s.withdrawals) * 7) / 30,
    direction: 0,
    code: "CASH_OFTEN",
    group: "cash",
    reason: (value, usual) =>
      thanUsual(`${whole(value, "cash withdrawal")} in 7 days`, usual, (u) => u.toFixed(1)),
  },
  {
    id: "atm_share_30d",
    unit: "share",
    window: 30,
    says: "Cash drawn as a share of spending in 30 days.",
    value: (s) => shareOf(s.cash[0], s.spent[0]),
    usual: (s) => shareOf(before(s, s.cash), before(s, s.spent)),
    direction: 0,
    code: "CASH_SHARE",
    group: "cash",
    reason: (value, usual) =>
      thanUsual(`${percent(value)} of spending is drawn in cash`, usual, percent),
  },
  {
    id: "gambling_share_30d",
    unit: "share",
    window: 30,
    says: "Gambling as a share of spending in 30 days.",
    value: (s) => shareOf(s.gambling[0], s.spent[0]),
    usual: (s) => shareOf(before(s, s.gambling), before(s, s.spent)),
    direction: 1,
    code: "GAMBLING",
    group: "gambling",
    sensitive: true,
    reason: (value, usual) =>
      thanUsual(`${percent(value)} of spending goes into gambling`, usual, percent),
  },
  {
    id: "large_txn_count_30d",
    unit: "days",
    window: 30,
    says: "Days of 30 with a debit of at least three times the mean debit of 90 days.",
    value: (s) => (Number.isNaN(s.meanDebit) ? missing : s.large[0]),
    usual: (s) => before(s, s.large),
    direction: 0,
    code: "LARGE_DEBITS",
    group: "large",
    reason: (value, usual) =>
      thanUsual(`Unusually large debits on ${whole(value, "day")} of 30`, usual, (u) =>
        whole(u, "day"),
      ),
  },
  {
    id: "suspected_duplicate_count_30d",
    unit: "count",
    window: 30,
    since: "2",
    aboutData: true,
    says: "Transactions of 30 days that two sources told of, and that may be one.",
    value: (s) => s.suspected,
    direction: 0,
    code: "DUPLICATES_SUSPECTED",
    group: "data",
    reason: (value) => `${whole(value, "transaction")} in 30 days may have been counted twice`,
  },
  {
    id: "account_age_days",
    unit: "days",
    window: null,
    says: "Days since the oldest account was opened.",
    value: (s) => s.today - s.openedDay,
    direction: 0,
    code: "ACCOUNT_NEW",
    group: "age",
    reason: (value) => `The oldest account is ${whole(value, "day")} old`,
  },
];
