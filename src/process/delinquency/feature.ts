import { windowDays } from "./row.ts";
import type { Sight } from "./sight.ts";

export type Unit =
  | "%"
  | "share"
  | "count"
  | "days"
  | "business days"
  | "money"
  | "ratio"
  | "points"
  | "days of spending";

/**
 * What is looked at in a customer. One entry each; the order is that of the vector. A value that
 * the sources cannot give is NaN: missing, never zero.
 */
export type Feature = {
  readonly id: string;
  /** Money is in units of the customer's base currency: for people, not for models. */
  readonly unit: Unit;
  /** The days that are looked at; null: as far back as is known. */
  readonly window: 7 | 30 | 90 | null;
  readonly says: string;
  readonly value: (s: Sight) => number;
  /**
   * What the value is held against of the customer's own: as it usually was in the two months
   * before; of how late something comes, the most that it ever was on the earlier days remembered.
   */
  readonly usual?: (s: Sight) => number;
  /** How the risk moves when the value grows, where that is known: 1 up, -1 down. */
  readonly direction: 1 | -1 | 0;
  readonly code: string;
  /** Features that say much the same: a score names one of them as a reason. */
  readonly group: string;
  /** The feature set that it came with, where that is not the first. */
  readonly since?: "2";
  /** Says something of the data, not of the customer: no model may learn from it. */
  readonly aboutData?: true;
  /** Says more about a person than a customer would want repeated: for staff only. */
  readonly sensitive?: true;
  /** Why it raises the risk, in words. `usual` is NaN when it is not known. */
  readonly reason: (value: number, usual: number, currency: string) => string;
};

export const missing = Number.NaN;
export const atMost = (value: number, most: number): number => Math.min(value, most);
export const within = (value: number, low: number, high: number): number =>
  value < low ? low : atMost(value, high);
/** What is usually spent in a day, at least a week being seen. */
export const dailySpend = (s: Sight): number =>
  s.seenDays >= 7 ? sumOf(s.spent) / Math.min(windowDays, s.seenDays) : missing;
export const sumOf = (list: Float64Array): number => list[0] + list[1] + list[2];

/** Mean of the two months before the last; missing unless both were seen. */
export const before = (s: Sight, list: Float64Array): number =>
  s.seenDays >= windowDays ? (list[1] + list[2]) / 2 : missing;
/** The balances as they stood a month before and two months before, at the same end of a month. */
export const usualBalance = (s: Sight): number =>
  s.seenDays > 60 ? (s.closing[windowDays - 31] + s.closing[windowDays - 61]) / 2 : missing;
/** What was given back may be more than was spent: a share is none, not less. */
export const shareOf = (part: number, whole: number): number =>
  whole > 0 ? Math.max(0, part) / whole : missing;

export const changePct = (from: number, to: number): number =>
  from > 0 ? within((100 * (to - from)) / from, -200, 500) : missing;
/** How the month before moved against the one before that. */
export const changeBefore = (s: Sight, list: Float64Array): number =>
  s.seenDays >= windowDays ? changePct(list[2], list[1]) : missing;
export const money = (value: number, s: Sight): number => value / s.minorPerUnit;
export const inMoney = (value: number, currency: string): string =>
  `${Math.round(value)} ${currency}`;
export const percent = (share: number): string => `${Math.round(100 * share)} %`;
export const whole = (value: number, noun: string): string =>
  `${Math.round(value)} ${noun}${Math.round(value) === 1 ? "" : "s"}`;
export const thanUsual = (text: string, usual: number, say: (usual: number) => string): string =>
  Number.isNaN(usual) ? text : `${text}; usually ${say(usual)}`;
export const neverMore = (text: string, most: number, say: (most: number) => string): string =>
  Number.isNaN(most) ? text : `${text}; never more than ${say(most)} before`;
export const moved = (pct: number): string =>
  `${pct < 0 ? "fell" : "rose"} by ${Math.abs(Math.round(pct))} %`;
export const itMoves = (pct: number): string =>
  `it ${pct < 0 ? "falls" : "rises"} by ${Math.abs(Math.round(pct))} %`;
export const move = (pct: number): string =>
  `${pct < 0 ? "fall" : "rise"} by ${Math.abs(Math.round(pct))} %`;
