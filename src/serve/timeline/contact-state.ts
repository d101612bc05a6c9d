import { DateTime } from "luxon";
import type pg from "pg";
import type { CustomerUpdate } from "../../events/customer.ts";
import { type ContactPolicy, type PolicyDocument, policyKey } from "../../events/policy.ts";
import { isoTime, timeMs } from "../../events/time.ts";
import { championPolicy } from "../../rules/contact/arms.ts";
import { delayOf } from "../../rules/contact/delays.ts";
import { zonesOf } from "../../rules/contact/hours.ts";
import { needsPerson, profileOf } from "../../rules/contact/profile.ts";
import type { Contacted, ContactRequest } from "../../rules/contact/request.ts";
import { hasChampion, type RuleBook, ruleBookOf, rulingsAt } from "../../rules/contact/ruling.ts";
import { stopOf } from "../../rules/contact/stops.ts";
import { reasons } from "../contacted.ts";
import type { ContactChannel, ContactStateAnswer } from "../messages/timeline.ts";
import { readingTables } from "../vectors.ts";
import { channelWords } from "./contact-words.ts";
import { rowsOf } from "./rows.ts";
import { mustBeKnown } from "./timeline.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** What the sender knows of a customer just before it sends: see sink/notify/last-check. */
export type Circumstances = {
  readonly profile: CustomerUpdate | null;
  readonly contacts: readonly Contacted[];
  readonly isBusy: boolean;
};
export type ReadCircumstances = (customer: string, now: number) => Promise<Circumstances>;

const episodeSql = `
  with steps as (
    select episode_id, arm, risk_level, policy_version, timestamp, true as taken
    from interventions where customer_id = $1 and timestamp > $2
    union all
    select episode_id, arm, risk_level, policy_version, timestamp, false
    from suppressed_interventions where customer_id = $1 and timestamp > $2),
  newest as (
    select episode_id, arm, policy_version from steps where episode_id is not null
    order by timestamp desc limit 1)
  select n.episode_id, n.arm, n.policy_version, min(s.timestamp) as since,
    coalesce(jsonb_agg(distinct s.risk_level) filter (where s.taken), '[]') as levels,
    (select max(score_date) from risk_scores r where r.customer_id = $1
       and r.score_date > $2 and r.risk_level <> 'LOW') as prolonged
  from newest n join steps s using (episode_id) group by 1, 2, 3`;

const policiesSql = `select policy_key, document from policies
  where kind in ('contact', 'experiment')`;

type PolicyRow = { policy_key: string; document: PolicyDocument };
type EpisodeRow = {
  episode_id: string;
  arm: string | null;
  policy_version: string | null;
  since: Date;
  levels: string[];
  prolonged: Date | null;
};

/** No episode that is still open began, or was prolonged, longer ago. */
const episodeSeenMs = 400 * dayMs;

const levelsUp = ["MEDIUM", "HIGH", "CRITICAL"];

const episodeOf = (
  row: EpisodeRow | undefined,
  policy: ContactPolicy,
  now: number,
): ContactStateAnswer["episode"] => {
  if (row === undefined) return null;
  const since = row.since.getTime();
  const newest = Math.max(since, row.prolonged?.getTime() ?? since);
  const ends = newest + policy.episode_quiet_days * dayMs;
  if (ends <= now) return null;
  const steps = levelsUp.filter((level) =>
    policy.steps.some((one) => one.risk_level === level && one.intervention_type !== "none"),
  );
  return {
    episode_id: row.episode_id,
    since: isoTime(since),
    day: Math.floor((now - since) / dayMs) + 1,
    ends_at: isoTime(ends),
    arm: row.arm ?? "champion",
    step: Math.max(0, ...row.levels.map((level) => steps.indexOf(level) + 1)),
    steps: steps.length,
  };
};

/** The first minute from now on at which a rule objects, within a day; null: none does. */
const closes = (ask: ContactRequest): number | null => {
  const objects = (time: number) => delayOf({ ...ask, time }) !== undefined;
  const step = 15 * minuteMs;
  for (let time = ask.time + step; time <= ask.time + dayMs; time += step) {
    if (!objects(time)) continue;
    let at = time - step + minuteMs;
    while (at < time && !objects(at)) at += minuteMs;
    return at - (at % minuteMs);
  }
  return null;
};

const clock = (ms: number, zone: string | null, now: number): string => {
  const at = DateTime.fromMillis(ms, { zone: zone ?? "UTC", locale: "en-GB" });
  const today = DateTime.fromMillis(now, { zone: zone ?? "UTC" }).hasSame(at, "day");
  return at.toFormat(today ? "HH:mm" : "ccc d LLL HH:mm");
};

const channelOf = (ask: ContactRequest, zone: string | null): ContactChannel => {
  const { channel, time } = ask;
  const name = channelWords[channel] ?? channel;
  const none = { channel, from: null, until: null };
  const no = (reason: string, why = reasons[reason] ?? reason): ContactChannel => ({
    ...none,
    may: "no",
    reason,
    says: `${name}: no, ${why}`,
  });
  const stop = stopOf(ask);
  if (stop !== undefined) return no(stop);
  if (needsPerson(ask.profile) && channel !== ask.policy.person_channel)
    return no("needs_person", "a person speaks with this customer");
  const delay = delayOf(ask);
  if (delay === undefined) {
    const until = closes(ask);
    const end = until === null ? "" : `, until ${clock(until, zone, time)}`;
    const to = until === null ? null : isoTime(until);
    return { ...none, may: "now", until: to, reason: null, says: `${name}: now${end}` };
  }
  if (delay.until === Infinity) return no(delay.by);
  // Of several rules the one that objects longest says why it is not sooner.
  const by = delayOf({ ...ask, time: delay.until - 1 })?.by ?? delay.by;
  const why = reasons[by] ?? by;
  const from = `${name}: from ${clock(delay.until, zone, time)}, ${why}`;
  return { ...none, may: "later", from: isoTime(delay.until), reason: by, says: from };
};

/** Every channel that the policy or the customer names. */
const channelsOf = (policy: ContactPolicy, profile: CustomerUpdate | null): string[] => {
  const named = [
    ...policy.steps.flatMap(({ channel, fallback }) => [channel, ...(fallback ?? [])]),
    policy.person_channel,
    ...(profile?.consent ?? [])
      .filter(({ purpose }) => purpose === policy.purpose)
      .map(({ channel }) => channel),
  ];
  return [...new Set(named)].filter((one): one is string => one != null && one !== "any").sort();
};

const lacks = (book: RuleBook, profile: CustomerUpdate | null, now: number): string[] => {
  const end = profile?.observed_until;
  return [
    ...(hasChampion(book)
      ? []
      : ["No contact policy is known yet: nothing can be said of channels."]),
    ...(end && timeMs(end) < now
      ? [`Nothing is known of this customer after ${end.slice(0, 10)}.`]
      : []),
  ];
};

/**
 * How a customer may be reached now, by the rules that contacts are decided by, and the episode
 * that is open. Throws CUSTOMER_UNKNOWN and READ_MODEL_AWAY.
 */
export const readContactState = async (
  pool: pg.Pool,
  read: ReadCircumstances,
  customer: string,
  now: number,
): Promise<ContactStateAnswer> => {
  await mustBeKnown(pool, customer);
  const [known, documents, [row]] = await Promise.all([
    readingTables(() => read(customer, now)),
    rowsOf<PolicyRow>(pool, { name: "contact policies", text: policiesSql }),
    rowsOf<EpisodeRow>(pool, {
      name: "episode",
      text: episodeSql,
      values: [customer, isoTime(now - episodeSeenMs)],
    }),
  ]);
  const { profile: update, contacts, isBusy } = known;
  const profile = update && profileOf(update);
  const zones = zonesOf(profile?.timeZone ?? null, profile?.country ?? null);
  const zone = zones.length === 1 ? zones[0] : null;
  const book = ruleBookOf(
    new Map(documents.map(({ policy_key, document }) => [policy_key, document])),
  );
  const answer = {
    customer_id: customer,
    as_of: isoTime(now),
    time_zone: zone,
    contacts_of_7_days: contacts.length,
    statuses: [...(update?.statuses ?? [])],
    needs_person: needsPerson(profile),
    unknown: lacks(book, update, now),
  };
  if (!hasChampion(book)) return { ...answer, policy: null, channels: [], episode: null };
  const own = row?.policy_version?.split(":")[1] ?? championPolicy;
  const { policy } = rulingsAt(book, now).of(own);
  const pendingUntil = isBusy ? now + minuteMs : -Infinity;
  const ask = { time: now, profile, contacts, pendingUntil, policy };
  const channels = channelsOf(policy, update).map((channel) =>
    channelOf({ ...ask, channel }, zone),
  );
  const episode = episodeOf(row, policy, now);
  return { ...answer, policy: policyKey(policy), channels, episode };
};
