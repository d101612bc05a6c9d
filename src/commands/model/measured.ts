import { setImmediate } from "node:timers/promises";
import { logistic } from "../../rules/scoring/calibration.ts";
import type { Card } from "../../rules/scoring/card.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { fitRegression, regressionMargin } from "../../rules/scoring/regression.ts";
import { type BandStarts, reportOf } from "../../rules/scoring/report.ts";
import { auc, brier, logLoss, quantile } from "../../rules/statistics.ts";
import type { FoldSet } from "../results/out-of-fold.ts";
import type { Description, Labelled } from "./examples.ts";

/** Rows with the folds that their customers are in. */
export const setOf = (about: Description, rows: readonly Labelled[], folds: number): FoldSet => ({
  features: about.features.map(({ id }) => id),
  rows: rows.map(({ values }) => values),
  labels: rows.map(({ label }) => label),
  folds: rows.map(({ customer }) => foldOf(customer, folds)),
});

/** The challenger's probabilities, each by a regression that has not seen the row's fold. */
const challengeOutOfFold = async ({ rows, labels, folds }: FoldSet): Promise<Float64Array> => {
  const scores = new Float64Array(rows.length);
  for (const fold of new Set(folds)) {
    await setImmediate();
    const rest = folds.flatMap((of, row) => (of === fold ? [] : [row]));
    const fitted = fitRegression(
      rest.map((row) => rows[row]),
      rest.map((row) => labels[row]),
    );
    for (const [row, of] of folds.entries())
      if (of === fold) scores[row] = logistic(regressionMargin(fitted, rows[row]));
  }
  return scores;
};

/** What probabilities are worth; AUC is 0.5 of 0 to 1 where all labels are the same. */
export const metricsOf = (scores: ArrayLike<number>, labels: readonly number[]) => {
  const area = auc(scores, labels);
  return {
    auc: area?.value ?? 0.5,
    auc_low: area?.low ?? 0,
    auc_high: area?.high ?? 1,
    log_loss: logLoss(scores, labels),
    brier: brier(scores, labels),
  };
};

export const six = (value: number): number => Math.round(value * 1e6) / 1e6;

/** The middle value of each feature; null where half of the rows do not know it. */
const typicalOf = ({ features, rows }: FoldSet): Record<string, number | null> =>
  Object.fromEntries(
    features.map((id, at) => {
      const known = rows.map((row) => row[at]).filter((value) => !Number.isNaN(value));
      return [id, 2 * known.length <= rows.length ? null : six(quantile(known, 0.5))];
    }),
  );

/** What a card says beyond its model: measured on the rows, with scores that are out of fold. */
export type Measured = Pick<
  Card,
  "bands" | "typical" | "calibration_groups" | "lift_10" | "challenger" | "fairness"
>;

/** Measures a model beside its challenger, a logistic regression on the same rows and folds. */
export const measure = async (
  rows: readonly Pick<Labelled, "groups">[],
  set: FoldSet,
  scores: ArrayLike<number>,
  starts: BandStarts,
): Promise<Measured> => {
  const groups = rows.map((row) => row.groups);
  const report = reportOf(scores, set.labels, starts, groups);
  const challenger = await challengeOutOfFold(set);
  return {
    bands: [...report.bands],
    typical: typicalOf(set),
    calibration_groups: [...report.calibration],
    lift_10: report.lift_10,
    challenger: { name: "logistic regression", ...metricsOf(challenger, set.labels) },
    fairness: [...report.fairness],
  };
};
