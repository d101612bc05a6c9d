import type pg from "pg";
import { failure } from "../errors.ts";
import { type PolicyDocument, policyKey } from "../events/policy.ts";
import type { Prediction } from "../events/prediction.ts";
import { isoTime, timeMs } from "../events/time.ts";
import { difference } from "../rules/explanation/difference.ts";
import { brokenSeal } from "../rules/explanation/seal.ts";
import { policyHash } from "../rules/policy.ts";
import { mintId } from "../stream/ids.ts";
import { contactedOf, type Decision } from "./contacted.ts";
import type { ReviewAnswer } from "./messages/reviews.ts";
import type { DecisionAnswer } from "./messages.ts";
import { readingTables } from "./vectors.ts";

/**
 * Everything that the tables know of a decision: $1 is the id of a prediction or intervention, $2
 * that of a prediction to compare it with; null: the customer's one before. That is the newest one
 * with the score that the prediction names as the previous one. Scores come in the order of their
 * features' time; of two that share it, the one that names the other's score came after it. No two
 * are each other's one before.
 */
const everything = `
  with asked as (
    select coalesce(
      (select prediction_id from interventions where intervention_id = $1),
      (select prediction_id from suppressed_interventions where intervention_id = $1),
      $1) as prediction_id),
  score as (select s.* from risk_scores s join asked using (prediction_id)),
  what_if as (select w.* from what_if_scores w join asked using (prediction_id)),
  subject as (
    select customer_id, prediction_id, score_date as at, coalesce(as_of, score_date) as as_of,
      risk_score as scored, previous_score as previous from score
    union all
    select customer_id, prediction_id, (prediction ->> 'event_time')::timestamptz,
      (prediction ->> 'as_of')::timestamptz, null, (prediction ->> 'previous_score')::float8
    from what_if),
  before as (
    select b.prediction_id
    from subject s join risk_scores b using (customer_id) cross join lateral (select
      coalesce(b.as_of, b.score_date) as b_as_of,
      coalesce(b.risk_score = s.previous, false) as led,
      coalesce(s.scored = b.previous_score, false) as followed) o
    where b.prediction_id <> s.prediction_id
      and case
        when $2::text is not null then b.prediction_id = $2
        when b_as_of <> s.as_of then b_as_of < s.as_of
        when led <> followed then led
        else s.previous is not null
          and (b.score_date, b.prediction_id) < (s.at, s.prediction_id) end
    order by led desc, b_as_of desc, b.score_date desc, b.prediction_id desc limit 1),
  steps as (
    select to_jsonb(d) as body, timestamp, intervention_id, d.policy_version
    from interventions d
    where intervention_id = $1 or prediction_id = (select prediction_id from asked)
    union all
    select to_jsonb(d), timestamp, intervention_id, d.policy_version
    from suppressed_interventions d
    where intervention_id = $1 or prediction_id = (select prediction_id from asked))
  select
    (select to_jsonb(score) from score) as score,
    (select to_jsonb(what_if) from what_if) as what_if,
    (select to_jsonb(b) from risk_scores b join before using (prediction_id)) as before,
    (select coalesce(jsonb_agg(body order by timestamp), '[]') from steps) as steps,
    (select coalesce(jsonb_agg(p.document order by p.policy_key), '[]') from policies p
     where p.policy_key in (select policy_version from steps)
        or p.policy_key = (select policy_version from score)
        or (p.kind = 'model' and p.name || '-' || p.version = (select model_version from score))
    ) as policies,
    (select coalesce(jsonb_agg(r order by r.asked_at), '[]') from reviews r
     where decision_id = $1) as reviews`;

const queryMaxMs = 5_000;

type Json = Record<string, unknown>;
type Step = Decision & { intervention_id: string; timestamp: string; customer_id: string };
type ScoreRow = Json & { score_date: string; as_of: string | null; more: Json | null };
/** A row of `reviews` as JSON: its times as Postgres writes them. */
export type ReviewRow = ReviewAnswer;
type Found = {
  score: ScoreRow | null;
  before: ScoreRow | null;
  what_if: { prediction: Prediction; instead: Json; asked_by: string; asked_at: string } | null;
  steps: Step[];
  policies: PolicyDocument[];
  reviews: ReviewRow[];
};

const utc = (time: string): string => isoTime(timeMs(time));
const utcOrNull = (time: string | null | undefined): string | null =>
  time == null ? null : utc(time);

/** A row of `risk_scores` as the event that it was. */
export const predictionOf = (row: ScoreRow): Prediction => {
  const { score_date, more, as_of, ...columns } = row;
  const time = utc(score_date);
  const times = { as_of: utcOrNull(as_of), timestamp: time, event_time: time };
  return { ...columns, ...more, ...times, event_type: "prediction" } as unknown as Prediction;
};

export const reviewOf = (row: ReviewRow): ReviewAnswer => ({
  ...row,
  asked_at: utc(row.asked_at),
  closed_at: utcOrNull(row.closed_at),
});

const stepOf = (step: Step): Step => ({
  ...step,
  timestamp: utc(step.timestamp),
  ...(step.not_before === undefined ? {} : { not_before: utcOrNull(step.not_before) }),
});

const find = async (pool: pg.Pool, id: string, since: string | null): Promise<Found> => {
  const values = [id, since];
  const question = { name: "decision", text: everything, values, query_timeout: queryMaxMs };
  const { rows } = await readingTables(() => pool.query<Found>(question));
  return rows[0];
};

const sealOf = (prediction: Prediction | null): DecisionAnswer["seal"] => {
  if (prediction === null) return null;
  const broken = brokenSeal(prediction);
  return { intact: broken === undefined, detail: broken ?? null };
};

/**
 * A prediction or intervention with all that it rests on, what changed since the prediction before
 * it or another of the customer's, and all that was done about it. Throws DECISION_UNKNOWN and
 * READ_MODEL_AWAY.
 */
export const readDecision = async (
  pool: pg.Pool,
  id: string,
  since: string | null = null,
): Promise<DecisionAnswer> => {
  const found = await find(pool, id, since);
  const steps = found.steps.map(stepOf);
  const asked = steps.find((step) => step.intervention_id === id);
  const prediction = found.score ? predictionOf(found.score) : (found.what_if?.prediction ?? null);
  if (prediction === null && asked === undefined) throw failure("DECISION_UNKNOWN", id);
  if (since !== null && found.before === null) throw failure("DECISION_UNKNOWN", since);
  const changes =
    prediction && found.before ? difference(predictionOf(found.before), prediction) : null;
  const level = String(prediction?.risk_level ?? (asked as unknown as Json).risk_level);
  const whatIf = found.what_if && !found.score ? found.what_if : null;
  return {
    decision_id: id,
    kind: asked ? "intervention" : whatIf ? "what_if" : "prediction",
    customer_id: prediction?.customer_id ?? (asked as Step).customer_id,
    prediction: prediction as unknown as Json,
    seal: sealOf(prediction),
    changes: changes as unknown as Json | null,
    what_if: whatIf && {
      instead: whatIf.instead,
      asked_by: whatIf.asked_by,
      asked_at: utc(whatIf.asked_at),
    },
    interventions: steps,
    contact: whatIf
      ? { contacted: false, status: "none", why: "It was a question of what if." }
      : contactedOf(level, asked ?? steps.at(-1)),
    policies: found.policies.map((document) => ({
      key: policyKey(document),
      hash: policyHash(document),
      document,
    })),
    reviews: found.reviews.map(reviewOf),
  };
};

/** Asks that a person look at a decision; the same key asks once. */
export const askForReview = async (
  pool: pg.Pool,
  id: string,
  { by, reason, key }: { by: string; reason: string; key: string },
): Promise<ReviewAnswer> => {
  const { customer_id } = await readDecision(pool, id);
  const now = Date.now();
  const review_id = mintId("review", `${id}\n${by}\n${key}`, 0);
  const { rows } = await readingTables(() =>
    pool.query<{ review: ReviewRow }>(
      `insert into reviews as r (review_id, decision_id, customer_id, asked_by, reason, asked_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (review_id) do update set review_id = excluded.review_id
       returning to_jsonb(r) as review`,
      [review_id, id, customer_id, by, reason, isoTime(now)],
    ),
  );
  return reviewOf(rows[0].review);
};
