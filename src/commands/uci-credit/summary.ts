import type pg from "pg";
import type { FileReport } from "../../ingest/import/tally.ts";
import { reportLines } from "../../ingest/import/tally.ts";
import { auc, type Interval } from "../../rules/statistics.ts";
import {
  aucText,
  courseLines,
  type SpaceTotals,
  spaceTotals,
  type Timing,
  totalsLines,
} from "../space-totals.ts";

/** A client, until when scores of it count, and how it went on. */
export type ClientEnd = { customer_id: string; before: number; defaulted: boolean };

export type CardSummary = SpaceTotals & {
  verdict: { clients: number; defaulted: number; unscored: number; auc: Interval | null };
  bands: Record<string, number>;
  files: readonly FileReport[];
};

export type Asked = {
  pool: pg.Pool;
  ends: readonly ClientEnd[];
  files: readonly FileReport[];
  bands: Record<string, number>;
  timing?: Timing;
};

/** The last score of each client from before its end. */
const lastScores = async (
  pool: pg.Pool,
  ends: readonly ClientEnd[],
): Promise<Map<string, number>> => {
  const { rows } = await pool.query<{ customer_id: string; risk_score: number }>(
    `select distinct on (r.customer_id) r.customer_id, r.risk_score
       from unnest($1::text[], $2::float8[]) as client (id, before_ms)
       join risk_scores r on r.customer_id = client.id
        and r.score_date < to_timestamp(client.before_ms / 1000)
      order by r.customer_id, r.score_date desc, r.prediction_id`,
    [ends.map(({ customer_id }) => customer_id), ends.map(({ before }) => before)],
  );
  return new Map(rows.map(({ customer_id, risk_score }) => [customer_id, risk_score]));
};

/** Everything that the run's end says, read from the space's tables. */
export const summarise = async (asked: Asked): Promise<CardSummary> => {
  const { pool, ends, files, bands, timing } = asked;
  const totals = await spaceTotals(pool, timing);
  const scores = await lastScores(pool, ends);
  const scored = ends.filter(({ customer_id }) => scores.has(customer_id));
  const area = auc(
    scored.map(({ customer_id }) => scores.get(customer_id)!),
    scored.map(({ defaulted }) => Number(defaulted)),
  );
  return {
    ...totals,
    verdict: {
      clients: ends.length,
      defaulted: ends.filter(({ defaulted }) => defaulted).length,
      unscored: ends.length - scored.length,
      auc: area ?? null,
    },
    bands,
    files,
  };
};

const verdictLines = ({ verdict: v }: CardSummary): string[] => [
  `clients        ${v.clients}; ${v.defaulted} defaulted the month after`,
  `unscored       ${v.unscored} paid nothing that could have made a score due`,
  `AUC            ${aucText(v.auc)} of the last score by the shipped model, which learned from` +
    " simulated current accounts",
];

/** The summary as lines of text. */
export const summaryLines = (s: CardSummary): string[] => [
  "Files",
  ...reportLines(s.files).map((line) => `  ${line}`),
  "",
  "Card clients (UCI, Yeh 2009, CC BY 4.0), scored by the shipped model",
  ...[...totalsLines(s, s.bands), ...verdictLines(s), ...courseLines(s)].map((l) => `  ${l}`),
];
