import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrap, calibrationTable, difference, liftAt, rate } from "./evaluation.ts";
import { randomOf } from "./random.ts";
import { proportion } from "./statistics.ts";

const near = (found: number, told: number, within = 1e-4) =>
  assert.ok(Math.abs(found - told) <= within, `${found} is not ${told}`);

test("given six scores in three groups, then each says what was expected and what came", () => {
  const table = calibrationTable([0.9, 0.1, 0.5, 0.3, 0.7, 0.2], [1, 0, 0, 1, 1, 0], 3);
  assert.deepEqual(
    table.map(({ rows, lowest, highest, ones }) => [rows, lowest, highest, ones]),
    [
      [2, 0.1, 0.2, 0],
      [2, 0.3, 0.5, 1],
      [2, 0.7, 0.9, 2],
    ],
  );
  near(table[0].expected, 0.15);
  near(table[1].observed.value, 0.5);
  // Wilson for 0 of 2: high = z² / (2 + z²).
  near(table[0].observed.high, 3.841459 / 5.841459);
});

test("given fewer rows than groups, then no group is empty", () => {
  assert.equal(calibrationTable([0.1, 0.2], [0, 1], 5).length, 2);
});

test("given two ones in ten rows, one with the highest score, then the lift at 10 % is 5", () => {
  const scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0];
  const found = liftAt(0.1, scores, [1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([found?.rows, found?.ones, found?.lift.value], [1, 1, 5]);
  // Wilson for 1 of 1: low = 1 / (1 + z²), over the share of 0.2.
  near(found?.lift.low ?? 0, 1 / 4.841459 / 0.2);
  assert.equal(liftAt(0.1, scores, new Array(10).fill(0)), undefined);
});

test("given units to draw again, then the interval holds the value, the same each time", () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const mean = (places: ArrayLike<number>) =>
    Array.from(places).reduce((sum, place) => sum + values[place], 0) / places.length;
  const draw = () => bootstrap(values.length, mean, randomOf("a test"));
  const found = draw();
  assert.deepEqual(draw(), found);
  assert.equal(found?.value, 5.5);
  // The mean of ten draws deviates by 2.872 / √10 = 0.908: 95 % lie within about 1.78.
  near(found?.low ?? 0, 5.5 - 1.78, 0.25);
  near(found?.high ?? 0, 5.5 + 1.78, 0.25);
  assert.equal(
    bootstrap(0, () => Number.NaN, randomOf("a test")),
    undefined,
  );
});

test("given no event in ten units of exposure, then the upper end is Poisson's exact one", () => {
  const units = [4, 6].map((exposure) => ({ events: 0, exposure }));
  const found = rate(units, randomOf("a test"));
  assert.deepEqual([found?.value, found?.low], [0, 0]);
  near(found?.high ?? 0, 0.36889);
  assert.equal(rate([], randomOf("a test")), undefined);
});

test("given events, then the rate is all of them over all exposure", () => {
  const units = [0, 1, 2, 3].map((events) => ({ events, exposure: 2 }));
  const found = rate(units, randomOf("a test"));
  assert.equal(found?.value, 0.75);
  assert.ok((found?.low ?? 1) < 0.75 && (found?.high ?? 0) > 0.75 && (found?.high ?? 9) <= 1.5);
});

test("given Newcombe's example of 56 of 70 against 48 of 80, then his interval is found", () => {
  const found = difference(proportion(56, 70)!, proportion(48, 80)!);
  near(found.value, 0.2);
  near(found.low, 0.0524);
  near(found.high, 0.3339);
});
