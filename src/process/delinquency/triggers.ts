import type { ScoringPolicy } from "../../events/policy.ts";
import type { Trigger } from "../../events/prediction.ts";
import { minorPerUnit } from "../../rules/money.ts";
import { convert, type RateTable } from "../../rules/rates.ts";
import { balanceOf } from "./evolve.ts";
import { slotOf } from "./lists.ts";
import { currencyOf, type Movement } from "./movement.ts";
import type { CustomerRow } from "./row.ts";

/** A movement that has come, the customer as it was before, and the policy of the time. */
export type Occasion = {
  readonly row: CustomerRow;
  readonly movement: Movement;
  readonly policy: ScoringPolicy;
  readonly rates: RateTable;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The least amount that is large, in minor units of the customer's currency. */
const floorOf = ({ row, movement, policy, rates }: Occasion): number => {
  const base = currencyOf(row.currency);
  const currency = policy.large_floor_currency ?? base;
  const floor = policy.large_floor * (minorPerUnit(currency) ?? 1);
  const converted = convert(rates, floor, currency, base, movement.day);
  return Number.isNaN(converted) ? policy.large_floor * (minorPerUnit(base) ?? 1) : converted;
};

const isLarge = (occasion: Occasion): boolean => {
  const { row, movement, policy } = occasion;
  const { amount, isDebit, isSettled } = movement;
  if (!isDebit || !isSettled || row.debits90 < policy.large_least_debits) return false;
  const usual = (policy.large_times_mean * row.spent90) / row.debits90;
  return amount >= usual && amount >= floorOf(occasion);
};

/** The account was not below zero before. */
const fallsBelowZero = ({ row, movement }: Occasion): boolean =>
  movement.balance < 0 && !(balanceOf(row, slotOf(row, movement.account)) < 0);

const isLate = ({ row, movement, policy }: Occasion): boolean =>
  movement.time < row.newest - policy.late_after_minutes * MINUTE_MS;

const isOld = ({ row, movement, policy }: Occasion): boolean =>
  row.scoredAt < 0 || movement.time - row.scoredAt >= policy.rescore_hours * HOUR_MS;

/**
 * What makes a score due; the first that applies names it. Three more come from timers: see
 * deadlines.ts. Late data comes first, since it must never contact anybody by itself.
 */
export const occasions: readonly [Trigger, (occasion: Occasion) => boolean][] = [
  ["late_data", isLate],
  ["failed_transaction", ({ movement }) => movement.isFailed],
  ["penalty", ({ movement }) => movement.isSettled && movement.category === "penalty"],
  ["balance_below_zero", fallsBelowZero],
  ["large_transaction", isLarge],
  ["atm_withdrawal", ({ movement }) => movement.isDebit && movement.channel === "atm"],
  ["score_older_than_a_day", isOld],
];

/** Why a movement makes a score due; undefined when it does not. */
export const triggerOf = (occasion: Occasion): Trigger | undefined =>
  occasions.find(([, applies]) => applies(occasion))?.[0];

/** A failed payment cannot wait, and late data would wait for ever: it does not move the time. */
const breaksCoolDown: ReadonlySet<Trigger> = new Set(["failed_transaction", "late_data"]);

/** Whether the last score is too fresh for another one. */
export const isCoolingDown = (
  row: CustomerRow,
  time: number,
  trigger: Trigger,
  policy: ScoringPolicy,
): boolean =>
  !breaksCoolDown.has(trigger) &&
  row.scoredAt >= 0 &&
  Math.abs(time - row.scoredAt) < policy.cool_down_minutes * MINUTE_MS;
