import type pg from "pg";
import type { RiskLevel } from "../../events/prediction.ts";
import type { JudgedLoan } from "../../ingest/import/berka/judged.ts";
import type { FileReport } from "../../ingest/import/tally.ts";
import { reportLines } from "../../ingest/import/tally.ts";
import type { Interval } from "../../rules/statistics.ts";
import { judge, type LastScore, type Rules, type Verdict } from "./judge.ts";

/** How long the work took, where this run did it. */
export type Timing = { importMs?: number; processMs?: number };

export type BerkaSummary = {
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
  verdict: Verdict;
  bands: Record<string, number>;
  /** Null when the work was done by an earlier run. */
  transactions_per_second: { imported: number | null; processed: number | null };
  files: readonly FileReport[];
};

export type Asked = {
  pool: pg.Pool;
  loans: readonly JudgedLoan[];
  files: readonly FileReport[];
  rules: Rules;
  bands: Record<string, number>;
  timing?: Timing;
};

const counts = async (pool: pg.Pool, query: string): Promise<Record<string, number>> => {
  const { rows } = await pool.query<{ name: string | null; count: string }>(query);
  return Object.fromEntries(rows.map(({ name, count }) => [name ?? "none", Number(count)]));
};

const countBy = (pool: pg.Pool, table: string, column: string) =>
  counts(pool, `select ${column} as name, count(*) from ${table} group by 1 order by 2 desc, 1`);

/** The last score of each loan's owner that is older than the grant, from `risk_scores`. */
export const lastScores = async (
  pool: pg.Pool,
  loans: readonly JudgedLoan[],
): Promise<LastScore[]> => {
  const { rows } = await pool.query<LastScore>(
    `select distinct on (loan.id) loan.id as loan_id, r.risk_score, r.risk_level, r.model_hash
       from unnest($1::int[], $2::text[], $3::float8[]) as loan (id, customer_id, granted_ms)
       join risk_scores r on r.customer_id = loan.customer_id
        and r.score_date < to_timestamp(loan.granted_ms / 1000)
      order by loan.id, r.score_date desc, r.prediction_id`,
    [
      loans.map((loan) => loan.loan_id),
      loans.map((loan) => loan.customer_id),
      loans.map((loan) => loan.granted_at),
    ],
  );
  return rows;
};

/** Everything that the run's end says, read from the space's tables. */
export const summarise = async (asked: Asked): Promise<BerkaSummary> => {
  const { pool, loans, timing } = asked;
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
    verdict: judge(loans, await lastScores(pool, loans), asked.rules),
    bands: asked.bands,
    transactions_per_second: {
      imported: perSecond(timing?.importMs),
      processed: perSecond(timing?.processMs),
    },
    files: asked.files,
  };
};

const whole = new Intl.NumberFormat("en");
const list = (of: Record<string, number>): string => {
  const parts = Object.entries(of).map(([name, count]) => `${name} ${whole.format(count)}`);
  return parts.length === 0 ? "none" : parts.join(", ");
};
const total = (of: Record<string, number>): string =>
  whole.format(Object.values(of).reduce((sum, count) => sum + count, 0));
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const within = (of: Interval | null): string =>
  of === null ? "–" : `${percent(of.value)} (${percent(of.low)} to ${percent(of.high)})`;

const levels: readonly RiskLevel[] = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
const inOrder = (of: Record<string, number>): Record<string, number> =>
  Object.fromEntries(levels.map((level) => [level, of[level] ?? 0]));

const aucText = ({ auc }: Verdict): string =>
  auc === null
    ? "– (all outcomes are the same)"
    : `${auc.value.toFixed(3)} (95 %: ${auc.low.toFixed(2)} to ${auc.high.toFixed(2)})`;

const verdictLines = (v: Verdict, outOfFold: boolean): string[] => [
  `loans          ${v.loans}; ${v.scorable} can be judged, ${v.bad} of these went bad;` +
    ` ${v.not_scorable} have no transactions up to the grant and cannot be scored`,
  `flagged        ${v.flagged} (HIGH or above in the last score before the grant)`,
  `hits           ${v.hits} flagged and went bad; precision ${within(v.precision)}`,
  `misses         ${v.misses} went bad unflagged; recall ${within(v.recall)}`,
  `false alarms   ${v.false_alarms} flagged and went well`,
  `top tenth      ${v.top_tenth.bad} of the ${v.top_tenth.loans} highest scores went bad`,
  `AUC            ${aucText(v)}${outOfFold ? ", out of fold, pooled" : ""}`,
  `shipped bands  ${v.at_shipped_bands.flagged} would be flagged if HIGH began at` +
    ` ${v.at_shipped_bands.from}, ${v.at_shipped_bands.hits} of them bad`,
  ...(v.unscored > 0 ? [`unscored       ${v.unscored} had no score before the grant`] : []),
  ...(v.in_fold > 0
    ? [`WARNING        ${v.in_fold} loans were scored by a model that had seen them`]
    : []),
];

const rateText = (rate: number | null): string =>
  rate === null ? "done by an earlier run" : `${whole.format(rate)} transactions/s`;

/** The summary as lines of text. */
export const summaryLines = (s: BerkaSummary, outOfFold: boolean): string[] => [
  "Files",
  ...reportLines(s.files).map((line) => `  ${line}`),
  "",
  "The bank's ledger (PKDD'99), scored " + (outOfFold ? "out of fold" : "by the shipped model"),
  ...[
    `customers      ${whole.format(s.customers)}; ${whole.format(s.with_transactions)} ` +
      "with transactions",
    `transactions   ${whole.format(s.transactions)}`,
    `predictions    ${total(s.predictions)}: ${list(inOrder(s.predictions))}`,
    `bands from     ${list(s.bands)}`,
    `decisions      ${total(s.interventions)} steps taken: ${list(s.interventions)}`,
    `not contacted  ${total(s.not_contacted)}: ${list(s.not_contacted)}`,
    ...verdictLines(s.verdict, outOfFold),
    `import         ${rateText(s.transactions_per_second.imported)}`,
    `line           ${rateText(s.transactions_per_second.processed)}; history counts as` +
      " throughput, not as latency",
    `dead letters   ${total(s.dead_letters)}${
      Object.keys(s.dead_letters).length === 0 ? "" : `: ${list(s.dead_letters)}`
    }`,
    `late events    ${whole.format(s.late_events)}`,
  ].map((line) => `  ${line}`),
];
