import { logistic } from "./calibration.ts";

/**
 * A logistic regression: what a model of trees has to beat. Each feature is taken in units of its
 * standard deviation from its mean; a missing value counts as the mean, and that it is missing is a
 * column of its own.
 */
export type Regression = {
  readonly means: Float64Array;
  readonly deviations: Float64Array;
  /** The intercept, then a weight for each feature, then one for each feature being missing. */
  readonly weights: Float64Array;
};

type Rows = readonly ArrayLike<number>[];

const momentsOf = (rows: Rows, features: number) => {
  const means = new Float64Array(features);
  const deviations = new Float64Array(features);
  for (let feature = 0; feature < features; feature++) {
    let [count, sum, squares] = [0, 0, 0];
    for (const row of rows) {
      if (Number.isNaN(row[feature])) continue;
      count++;
      sum += row[feature];
    }
    const mean = count > 0 ? sum / count : 0;
    for (const row of rows) if (!Number.isNaN(row[feature])) squares += (row[feature] - mean) ** 2;
    means[feature] = mean;
    deviations[feature] = Math.sqrt(squares / Math.max(1, count)) || 1;
  }
  return { means, deviations };
};

/** Fills `into` with the columns of a row: 1, the features, and which of them are missing. */
const spread = ({ means, deviations }: Omit<Regression, "weights">, row: ArrayLike<number>) => {
  const features = means.length;
  const into = new Float64Array(1 + 2 * features);
  into[0] = 1;
  for (let feature = 0; feature < features; feature++) {
    const isMissing = Number.isNaN(row[feature]);
    into[1 + feature] = isMissing ? 0 : (row[feature] - means[feature]) / deviations[feature];
    into[1 + features + feature] = isMissing ? 1 : 0;
  }
  return into;
};

/** Solves A x = b for a symmetric positive definite A, by Cholesky; overwrites both. */
const solve = (a: Float64Array, b: Float64Array): Float64Array => {
  const n = b.length;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j];
    }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return b;
};

const dot = (weights: Float64Array, columns: Float64Array): number => {
  let sum = 0;
  for (let at = 0; at < columns.length; at++) sum += weights[at] * columns[at];
  return sum;
};

/** The log-odds of a row. */
export const regressionMargin = (regression: Regression, row: ArrayLike<number>): number =>
  dot(regression.weights, spread(regression, row));

/** One of Newton's steps: adds gradient and Hessian over all rows, and returns the step. */
const stepOf = (
  columns: readonly Float64Array[],
  labels: ArrayLike<number>,
  weights: Float64Array,
  penalty: number,
): Float64Array => {
  const size = weights.length;
  const hessian = new Float64Array(size * size);
  const gradient = new Float64Array(size);
  columns.forEach((row, at) => {
    const probability = logistic(dot(weights, row));
    const error = probability - labels[at];
    const curve = probability * (1 - probability);
    for (let i = 0; i < size; i++) {
      if (row[i] === 0) continue;
      gradient[i] += error * row[i];
      const scaled = curve * row[i];
      for (let j = 0; j <= i; j++) hessian[i * size + j] += scaled * row[j];
    }
  });
  for (let i = 0; i < size; i++) {
    const held = i === 0 ? 1e-9 : penalty;
    gradient[i] += held * weights[i];
    hessian[i * size + i] += held;
  }
  return solve(hessian, gradient);
};

const stepsMost = 25;

/**
 * Fits by Newton's method with an L2 penalty on all weights but the intercept; labels are 0 and 1,
 * NaN in a row is a missing value. Deterministic.
 */
export const fitRegression = (rows: Rows, labels: ArrayLike<number>, penalty = 1): Regression => {
  const features = rows[0]?.length ?? 0;
  const moments = momentsOf(rows, features);
  const columns = rows.map((row) => spread(moments, row));
  const weights = new Float64Array(1 + 2 * features);
  for (let step = 0; step < stepsMost; step++) {
    const change = stepOf(columns, labels, weights, penalty);
    let largest = 0;
    for (let i = 0; i < weights.length; i++) {
      // A step of more than 5 deviations is no refinement but a way off.
      const part = Math.max(-5, Math.min(5, change[i]));
      weights[i] -= part;
      largest = Math.max(largest, Math.abs(part));
    }
    if (largest < 1e-8) break;
  }
  return { ...moments, weights };
};
