import type { CardHistory, CardMonth } from "./history.ts";

/**
 * What a card's months say about the next payment. Nothing about the person is among it: no sex, no
 * schooling, no marriage, no age. NaN where the months cannot say.
 */
export type CardFeature = {
  readonly id: string;
  readonly unit: "months" | "share" | "money" | "yes or no" | "months per month";
  readonly says: string;
  /** 1: more of it can only raise the risk; -1: only lower it; 0: either. */
  readonly direction: -1 | 0 | 1;
  readonly of: (history: CardHistory) => number;
};

/** The feature set's name, raised when a definition changes. */
export const CARD_FEATURE_SET = "card-1";

const arrears = ({ status }: CardMonth): number => Math.max(0, status);
const share = (part: number, whole: number): number => (whole > 0 ? part / whole : Number.NaN);
const meanOf = (values: readonly number[]): number => {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length > 0
    ? known.reduce((sum, value) => sum + value, 0) / known.length
    : Number.NaN;
};
const leastOf = (values: readonly number[]): number => {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length > 0 ? Math.min(...known) : Number.NaN;
};

const use = ({ limit_minor: limit, months }: CardHistory): number[] =>
  months.map(({ bill_minor }) => bill_minor / limit);

/** Of each bill but the newest, the share that was paid in the month after it. */
const repaid = ({ months }: CardHistory): number[] =>
  months.slice(1).map(({ bill_minor }, n) => Math.min(2, share(months[n].paid_minor, bill_minor)));

/** Least squares through the months, in units per month, oldest to newest. */
const slope = (newestFirst: readonly number[]): number => {
  const middle = (newestFirst.length - 1) / 2;
  let [of, by] = [0, 0];
  for (let n = 0; n < newestFirst.length; n++) {
    of += (middle - n) * newestFirst[n];
    by += (middle - n) ** 2;
  }
  return share(of, by);
};

const monthsBack = [0, 1, 2, 3, 4, 5];
const ago = (n: number): string => (n === 0 ? "now" : n === 1 ? "a month ago" : `${n} months ago`);

const feature = (
  id: string,
  unit: CardFeature["unit"],
  direction: CardFeature["direction"],
  says: string,
  of: CardFeature["of"],
): CardFeature => ({ id, unit, direction, says, of });

const standing: CardFeature[] = [
  ...monthsBack.map((n) =>
    feature(`arrears_${n}m`, "months", 0, `Months in arrears ${ago(n)}`, ({ months }) =>
      n < months.length ? arrears(months[n]) : Number.NaN,
    ),
  ),
  feature("arrears_worst", "months", 1, "Most months in arrears of all months", ({ months }) =>
    Math.max(...months.map(arrears)),
  ),
  feature(
    "arrears_count",
    "months",
    1,
    "Months that ended in arrears",
    ({ months }) => months.filter((month) => arrears(month) > 0).length,
  ),
  feature("arrears_trend", "months per month", 0, "How fast arrears grow", ({ months }) =>
    slope(months.map(arrears)),
  ),
  feature(
    "revolving_count",
    "months",
    0,
    "Months in which a part was left to revolve",
    (card) => card.months.filter(({ status }) => status === 0).length,
  ),
  feature(
    "unused_count",
    "months",
    0,
    "Months in which the card was not used",
    ({ months }) => months.filter(({ status }) => status === -2).length,
  ),
  feature("paid_in_full_now", "yes or no", 0, "The newest month was paid in full", (card) =>
    Number(card.months[0].status === -1),
  ),
  feature("revolving_now", "yes or no", 0, "A part of the newest month revolves", ({ months }) =>
    Number(months[0].status === 0),
  ),
];

const money: CardFeature[] = [
  feature("credit_limit", "money", -1, "The card's limit", ({ limit_minor }) => limit_minor / 100),
  feature("bill_now", "money", 0, "The newest bill", ({ months }) => months[0].bill_minor / 100),
  feature(
    "limit_used_now",
    "share",
    0,
    "The newest bill's share of the limit",
    (card) => use(card)[0],
  ),
  feature("limit_used_mean", "share", 0, "The bills' mean share of the limit", (card) =>
    meanOf(use(card)),
  ),
  feature("limit_used_most", "share", 0, "The largest bill's share of the limit", (card) =>
    Math.max(...use(card)),
  ),
  feature("limit_used_trend", "share", 0, "By how much of the limit bills grow a month", (card) =>
    slope(use(card)),
  ),
  feature(
    "repaid_last",
    "share",
    0,
    "Share of the bill before that was paid",
    (card) => repaid(card)[0] ?? Number.NaN,
  ),
  feature("repaid_mean", "share", 0, "Mean share of a bill that was paid", (card) =>
    meanOf(repaid(card)),
  ),
  feature("repaid_least", "share", 0, "Least share of a bill that was paid", (card) =>
    leastOf(repaid(card)),
  ),
  feature(
    "paid_last",
    "money",
    0,
    "What was paid in the newest month",
    ({ months }) => months[0].paid_minor / 100,
  ),
  feature("paid_before", "money", 0, "What was paid in the month before", ({ months }) =>
    months.length > 1 ? months[1].paid_minor / 100 : Number.NaN,
  ),
  feature("paid_of_limit", "share", 0, "All payments as a share of the limit", (card) =>
    share(
      card.months.reduce((sum, month) => sum + month.paid_minor, 0),
      card.limit_minor,
    ),
  ),
  feature(
    "unpaid_count",
    "months",
    0,
    "Months in which nothing was paid",
    ({ months }) => months.filter(({ paid_minor }) => paid_minor === 0).length,
  ),
];

/** The feature set, in the order of a model's columns. */
export const cardFeatures: readonly CardFeature[] = [...standing, ...money];

/** One row of the feature set. */
export const cardRow = (history: CardHistory): Float64Array =>
  Float64Array.from(cardFeatures, ({ of }) => of(history));
