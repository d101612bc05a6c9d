import type { RiskLevel } from "../../events/prediction.ts";
import type { JudgedLoan } from "../../ingest/import/berka/judged.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { auc, type Interval, proportion } from "../../rules/statistics.ts";

/** The last score of a loan's owner before the loan was granted. */
export type LastScore = {
  loan_id: number;
  risk_score: number;
  risk_level: RiskLevel;
  model_hash: string;
};

export type Verdict = {
  loans: number;
  scorable: number;
  not_scorable: number;
  bad: number;
  /** Scorable, yet never scored before the grant. */
  unscored: number;
  flagged: number;
  hits: number;
  false_alarms: number;
  misses: number;
  precision: Interval | null;
  recall: Interval | null;
  /** Of the scored loans, pooled over the folds. */
  auc: Interval | null;
  /**
   * Loans scored by a model that was not the one made without them; 0, or the rest is worthless.
   */
  in_fold: number;
  /** Of the tenth with the highest scores, how many went bad. */
  top_tenth: { loans: number; bad: number };
  /** How many would be flagged if HIGH began here, as the shipped policy has it. */
  at_shipped_bands: { from: number; flagged: number; hits: number };
};

export type Rules = {
  /** Hashes of the models by fold; undefined: one model scored all, and saw none of them. */
  folds: readonly string[] | undefined;
  shippedHigh: number;
};

const flags = new Set<RiskLevel>(["HIGH", "CRITICAL"]);

/**
 * What the scores were worth: flagged is HIGH or above, a hit is flagged and went bad, a miss went
 * bad and was not flagged. Loans without transactions before the grant are not counted for or
 * against.
 */
export const judge = (
  loans: readonly JudgedLoan[],
  scores: readonly LastScore[],
  rules: Rules,
): Verdict => {
  const byLoan = new Map(scores.map((score) => [score.loan_id, score]));
  const scorable = loans.filter((loan) => loan.scorable);
  const scored = scorable.flatMap((loan) => {
    const score = byLoan.get(loan.loan_id);
    return score ? [{ ...loan, ...score }] : [];
  });
  const bad = scorable.filter((loan) => loan.bad).length;
  const flagged = scored.filter((one) => flags.has(one.risk_level));
  const hits = flagged.filter((one) => one.bad).length;
  const top = scored
    .toSorted((a, b) => b.risk_score - a.risk_score || a.loan_id - b.loan_id)
    .slice(0, Math.round(scored.length / 10));
  const high = scored.filter((one) => one.risk_score >= rules.shippedHigh);
  const badOf = (list: readonly { bad: boolean }[]) => list.filter((one) => one.bad).length;
  return {
    loans: loans.length,
    scorable: scorable.length,
    not_scorable: loans.length - scorable.length,
    bad,
    unscored: scorable.length - scored.length,
    flagged: flagged.length,
    hits,
    false_alarms: flagged.length - hits,
    misses: bad - hits,
    precision: proportion(hits, flagged.length) ?? null,
    recall: proportion(hits, bad) ?? null,
    auc:
      auc(
        scored.map((one) => one.risk_score),
        scored.map((one) => (one.bad ? 1 : 0)),
      ) ?? null,
    in_fold: scored.filter(({ customer_id, model_hash }) => {
      const { folds } = rules;
      return folds !== undefined && folds[foldOf(customer_id, folds.length)] !== model_hash;
    }).length,
    top_tenth: { loans: top.length, bad: badOf(top) },
    at_shipped_bands: { from: rules.shippedHigh, flagged: high.length, hits: badOf(high) },
  };
};
