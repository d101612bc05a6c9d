import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../random.ts";
import { auc } from "../statistics.ts";
import { logistic } from "./calibration.ts";
import { fitRegression, regressionMargin } from "./regression.ts";

const drawn = (count: number, seed: number) => {
  const random = new Random(seed, 1, 1, 1);
  const rows = Array.from({ length: count }, () =>
    Float64Array.of(50 + 10 * random.normal(), random.normal(), 7, random.normal()),
  );
  const labels = rows.map(
    (row) => +random.chance(logistic(1.5 * ((row[0] - 50) / 10) - 2 * row[1] - 1)),
  );
  return { rows, labels };
};

test("given labels drawn from weights, the weights are found again", () => {
  const { rows, labels } = drawn(20_000, 1);
  const { weights, means, deviations } = fitRegression(rows, labels, 0.01);
  assert.ok(Math.abs(weights[1] / (deviations[0] / 10) - 1.5) < 0.1, String(weights));
  assert.ok(Math.abs(weights[2] / deviations[1] + 2) < 0.1);
  assert.ok(Math.abs(weights[4]) < 0.06);
  assert.ok(Math.abs(means[0] - 50) < 0.5);
});

test("given a fit, as many are expected as there were", () => {
  const { rows, labels } = drawn(3_000, 2);
  const fitted = fitRegression(rows, labels);
  const expected = rows.reduce((sum, row) => sum + logistic(regressionMargin(fitted, row)), 0);
  const ones = labels.reduce((sum, label) => sum + label, 0);
  assert.ok(Math.abs(expected - ones) < 1e-3, `${expected} for ${ones}`);
});

test("given values whose absence says something, it is learned", () => {
  const random = new Random(3, 1, 1, 1);
  const rows = Array.from({ length: 2_000 }, () => [
    random.chance(0.3) ? Number.NaN : random.normal(),
  ]);
  const labels = rows.map(([value]) => +random.chance(Number.isNaN(value) ? 0.8 : 0.1));
  const fitted = fitRegression(rows, labels);
  const chance = (value: number) => logistic(regressionMargin(fitted, [value]));
  assert.ok(Math.abs(chance(Number.NaN) - 0.8) < 0.06, String(chance(Number.NaN)));
  assert.ok(Math.abs(chance(0) - 0.1) < 0.05);
});

test("given labels that a line parts, weights stay finite and the order is right", () => {
  const rows = Array.from({ length: 40 }, (_, n) => [n]);
  const labels = rows.map(([n]) => +(n >= 20));
  const fitted = fitRegression(rows, labels);
  const margins = rows.map((row) => regressionMargin(fitted, row));
  assert.ok(margins.every(Number.isFinite));
  assert.equal(auc(margins, labels)?.value, 1);
});
