import type pg from "pg";
import { transact } from "../db.ts";
import { failure } from "../errors.ts";
import type { Intervention } from "../events/intervention.ts";
import { isoTime, timeMs } from "../events/time.ts";
import { contactedOf } from "./contacted.ts";
import type {
  AttemptAnswer,
  Chosen,
  CourseAnswer,
  InterventionsAnswer,
  ListedIntervention,
} from "./messages/interventions.ts";
import { readingTables } from "./vectors.ts";

const answerMaxMs = 5_000;
const dayMs = 86_400_000;
const usualDays = 30;
const cancelled = "57014";

/** Reads within a time limit; INTERVENTIONS_TOO_MANY where it did not suffice. */
export const inTime = <T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  mostMs = answerMaxMs,
): Promise<T> =>
  readingTables(async () => {
    try {
      return await transact(pool, async (client) => {
        await client.query(`set local statement_timeout = ${mostMs}`);
        return work(client);
      });
    } catch (thrown) {
      if ((thrown as { code?: string }).code !== cancelled) throw thrown;
      throw failure("INTERVENTIONS_TOO_MANY", String(mostMs / 1_000));
    }
  });

export type Span = { from: string | null; to: string | null };

const timeIn = (name: string, text: string | undefined): string | null => {
  if (text === undefined) return null;
  const ms = timeMs(text);
  if (Number.isNaN(ms)) throw failure("REQUEST_WRONG", `${name} is no time in ISO 8601`);
  return isoTime(ms);
};

const newestSql = `
  select greatest((select max(timestamp) from interventions),
    (select max(timestamp) from suppressed_interventions)) as newest`;

/**
 * The time span that is asked for. Without a beginning it is so many days before its end, or before
 * the newest decision: imported data may be old.
 */
export const spanOf = async (client: pg.ClientBase, chosen: Chosen): Promise<Span> => {
  const to = timeIn("to", chosen.to);
  if (chosen.from !== undefined) return { from: timeIn("from", chosen.from), to };
  const days = Number(chosen.days ?? usualDays);
  if (to !== null) return { from: isoTime(Date.parse(to) - days * dayMs), to };
  const { rows } = await client.query<{ newest: Date | null }>(newestSql);
  const newest = rows[0].newest;
  return { from: newest && isoTime(newest.getTime() - days * dayMs), to };
};

/** $1 to $8: the span, then each filter; null lets everything pass. */
export const chosenSql = (reason: string): string => `
  ($1::timestamptz is null or timestamp >= $1) and ($2::timestamptz is null or timestamp < $2)
  and ($3::text is null or status = $3) and ($4::text is null or risk_level = $4)
  and ($5::text is null or intervention_type = $5) and ($6::text is null or channel = $6)
  and ($7::text is null or arm = $7) and ($8::text is null or ${reason} = $8)`;

export const chosenValues = ({ from, to }: Span, chosen: Chosen): (string | null)[] => {
  const { status, band, type, channel, arm, reason } = chosen;
  return [from, to, ...[status, band, type, channel, arm, reason].map((one) => one ?? null)];
};

const page = (table: string, reason: string): string => `
  (select intervention_id, timestamp from ${table}
   where ${chosenSql(reason)}
     and ($9::timestamptz is null or (timestamp, intervention_id) < ($9, $10))
   order by timestamp desc, intervention_id desc limit $11)`;

const columns = `customer_id, intervention_type, channel, risk_level, risk_score, status,
    episode_id, prediction_id, policy_version, arm`;

/** The ids come from the indexes alone; then the rows of one page are fetched. */
const listSql = `
  with chosen as (
    select * from (
      ${page("interventions", "null::text")}
      union all
      ${page("suppressed_interventions", "suppressed_by")}) all_of_them
    order by timestamp desc, intervention_id desc limit $11)
  select c.intervention_id, c.timestamp, ${columns}, null as suppressed_by, null as not_before
  from chosen c join interventions d using (intervention_id)
  union all
  select c.intervention_id, c.timestamp, ${columns}, suppressed_by, not_before
  from chosen c join suppressed_interventions d using (intervention_id)
  order by timestamp desc, intervention_id desc`;

type Row = Omit<ListedIntervention, "decided_at" | "outcome" | "why" | "not_before"> & {
  timestamp: Date;
  not_before: Date | null;
};

const kept: Partial<Record<Intervention["status"], ListedIntervention["outcome"]>> = {
  deferred: "delayed",
  suppressed: "stopped",
  held_out: "held_out",
};
/** Whether a step was taken, and else what kept it. */
export const outcomeOf = (status: Intervention["status"]): ListedIntervention["outcome"] =>
  kept[status] ?? "taken";

const listed = ({ timestamp, not_before, ...row }: Row): ListedIntervention => {
  const until = not_before && isoTime(not_before.getTime());
  return {
    ...row,
    decided_at: isoTime(timestamp.getTime()),
    outcome: outcomeOf(row.status),
    not_before: until,
    why: contactedOf(row.risk_level, { ...row, not_before: until }).why,
  };
};

const placeParts = (before: string | undefined): [string | null, string | null] => {
  if (before === undefined) return [null, null];
  const cut = before.indexOf("~");
  if (cut < 0) throw failure("REQUEST_WRONG", "before is no place that an answer named as next");
  return [timeIn("before", before.slice(0, cut)), before.slice(cut + 1)];
};

export type ListOptions = { before?: string; limit?: string };
const usualRows = 100;

/** A page of decisions, taken or not, the newest first. */
export const listInterventions = (
  pool: pg.Pool,
  { before, limit, ...chosen }: Chosen & ListOptions,
): Promise<InterventionsAnswer> =>
  inTime(pool, async (client) => {
    const rowsMost = Number(limit ?? usualRows);
    const place = placeParts(before);
    const span = await spanOf(client, chosen);
    const values = [...chosenValues(span, chosen), ...place, rowsMost + 1];
    const { rows } = await client.query<Row>(listSql, values);
    const interventions = rows.slice(0, rowsMost).map(listed);
    const last = rows.length > rowsMost ? interventions.at(-1) : undefined;
    const next = last ? `${last.decided_at}~${last.intervention_id}` : null;
    return { span, interventions, next };
  });

const courseSql = `
  select
    (select coalesce(jsonb_agg(s order by s.at), '[]') from (
       select status, at, suppressed_by, not_before, customer_id from intervention_statuses
       where intervention_id = $1 order by at limit 200) s) as statuses,
    (select coalesce(jsonb_agg(a order by a.reserved_at, a.attempt), '[]') from (
       select attempt, channel, provider, idempotent, simulated, state, reason, reserved_at,
         settled_at, released_by, released_at
       from notification_attempts where intervention_id = $1
       order by reserved_at limit 200) a) as attempts,
    (select to_jsonb(d) from interventions d where intervention_id = $1) as taken,
    (select to_jsonb(d) from suppressed_interventions d where intervention_id = $1) as kept`;

type Told = {
  status: Intervention["status"];
  at: string;
  suppressed_by: string | null;
  not_before: string | null;
};
type Body = Omit<Told, "at"> & { timestamp: string; risk_level: string };
type Found = { statuses: Told[]; attempts: AttemptAnswer[]; taken: Body | null; kept: Body | null };

const utc = (time: string): string => isoTime(timeMs(time));
const utcOrNull = (time: string | null): string | null => time && utc(time);

/** What became of one intervention: each status it had, and the ledger of what was tried. */
export const readCourse = (pool: pg.Pool, id: string): Promise<CourseAnswer> =>
  inTime(pool, async (client) => {
    const { rows } = await client.query<Found>(courseSql, [id]);
    const { statuses, attempts, taken, kept } = rows[0];
    const body = taken ?? kept;
    if (body === null) throw failure("DECISION_UNKNOWN", id);
    // Rows of before this history was kept have their newest status only.
    const told = statuses.length > 0 ? statuses : [{ ...body, at: body.timestamp }];
    return {
      intervention_id: id,
      statuses: told.map((one) => ({
        status: one.status,
        at: utc(one.at),
        why: contactedOf(body.risk_level, { ...one, not_before: utcOrNull(one.not_before) }).why,
        not_before: utcOrNull(one.not_before),
      })),
      attempts: attempts.map((one) => ({
        ...one,
        reserved_at: utc(one.reserved_at),
        settled_at: utcOrNull(one.settled_at),
        released_at: utcOrNull(one.released_at),
      })),
    };
  });
