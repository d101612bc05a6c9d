/**
 * What an XGBoost objective means for scoring: how the `base_score` of the file becomes a margin,
 * and how a margin becomes a prediction. A further objective is one more entry.
 */
export type Objective = {
  readonly name: string;
  /** Says what is wrong with a `base_score`, or nothing. */
  readonly baseWrong: (baseScore: number) => string | undefined;
  readonly baseMargin: (baseScore: number) => number;
  readonly predict: (margin: number) => number;
};

const f32 = Math.fround;

/** XGBoost clips the exponent so that `expf` stays finite in float32. */
const largestExponent = f32(88.7);

/**
 * The logistic function in float32, step by step as XGBoost computes it
 * (`common::Sigmoid`: 1 / (exp(min(-x, 88.7)) + 1 + 1e-16)), so predictions are its own.
 */
const sigmoid = (margin: number): number => {
  const power = f32(Math.exp(Math.min(-margin, largestExponent)));
  return f32(1 / f32(power + 1));
};

/** ln(p / (1 - p)) in float32, as XGBoost's `ProbToMargin`: -logf(1 / p - 1). */
const logit = (probability: number): number => f32(-Math.log(f32(f32(1 / probability) - 1))) + 0;

const binaryLogistic: Objective = {
  name: "binary:logistic",
  baseWrong: (base) =>
    Number.isFinite(logit(base)) ? undefined : `base_score is ${base}, which is no probability`,
  baseMargin: logit,
  predict: sigmoid,
};

export const objectives: ReadonlyMap<string, Objective> = new Map([
  [binaryLogistic.name, binaryLogistic],
]);
