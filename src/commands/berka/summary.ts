import type pg from "pg";
import type { Bands } from "../../events/policy.ts";
import type { JudgedLoan } from "../../ingest/import/berka/judged.ts";
import type { FileReport } from "../../ingest/import/tally.ts";
import { reportLines } from "../../ingest/import/tally.ts";
import {
  aucText,
  courseLines,
  type SpaceTotals,
  spaceTotals,
  type Timing,
  totalsLines,
  within,
} from "../space-totals.ts";
import { judge, type LastScore, type Rules, type Verdict } from "./judge.ts";

export type BerkaSummary = SpaceTotals & {
  verdict: Verdict;
  bands: Record<string, number>;
  /** By fold of the customer, where a model for each fold scored. */
  fold_bands: readonly Bands[] | null;
  files: readonly FileReport[];
};

export type Asked = {
  pool: pg.Pool;
  loans: readonly JudgedLoan[];
  files: readonly FileReport[];
  rules: Rules;
  bands: Record<string, number>;
  foldBands?: readonly Bands[];
  timing?: Timing;
};

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
export const summarise = async (asked: Asked): Promise<BerkaSummary> => ({
  ...(await spaceTotals(asked.pool, asked.timing)),
  verdict: judge(asked.loans, await lastScores(asked.pool, asked.loans), asked.rules),
  bands: asked.bands,
  fold_bands: asked.foldBands ?? null,
  files: asked.files,
});

const verdictLines = (v: Verdict, outOfFold: boolean): string[] => [
  `loans          ${v.loans}; ${v.scorable} can be judged, ${v.bad} of these went bad;` +
    ` ${v.not_scorable} have no transactions up to the grant and cannot be scored`,
  `flagged        ${v.flagged} (HIGH or above in the last score before the grant)`,
  `hits           ${v.hits} flagged and went bad; precision ${within(v.precision)}`,
  `misses         ${v.misses} went bad unflagged; recall ${within(v.recall)}`,
  `false alarms   ${v.false_alarms} flagged and went well`,
  `top tenth      ${v.top_tenth.bad} of the ${v.top_tenth.loans} highest scores went bad`,
  `AUC            ${aucText(v.auc)}${outOfFold ? ", out of fold, pooled" : ""}`,
  `shipped bands  ${v.at_shipped_bands.flagged} would be flagged if HIGH began at` +
    ` ${v.at_shipped_bands.from}, ${v.at_shipped_bands.hits} of them bad`,
  ...(v.unscored > 0 ? [`unscored       ${v.unscored} had no score before the grant`] : []),
  ...(v.in_fold > 0
    ? [`WARNING        ${v.in_fold} loans were scored by a model that had seen them`]
    : []),
];

/** How far what bands begin at differs by fold, such as `HIGH 0.174 to 0.198`. */
const foldLines = (bands: readonly Bands[]): string[] => {
  const spans = (["CRITICAL", "HIGH", "MEDIUM"] as const).map((level) => {
    const from = bands.map((one) => one[level]);
    return `${level} ${Math.min(...from)} to ${Math.max(...from)}`;
  });
  return [`by fold        ${spans.join(", ")}: each without its own loans`];
};

/** The summary as lines of text. */
export const summaryLines = (s: BerkaSummary, outOfFold: boolean): string[] => [
  "Files",
  ...reportLines(s.files).map((line) => `  ${line}`),
  "",
  "The bank's ledger (PKDD'99), scored " + (outOfFold ? "out of fold" : "by the shipped model"),
  ...[
    ...totalsLines(s, s.bands),
    ...(s.fold_bands ? foldLines(s.fold_bands) : []),
    ...verdictLines(s.verdict, outOfFold),
    ...courseLines(s),
  ].map((line) => `  ${line}`),
];
