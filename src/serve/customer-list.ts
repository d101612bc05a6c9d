import type pg from "pg";
import { isoTime, timeMs } from "../events/time.ts";
import type { Keep } from "./keep.ts";
import { placeOf, placeText } from "./keyset.ts";
import type { CustomersAnswer, CustomersQuery, ListedCustomer } from "./messages/customer-list.ts";
import { readingTables } from "./vectors.ts";

const queryMaxMs = 5_000;
const rowsUsual = 50;
const countsMost = 60;

/** A pattern for ids that begin so, whatever signs it holds. */
export const beginning = (text: string): string => `${text.replace(/[\\%_]/g, "\\$&")}%`;

const chosen = `
  ($1::text is null or customer_id like $1)
  and ($2::text is null or coalesce(risk_level, 'none') = $2)
  and ($3::text is null or $3 = any(statuses))
  and ($4::text is null or country = $4)`;

const pageText = `
  select customer_id, risk_level, risk_score, scored_at, reason, country, statuses, contact,
    assignee, simulated
  from cases
  where ${chosen} and ($5::double precision is null
    or (coalesce(risk_score, -1), customer_id) < ($5, $6::text))
  order by coalesce(risk_score, -1) desc, customer_id desc limit $7`;

const fewOf = (facet: string, value: string, from: string): string =>
  `(select '${facet}' as facet, ${value} as value, sum(n)::integer as n from ${from}
   where ${value} is not null group by 2 order by 3 desc, 2 limit ${countsMost})`;

/** Customers are alike in all but few ways: they are counted by these together, then by each. */
const countsText = `
  with kinds as materialized (
    select coalesce(risk_level, 'none') as band, statuses, country, count(*) as n
    from cases where $1::text is null or customer_id like $1 group by 1, 2, 3)
  select 'all' as facet, '' as value, coalesce(sum(n), 0)::integer as n from kinds
  where ($2::text is null or band = $2) and ($3::text is null or $3 = any(statuses))
    and ($4::text is null or country = $4)
  union all ${fewOf(
    "band",
    "band",
    `(select * from kinds where ($3::text is null or $3 = any(statuses))
       and ($4::text is null or country = $4)) k`,
  )}
  union all ${fewOf(
    "status",
    "status",
    `(select * from kinds where ($2::text is null or band = $2)
       and ($4::text is null or country = $4)) k, unnest(statuses) as of(status)`,
  )}
  union all ${fewOf(
    "country",
    "country",
    `(select * from kinds where ($2::text is null or band = $2)
       and ($3::text is null or $3 = any(statuses))) k`,
  )}`;

type Row = Omit<ListedCustomer, "scored_at"> & { scored_at: Date | null };
type Counted = { facet: "all" | "band" | "status" | "country"; value: string; n: number };

const summaryOf = (rows: readonly Counted[]): CustomersAnswer["summary"] => {
  const of = (facet: Counted["facet"]) =>
    rows.filter((row) => row.facet === facet).map(({ value, n }) => ({ value, count: n }));
  const [all] = of("all");
  const counts = { band: of("band"), status: of("status"), country: of("country") };
  return { customers: all?.count ?? 0, counts };
};

/** A page of customers, the riskiest first; the first page with how many there are. */
export const listCustomers = async (
  { pool, keep }: { pool: pg.Pool; keep: Keep },
  query: CustomersQuery,
): Promise<CustomersAnswer> => {
  const after = query.after && placeOf(query.after, ["number", "string"]);
  const limit = Number(query.limit ?? rowsUsual);
  const { q, band, status, country } = query;
  const start = q === undefined ? null : beginning(q);
  const values = [start, band ?? null, status ?? null, country ?? null];
  const limits = { query_timeout: queryMaxMs };
  const counting = { name: "customers counts", text: countsText, values, ...limits };
  const [page, counts] = await readingTables(() =>
    Promise.all([
      pool.query<Row>({
        name: "customers page",
        text: pageText,
        values: [...values, ...(after || [null, null]), limit + 1],
        ...limits,
      }),
      after ? undefined : keep(JSON.stringify(values), () => pool.query<Counted>(counting)),
    ]),
  );
  const rows = page.rows.slice(0, limit).map((row) => ({
    ...row,
    scored_at: row.scored_at && isoTime(timeMs(row.scored_at.toISOString())),
  }));
  const last = page.rows.length > limit ? rows.at(-1) : undefined;
  return {
    rows,
    next: last ? placeText([last.risk_score ?? -1, last.customer_id]) : null,
    summary: counts ? summaryOf(counts.rows) : null,
  };
};
