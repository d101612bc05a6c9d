import assert from "node:assert/strict";
import { test } from "node:test";
import { predictionsStream } from "../../events/prediction.ts";
import { Random } from "../random.ts";
import { difference, type Explained } from "./difference.ts";
import { fromMicros, microsOf, roundParts } from "./micros.ts";

const explained = (more: Partial<Explained>): Explained => ({
  prediction_id: "p",
  event_time: "2024-01-15T10:30:00.000Z",
  risk_score: 0.5,
  base_value: -1,
  contributions: {},
  model_hash: "m",
  ...more,
});

test("given two explanations, the difference names each factor, the largest change first", () => {
  const before = explained({ prediction_id: "a", contributions: { x: 0.1, y: -0.2, same: 0.3 } });
  const after = explained({
    prediction_id: "b",
    base_value: -0.5,
    contributions: { x: 0.3, z: -0.9, same: 0.3 },
    model_hash: "n",
  });
  const told = difference(before, after);
  assert.deepEqual(
    told.factors.map(({ feature, before, after, change }) => [feature, before, after, change]),
    [
      ["z", 0, -0.9, -0.9],
      ["x", 0.1, 0.3, 0.2],
      ["y", -0.2, 0, 0.2],
    ],
  );
  assert.equal(told.base_change, 0.5);
  assert.equal(told.change, 0);
  assert.equal(told.log_odds_before, -0.8);
  assert.equal(told.same_model, false);
  assert.deepEqual([told.from, told.to], ["a", "b"]);
});

test("given factors among the reasons, the difference says their values", () => {
  const { example } = predictionsStream;
  const told = difference(explained({}), example);
  const savings = told.factors.find(({ feature }) => feature === "savings_drawdown_30d_pct")!;
  assert.deepEqual([savings.value_before, savings.value_after], [null, -45.2]);
  assert.equal(told.log_odds_after, example.log_odds);
});

const drawn = (random: Random): Explained & { log_odds: number } => {
  const parts = Float64Array.from({ length: 27 }, () =>
    random.chance(0.2) ? 0 : random.normal() * 10 ** random.whole(-6, 1),
  );
  const sum = parts.reduce((total, part) => total + part, 0);
  const rounded = Float64Array.from(parts);
  const log_odds = fromMicros(roundParts(rounded));
  assert.ok(Math.abs(log_odds - sum) <= 5.1e-7);
  rounded.forEach((micros, at) => {
    assert.ok(Math.abs(fromMicros(micros) - parts[at]) < 1.01e-6);
    if (parts[at] === 0) assert.equal(micros, 0);
  });
  const contributions = Object.fromEntries(
    [...rounded.subarray(0, 26)].map((micros, at) => [`f${at}`, fromMicros(micros)]),
  );
  return { ...explained({ base_value: fromMicros(rounded[26]), contributions }), log_odds };
};

test("given any two explanations, the changes add up exactly to that of the log-odds", () => {
  const random = new Random(1, 5, 5, 5);
  for (let round = 0; round < 500; round++) {
    const [a, b] = [drawn(random), drawn(random)];
    const told = difference(a, b);
    assert.deepEqual([told.log_odds_before, told.log_odds_after], [a.log_odds, b.log_odds]);
    const sum = told.factors.reduce((total, { change }) => total + microsOf(change), 0);
    assert.equal(sum + microsOf(told.base_change), microsOf(told.change));
    assert.equal(microsOf(told.change), microsOf(b.log_odds) - microsOf(a.log_odds));
    for (const { before, after, change } of told.factors)
      assert.equal(microsOf(before) + microsOf(change), microsOf(after));
  }
});

test("given an explanation and itself, nothing changed", () => {
  const one = drawn(new Random(2, 2, 2, 2));
  assert.deepEqual(difference(one, one).factors, []);
  assert.equal(difference(one, one).change, 0);
});
