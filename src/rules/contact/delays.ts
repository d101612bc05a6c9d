import { dayStart, lawfulFrom, nextDay, zonesOf } from "./hours.ts";
import type { Contacted, ContactRequest } from "./request.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** The first time at which the rule has no objection; Infinity for never. */
type Delay = (ask: ContactRequest) => number;

/** When there will be room again under a cap of so many contacts in any 7 days. */
const roomUnder = (cap: number, contacts: readonly Contacted[], time: number): number => {
  const recent = contacts.filter(({ at }) => at > time - WEEK_MS);
  return recent.length < cap ? time : recent[recent.length - cap].at + WEEK_MS;
};

/**
 * By the customer's calendar day; where the zone is not certain, by 24 hours, which is stricter.
 */
const dailyCap: Delay = ({ time, profile, contacts, policy }) => {
  const zones = zonesOf(profile?.timeZone ?? null, profile?.country ?? null);
  const isCertain = zones.length === 1;
  const since = isCertain ? dayStart(time, zones[0]) : time - DAY_MS + 1;
  const today = contacts.filter(({ at }) => at >= since);
  if (today.length < policy.contacts_per_day) return time;
  if (isCertain) return nextDay(time, zones[0]);
  return today[today.length - policy.contacts_per_day].at + DAY_MS;
};
const weeklyCap: Delay = ({ time, contacts, policy }) =>
  roomUnder(policy.contacts_per_week, contacts, time);

/** Counted per customer, which is stricter than per debt: a call is about all of them. */
const callCap: Delay = ({ time, channel, contacts, policy }) => {
  const calls = contacts.filter((contact) => contact.channel === "phone");
  return channel === "phone" ? roomUnder(policy.calls_per_week, calls, time) : time;
};
const coolOff: Delay = ({ time, contacts, policy }) =>
  Math.max(time, (contacts.at(-1)?.at ?? -Infinity) + policy.cool_off_hours * HOUR_MS);
/** What is on its way may still arrive: until that is known, or too late, nothing else is sent. */
const onItsWay: Delay = ({ time, pendingUntil }) => Math.max(time, pendingUntil);
const localHours: Delay = ({ time, profile, policy }) => {
  const country = profile?.country ?? null;
  const { hours, closed_days } = policy;
  const zones = zonesOf(profile?.timeZone ?? null, country);
  return lawfulFrom(time, zones, { hours, closed_days, country }) ?? Infinity;
};

/** What only puts a contact off. Order matters: the first rule that delays is the reason. */
const delays: readonly (readonly [string, Delay])[] = [
  ["daily_cap", dailyCap],
  ["weekly_cap", weeklyCap],
  ["call_cap", callCap],
  ["cool_off", coolOff],
  ["on_its_way", onItsWay],
  ["local_hours", localHours],
];

const firstDelay = (ask: ContactRequest): { by: string; until: number } | undefined => {
  for (const [by, delay] of delays) {
    const until = delay(ask);
    if (until > ask.time) return { by, until };
  }
  return undefined;
};

/**
 * Why this contact may not be made yet, and the first time in ms at which every rule allows it
 * (Infinity: never); undefined when it may be made now.
 */
export const delayOf = (ask: ContactRequest): { by: string; until: number } | undefined => {
  const first = firstDelay(ask);
  let last = first;
  for (let next = first; next !== undefined && next.until < Infinity; ) {
    next = firstDelay({ ...ask, time: next.until });
    last = next ?? last;
  }
  return first && { by: first.by, until: last?.until ?? first.until };
};
