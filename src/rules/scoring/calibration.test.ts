import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../random.ts";
import { calibrateContributions, calibrated, fitPlatt, logistic } from "./calibration.ts";

const drawn = (rows: number, slope: number, offset: number, seed: number) => {
  const random = new Random(seed, 0, 0, 0);
  const margins = Array.from({ length: rows }, () => random.normal() * 2);
  const labels = margins.map((margin) => +random.chance(logistic(slope * margin + offset)));
  return { margins, labels };
};

test("given labels drawn from a slope and an offset, when fitted, then both are found", () => {
  const { margins, labels } = drawn(40_000, 0.6, -1.2, 3);
  const fitted = fitPlatt(margins, labels)!;
  assert.ok(Math.abs(fitted.slope - 0.6) < 0.03, String(fitted.slope));
  assert.ok(Math.abs(fitted.offset + 1.2) < 0.04, String(fitted.offset));
});

test("given a fit, when summed, then as many are expected as there were", () => {
  const { margins, labels } = drawn(5_000, 1.5, -2, 4);
  const fitted = fitPlatt(margins, labels)!;
  const expected = margins.reduce((sum, margin) => sum + logistic(calibrated(margin, fitted)), 0);
  const ones = labels.reduce((sum, label) => sum + label, 0);
  assert.ok(Math.abs(expected - ones) < 1, `${expected} for ${ones}`);
});

test("given margins that part the labels, when fitted, then the slope stays finite", () => {
  const fitted = fitPlatt([-3, -2, -1, 1, 2, 3], [0, 0, 0, 1, 1, 1])!;
  assert.ok(fitted.slope > 0 && fitted.slope < 5, String(fitted.slope));
  const sure = logistic(calibrated(3, fitted));
  assert.ok(sure > 0.5 && sure < 0.95, String(sure));
});

test("given margins that fall where labels rise, or one label only, there is no fit", () => {
  assert.equal(fitPlatt([3, 2, 1, -1, -2, -3], [0, 0, 0, 1, 1, 1]), null);
  assert.equal(fitPlatt([1, 2], [1, 1]), null);
  assert.equal(fitPlatt([1, 2], [0, 0]), null);
});

test("given contributions, when calibrated, then they add up to the calibrated log-odds", () => {
  const calibration = { method: "platt", slope: 0.7, offset: -0.3 } as const;
  const contributions = Float64Array.of(0.5, -0.2, 0.1, -1.5);
  const margin = contributions.reduce((sum, value) => sum + value, 0);
  calibrateContributions(contributions, calibration);
  const sum = contributions.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(sum - calibrated(margin, calibration)) < 1e-12);
  calibrateContributions(contributions, null);
  assert.equal(calibrated(margin, undefined), margin);
});
