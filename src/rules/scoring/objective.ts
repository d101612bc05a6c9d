/**
 * What an XGBoost objective means for scoring: how the `base_score` of the file becomes a margin,
 * and how margins become predictions. A further objective is one more entry.
 */
export type Objective = {
  readonly name: string;
  /** Says what is wrong with a `base_score`, or nothing. */
  readonly baseWrong: (baseScore: number) => string | undefined;
  readonly baseMargin: (baseScore: number) => number;
  /** What one margin predicts by itself. */
  readonly predict: (margin: number) => number;
  /** Where the objective has classes: what the margins of all of them predict together. */
  readonly together?: (margins: ArrayLike<number>) => number | number[];
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

/**
 * exp(m_i) / Σ exp(m_j), as XGBoost computes it: the largest margin is taken off first, powers are
 * float32, their sum float64.
 */
const softmax = (margins: ArrayLike<number>): number[] => {
  const largest = Array.from(margins).reduce((most, margin) => Math.max(most, margin));
  const powers = Array.from(margins, (margin) => f32(Math.exp(f32(margin - largest))));
  const sum = f32(powers.reduce((total, power) => total + power, 0));
  return powers.map((power) => f32(power / sum));
};

/** The class with the largest margin, the first of equals. */
const likeliest = (margins: ArrayLike<number>): number => {
  let best = 0;
  for (let at = 1; at < margins.length; at++) if (margins[at] > margins[best]) best = at;
  return best;
};

const same = (value: number): number => value;
const anyBase = (): undefined => undefined;

const plain = (name: string, more: Partial<Objective> = {}): Objective => ({
  name,
  baseWrong: anyBase,
  baseMargin: same,
  predict: same,
  ...more,
});

/** The base score is a probability. */
const ofProbability = (name: string, predict: Objective["predict"]): Objective => ({
  name,
  baseWrong: (base) =>
    Number.isFinite(logit(base)) ? undefined : `base_score is ${base}, which is no probability`,
  baseMargin: logit,
  predict,
});

/** A logarithmic link: the base score is a mean, above 0. */
const ofMean = (name: string): Objective => ({
  name,
  baseWrong: (base) => (base > 0 ? undefined : `base_score is ${base}, and must be above 0`),
  baseMargin: (base) => f32(Math.log(base)),
  predict: (margin) => f32(Math.exp(margin)),
});

const list: readonly Objective[] = [
  ofProbability("binary:logistic", sigmoid),
  plain("binary:logitraw"),
  plain("binary:hinge", { predict: (margin) => (margin > 0 ? 1 : 0) }),
  ofProbability("reg:logistic", sigmoid),
  plain("reg:squarederror"),
  plain("reg:linear"),
  plain("reg:squaredlogerror"),
  plain("reg:pseudohubererror"),
  plain("reg:absoluteerror"),
  plain("reg:quantileerror"),
  ofMean("reg:gamma"),
  ofMean("reg:tweedie"),
  ofMean("count:poisson"),
  plain("multi:softprob", { together: softmax }),
  plain("multi:softmax", { together: likeliest }),
];

export const objectives: ReadonlyMap<string, Objective> = new Map(
  list.map((objective) => [objective.name, objective]),
);
