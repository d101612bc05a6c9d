import type pg from "pg";
import { failure } from "../../errors.ts";
import { type PolicyDocument, policyKey } from "../../events/policy.ts";
import { isoTime, timeMs } from "../../events/time.ts";
import { versionAt, versionsOf } from "../../rules/policy.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import type { ScorePoint, ScoresAnswer } from "../messages/timeline.ts";
import { rowsOf } from "./rows.ts";
import { mustBeKnown } from "./timeline.ts";

const dayMs = 86_400_000;
/** Of each stretch of time the first, the last, the lowest and the highest score are kept. */
const stretches = 124;
const allMost = 500;
const marksMost = 50;
const lookedAtMost = 200_000;

/**
 * The scores of customer $1 from $2 to $3: all of them up to $4, else of each of $5 stretches the
 * first, last, lowest and highest; and every score that another version made than the one before.
 */
const courseSql = `
  with looked_at as (
    select prediction_id, score_date as at, risk_score, risk_level, model_version, policy_version
    from risk_scores where customer_id = $1 and score_date between $2 and $3
    order by score_date desc limit ${lookedAtMost}),
  counted as (
    select l.*, (count(*) over ())::integer as scores, min(at) over () as low,
      greatest(extract(epoch from max(at) over () - min(at) over ()), 0.001) as seconds
    from looked_at l),
  placed as (
    select c.*, floor(extract(epoch from at - low) / seconds * ($5 - 0.001)) as stretch,
      lag(model_version) over w as model_before, lag(policy_version) over w as policy_before
    from counted c window w as (order by at, prediction_id)),
  ranked as (
    select placed.*,
      row_number() over (partition by stretch order by at, prediction_id) as from_first,
      row_number() over (partition by stretch order by at desc, prediction_id desc) as from_last,
      row_number() over (partition by stretch order by risk_score, at) as from_low,
      row_number() over (partition by stretch order by risk_score desc, at) as from_high
    from placed),
  kept as (
    select *, scores <= $4 or 1 in (from_first, from_last, from_low, from_high) as is_point,
      model_before <> model_version or policy_before <> policy_version as is_mark
    from ranked)
  select prediction_id, at, risk_score, risk_level, model_version, policy_version, model_before,
    policy_before, is_point, is_mark, scores
  from kept where is_point or is_mark order by at, prediction_id`;

const newestSql = `
  (select prediction_id, score_date as at, risk_score, risk_level from risk_scores
   where customer_id = $1 order by score_date desc, prediction_id desc limit 1)
  union all
  (select prediction_id, score_date, risk_score, risk_level from risk_scores
   where customer_id = $1 and score_date <= (
     select max(score_date) - interval '7 days' from risk_scores where customer_id = $1)
   order by score_date desc, prediction_id desc limit 1)`;

type PointRow = Omit<ScorePoint, "at"> & { at: Date };
type CourseRow = PointRow & {
  model_version: string;
  policy_version: string;
  model_before: string | null;
  policy_before: string | null;
  is_point: boolean;
  is_mark: boolean | null;
  scores: number;
};

const pointOf = ({ prediction_id, at, risk_score, risk_level }: PointRow): ScorePoint => ({
  prediction_id,
  at: isoTime(at.getTime()),
  risk_score,
  risk_level,
});

const marksOf = (rows: readonly CourseRow[]): ScoresAnswer["marks"] =>
  rows
    .filter(({ is_mark }) => is_mark)
    .flatMap(({ at, prediction_id, ...row }) => {
      const mark = (what: string, from: string | null, to: string) =>
        from === null || from === to
          ? []
          : [{ at: isoTime(at.getTime()), what, from, to, prediction_id }];
      return [
        ...mark("model", row.model_before, row.model_version),
        ...mark("policy", row.policy_before, row.policy_version),
      ];
    })
    .slice(-marksMost);

const readBands = async (
  pool: pg.Pool,
  customer: string,
  time: number,
): Promise<ScoresAnswer["bands"]> => {
  const rows = await rowsOf<{ document: PolicyDocument }>(pool, {
    name: "scoring policies",
    text: "select document from policies where kind = 'scoring' and name = 'delinquency'",
  });
  const entries = new Map(rows.map(({ document }) => [policyKey(document), document]));
  const versions = versionsOf(entries, "scoring", "delinquency");
  if (versions.length === 0) return null;
  const policy = versionAt(versions, time);
  const { bands, fold_bands: byFold } = policy;
  const { MEDIUM, HIGH, CRITICAL } = byFold?.[foldOf(customer, byFold.length)] ?? bands;
  return { policy: policyKey(policy), MEDIUM, HIGH, CRITICAL };
};

const timeOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const ms = timeMs(text);
  if (Number.isNaN(ms)) throw failure("REQUEST_WRONG", `${name} is not a time in ISO 8601`);
  return ms;
};

type Span = { from?: string | undefined; to?: string | undefined };

/** How a customer's score went. Throws CUSTOMER_UNKNOWN, REQUEST_WRONG and READ_MODEL_AWAY. */
export const readScores = async (
  pool: pg.Pool,
  customer: string,
  span: Span,
): Promise<ScoresAnswer> => {
  const [asked, until] = [timeOf("from", span.from), timeOf("to", span.to)];
  const ends = { name: "newest scores", text: newestSql, values: [customer] };
  const [newest, week] = (await rowsOf<PointRow>(pool, ends)).map(pointOf);
  if (newest === undefined) await mustBeKnown(pool, customer);
  const to = until ?? (newest ? timeMs(newest.at) : Date.now());
  const from = asked ?? to - 90 * dayMs;
  const values = [customer, isoTime(from), isoTime(to + 1), allMost, stretches];
  const [course, bands] = await Promise.all([
    rowsOf<CourseRow>(pool, { name: "course", text: courseSql, values }),
    readBands(pool, customer, to),
  ]);
  return {
    customer_id: customer,
    from: isoTime(from),
    to: isoTime(to),
    scores: course[0]?.scores ?? 0,
    points: course.filter(({ is_point }) => is_point).map(pointOf),
    marks: marksOf(course),
    bands,
    newest: newest ?? null,
    week_before: week ?? null,
  };
};
