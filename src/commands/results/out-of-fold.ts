import { setImmediate } from "node:timers/promises";
import { calibrated, fitPlatt, logistic } from "../../rules/scoring/calibration.ts";
import { margin, readModel } from "../../rules/scoring/model.ts";
import { type TrainingOptions, train } from "../../rules/scoring/train.ts";

/** Rows to learn from, each in a fold; NaN is missing. */
export type FoldSet = {
  readonly features: readonly string[];
  readonly rows: readonly ArrayLike<number>[];
  readonly labels: readonly number[];
  readonly folds: readonly number[];
};

/** The margin of each row by a model of ours that has not seen the row's fold. */
export const marginsOutOfFold = async (
  { features, rows, labels, folds }: FoldSet,
  options: TrainingOptions,
): Promise<Float64Array> => {
  const margins = new Float64Array(rows.length);
  for (const fold of new Set(folds)) {
    // Training blocks; in between, signals are heard.
    await setImmediate();
    const rest = folds.flatMap((of, row) => (of === fold ? [] : [row]));
    const set = {
      features,
      rows: rest.map((row) => rows[row]),
      labels: rest.map((row) => labels[row]),
    };
    const model = readModel(train(set, options));
    for (const [row, of] of folds.entries())
      if (of === fold) margins[row] = margin(model, Float64Array.from(rows[row]));
  }
  return margins;
};

/** Probabilities from margins: the calibration of each fold is fitted to the other folds' rows. */
export const calibratedOutOfFold = (
  margins: Float64Array,
  { labels, folds }: Pick<FoldSet, "labels" | "folds">,
): Float64Array => {
  const scores = new Float64Array(margins.length);
  for (const fold of new Set(folds)) {
    const rest = folds.flatMap((of, row) => (of === fold ? [] : [row]));
    const calibration = fitPlatt(
      rest.map((row) => margins[row]),
      rest.map((row) => labels[row]),
    );
    for (const [row, of] of folds.entries())
      if (of === fold) scores[row] = logistic(calibrated(margins[row], calibration));
  }
  return scores;
};
