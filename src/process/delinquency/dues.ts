import type { Obligation } from "../../events/customer.ts";
import { timeMs } from "../../events/time.ts";
import { dateOf, dayOf, monthDay } from "../../rules/calendar.ts";
import { toMinor } from "../../rules/money.ts";
import { convert, type RateTable } from "../../rules/rates.ts";
import { extra, extraDay, extraKind } from "./lists.ts";
import { hash48 } from "./movement.ts";
import { type CustomerRow, lists, noDay, obligationsMax } from "./row.ts";

/**
 * What a customer owes and when. The profile states each obligation as it stood on a day; from then
 * on instalments fall due by their rule, and payments of the same class that the transactions show
 * pay them off, oldest first. A newer profile states anew.
 *
 * Bytes of an obligation: hash of its id 4, class 1, rule 1, rule's number 2, next due day 2, days
 * past due 2, day of the statement 2, instalments left 2, instalment 8, paid before the window 8.
 */
const { obligations, extras } = lists;

/** Classes of obligations: payments are told apart by category only. */
const classOf: Readonly<Record<string, number>> = {
  loan: 1,
  mortgage: 1,
  credit_card: 1,
  leasing: 2,
  rent: 3,
  utility: 4,
  telecom: 5,
  other: 6,
};
const rules = { once: 0, monthDay: 1, everyDays: 2 } as const;
/** A payment this long before the first stated due day still counts for it. */
const earlyDays = 10;
/** A payment short by less than this share of an instalment pays it. */
const tolerance = 0.02;
const endless = 0xffff;

const ruleOf = (text: string | null | undefined, due: number): [rule: number, n: number] => {
  const [word, n] = (text ?? "").split(" ");
  if (word === "every") return [rules.everyDays, Number(n)];
  if (word === "once") return [rules.once, 0];
  return [rules.monthDay, word === "day" ? Number(n) : dateOf(due).dayOfMonth];
};

const firstDueAfter = (day: number, [rule, n]: [number, number]): number => {
  if (rule !== rules.monthDay) return day + n;
  const { year, month } = dateOf(day);
  const here = monthDay(year * 12 + month - 1, n);
  return here > day ? here : monthDay(year * 12 + month, n);
};

/** In minor units of the base currency by the rate of the day; NaN where it cannot be said. */
const instalmentOf = (one: Obligation, base: string, rates: RateTable, day: number): number => {
  const currency = one.currency ?? base;
  return convert(rates, toMinor(one.instalment, currency) ?? Number.NaN, currency, base, day);
};

/** Replaces what is owed by what a profile states. In a currency without a rate: left out. */
export const stateObligations = (
  row: CustomerRow,
  stated: readonly Obligation[],
  day: number,
  base: string,
  rates: RateTable,
): void => {
  row.remove(obligations, 0, row.count(obligations));
  const usable = stated.flatMap((one) => {
    const instalment = instalmentOf(one, base, rates, day);
    return instalment > 0 ? [{ one, instalment, hash: hash48(one.obligation_id).low }] : [];
  });
  const kept = usable.toSorted((a, b) => a.hash - b.hash).slice(0, obligationsMax);
  row.insert(obligations, 0, kept.length);
  kept.forEach(({ one, instalment, hash }, index) => {
    const known = one.next_due ? dayOf(timeMs(one.next_due)) : undefined;
    const rule = ruleOf(one.due_rule, known ?? day);
    const outstanding = one.outstanding ?? undefined;
    const at = row.start(obligations) + 32 * index;
    const left = outstanding === undefined ? endless : Math.ceil(outstanding / one.instalment);
    row.u32[at / 4] = hash;
    row.bytes[at + 4] = classOf[one.product];
    row.bytes[at + 5] = rule[0];
    row.u16[at / 2 + 3] = rule[1];
    row.u16[at / 2 + 4] = Math.min(Math.max(known ?? firstDueAfter(day, rule), 0), noDay - 1);
    row.u16[at / 2 + 5] = Math.min(Math.floor(one.days_past_due ?? 0), day);
    row.u16[at / 2 + 6] = day;
    row.u16[at / 2 + 7] = Math.min(left, endless);
    row.f64[at / 8 + 2] = instalment;
    row.f64[at / 8 + 3] = 0;
  });
};

/** The first day of which a payment counts towards an obligation. */
const countsFrom = (row: CustomerRow, at: number): number => {
  const stated = row.u16[at / 2 + 6];
  if (row.u16[at / 2 + 5] > 0) return stated + 1;
  return Math.max(stated, row.u16[at / 2 + 4] - earlyDays);
};

/**
 * The obligation that a payment is for: of its class, the one with the likest instalment. An amount
 * below zero takes a payment back.
 */
const payeeOf = (row: CustomerRow, owed: number, day: number, amount: number): number => {
  let best = -1;
  let nearest = Number.POSITIVE_INFINITY;
  for (let index = 0; index < row.count(obligations); index++) {
    const at = row.start(obligations) + 32 * index;
    if (row.bytes[at + 4] !== owed || day < countsFrom(row, at)) continue;
    const distance = Math.abs(Math.log(Math.max(Math.abs(amount), 1) / row.f64[at / 8 + 2]));
    if (distance < nearest) [best, nearest] = [index, distance];
  }
  return best;
};

/** Before an extra leaves the window: if it paid something off, that must not be forgotten. */
export const settlePruned = (row: CustomerRow, index: number): void => {
  const owed = extraKind(row, index) - extra.payment;
  if (owed < 1) return;
  const amount = row.get(extras, index, 1);
  const paid = payeeOf(row, owed, extraDay(row, index), amount);
  if (paid >= 0) row.f64[(row.start(obligations) + 32 * paid) / 8 + 3] += amount;
};

/** How a customer stands with what is owed. Money in minor units. */
export type Standing = {
  /** Days since the oldest unpaid instalment fell due; 0: none has. */
  daysPastDue: number;
  /** The next day on which something falls due that is not paid yet; Infinity: none. */
  nextDue: number;
  /** What is overdue or falls due within a month. */
  needed: number;
  /** What is overdue or falls due within a week. */
  neededSoon: number;
  /** What is overdue. */
  overdue: number;
  /** What falls due on the next due day. */
  dueNext: number;
};

const monthDays = 31;
const soonDays = 7;
const paidOf = new Float64Array(obligationsMax);

/** Where the customer stands on a day. Undefined when no obligation is known. */
export const standingOn = (row: CustomerRow, today: number): Standing | undefined => {
  const count = row.count(obligations);
  if (count === 0) return undefined;
  for (let index = 0; index < count; index++)
    paidOf[index] = row.f64[(row.start(obligations) + 32 * index) / 8 + 3];
  for (let index = 0; index < row.count(extras); index++) {
    const owed = extraKind(row, index) - extra.payment;
    if (owed < 1) continue;
    const amount = row.get(extras, index, 1);
    const paid = payeeOf(row, owed, extraDay(row, index), amount);
    if (paid >= 0) paidOf[paid] += amount;
  }
  const standing: Standing = {
    daysPastDue: 0,
    nextDue: Number.POSITIVE_INFINITY,
    needed: 0,
    neededSoon: 0,
    overdue: 0,
    dueNext: 0,
  };
  for (let index = 0; index < count; index++) addStanding(row, index, today, standing);
  return standing;
};

const addStanding = (row: CustomerRow, index: number, today: number, into: Standing): void => {
  const at = row.start(obligations) + 32 * index;
  const instalment = row.f64[at / 8 + 2];
  const pastDue = row.u16[at / 2 + 5];
  let left = row.u16[at / 2 + 7];
  let paid = Math.floor(paidOf[index] / instalment + tolerance);
  const owe = (due: number): void => {
    if (paid-- > 0) return;
    if (due < today) {
      into.daysPastDue = Math.max(into.daysPastDue, today - due);
      into.overdue += instalment;
    } else if (due <= into.nextDue) {
      into.dueNext = (due === into.nextDue ? into.dueNext : 0) + instalment;
      into.nextDue = due;
    }
    into.needed += instalment;
    if (due <= today + soonDays) into.neededSoon += instalment;
  };
  if (pastDue > 0) owe(row.u16[at / 2 + 6] - pastDue);
  const [rule, n, first] = [row.bytes[at + 5], row.u16[at / 2 + 3], row.u16[at / 2 + 4]];
  const start = dateOf(first);
  for (let k = 0, due = first; left > 0 && due <= today + monthDays; left--) {
    owe(due);
    k++;
    if (rule === rules.once) return;
    due =
      rule === rules.everyDays ? first + k * n : monthDay(start.year * 12 + start.month - 1 + k, n);
  }
};
