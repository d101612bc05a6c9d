/** An estimate with its interval of 95 %. */
export type Interval = { readonly value: number; readonly low: number; readonly high: number };

const z = 1.959963984540054;

/** Ranks from 1, the same mean rank for equal values. */
const midRanks = (values: ArrayLike<number>): Float64Array => {
  const order = Uint32Array.from({ length: values.length }, (_, index) => index);
  order.sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let end = from + 1;
    while (end < order.length && values[order[end]] === values[order[from]]) end++;
    for (let at = from; at < end; at++) ranks[order[at]] = (from + end + 1) / 2;
    from = end;
  }
  return ranks;
};

const variance = (values: number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.length > 1 ? squares / (values.length - 1) : 0;
};

/**
 * An interval around a perfect (or perfectly wrong) AUC, where the estimate of the variance is 0.
 * Of n ones and m zeros, min(n, m) pairs share no row, so all of them being in order is as sure as
 * min(n, m) independent draws can make it: Clopper and Pearson's bound.
 */
const perfect = (auc: number, pairs: number): Interval => {
  const bound = 0.025 ** (1 / pairs);
  return auc === 1 ? { value: 1, low: bound, high: 1 } : { value: 0, low: 0, high: 1 - bound };
};

/**
 * The area under the ROC curve: the chance that a row with label 1 scores above one with label 0,
 * ties counted half. Variance after DeLong, DeLong and Clarke-Pearson (1988), computed from ranks
 * as Sun and Xu (2014) show; the interval is taken on the logit scale, so it stays inside [0, 1].
 * Undefined if all labels are the same.
 */
export const auc = (scores: ArrayLike<number>, labels: ArrayLike<number>): Interval | undefined => {
  const ones: number[] = [];
  const zeros: number[] = [];
  for (let row = 0; row < scores.length; row++) (labels[row] ? ones : zeros).push(scores[row]);
  const [n, m] = [ones.length, zeros.length];
  if (n === 0 || m === 0) return undefined;
  const all = midRanks([...ones, ...zeros]);
  const [within1, within0] = [midRanks(ones), midRanks(zeros)];
  const above = ones.map((_, row) => (all[row] - within1[row]) / m);
  const below = zeros.map((_, row) => 1 - (all[n + row] - within0[row]) / n);
  const value = above.reduce((sum, part) => sum + part, 0) / n;
  if (value === 0 || value === 1) return perfect(value, Math.min(n, m));
  const deviation = Math.sqrt(variance(above) / n + variance(below) / m);
  const logit = Math.log(value / (1 - value));
  const reach = (z * deviation) / (value * (1 - value));
  return {
    value,
    low: 1 / (1 + Math.exp(reach - logit)),
    high: 1 / (1 + Math.exp(-reach - logit)),
  };
};

/** A share with Wilson's (1927) interval, which holds for few rows and shares near 0 or 1. */
export const proportion = (hits: number, rows: number): Interval | undefined => {
  if (rows === 0) return undefined;
  const value = hits / rows;
  const middle = (value + (z * z) / (2 * rows)) / (1 + (z * z) / rows);
  const inside = (value * (1 - value)) / rows + (z * z) / (4 * rows * rows);
  const reach = (z * Math.sqrt(inside)) / (1 + (z * z) / rows);
  return { value, low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) };
};

/**
 * The difference of two independent shares, after Newcombe (1998), method 10: the two intervals of
 * Wilson put together. undefined where one of them has no rows.
 */
export const proportionDifference = (
  one: { hits: number; rows: number },
  other: { hits: number; rows: number },
): Interval | undefined => {
  const [a, b] = [proportion(one.hits, one.rows), proportion(other.hits, other.rows)];
  if (a === undefined || b === undefined) return undefined;
  const value = a.value - b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.high - b.value),
    high: value + Math.hypot(a.high - a.value, b.value - b.low),
  };
};

const meanOver = (rows: number, of: (row: number) => number): number => {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += of(row);
  return sum / rows;
};

/** The mean squared distance of probabilities from their labels (Brier 1950). */
export const brier = (probabilities: ArrayLike<number>, labels: ArrayLike<number>): number =>
  meanOver(probabilities.length, (row) => (probabilities[row] - labels[row]) ** 2);

/** The mean of -ln of the probability given to what happened, kept finite at 0 and 1. */
export const logLoss = (probabilities: ArrayLike<number>, labels: ArrayLike<number>): number =>
  meanOver(
    probabilities.length,
    (row) => -Math.log(Math.max(labels[row] ? probabilities[row] : 1 - probabilities[row], 1e-15)),
  );

/**
 * The quantile `q` of samples, between the two nearest ones (Hyndman and Fan's type 7, the usual
 * one). NaN if there are none.
 */
export const quantile = (samples: ArrayLike<number>, q: number): number => {
  if (samples.length === 0) return Number.NaN;
  const sorted = Float64Array.from(samples).sort();
  const at = (sorted.length - 1) * Math.min(Math.max(q, 0), 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return low === high ? sorted[low] : sorted[low] + (at - low) * (sorted[high] - sorted[low]);
};
