import type pg from "pg";
import type { Intervention } from "../events/intervention.ts";
import { isoTime } from "../events/time.ts";
import { type Interval, proportion, proportionDifference } from "../rules/statistics.ts";
import { reasons } from "./contacted.ts";
import { chosenSql, chosenValues, inTime, outcomeOf, type Span, spanOf } from "./interventions.ts";
import {
  type Chosen,
  type Dimension,
  dimensions,
  type StatisticsAnswer,
} from "./messages/interventions.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const withinDays = 30;
const leastEpisodes = 30;
const episodesMost = 100_000;
const stepsMost = 120;

/**
 * How often each combination of the dimensions occurs. There are some hundreds of them at most;
 * every count that is shown follows from these.
 */
const combinationsSql = `
  select status, band, type, channel, arm, reason, sum(n)::float8 as count from (
    select status, risk_level as band, intervention_type as type, channel, arm,
      null::text as reason, count(*) as n
    from interventions
    where ($1::timestamptz is null or timestamp >= $1)
      and ($2::timestamptz is null or timestamp < $2)
    group by 1, 2, 3, 4, 5
    union all
    select status, risk_level, intervention_type, channel, arm, suppressed_by, count(*)
    from suppressed_interventions
    where ($1::timestamptz is null or timestamp >= $1)
      and ($2::timestamptz is null or timestamp < $2)
    group by 1, 2, 3, 4, 5, 6) c
  group by 1, 2, 3, 4, 5, 6 limit 20000`;

type Combination = Record<Dimension, string | null> & { count: number };

const fits = (one: Combination, chosen: Chosen, besides?: Dimension): boolean =>
  dimensions.every(
    (name) => name === besides || chosen[name] === undefined || one[name] === chosen[name],
  );

const byCount = (a: { count: number }, b: { count: number }) => b.count - a.count;

/** How many there would be with each value of a dimension, the other filters as they are. */
const tallyOf = (all: readonly Combination[], chosen: Chosen, name: Dimension) => {
  const counts = new Map<string | null, number>();
  for (const one of all)
    if (fits(one, chosen, name)) counts.set(one[name], (counts.get(one[name]) ?? 0) + one.count);
  if (name === "reason") counts.delete(null);
  return [...counts].map(([value, count]) => ({ value, count })).sort(byCount);
};

const outcomesOf = (all: readonly Combination[]): StatisticsAnswer["outcomes"] => {
  const found = { taken: 0, stopped: 0, delayed: 0, held_out: 0 };
  for (const { status, count } of all) found[outcomeOf(status as Intervention["status"])] += count;
  return found;
};

const reasonsOf = (all: readonly Combination[]): StatisticsAnswer["reasons"] => {
  const found = new Map<string, { stopped: number; delayed: number }>();
  for (const { reason, status, count } of all) {
    if (reason === null) continue;
    const counts = found.get(reason) ?? { stopped: 0, delayed: 0 };
    counts[status === "deferred" ? "delayed" : "stopped"] += count;
    found.set(reason, counts);
  }
  return [...found]
    .map(([reason, counts]) => ({ reason, says: reasons[reason] ?? reason, ...counts }))
    .sort((a, b) => b.stopped + b.delayed - a.stopped - a.delayed);
};

const steps = (table: string, reason: string): string => `
  select date_bin($9::float8 * interval '1 ms', timestamp, timestamptz 'epoch') as at,
    status in ('deferred', 'suppressed', 'held_out') as kept, count(*) as n
  from ${table} where ${chosenSql(reason)} group by 1, 2`;
const courseSql = `
  select at, kept, sum(n)::float8 as count from (
    ${steps("interventions", "null::text")} union all
    ${steps("suppressed_interventions", "suppressed_by")}) s
  group by 1, 2 order by 1 limit 2000`;

const edgesSql = `
  select least((select min(timestamp) from interventions),
      (select min(timestamp) from suppressed_interventions)) as first,
    greatest((select max(timestamp) from interventions),
      (select max(timestamp) from suppressed_interventions)) as last`;

/** Hours or days, so that there are not more steps than can be seen. */
const stepMsOf = (lengthMs: number): number => {
  const fitting = [hourMs, 6 * hourMs, dayMs].find((ms) => lengthMs / ms < stepsMost + 1);
  return fitting ?? Math.ceil(lengthMs / stepsMost / dayMs) * dayMs;
};

const readCourse = async (client: pg.ClientBase, span: Span, chosen: Chosen) => {
  const { rows: edges } = await client.query<{ first: Date | null; last: Date | null }>(edgesSql);
  const { first, last } = edges[0];
  if (first === null || last === null) return { course: [], step_ms: dayMs };
  const from = Math.max(first.getTime(), span.from ? Date.parse(span.from) : 0);
  const to = Math.min(last.getTime(), span.to ? Date.parse(span.to) : last.getTime());
  const step_ms = stepMsOf(to - from);
  const values = [...chosenValues(span, chosen), step_ms];
  type Step = { at: Date; kept: boolean; count: number };
  const { rows } = await client.query<Step>(courseSql, values);
  const found = new Map<number, { taken: number; not_taken: number }>();
  for (let at = Math.floor(from / step_ms) * step_ms; at <= to; at += step_ms)
    found.set(at, { taken: 0, not_taken: 0 });
  for (const { at, kept, count } of rows) {
    const step = found.get(at.getTime());
    if (step) step[kept ? "not_taken" : "taken"] += count;
  }
  const course = [...found].map(([at, counts]) => ({ at: isoTime(at), ...counts }));
  return { course, step_ms };
};

const within = `interval '${withinDays} days'`;
const decisionsOfEpisodes = (table: string): string => `
  select episode_id, customer_id, arm, timestamp, risk_level from ${table}
  where episode_id is not null and arm is not null
    and ($1::timestamptz is null or timestamp >= $1::timestamptz - ${within})
    and ($2::timestamptz is null or timestamp < $2::timestamptz - ${within})`;
const beganEarlier = (table: string): string => `
  exists (select from ${table} p where p.customer_id = e.customer_id
    and p.episode_id = e.episode_id and p.timestamp < e.began)`;

/**
 * Episodes whose outcome became known in the span, by arm: so many days after they began. Whom no
 * experiment may have is left out, since no arm but the champion has them: episodes that began
 * Critical, and customers whom a person looks after.
 */
const armsSql = `
  with episodes as (
    select episode_id, customer_id, arm, min(timestamp) as began,
      (array_agg(risk_level order by timestamp))[1] as band
    from (${decisionsOfEpisodes("interventions")}
      union all ${decisionsOfEpisodes("suppressed_interventions")}) d
    group by 1, 2, 3 limit ${episodesMost}),
  ripe as (
    select e.* from episodes e left join customers c using (customer_id)
    where band <> 'CRITICAL'
      and not coalesce(c.statuses ?| array['vulnerable', 'hardship'], false)
      and began + ${within} <= (select learned_at from outcomes order by learned_at desc limit 1)
      and not ${beganEarlier("interventions")}
      and not ${beganEarlier("suppressed_interventions")})
  select arm, count(*)::float8 as episodes,
    count(*) filter (where exists (
      select from outcomes o
      where o.customer_id = r.customer_id and o.outcome = 'payment_missed'
        and o.timestamp > r.began and o.timestamp <= r.began + ${within}
    ))::float8 as missed
  from ripe r group by 1 order by 1 limit 50`;

type ArmRow = { arm: string; episodes: number; missed: number };
type ArmAnswer = StatisticsAnswer["arms"]["compared"][number];

const control = "holdout";
const percent = (share: number) => `${Math.round(share * 100)} %`;
const points = (share: number) =>
  `${share > 0 ? "+" : share < 0 ? "−" : ""}${Math.abs(Math.round(share * 100))}`;

const differenceSays = ({ value, low, high }: Interval): string => {
  const range =
    `${points(value)} percentage points against the control group, and with 95 % ` +
    `certainty between ${points(low)} and ${points(high)}`;
  if (high < 0) return `${range}: fewer payments are missed.`;
  return low > 0 ? `${range}: more payments are missed.` : `${range}: no difference is shown.`;
};

const armOf = (row: ArmRow, held: ArmRow | undefined): ArmAnswer => {
  const { arm, episodes, missed } = row;
  const counted = `${missed} of ${episodes} episodes`;
  if (episodes < leastEpisodes) {
    const says = `${counted}: too few to say; ${leastEpisodes} are needed.`;
    return { ...row, share: null, difference: null, says };
  }
  const share = proportion(missed, episodes) ?? null;
  const against = arm !== control && held && held.episodes >= leastEpisodes ? held : undefined;
  const difference =
    (against &&
      proportionDifference(
        { hits: missed, rows: episodes },
        { hits: against.missed, rows: against.episodes },
      )) ??
    null;
  const says = difference
    ? differenceSays(difference)
    : `${counted}, ${percent(share?.value ?? 0)}.`;
  return { ...row, share, difference, says };
};

/** Arms and what became of their episodes, said only where there is enough to say it. */
export const armsOf = (rows: readonly ArmRow[]): StatisticsAnswer["arms"] => {
  const held = rows.find(({ arm }) => arm === control);
  return {
    within_days: withinDays,
    least_episodes: leastEpisodes,
    compared: rows.map((row) => armOf(row, held)),
    says:
      `Whether a payment was missed within ${withinDays} days after an episode began, for ` +
      "episodes whose time ended in this span. Episodes that began in the critical band and " +
      "customers whom a person looks after are left out: nobody withholds help from them.",
  };
};

const count = (pool: pg.Pool, chosen: Chosen): Promise<StatisticsAnswer> =>
  inTime(pool, async (client) => {
    const span = await spanOf(client, chosen);
    const within = [span.from, span.to];
    const { rows: all } = await client.query<Combination>(combinationsSql, within);
    const { rows: arms } = await client.query<ArmRow>(armsSql, within);
    const found = all.filter((one) => fits(one, chosen));
    const by = Object.fromEntries(dimensions.map((name) => [name, tallyOf(all, chosen, name)]));
    return {
      span,
      total: found.reduce((sum, { count }) => sum + count, 0),
      outcomes: outcomesOf(found),
      by: by as StatisticsAnswer["by"],
      reasons: reasonsOf(found),
      ...(await readCourse(client, span, chosen)),
      arms: armsOf(arms),
    };
  });

const freshMs = 2_000;
const keptMost = 100;

/**
 * Decisions of a time span counted: by each dimension, over time, and by what came after. Many
 * consoles ask the same again and again: what was counted in the last two seconds is told again.
 */
export const interventionStatistics = (pool: pg.Pool, now = Date.now) => {
  const kept = new Map<string, { at: number; answer: Promise<StatisticsAnswer> }>();
  return (chosen: Chosen): Promise<StatisticsAnswer> => {
    const key = JSON.stringify(Object.entries(chosen).sort());
    const known = kept.get(key);
    if (known && now() - known.at < freshMs) return known.answer;
    const answer = count(pool, chosen);
    if (kept.size >= keptMost) kept.clear();
    kept.set(key, { at: now(), answer });
    answer.catch(() => kept.delete(key));
    return answer;
  };
};
