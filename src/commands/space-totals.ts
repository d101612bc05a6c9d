import type pg from "pg";
import type { RiskLevel } from "../events/prediction.ts";
import type { Interval } from "../rules/statistics.ts";

/** How long the work took, where this run did it. */
export type Timing = { importMs?: number; processMs?: number };

/** What a space's tables hold after an import and its line. */
export type SpaceTotals = {
  customers: number;
  with_transactions: number;
  transactions: number;
  predictions: Record<string, number>;
  triggers: Record<string, number>;
  interventions: Record<string, number>;
  not_contacted: Record<string, number>;
  dead_letters: Record<string, number>;
  late_events: number;
  outcomes: Record<string, number>;
  /** Null when the work was done by an earlier run. */
  transactions_per_second: { imported: number | null; processed: number | null };
};

const counts = async (pool: pg.Pool, query: string): Promise<Record<string, number>> => {
  const { rows } = await pool.query<{ name: string | null; count: string }>(query);
  return Object.fromEntries(rows.map(({ name, count }) => [name ?? "none", Number(count)]));
};

const countBy = (pool: pg.Pool, table: string, column: string) =>
  counts(pool, `select ${column} as name, count(*) from ${table} group by 1 order by 2 desc, 1`);

/** Counts everything that an import's summary says, from the space's tables. */
export const spaceTotals = async (pool: pg.Pool, timing?: Timing): Promise<SpaceTotals> => {
  const [totals] = (
    await pool.query<Record<"customers" | "with_transactions" | "transactions" | "late", string>>(
      `select (select count(*) from customers) as customers,
              (select count(distinct customer_id) from transactions) as with_transactions,
              (select count(*) from transactions) as transactions,
              (select count(*) from late_events) as late`,
    )
  ).rows;
  const transactions = Number(totals.transactions);
  const perSecond = (ms: number | undefined) =>
    ms === undefined || ms <= 0 ? null : Math.round((transactions * 1_000) / ms);
  return {
    customers: Number(totals.customers),
    with_transactions: Number(totals.with_transactions),
    transactions,
    predictions: await countBy(pool, "risk_scores", "risk_level"),
    triggers: await countBy(pool, "risk_scores", "trigger"),
    interventions: await countBy(pool, "interventions", "intervention_type"),
    not_contacted: await countBy(
      pool,
      "suppressed_interventions",
      "coalesce(suppressed_by, status)",
    ),
    dead_letters: await countBy(pool, "dead_letters", "reason"),
    late_events: Number(totals.late),
    outcomes: await countBy(pool, "outcomes", "outcome"),
    transactions_per_second: {
      imported: perSecond(timing?.importMs),
      processed: perSecond(timing?.processMs),
    },
  };
};

const whole = new Intl.NumberFormat("en");

/** Counts by name as `a 1, b 2`. */
export const listed = (of: Record<string, number>): string => {
  const parts = Object.entries(of).map(([name, count]) => `${name} ${whole.format(count)}`);
  return parts.length === 0 ? "none" : parts.join(", ");
};
const total = (of: Record<string, number>): string =>
  whole.format(Object.values(of).reduce((sum, count) => sum + count, 0));

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A share with its interval, in whole percent. */
export const within = (of: Interval | null): string =>
  of === null ? "–" : `${percent(of.value)} (${percent(of.low)} to ${percent(of.high)})`;

/** An AUC with its interval. */
export const aucText = (auc: Interval | null): string =>
  auc === null
    ? "– (all outcomes are the same)"
    : `${auc.value.toFixed(3)} (95 %: ${auc.low.toFixed(2)} to ${auc.high.toFixed(2)})`;

const levels: readonly RiskLevel[] = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
const inOrder = (of: Record<string, number>): Record<string, number> =>
  Object.fromEntries(levels.map((level) => [level, of[level] ?? 0]));

const rateText = (rate: number | null): string =>
  rate === null ? "done by an earlier run" : `${whole.format(rate)} transactions/s`;

/** What came in and what was decided. `bands` are those that the scores were put into. */
export const totalsLines = (s: SpaceTotals, bands: Record<string, number>): string[] => [
  `customers      ${whole.format(s.customers)}; ${whole.format(s.with_transactions)} ` +
    "with transactions",
  `transactions   ${whole.format(s.transactions)}`,
  `predictions    ${total(s.predictions)}: ${listed(inOrder(s.predictions))}`,
  `bands from     ${listed(bands)}`,
  `decisions      ${total(s.interventions)} steps taken: ${listed(s.interventions)}`,
  `not contacted  ${total(s.not_contacted)}: ${listed(s.not_contacted)}`,
];

/** How fast it went, and what was refused on the way. */
export const courseLines = (s: SpaceTotals): string[] => [
  `import         ${rateText(s.transactions_per_second.imported)}`,
  `line           ${rateText(s.transactions_per_second.processed)}; history counts as` +
    " throughput, not as latency",
  `dead letters   ${total(s.dead_letters)}${
    Object.keys(s.dead_letters).length === 0 ? "" : `: ${listed(s.dead_letters)}`
  }`,
  `late events    ${whole.format(s.late_events)}`,
];
