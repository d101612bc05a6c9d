import type pg from "pg";
import type { StoriesAnswer } from "./messages/stories.ts";
import { readingTables } from "./vectors.ts";

const queryMaxMs = 5_000;
const customersMost = 200;

/**
 * When a customer first came to High or above in the course of a story; scores of before it began,
 * or after the customer recovered, do not count.
 */
const flagged = `
  lateral (
    select min(r.score_date) as flagged_at from risk_scores r
    where r.customer_id = s.customer_id and r.risk_level in ('HIGH', 'CRITICAL')
      and r.score_date >= s.starts_at
      and (s.recovers_at is null or r.score_date <= s.recovers_at)) f`;

const toldText = `
  select story, look_alike, count(*)::integer as customers,
    count(first_missed_payment)::integer as missed, count(flagged_at)::integer as flagged,
    (count(*) filter (where flagged_at < first_missed_payment))::integer as in_time
  from simulated_stories s, ${flagged}
  where s.starts_at <= now()
  group by story, look_alike order by look_alike, story`;

const livedText = `
  select s.customer_id, s.starts_at, s.peaks_at, s.first_missed_payment, s.recovers_at,
    f.flagged_at, n.risk_level, n.risk_score
  from (
    select * from simulated_stories where story = $1 and starts_at <= now()
    order by starts_at desc limit ${customersMost}) s
  cross join ${flagged}
  left join lateral (
    select risk_level, risk_score from risk_scores r where r.customer_id = s.customer_id
    order by score_date desc limit 1) n on true
  order by s.starts_at desc`;

type Lived = StoriesAnswer["customers"][number];
type Times = "starts_at" | "peaks_at" | "first_missed_payment" | "recovers_at" | "flagged_at";
type Row = Omit<Lived, Times> & Record<Times, Date | null>;

const isoOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;

const livedOf = (row: Row): Lived => ({
  ...row,
  starts_at: (row.starts_at as Date).toISOString(),
  peaks_at: isoOrNull(row.peaks_at),
  first_missed_payment: isoOrNull(row.first_missed_payment),
  recovers_at: isoOrNull(row.recovers_at),
  flagged_at: isoOrNull(row.flagged_at),
});

/** What simulated people live through, and whether it was noticed. Throws READ_MODEL_AWAY. */
export const readStories = (pool: pg.Pool, story: string | undefined): Promise<StoriesAnswer> =>
  readingTables(async () => {
    const told = await pool.query({
      name: "stories",
      text: toldText,
      query_timeout: queryMaxMs,
    } as pg.QueryConfig);
    if (story === undefined) return { stories: told.rows, customers: [] };
    const lived = await pool.query<Row>({
      name: "a story",
      text: livedText,
      values: [story],
      query_timeout: queryMaxMs,
    } as pg.QueryConfig);
    return { stories: told.rows, customers: lived.rows.map(livedOf) };
  });
