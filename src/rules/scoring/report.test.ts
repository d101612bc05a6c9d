import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../random.ts";
import { bandsOf, fairnessOf, type Groups, reportOf } from "./report.ts";

const starts = { CRITICAL: 0.8, HIGH: 0.6, MEDIUM: 0.4 };

test("given scores and labels, each band says how many of its rows had label 1", () => {
  const scores = [0.9, 0.8, 0.7, 0.65, 0.5, 0.1, 0.1, 0];
  const labels = [1, 0, 1, 1, 0, 0, 1, 0];
  const bands = bandsOf(scores, labels, starts);
  assert.deepEqual(
    bands.map(({ risk_level, rows, positives, precision, recall }) => [
      risk_level,
      rows,
      positives,
      precision,
      recall,
    ]),
    [
      ["CRITICAL", 2, 1, 0.5, 0.25],
      ["HIGH", 2, 2, 1, 0.75],
      ["MEDIUM", 1, 0, 0, 0.75],
      ["LOW", 3, 1, 1 / 3, 1],
    ],
  );
  assert.equal(bandsOf([0.1], [0], starts)[0].precision, null);
});

test("given groups, each is looked at apart, and rows that are in none are left out", () => {
  const scores = [0.9, 0.7, 0.2, 0.1, 0.9, 0.3];
  const labels = [1, 0, 0, 1, 1, 0];
  const groups: (Groups | undefined)[] = [
    { sex: "F" },
    { sex: "F" },
    { sex: "F", age: "under 30" },
    { sex: "M" },
    { sex: "M" },
    undefined,
  ];
  const told = fairnessOf(scores, labels, groups, 0.6);
  assert.deepEqual(
    told.map(({ attribute, group, rows, positives }) => [attribute, group, rows, positives]),
    [
      ["age", "under 30", 1, 0],
      ["sex", "F", 3, 1],
      ["sex", "M", 2, 2],
    ],
  );
  const [young, women, men] = told;
  assert.equal(women.caught?.value, 1);
  assert.equal(women.false_alarms?.value, 0.5);
  assert.equal(women.auc?.value, 1);
  assert.equal(men.caught?.value, 0.5);
  assert.deepEqual([men.auc, men.false_alarms, young.caught], [null, null, null]);
  assert.ok(Math.abs(women.expected - 0.6) < 1e-12);
});

test("given scores that are right on average, the report says so", () => {
  const random = new Random(7, 7, 7, 7);
  const scores = Array.from({ length: 4_000 }, () => random.unit());
  const labels = scores.map((score) => +random.chance(score));
  const report = reportOf(scores, labels, starts);
  assert.equal(report.rows, 4_000);
  assert.ok(report.auc!.low < 0.84 && report.auc!.high > 0.82);
  for (const { expected, observed } of report.calibration)
    assert.ok(observed.low - 0.03 < expected && expected < observed.high + 0.03);
  assert.ok(report.lift_10!.lift.value > 1.8);
  assert.equal(
    report.bands.reduce((sum, { rows }) => sum + rows, 0),
    4_000,
  );
  assert.equal(reportOf([0.1], [0], starts).auc, null);
});
