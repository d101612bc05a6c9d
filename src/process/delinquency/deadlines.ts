import type { ScoringPolicy } from "../../events/policy.ts";
import type { Trigger } from "../../events/prediction.ts";
import { DAY_MS, dayOf } from "../../rules/calendar.ts";
import { businessDaysOf } from "./country.ts";
import { standingOn } from "./dues.ts";
import { hash48 } from "./movement.ts";
import { expectedPayday, learnUnlearned, markPayFired, payFired, successorOf } from "./payers.ts";
import { type CustomerRow, lists } from "./row.ts";
import { billRhythm, type Sight } from "./sight.ts";

/**
 * What did not happen: pay or a bill that is late, something due soon that is not covered. Each is
 * a day on which to look; timers run between 6 and 12 UTC, each customer's at its own time, so that
 * they do not all fall due at once.
 */
const firstHour = 6;
const spreadMs = 6 * 3_600_000;

const timeOfDay = (key: string): number => firstHour * 3_600_000 + (hash48(key).low % spreadMs);

/** A day on which to look, the expected day that is marked as looked at then, and whose pay. */
type Look = {
  readonly trigger: Trigger;
  readonly day: number;
  readonly about: number;
  readonly payer: number;
};

/** For the first pay that is expected and was not looked at yet. */
const salaryLook = (row: CustomerRow, policy: ScoringPolicy): Look | undefined => {
  let [about, payer] = [Number.POSITIVE_INFINITY, -1];
  for (let index = 0; index < row.count(lists.payers); index++) {
    const expected = expectedPayday(row, index);
    if (expected <= payFired(row, index) || expected >= about) continue;
    if (successorOf(row, index) < 0) [about, payer] = [expected, index];
  }
  if (payer < 0) return undefined;
  const day = businessDaysOf(row.country).after(about, policy.salary_late_days);
  return { trigger: "salary_late", day, about, payer };
};

/** For the first bill that is expected and was not looked at yet. */
const billLook = (row: CustomerRow, policy: ScoringPolicy): Look | undefined => {
  let about = Number.POSITIVE_INFINITY;
  for (let index = 0; index < row.count(lists.payees); index++) {
    const expected = billRhythm(row, index)?.expected ?? 0;
    if (expected > row.billFired && expected < about) about = expected;
  }
  if (about === Number.POSITIVE_INFINITY) return undefined;
  return { trigger: "utility_late", day: about + policy.utility_late_days, about, payer: -1 };
};

/** Some days before the next due day, and then each day until it is covered or past. */
const dueLook = (row: CustomerRow, policy: ScoringPolicy): Look | undefined => {
  const from = Math.max(row.dueLookedAt + 1, row.dueFired + 1, dayOf(row.newest));
  const about = standingOn(row, from)?.nextDue ?? Number.POSITIVE_INFINITY;
  if (about === Number.POSITIVE_INFINITY) return undefined;
  const day = Math.max(about - policy.due_soon_days, row.dueLookedAt + 1);
  return { trigger: "due_not_covered", day, about, payer: -1 };
};

/** What makes a score due by not happening; the others come with movements: see triggers.ts. */
export const watches: readonly [
  Trigger,
  (row: CustomerRow, p: ScoringPolicy) => Look | undefined,
][] = [
  ["salary_late", salaryLook],
  ["utility_late", billLook],
  ["due_not_covered", dueLook],
];

const looks = (row: CustomerRow, policy: ScoringPolicy): Look[] =>
  watches.map(([, watch]) => watch(row, policy)).filter((look) => look !== undefined);

/** Sets the row's deadline to the first look that is still to come. */
export const arm = (row: CustomerRow, key: string, policy: ScoringPolicy): void => {
  let first = Number.POSITIVE_INFINITY;
  if (row.newest >= 0) for (const { day } of looks(row, policy)) first = Math.min(first, day);
  const time = first * DAY_MS + timeOfDay(key);
  row.deadline = time <= row.observedUntil ? time : Number.POSITIVE_INFINITY;
};

/** Marks what a timer has looked at, and names what it found, if anything. */
export const lookFor = (
  row: CustomerRow,
  key: string,
  time: number,
  policy: ScoringPolicy,
  see: () => Sight,
): Trigger | undefined => {
  let found: Trigger | undefined;
  learnUnlearned(row);
  for (const { trigger, day, about, payer } of looks(row, policy)) {
    if (day * DAY_MS + timeOfDay(key) > time) continue;
    if (trigger === "salary_late") markPayFired(row, payer, about);
    else if (trigger === "utility_late") row.billFired = about;
    else if (!lookAtDue(row, time, see())) continue;
    found ??= trigger;
  }
  return found;
};

/** Whether what falls due soon is not covered. Once it was found so, that due day is done with. */
const lookAtDue = (row: CustomerRow, time: number, sight: Sight): boolean => {
  row.dueLookedAt = dayOf(Math.max(time, row.newest));
  const { standing } = sight;
  if (!standing || !sight.hasBalance || standing.nextDue === Number.POSITIVE_INFINITY) return false;
  if (sight.closing[sight.closing.length - 1] >= standing.neededSoon) return false;
  row.dueFired = standing.nextDue;
  return true;
};
