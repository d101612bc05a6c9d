import type { Obligation } from "../events/customer.ts";
import { isoTime, timeMs } from "../events/time.ts";
import { DAY_MS, dateOf, dayOf, monthDay, nextMonthDay } from "./calendar.ts";
import { fromMinor, minorPerUnit } from "./money.ts";

/** What a profile says of obligations, read without knowing what has been paid since. */
type Stated = Pick<
  Obligation,
  "product" | "instalment" | "currency" | "due_rule" | "next_due" | "days_past_due" | "outstanding"
>;

const monthDays = 31;

/** How many days lie between two instalments; undefined: there is one only. */
const periodOf = (rule: string | null | undefined): number | undefined => {
  if (rule === "once") return undefined;
  return rule?.startsWith("every ") ? Number(rule.split(" ")[1]) : monthDays;
};

/** Instalments that are overdue or fall due within a month, as the profile states it. */
const instalmentsOf = ({ due_rule, days_past_due }: Stated): number => {
  const period = periodOf(due_rule);
  const late = days_past_due ?? 0;
  if (period === undefined) return 1;
  const overdue = late > 0 ? 1 + Math.floor(late / period) : 0;
  return overdue + monthDays / period;
};

/**
 * What is overdue or falls due within a month, in whole units by currency, as the profile states
 * it: the instalments of a month and those that were missed, never more than is owed at all.
 * `base` is the currency of obligations that name none. One in an unknown currency is left out.
 */
export const dueWithinMonth = (
  obligations: readonly Stated[],
  base: string,
): Record<string, number> => {
  const minor = new Map<string, number>();
  for (const one of obligations) {
    const currency = one.currency ?? base;
    const power = minorPerUnit(currency);
    if (power === undefined) continue;
    const most = one.outstanding ?? Number.POSITIVE_INFINITY;
    const due = Math.min(one.instalment * instalmentsOf(one), most);
    minor.set(currency, (minor.get(currency) ?? 0) + Math.round(due * power));
  }
  return Object.fromEntries([...minor].map(([code, sum]) => [code, fromMinor(sum, code)]));
};

/** The first day on or after `day` on which an instalment falls due; undefined: it is not known. */
const dueOn = ({ due_rule, next_due }: Stated, day: number): number | undefined => {
  const stated = next_due ? dayOf(timeMs(next_due)) : undefined;
  if (stated !== undefined && stated >= day) return stated;
  if (due_rule === "once") return undefined;
  if (due_rule?.startsWith("every ")) {
    const period = Number(due_rule.split(" ")[1]);
    return stated === undefined ? undefined : stated + period * Math.ceil((day - stated) / period);
  }
  const rule = due_rule?.startsWith("day ") ? Number(due_rule.split(" ")[1]) : undefined;
  if (rule !== undefined) return nextMonthDay(day - 1, rule);
  if (stated === undefined) return undefined;
  const { year, month } = dateOf(day);
  const { dayOfMonth } = dateOf(stated);
  const here = monthDay(year * 12 + month - 1, dayOfMonth);
  return here >= day ? here : monthDay(year * 12 + month, dayOfMonth);
};

/** An instalment that falls due. */
export type NextDue = {
  product: Obligation["product"];
  amount: number;
  currency: string;
  due_at: string;
};

/** What falls due next at a time in ms: the earliest instalment, and of several the largest. */
export const nextDue = (
  obligations: readonly Stated[],
  base: string,
  now: number,
): NextDue | undefined => {
  let best: NextDue | undefined;
  for (const one of obligations) {
    const day = dueOn(one, dayOf(now));
    if (day === undefined) continue;
    const due_at = isoTime(day * DAY_MS);
    if (best && (due_at > best.due_at || (due_at === best.due_at && one.instalment <= best.amount)))
      continue;
    const currency = one.currency ?? base;
    best = { product: one.product, amount: one.instalment, currency, due_at };
  }
  return best;
};
