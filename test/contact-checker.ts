import type { CustomerUpdate } from "../src/events/customer.ts";
import type { Intervention } from "../src/events/intervention.ts";
import type { Notification, NotificationResult } from "../src/events/notification.ts";
import type { ContactPolicy } from "../src/events/policy.ts";
import { isWithinHours, localDay } from "./contact-hours.ts";

/** `at`: event time in ms. */
export type Update = {
  readonly customer: string;
  readonly at: number;
  readonly profile: CustomerUpdate | null;
};

/**
 * Judges from the topics alone whether customers were contacted as the rules allow. It shares no
 * code with what decides and sends, but for the types of the records: local time comes from Intl,
 * public holidays from a library that does not run with the product, and each rule is written anew.
 *
 * A contact is a message that a provider accepted or may have accepted (`unknown`), or a call that
 * was made (`answered`, `no_answer`; `accepted` only puts it on the call list). An intent of which
 * nothing was heard counts as a contact when it was decided.
 */
export type ContactLog = {
  /** Each list in the order of its topic, at least by customer. */
  readonly interventions: readonly Intervention[];
  readonly notifications: readonly Notification[];
  readonly results: readonly NotificationResult[];
  /** Profiles with their event time in ms; null: erased. */
  readonly updates: readonly Update[];
  readonly policies: readonly ContactPolicy[];
  /** Whether a day such as 2027-03-26 is a public holiday of a country. */
  readonly isHoliday?: (country: string, day: string) => boolean;
  /** A change of a profile that is younger than this may not have been known yet. */
  readonly graceMs?: number;
};

export type Violation = {
  readonly rule:
    | "intent_twice"
    | "no_decision"
    | "accepted_twice"
    | "step_twice"
    | "step_after_higher"
    | "daily_cap"
    | "weekly_cap"
    | "call_cap"
    | "cool_off"
    | "hours"
    | "no_profile"
    | "no_consent"
    | "objection"
    | "status"
    | "person_needed"
    | "held_out";
  readonly customer: string;
  readonly notification: string;
  readonly at: string;
};

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const bands = ["LOW", "MEDIUM", "HIGH", "CRITICAL"];
const forbidding = new Set<string>([
  "deceased",
  "bankrupt",
  "breathing_space",
  "disputed",
  "represented",
  "cease_contact",
  "fraud_block",
]);

type Contact = {
  readonly customer: string;
  readonly intent: Notification;
  readonly decision: Intervention;
  readonly policy: ContactPolicy;
  readonly at: number;
  /** Calls about it, the first included. */
  readonly calls: readonly number[];
};

const msOf = (iso: string): number => Date.parse(/Z|[+-]\d\d:\d\d$/.test(iso) ? iso : `${iso}Z`);

/** When the customer was reached about an intent, oldest first; empty: not at all. */
const reachedAt = (intent: Notification, results: readonly NotificationResult[]): number[] => {
  const isCall = intent.channel === "phone";
  const reached = new Set<string>(
    isCall ? ["answered", "no_answer", "unknown"] : ["accepted", "unknown"],
  );
  const told = [...new Map(results.map((one) => [one.result_id, one])).values()];
  if (told.length === 0) return [msOf(intent.event_time)];
  const times = told.filter(({ status }) => reached.has(status)).map((one) => msOf(one.event_time));
  times.sort((a, b) => a - b);
  return isCall ? times : times.slice(0, 1);
};

/** Without those that are older than one that came before. */
const inForce = (updates: readonly Update[]): Update[] => {
  let version = Number.NEGATIVE_INFINITY;
  return updates.filter(({ profile }) => {
    const own = profile?.version ?? Number.NEGATIVE_INFINITY;
    if (profile !== null && own < version) return false;
    version = own;
    return true;
  });
};

/** Profiles that a careful sender may have seen at a time: the last one, and those just before. */
const profilesAt = (
  updates: readonly Update[],
  time: number,
  graceMs: number,
): readonly (CustomerUpdate | null)[] => {
  const known = updates.filter(({ at }) => at <= time);
  const settled = known.findLastIndex(({ at }) => at <= time - graceMs);
  const seen = known.slice(Math.max(0, settled)).map(({ profile }) => profile);
  return seen.length === 0 ? [null] : graceMs === 0 ? seen.slice(-1) : seen;
};

/** The newest word on a purpose and channel decides; of two of one time, that on the channel. */
const hasConsent = (profile: CustomerUpdate, purpose: string, channel: string): boolean => {
  let best: { at: number; own: boolean; given: boolean } | undefined;
  for (const word of profile.consent ?? []) {
    if (word.purpose !== purpose || (word.channel !== channel && word.channel !== "any")) continue;
    const at = word.at ? msOf(word.at) : 0;
    const own = word.channel === channel;
    const wins =
      best === undefined ||
      at > best.at ||
      (at === best.at && (own !== best.own ? own : !word.given));
    if (wins) best = { at, own, given: word.given };
  }
  return best?.given ?? false;
};

const againstProfile = (
  { intent, policy, decision }: Contact,
  profile: CustomerUpdate | null,
): Violation["rule"] | undefined => {
  if (profile === null) return "no_profile";
  const statuses = new Set<string>(profile.statuses ?? []);
  if ([...statuses].some((status) => forbidding.has(status))) return "status";
  if (profile.profiling_objection) return "objection";
  const needsPerson = statuses.has("vulnerable") || statuses.has("hardship");
  if (needsPerson && intent.channel !== policy.person_channel) return "person_needed";
  if (!hasConsent(profile, policy.purpose, intent.channel)) return "no_consent";
  const mustHelp = needsPerson || decision.risk_level === "CRITICAL";
  if (decision.arm === "holdout" && !mustHelp) return "held_out";
  return undefined;
};

const tell = (rule: Violation["rule"], contact: Contact, at = contact.at): Violation => ({
  rule,
  customer: contact.customer,
  notification: contact.intent.notification_id,
  at: new Date(at).toISOString(),
});

/** Each contact by itself: whom, how, and when; the decision and what was sent are both judged. */
const judgeAlone = (contact: Contact, log: ContactLog, updates: readonly Update[]) => {
  const found: Violation[] = [];
  const { policy, intent } = contact;
  const times = new Set([msOf(intent.event_time), contact.at, ...contact.calls]);
  for (const time of times) {
    const seen = profilesAt(updates, time, log.graceMs ?? 0);
    const against = seen.map((profile) => againstProfile(contact, profile));
    const last = against.at(-1);
    if (last !== undefined && against.every((one) => one !== undefined))
      found.push(tell(last, contact, time));
    const isLawful = seen.some((profile) => isWithinHours(time, profile, policy, log.isHoliday));
    if (!isLawful) found.push(tell("hours", contact, time));
  }
  return found;
};

/** A customer's contacts in their order: steps and budgets. */
const judgeTogether = (contacts: readonly Contact[], updates: readonly Update[]) => {
  const found: Violation[] = [];
  contacts.forEach((contact, n) => {
    // Whoever was erased is a stranger: nothing may be known of what was before.
    const erased = updates.findLast((one) => one.profile === null && one.at <= contact.at);
    const before = contacts.slice(0, n).filter((one) => one.at > (erased?.at ?? -Infinity));
    const { policy, at, decision } = contact;
    const same = before.filter((one) => one.decision.episode_id === decision.episode_id);
    const level = (one: Contact) => bands.indexOf(one.decision.risk_level);
    if (same.some((one) => level(one) === level(contact))) found.push(tell("step_twice", contact));
    if (same.some((one) => level(one) > level(contact)))
      found.push(tell("step_after_higher", contact));
    const zone = profilesAt(updates, at, 0)[0]?.time_zone ?? "UTC";
    const today = before.filter((one) => localDay(one.at, zone) === localDay(at, zone));
    if (today.length >= policy.contacts_per_day) found.push(tell("daily_cap", contact));
    const week = before.filter((one) => one.at > at - WEEK_MS);
    if (week.length >= policy.contacts_per_week) found.push(tell("weekly_cap", contact));
    const last = before.at(-1);
    if (last && at - last.at < policy.cool_off_hours * HOUR_MS)
      found.push(tell("cool_off", contact));
  });
  const calls = contacts
    .flatMap((contact) => contact.calls.map((at) => ({ contact, at })))
    .sort((a, b) => a.at - b.at);
  calls.forEach(({ contact, at }, n) => {
    const week = calls.slice(0, n).filter((one) => one.at > at - WEEK_MS);
    if (week.length >= contact.policy.calls_per_week) found.push(tell("call_cap", contact, at));
  });
  return found;
};

const isAccepted = ({ status }: NotificationResult) => status === "accepted";

/** Everything that happened and should not have. An empty list from an empty log proves nothing. */
export const violationsOf = (log: ContactLog): { violations: Violation[]; contacts: number } => {
  const violations: Violation[] = [];
  const results = Map.groupBy(log.results, (one) => one.notification_id);
  const decisions = Map.groupBy(
    log.interventions.filter(({ status }) => status === "triggered"),
    (one) => one.intervention_id,
  );
  const policies = new Map(log.policies.map((one) => [`contact:${one.name}:${one.version}`, one]));
  const updates = Map.groupBy(log.updates, ({ customer }) => customer);
  const seen = new Set<string>();
  const contacts: Contact[] = [];
  for (const intent of log.notifications) {
    if (intent.audience !== "customer") continue;
    const id = intent.notification_id;
    const customer = intent.customer_id ?? "";
    const simple = { customer, notification: id, at: intent.event_time };
    if (seen.has(id)) violations.push({ rule: "intent_twice", ...simple });
    seen.add(id);
    const decision = (decisions.get(intent.intervention_id ?? "") ?? []).find(
      (one) => one.channel === intent.channel && one.event_time === intent.event_time,
    );
    const policy = policies.get(decision?.policy_version ?? "");
    if (decision === undefined || policy === undefined) {
      violations.push({ rule: "no_decision", ...simple });
      continue;
    }
    const told = results.get(id) ?? [];
    const attempts = new Set(told.filter(isAccepted).map(({ attempt }) => attempt));
    if (attempts.size > 1) violations.push({ rule: "accepted_twice", ...simple });
    const [at, ...again] = reachedAt(intent, told);
    if (at === undefined) continue;
    const calls = intent.channel === "phone" ? [at, ...again] : [];
    contacts.push({ customer, intent, decision, policy, at, calls });
  }
  for (const [customer, own] of Map.groupBy(contacts, (one) => one.customer)) {
    const profiles = inForce(updates.get(customer) ?? []);
    own.sort((a, b) => a.at - b.at);
    for (const contact of own) violations.push(...judgeAlone(contact, log, profiles));
    violations.push(...judgeTogether(own, profiles));
  }
  return { violations, contacts: contacts.length };
};
