import type pg from "pg";
import type { CustomerUpdate } from "../events/customer.ts";
import { isoTime, timeMs } from "../events/time.ts";
import { nextDue } from "../rules/obligations.ts";
import { contactedOf } from "./contacted.ts";
import type { Exchange } from "./exchange.ts";
import type { Keep } from "./keep.ts";
import { placeOf, placeText } from "./keyset.ts";
import type { QueueAnswer, QueueFacet, QueueQuery, QueueRow } from "./messages/queue.ts";
import { readingTables } from "./vectors.ts";

/**
 * The queue of customers at risk, ranked by
 *
 *     expected loss = risk score × what is overdue or falls due within a month
 *
 * in the API's currency, since the score says how likely it is that this is not paid; of equals the
 * higher score comes first. `cases` has one narrow row for each customer: those at risk are looked
 * at all together, once for a page and once for the counts. What only a page shows is fetched for
 * its rows alone.
 */
type QueueStores = { pool: pg.Pool; exchange: Exchange; keep: Keep };

const queryMaxMs = 5_000;
const rowsUsual = 50;
const countsMost = 40;

/** The filters, of $2 to $9; null: any. */
const conditions: Readonly<Record<QueueFacet, string>> = {
  band: "risk_level = any($2::text[])",
  assignee: "($3::text is null or coalesce(assignee, '') = $3)",
  decided: "($4::boolean is null or waiting = $4)",
  country: "($5::text is null or country = $5)",
  product: "($6::text is null or $6 = any(products))",
  reason: "($7::text is null or reason_code = $7)",
  contact: "($8::text is null or contact = $8)",
  simulated: "($9::boolean is null or coalesce(simulated, false) = $9)",
};
const facets = Object.keys(conditions) as QueueFacet[];

/** Customers at risk with what is at stake, in the currency of the rates $1. */
const atRisk = `
  select q.*, case when q.dues is null then q.due * r.factor
    else (select sum(d.value::double precision * m.factor)
      from jsonb_each_text(q.dues) d join rates m on m.currency = d.key) end as stake
  from queue q left join rates r on r.currency = q.due_currency`;

const rates = `rates as materialized (
  select currency, factor from json_to_recordset($1::json)
    as r(currency text, factor double precision))`;

const pageText = `
  with ${rates},
  page as (
    select *
    from (select *, coalesce(risk_score * stake, 0) as loss from (${atRisk} offset 0) s) q
    where ${Object.values(conditions).join(" and ")}
      and ($10::double precision is null
        or (loss, risk_score, customer_id) < ($10, $11::double precision, $12::text))
    order by loss desc, risk_score desc, customer_id desc limit $13)
  select p.*, before.risk_score as week_before,
    (f.features ->> 'due_cover_ratio')::double precision as cover,
    k.profile -> 'obligations' as obligations, k.base_currency
  from page p
  left join lateral (
    select s.risk_score from risk_scores s
    where s.customer_id = p.customer_id and s.score_date <= p.scored_at - interval '7 days'
    order by s.score_date desc limit 1) before on true
  left join customer_features f on f.customer_id = p.customer_id
  left join customers k on k.customer_id = p.customer_id
  order by p.loss desc, p.risk_score desc, p.customer_id desc`;

/** What each filter counts by. Customers owe for several products: those are parted afterwards. */
const values: Readonly<Record<QueueFacet, string>> = {
  band: "risk_level",
  assignee: "coalesce(assignee, '')",
  decided: "case when waiting then 'waiting' else 'decided' end",
  country: "country",
  product: "array_to_string(products, ' ')",
  reason: "reason_code",
  contact: "contact",
  simulated: "case when simulated then 'yes' else 'no' end",
};

/**
 * One pass over all who are at risk. `fails` has a bit for each filter that a row does not meet: it
 * counts for a filter when it fails at most that one.
 */
const countsText = `
  with ${rates},
  found as (
    select ${facets.map((facet) => `${values[facet]} as ${facet}`).join(", ")}, stake,
      coalesce(risk_score * stake, 0) as loss,
      ${facets
        .map((facet, at) => `case when ${conditions[facet]} then 0 else ${1 << at} end`)
        .join(" + ")} as fails
    from (${atRisk} offset 0) q)
  select ${facets
    .map((facet) => `case when grouping(${facet}) = 0 then '${facet}' end`)
    .reduce((all, one) => `coalesce(${all}, ${one})`)} as facet,
    coalesce(${facets}) as value, fails, count(*)::integer as n,
    sum(stake) as stake, sum(loss) as loss
  from found
  group by grouping sets ((fails), ${facets.map((facet) => `(fails, ${facet})`).join(", ")})`;

/** The customers that are looked at where no band is chosen: those that a person should see. */
const usualBands = ["HIGH", "CRITICAL"];

const assigneeOf = (asked: string | undefined, me: string): string | null => {
  if (asked === undefined) return null;
  if (asked === "mine") return me;
  return asked === "nobody" ? "" : asked;
};

const filterValues = (query: QueueQuery, me: string): unknown[] => [
  query.band === undefined ? usualBands : [query.band],
  assigneeOf(query.assignee, me),
  query.decided === "all" ? null : query.decided !== "decided",
  query.country ?? null,
  query.product ?? null,
  query.reason ?? null,
  query.contact ?? null,
  query.simulated === undefined ? null : query.simulated === "yes",
];

type Found = {
  loss: number;
  stake: number | null;
  risk_score: number;
  week_before: number | null;
  cover: number | null;
  obligations: NonNullable<CustomerUpdate["obligations"]> | null;
  base_currency: string | null;
  customer_id: string;
  risk_level: QueueRow["risk_level"];
  scored_at: Date;
  reason: string | null;
  reason_code: string | null;
  country: string | null;
  products: string[];
  simulated: boolean | null;
  contact: QueueRow["contact"]["state"];
  contact_status: string | null;
  contact_reason: string | null;
  contact_at: Date | null;
  contact_not_before: Date | null;
  assignee: string | null;
  decision: NonNullable<QueueRow["decision"]>["decision"] | null;
  decision_id: string;
  decision_reasons: NonNullable<QueueRow["decision"]>["reason_codes"] | null;
  decision_note: string | null;
  decided_by: string;
  decided_at: Date;
  rests_until: Date | null;
  waiting: boolean;
};

const timeOf = (time: Date): string => isoTime(timeMs(time.toISOString()));
const timeOrNull = (time: Date | null): string | null => (time === null ? null : timeOf(time));
const cents = (amount: number): number => Math.round(amount * 100) / 100;

const contactOf = (row: Found): QueueRow["contact"] => {
  const step = row.contact_status === null ? undefined : { status: row.contact_status };
  const { why } = contactedOf(
    row.risk_level,
    step && {
      ...step,
      suppressed_by: row.contact_reason,
      not_before: timeOrNull(row.contact_not_before),
    },
  );
  return { state: row.contact, says: why, at: timeOrNull(row.contact_at) };
};

const decisionOf = (row: Found): QueueRow["decision"] =>
  row.decision === null
    ? null
    : {
        case_decision_id: row.decision_id,
        decision: row.decision,
        reason_codes: row.decision_reasons ?? [],
        note: row.decision_note,
        by: row.decided_by,
        at: timeOf(row.decided_at),
        rests_until: timeOrNull(row.rests_until),
      };

const rowOf = (row: Found, currency: string): QueueRow => ({
  customer_id: row.customer_id,
  risk_level: row.risk_level,
  risk_score: row.risk_score,
  scored_at: timeOf(row.scored_at),
  score_week_before: row.week_before,
  reason: row.reason,
  reason_code: row.reason_code,
  country: row.country,
  products: row.products,
  simulated: row.simulated,
  at_stake: row.stake === null ? null : cents(row.stake),
  expected_loss: cents(row.loss),
  next_due:
    nextDue(row.obligations ?? [], row.base_currency ?? currency, row.scored_at.getTime()) ?? null,
  cover: row.cover,
  contact: contactOf(row),
  assignee: row.assignee,
  decision: decisionOf(row),
  waiting: row.waiting,
});

type Counted = {
  /** null: all together. */
  facet: QueueFacet | null;
  value: string | null;
  fails: number;
  n: number;
  stake: number | null;
  loss: number;
};

/** What a counted value is called among the filters. */
const namesOf = (facet: QueueFacet, value: string, me: string): string[] => {
  if (facet === "product") return value === "" ? [] : value.split(" ");
  if (facet !== "assignee") return [value];
  return value === "" ? ["nobody"] : value === me ? [value, "mine"] : [value];
};

const summaryOf = (rows: readonly Counted[], me: string): QueueAnswer["summary"] => {
  const tallies = new Map(facets.map((facet) => [facet, new Map<string, number>()]));
  const all = { n: 0, stake: 0, loss: 0 };
  for (const { facet, value, fails, n, stake, loss } of rows) {
    if (facet === null) {
      if (fails > 0) continue;
      all.n += n;
      all.stake += stake ?? 0;
      all.loss += loss;
    } else if (value !== null && (fails & ~(1 << facets.indexOf(facet))) === 0) {
      const tally = tallies.get(facet) as Map<string, number>;
      for (const name of namesOf(facet, value, me)) tally.set(name, (tally.get(name) ?? 0) + n);
    }
  }
  const counts = Object.fromEntries(
    [...tallies].map(([facet, tally]) => [
      facet,
      [...tally]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        .slice(0, countsMost),
    ]),
  ) as NonNullable<QueueAnswer["summary"]>["counts"];
  return { customers: all.n, at_stake: cents(all.stake), expected_loss: cents(all.loss), counts };
};

const asked = (name: string, text: string, values: unknown[]) => ({
  name,
  text,
  values,
  query_timeout: queryMaxMs,
});

/** A page of the queue; the first one with how many there are by each filter. */
export const readQueue = async (
  { pool, exchange, keep }: QueueStores,
  query: QueueQuery,
  me: string,
): Promise<QueueAnswer> => {
  const after = query.after && placeOf(query.after, ["number", "number", "string"]);
  const limit = Number(query.limit ?? rowsUsual);
  const { currency, factors } = await exchange();
  const money = [...factors].map(([code, factor]) => ({ currency: code, factor }));
  const filtered = [JSON.stringify(money), ...filterValues(query, me)];
  const paged = [...filtered, ...(after || [null, null, null]), limit + 1];
  const [page, counts] = await readingTables(() =>
    Promise.all([
      keep(`page ${JSON.stringify(paged)}`, () =>
        pool.query<Found>(asked("queue page", pageText, paged)),
      ),
      after
        ? undefined
        : keep(`counts ${JSON.stringify(filtered)}`, () =>
            pool.query<Counted>(asked("queue counts", countsText, filtered)),
          ),
    ]),
  );
  const shown = page.rows.slice(0, limit);
  const last = page.rows.length > limit ? shown.at(-1) : undefined;
  return {
    currency,
    rows: shown.map((row) => rowOf(row, currency)),
    next: last ? placeText([last.loss, last.risk_score, last.customer_id]) : null,
    summary: counts ? summaryOf(counts.rows, me) : null,
  };
};
