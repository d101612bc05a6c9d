import {
  changePct,
  dailySpend,
  type Feature,
  inMoney,
  missing,
  money,
  move,
  moved,
  percent,
  thanUsual,
  usualBalance,
  whole,
  within,
} from "./feature.ts";
import { windowDays } from "./row.ts";
import type { Sight } from "./sight.ts";

const last = windowDays - 1;
/** The last day of the two months before. */
const earlier = last - 30;

const savingsChange = (s: Sight, day: number): number =>
  s.hasBalance && s.seenDays > last - day + 30
    ? changePct(s.savings[day - 30], s.savings[day])
    : missing;

const leastOf = (s: Sight, from: number, to: number): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let day = Math.max(from, s.firstSeen); day <= to; day++)
    if (s.lowest[day] < least) least = s.lowest[day];
  return least === Number.POSITIVE_INFINITY ? missing : least;
};

/** An amount in days of usual spending, between a quarter below zero and a year. */
const inDays = (amount: number, s: Sight): number => {
  const spend = dailySpend(s);
  return s.hasBalance && spend > 0 ? within(amount / spend, -90, 365) : missing;
};

const lowShare = (s: Sight, to: number): number => {
  const low = 7 * dailySpend(s);
  if (!s.hasBalance || !(low > 0)) return missing;
  let days = 0;
  for (let day = s.firstSeen; day <= to; day++) if (s.lowest[day] < low) days++;
  return days / (to + 1 - s.firstSeen);
};

const belowZero = (s: Sight, from: number, to: number): number => {
  let days = 0;
  for (let day = Math.max(from, s.firstSeen); day <= to; day++) days += s.below[day];
  return days;
};

const lowToHigh = (s: Sight, to: number): number => {
  let highest = 0;
  for (let day = s.firstSeen; day <= to; day++)
    if (s.closing[day] > highest) highest = s.closing[day];
  const known = s.hasBalance && to + 1 - s.firstSeen >= 30 && highest > 0;
  return known ? within(leastOf(s, 0, to) / highest, -1, 1) : missing;
};

/** Slope of the least-squares line through the days' balances, in usual spending per month. */
const slope = (s: Sight, to: number): number => {
  const days = to + 1 - s.firstSeen;
  const spend = dailySpend(s);
  if (!s.hasBalance || days < 30 || !(spend > 0)) return missing;
  const middle = (days - 1) / 2;
  let [along, across] = [0, 0];
  for (let n = 0; n < days; n++) {
    along += (n - middle) * s.closing[s.firstSeen + n];
    across += (n - middle) ** 2;
  }
  return within(along / across / spend, -10, 10);
};

const inSpending = (text: string, days: number, usual: number): string =>
  thanUsual(
    days < 0 ? `${text} below zero` : `${text} ${whole(days, "day")} of usual spending`,
    usual,
    (u) => (u < 0 ? "below zero" : whole(u, "day")),
  );

const trend = (gain: number): string =>
  `${gain < 0 ? "shrink" : "grow"} by ${Math.abs(gain).toFixed(1)}`;

/** What the money at hand says. */
export const balanceFeatures: Feature[] = [
  {
    id: "savings_drawdown_30d_pct",
    unit: "%",
    window: 30,
    says:
      "Change of savings (of all balances, if there are no savings) in 30 days; " +
      "negative: fell.",
    value: (s) => savingsChange(s, last),
    usual: (s) => (savingsChange(s, earlier) + savingsChange(s, last - 59)) / 2,
    direction: -1,
    code: "SAVINGS_FELL",
    group: "savings",
    reason: (value, usual) =>
      thanUsual(`Savings ${moved(value)} in 30 days`, usual, (u) => `they ${move(u)}`),
  },
  {
    id: "min_balance_30d",
    unit: "money",
    window: 30,
    says: "Lowest sum of all balances in 30 days, in units of the base currency.",
    value: (s) => (s.hasBalance ? money(leastOf(s, last - 29, last), s) : missing),
    usual: (s) => (s.hasBalance ? money(leastOf(s, 0, earlier), s) : missing),
    direction: -1,
    code: "BALANCE_LOW",
    group: "balance",
    reason: (value, usual, currency) =>
      thanUsual(`The balance was down to ${inMoney(value, currency)}`, usual, (u) =>
        inMoney(u, currency),
      ),
  },
  {
    id: "low_balance_share_90d",
    unit: "share",
    window: 90,
    says: "Share of the days of 90 on which the balances fell below a week's usual spending.",
    value: (s) => lowShare(s, last),
    usual: (s) => (s.seenDays >= windowDays ? lowShare(s, earlier) : missing),
    direction: 1,
    code: "BALANCE_OFTEN_LOW",
    group: "balance",
    reason: (value, usual) =>
      thanUsual(
        `On ${percent(value)} of days the balance was below a week's spending`,
        usual,
        (u) => `on ${percent(u)}`,
      ),
  },
  {
    id: "low_to_high_balance_90d",
    unit: "share",
    window: 90,
    says: "Lowest balance of 90 days as a share of the highest, from -1 to 1.",
    value: (s) => lowToHigh(s, last),
    usual: (s) => (s.seenDays >= windowDays ? lowToHigh(s, earlier) : missing),
    direction: -1,
    code: "BALANCE_FELL_FAR",
    group: "balance",
    reason: (value, usual) =>
      thanUsual(
        value < 0
          ? "The balance fell below zero within 90 days"
          : `The balance fell to ${percent(value)} of its highest in 90 days`,
        usual,
        (u) => (u < 0 ? "below zero" : `to ${percent(u)}`),
      ),
  },
  {
    id: "days_below_zero_30d",
    unit: "days",
    window: 30,
    says: "Days of 30 on which an account was below zero.",
    value: (s) => (s.hasBalance ? belowZero(s, last - 29, last) : missing),
    usual: (s) => (s.seenDays >= windowDays ? belowZero(s, 0, earlier) / 2 : missing),
    direction: 1,
    code: "BELOW_ZERO",
    group: "balance",
    reason: (value, usual) =>
      thanUsual(`An account was below zero on ${whole(value, "day")} of 30`, usual, (u) =>
        whole(u, "day"),
      ),
  },
  {
    id: "balance_days",
    unit: "days of spending",
    window: 90,
    since: "2",
    says: "All balances as they stand, in days of usual spending.",
    value: (s) => inDays(s.closing[last], s),
    usual: (s) => inDays(usualBalance(s), s),
    direction: -1,
    code: "BALANCE_LOW",
    group: "balance",
    reason: (value, usual) => inSpending("The balances are", value, usual),
  },
  {
    id: "min_balance_days_30d",
    unit: "days of spending",
    window: 90,
    since: "2",
    says: "Lowest sum of all balances in 30 days, in days of usual spending.",
    value: (s) => inDays(leastOf(s, last - 29, last), s),
    usual: (s) => inDays(leastOf(s, 0, earlier), s),
    direction: -1,
    code: "BALANCE_LOW",
    group: "balance",
    reason: (value, usual) => inSpending("In 30 days the balances fell to", value, usual),
  },
  {
    id: "balance_slope_90d",
    unit: "ratio",
    window: 90,
    says: "Trend of the balances: gain in a day, in days of usual spending.",
    value: (s) => slope(s, last),
    usual: (s) => (s.seenDays >= windowDays ? slope(s, earlier) : missing),
    direction: -1,
    code: "BALANCE_FALLING",
    group: "trend",
    reason: (value, usual) =>
      thanUsual(
        `Balances ${trend(value)} days of spending a day`,
        usual,
        (u) => `they ${trend(u)}`,
      ),
  },
];
