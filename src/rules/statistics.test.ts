import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./random.ts";
import { auc, brier, logLoss, proportion, proportionDifference, quantile } from "./statistics.ts";

const near = (value: number | undefined, expected: number, within = 1e-9) =>
  assert.ok(Math.abs(value! - expected) < within, `${value} is not ${expected}`);

/** DeLong's variance by its definition: every pair of a one and a zero. */
const byPairs = (scores: number[], labels: number[]) => {
  const [ones, zeros] = [1, 0].map((label) => scores.filter((_, row) => labels[row] === label));
  const wins = (one: number, zero: number) => (one > zero ? 1 : one === zero ? 0.5 : 0);
  const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const spread = (list: number[]) =>
    list.reduce((sum, value) => sum + (value - mean(list)) ** 2, 0) / (list.length - 1);
  const above = ones.map((one) => mean(zeros.map((zero) => wins(one, zero))));
  const below = zeros.map((zero) => mean(ones.map((one) => wins(one, zero))));
  return {
    value: mean(above),
    variance: spread(above) / ones.length + spread(below) / zeros.length,
  };
};

test("given scores with ties, the AUC and its variance are those of the definition", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed, 0, 0, 0);
    const labels = Array.from({ length: 40 }, (_, row) => (row < 7 ? 1 : 0));
    const scores = labels.map((label) => Math.round((random.normal() + label) * 3));
    const said = auc(scores, labels)!;
    const { value, variance } = byPairs(scores, labels);
    near(said.value, value);
    const reach = (1.959963984540054 * Math.sqrt(variance)) / (value * (1 - value));
    const logit = Math.log(value / (1 - value));
    near(said.low, 1 / (1 + Math.exp(reach - logit)));
    near(said.high, 1 / (1 + Math.exp(-reach - logit)));
  }
});

test("given many samples of known AUC, 95 % of the intervals hold it", () => {
  // Normal scores a distance d apart have the AUC Φ(d / √2); 0.7602 for d = 1.
  let held = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const random = new Random(seed, 7, 0, 0);
    const labels = Array.from({ length: 120 }, (_, row) => (row < 30 ? 1 : 0));
    const said = auc(
      labels.map((label) => random.normal() + label),
      labels,
    )!;
    if (said.low <= 0.7602 && said.high >= 0.7602) held++;
  }
  assert.ok(held >= 930 && held <= 970, `${held} of 1000`);
});

test("given scores that part the labels, the interval does not claim to be sure", () => {
  const labels = [1, 1, 1, 0, 0, 0, 0];
  assert.deepEqual(auc([9, 8, 7, 3, 2, 1, 0], labels), {
    value: 1,
    low: 0.025 ** (1 / 3),
    high: 1,
  });
  assert.deepEqual(auc([0, 1, 2, 3, 4, 5, 6], labels), {
    value: 0,
    low: 0,
    high: 1 - 0.025 ** (1 / 3),
  });
});

test("given one label only, there is no AUC", () => {
  assert.equal(auc([1, 2], [1, 1]), undefined);
  assert.equal(auc([], []), undefined);
});

test("given a share, Wilson's interval is the published one", () => {
  // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29, method 3.
  const published: [number, number, number, number][] = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ];
  for (const [hits, rows, low, high] of published) {
    const said = proportion(hits, rows)!;
    near(said.low, low, 5e-5);
    near(said.high, high, 5e-5);
  }
  assert.equal(proportion(0, 0), undefined);
});

test("given two shares, the interval of their difference is the published one", () => {
  // Newcombe (1998), paper on differences, table II: examples a, c and h, method 10.
  const published: [hits1: number, rows1: number, hits2: number, rows2: number, number, number][] =
    [
      [56, 70, 48, 80, 0.0524, 0.3339],
      [9, 10, 3, 10, 0.1705, 0.809],
      [10, 10, 0, 10, 0.6075, 1],
    ];
  for (const [hits, rows, otherHits, otherRows, low, high] of published) {
    const said = proportionDifference({ hits, rows }, { hits: otherHits, rows: otherRows })!;
    near(said.low, low, 5e-5);
    near(said.high, high, 5e-5);
  }
  assert.equal(proportionDifference({ hits: 0, rows: 0 }, { hits: 1, rows: 2 }), undefined);
});

test("given probabilities, Brier's score and the log loss are means over the rows", () => {
  near(brier([0.8, 0.3], [1, 0]), (0.04 + 0.09) / 2);
  near(logLoss([0.8, 0.3], [1, 0]), -(Math.log(0.8) + Math.log(0.7)) / 2);
  assert.ok(Number.isFinite(logLoss([0, 1], [1, 0])));
});

test("given samples, a quantile lies between the two nearest", () => {
  const samples = [40, 10, 20, 30];
  assert.deepEqual(
    [0, 0.5, 0.9, 1].map((q) => quantile(samples, q)),
    [10, 25, 37, 40],
  );
  assert.deepEqual(samples, [40, 10, 20, 30]);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});
