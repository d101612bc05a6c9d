import type pg from "pg";
import type { CustomerUpdate } from "../../events/customer.ts";
import type { ContactPolicy, PolicyDocument } from "../../events/policy.ts";
import { isoTime } from "../../events/time.ts";
import { delayOf } from "../../rules/contact/delays.ts";
import { needsPerson, profileOf } from "../../rules/contact/profile.ts";
import type { Contacted } from "../../rules/contact/request.ts";
import { stopOf } from "../../rules/contact/stops.ts";
import { versionAt, versionsOf } from "../../rules/policy.ts";
import type { Queued } from "./queue.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
const soonMs = 1_000;
/** The tables may be behind the topics: so long is waited for a profile or a policy. */
const profileWaitMs = 5 * 60_000;
const behindWaitMs = 5_000;

/** What is known of a customer just before they are contacted. */
export type Circumstances = {
  readonly profile: CustomerUpdate | null;
  /** Contacts of the last 7 days that were made or may have been, oldest first. */
  readonly contacts: readonly Contacted[];
  /** Another contact is on its way at this moment. */
  readonly isBusy: boolean;
  /** What was overdue has been paid since the contact was decided on. */
  readonly isCured?: boolean;
  /** What the customer said last may not be in the tables yet. */
  readonly isBehind?: boolean;
  /** undefined: the tables hold none yet. */
  readonly policy: ContactPolicy | undefined;
};

export type Verdict =
  | { readonly is: "send" }
  | { readonly is: "withdraw"; readonly reason: string }
  | { readonly is: "wait"; readonly until: number };

type Asked = Pick<Queued, "audience" | "customer_id" | "channel" | "purpose" | "queued_at">;

/**
 * Consent, status, caps and local time once more: time has passed since the decision, and the
 * customer may have said no. By the contact policy that it was made under, in the version that is
 * in force by now: what the house has forbidden itself since is forbidden.
 */
export const lastCheck = (asked: Asked, known: Circumstances, now: number): Verdict => {
  if (asked.audience === "staff") return { is: "send" };
  if (asked.customer_id === null) return { is: "withdraw", reason: "no_customer" };
  const { profile: update, policy, contacts, isBusy, isCured } = known;
  if (isCured) return { is: "withdraw", reason: "payment_cured" };
  if (known.isBehind) return { is: "wait", until: now + behindWaitMs };
  if (policy === undefined) return { is: "wait", until: now + soonMs };
  if (update === null && now < asked.queued_at.getTime() + profileWaitMs)
    return { is: "wait", until: now + soonMs };
  const profile = update && profileOf(update);
  const { channel } = asked;
  const ask = {
    time: now,
    channel,
    profile,
    contacts,
    pendingUntil: isBusy ? now + soonMs : -Infinity,
    policy: { ...policy, purpose: asked.purpose ?? policy.purpose },
  };
  const stop = stopOf(ask);
  if (stop !== undefined) return { is: "withdraw", reason: stop };
  if (needsPerson(profile) && channel !== policy.person_channel)
    return { is: "withdraw", reason: "needs_person" };
  const delay = delayOf(ask);
  if (delay === undefined) return { is: "send" };
  if (delay.until === Infinity) return { is: "withdraw", reason: delay.by };
  return { is: "wait", until: delay.until };
};

const policyName = (version: string | null): string => version?.split(":")[1] ?? "default";

/** Reads all that the last check looks at, apart from the notification's own attempts. */
export const readCircumstances = async (
  db: Pick<pg.ClientBase, "query">,
  asked: Pick<Queued, "customer_id" | "notification_id" | "policy_version">,
  now: number,
): Promise<Circumstances> => {
  const name = policyName(asked.policy_version);
  const { rows } = await db.query<{
    profile: CustomerUpdate | null;
    policies: PolicyDocument[] | null;
    contacts: { at: string; channel: string; state: string }[] | null;
    cured: boolean;
  }>({
    name: "circumstances",
    text: `select
      (select profile from customers where customer_id = $1) as profile,
      (select jsonb_agg(document) from policies where kind = 'contact' and name = $3) as policies,
      (select jsonb_agg(jsonb_build_object('at', coalesce(c.taken_at, a.reserved_at),
          'channel', a.channel, 'state', a.state) order by coalesce(c.taken_at, a.reserved_at))
        from notification_attempts a
        left join calls c on c.call_id = a.notification_id and c.attempt = a.attempt
        where a.customer_id = $1 and a.notification_id <> $2
          and coalesce(c.taken_at, a.reserved_at) > $4
          and a.state in ('reserved', 'accepted', 'unknown')
          and (c.state is null or c.state not in ('expired', 'withdrawn'))) as contacts,
      exists (select from notifications n join outcomes o on o.customer_id = $1
          and o.outcome = 'payment_cured' and o.timestamp >= n.decided_at
        where n.notification_id = $2) as cured`,
    values: [asked.customer_id, asked.notification_id, name, isoTime(now - WEEK_MS)],
  });
  const [{ profile, policies, contacts, cured }] = rows;
  const entries = new Map((policies ?? []).map((one) => [one.version, one]));
  const versions = versionsOf(entries, "contact", name);
  return {
    profile,
    contacts: (contacts ?? [])
      .filter(({ state }) => state !== "reserved")
      .map(({ at, channel }) => ({ at: Date.parse(at), channel })),
    isBusy: (contacts ?? []).some(({ state }) => state === "reserved"),
    isCured: cured,
    policy: versions.length === 0 ? undefined : versionAt(versions, now),
  };
};
