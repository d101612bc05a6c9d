import type { LineKind } from "../messages/timeline.ts";

/**
 * Where the lines of a timeline come from. Each source is read by an index in the order of time,
 * newest first, so that a page costs the same wherever it lies. A line's place is (at, id): the id
 * begins with the source's own word, so that no two lines share one.
 */
export type LineSource = {
  /** Names the words for its rows, and begins their ids. */
  readonly name: string;
  readonly kind: LineKind;
  readonly from: string;
  /** Of the customer $1, beside which conditions. */
  readonly where: string;
  readonly at: string;
  readonly key: string;
  readonly body: string;
};

const scoreBody = `jsonb_build_object('prediction_id', r.prediction_id,
  'risk_score', r.risk_score, 'risk_level', r.risk_level, 'previous_score', r.previous_score,
  'trigger', r.trigger, 'reasons', r.top_features)`;
const timerTriggers = "('salary_late', 'utility_late', 'due_not_covered')";

const notMade = "('deferred', 'suppressed', 'held_out')";
const steps = `intervention_statuses s
  left join interventions i on i.intervention_id = s.intervention_id
  left join suppressed_interventions d on d.intervention_id = s.intervention_id`;
const stepBody = `jsonb_build_object('intervention_id', s.intervention_id, 'status', s.status,
  'suppressed_by', s.suppressed_by, 'not_before', s.not_before,
  'channel', coalesce(i.channel, d.channel), 'message', coalesce(i.message, d.message),
  'arm', coalesce(i.arm, d.arm), 'risk_level', coalesce(i.risk_level, d.risk_level),
  'policy_version', coalesce(i.policy_version, d.policy_version),
  'prediction_id', coalesce(i.prediction_id, d.prediction_id))`;
const stepKey = "s.status || ' ' || s.intervention_id";

/** A version of the profile with the one before it. */
const versions = `profile_versions v
  left join lateral (
    select p.facts, p.personal from profile_versions p
    where p.customer_id = v.customer_id and (p.at, p.version) < (v.at, v.version)
    order by p.at desc, p.version desc limit 1) b on true`;
const versionKey = "lpad(v.version::text, 12, '0')";
const overdue = (of: string) =>
  `jsonb_path_query_array(${of}.facts, '$.obligations[*] ? (@.days_past_due > 0).obligation_id')`;
const owed = (of: string) =>
  `jsonb_path_query_array(${of}.facts, '$.obligations[*].keyvalue() ? ` +
  `(@.key == "obligation_id" || @.key == "instalment").value')`;

const payments = "('payment_made', 'payment_missed', 'payment_cured')";

const told: readonly LineSource[] = [
  {
    name: "transaction",
    kind: "money",
    from: "transactions t",
    where: "t.customer_id = $1",
    at: "t.txn_time",
    key: "t.source || ' ' || t.transaction_id",
    body: "to_jsonb(t) - 'account_id'",
  },
  {
    name: "score",
    kind: "scores",
    from: "risk_scores r",
    where: "r.customer_id = $1",
    at: "r.score_date",
    key: "r.prediction_id",
    body: scoreBody,
  },
  {
    name: "timer",
    kind: "timers",
    from: "risk_scores r",
    where: `r.customer_id = $1 and r.trigger in ${timerTriggers}`,
    at: "r.score_date",
    key: "r.prediction_id",
    body: scoreBody,
  },
  {
    name: "contact",
    kind: "contacts",
    from: steps,
    where: `s.customer_id = $1 and s.status not in ${notMade}`,
    at: "s.at",
    key: stepKey,
    body: stepBody,
  },
  {
    name: "hold",
    kind: "holds",
    from: steps,
    where: `s.customer_id = $1 and s.status in ${notMade}`,
    at: "s.at",
    key: stepKey,
    body: stepBody,
  },
];

const circumstances: readonly LineSource[] = [
  {
    name: "profile",
    kind: "profile",
    from: versions,
    where: `v.customer_id = $1 and (b.facts is null
      or v.facts - 'obligations' is distinct from b.facts - 'obligations'
      or v.personal is distinct from b.personal)`,
    at: "v.at",
    key: versionKey,
    body: `jsonb_build_object('customer_id', v.customer_id, 'version', v.version,
      'facts', v.facts - 'obligations', 'before', b.facts - 'obligations',
      'personal', v.personal, 'traces', b.personal)`,
  },
  {
    name: "owed",
    kind: "dues",
    from: versions,
    where: `v.customer_id = $1 and b.facts is not null
      and (${overdue("v")} <> ${overdue("b")} or ${owed("v")} <> ${owed("b")})`,
    at: "v.at",
    key: versionKey,
    body: `jsonb_build_object('obligations', v.facts -> 'obligations',
      'before', b.facts -> 'obligations')`,
  },
  {
    name: "due",
    kind: "dues",
    from: `customers c cross join lateral jsonb_array_elements(
      case jsonb_typeof(c.profile -> 'obligations')
        when 'array' then c.profile -> 'obligations' else '[]' end) o`,
    where: `c.customer_id = $1 and o ->> 'next_due' is not null and not exists (
        select from outcomes k where k.customer_id = $1
          and k.obligation_id = o ->> 'obligation_id'
          and k.due_date = (o ->> 'next_due')::timestamptz)`,
    at: "(o ->> 'next_due')::timestamptz",
    key: "o ->> 'obligation_id'",
    body: "jsonb_build_object('obligation', o, 'currency', c.base_currency)",
  },
  {
    name: "fell",
    kind: "dues",
    from: `(select distinct on (k.obligation_id, k.due_date) k.* from outcomes k
      where k.customer_id = $1 and k.due_date is not null
      order by k.obligation_id, k.due_date, k.timestamp) o`,
    where: "true",
    at: "o.due_date",
    key: "o.outcome_id",
    body: "to_jsonb(o)",
  },
  {
    name: "payment",
    kind: "dues",
    from: "outcomes o",
    where: `o.customer_id = $1 and o.outcome in ${payments}`,
    at: "o.timestamp",
    key: "o.outcome_id",
    body: "to_jsonb(o)",
  },
  {
    name: "outcome",
    kind: "outcomes",
    from: "outcomes o",
    where: `o.customer_id = $1 and o.outcome not in ${payments}`,
    at: "o.timestamp",
    key: "o.outcome_id",
    body: "to_jsonb(o)",
  },
];

const people: readonly LineSource[] = [
  {
    name: "case",
    kind: "people",
    from: "case_decisions k",
    where: "k.customer_id = $1",
    at: "k.made_at",
    key: "k.case_decision_id",
    body: "to_jsonb(k)",
  },
  {
    name: "review",
    kind: "people",
    from: "reviews w",
    where: "w.customer_id = $1",
    at: "w.asked_at",
    key: "w.review_id",
    body: "to_jsonb(w)",
  },
  {
    name: "answer",
    kind: "people",
    from: "reviews w",
    where: "w.customer_id = $1 and w.closed_at is not null",
    at: "w.closed_at",
    key: "w.review_id",
    body: "to_jsonb(w)",
  },
];

export const lineSources: readonly LineSource[] = [...told, ...circumstances, ...people];

/** Of the customer $1 the lines behind (at $2, id $3), the newest first, at most $4. */
export const pageSql = (sources: readonly LineSource[]): string => {
  const parts = sources.map(({ name, kind, from, where, at, key, body }) => {
    const id = `'${name}:' || (${key})`;
    return `(select ${at} as at, ${id} as id, '${name}' as source, '${kind}' as kind,
        ${body} as body
      from ${from}
      where ${where} and ${at} <= $2 and (${at} < $2 or ${id} < $3)
      order by 1 desc, 2 desc limit $4)`;
  });
  return `select to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, id, source, kind, body
    from (${parts.join(" union all ")}) lines order by lines.at desc, id desc limit $4`;
};

/** How many lines of each kind the customer $1 has. */
export const countsSql = (sources: readonly LineSource[]): string => {
  const parts = sources.map(
    ({ kind, from, where }) =>
      `select '${kind}' as kind, count(*)::integer as lines from ${from} where ${where}`,
  );
  return `select kind, sum(lines)::integer as lines from (${parts.join(" union all ")}) c
    group by kind`;
};
