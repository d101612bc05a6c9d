import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { contributions, margin, predictionOf, readModel } from "./model.ts";

type Values = number | number[];
type Golden = {
  xgboost: string;
  model: string;
  rows: (number | null)[][];
  margin: Values[];
  prediction: Values[];
  contributions: number[][][] | number[][];
};

const folder = join(import.meta.dirname, "goldens");
const names = readdirSync(folder);
const goldenOf = (name: string): Golden =>
  JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString());

const listed = (values: Values): number[] => [values].flat();

/** At most one float32 apart: the platform's `expf` may round another way. */
const isNear = (ours: number, said: number): boolean =>
  Math.abs(ours - said) <= Math.abs(said) * 2 ** -22;

const both = ["1.7.6", "3.4.1"];
const each = ["1.7.6", "2.1.4", "3.0.5", "3.2.0", "3.4.1"];
/** The kinds whose layout changed between versions are there in each of them. */
const changing = "categorical dart early_softprob gamma softprob targets".split(" ");
const same = [
  "absolute categorical_deep categorical_softprob dart_softprob early early_dart early_forest",
  "hinge logitraw onehot poisson pseudohuber reglogistic softmax squarederror squarederror_based",
  "squaredlogerror tweedie",
]
  .join(" ")
  .split(" ");

test("given the goldens, then each kind is there in each version that it should be", () => {
  const wanted = [
    ...changing.flatMap((kind) => each.map((version) => `${kind}_${version}`)),
    ...same.flatMap((kind) => both.map((version) => `${kind}_${version}`)),
    "quantiles_3.4.1",
  ].map((name) => `${name}.json.gz`);
  assert.deepEqual(names.toSorted(), wanted.toSorted());
});

test("given goldens of early stopping, then trees after the best one are left out", () => {
  const early = names.filter((name) => name.startsWith("early"));
  assert.equal(early.length, 11);
  for (const name of early) {
    const { model } = goldenOf(name);
    const [used, all] = [false, true].map((allTrees) => readModel(model, name, { allTrees }).trees);
    assert.ok(used < all, `${name} uses ${used} of ${all} trees`);
  }
});

for (const name of names)
  test(`given ${name}, rows are scored as XGBoost does`, () => {
    const golden = goldenOf(name);
    const model = readModel(golden.model, name);
    assert.equal(model.xgboost, golden.xgboost);
    const out = new Float64Array(model.features.length + 1);
    golden.rows.forEach((values, index) => {
      const row = Float64Array.from(values, (value) => value ?? Number.NaN);
      const said = listed(golden.margin[index]);
      const margins = model.outputs.map((_, output) => margin(model, row, output));
      assert.deepEqual(margins, said, `row ${index}`);
      const predicted = listed(predictionOf(model, margins));
      listed(golden.prediction[index]).forEach((value, at) => {
        assert.ok(isNear(predicted[at], value), `row ${index}: ${predicted[at]} for ${value}`);
      });
      model.outputs.forEach((_, output) => {
        assert.equal(contributions(model, row, out, output), margins[output]);
        const shares = golden.contributions[index];
        const wanted = (Array.isArray(shares[0]) ? shares[output] : shares) as number[];
        const size = Math.max(1, ...wanted.map(Math.abs));
        wanted.forEach((value, feature) => {
          const off = Math.abs(out[feature] - value);
          assert.ok(off < 1e-5 * size, `row ${index}, output ${output}, ${feature}: off by ${off}`);
        });
      });
    });
    assert.ok(golden.rows.length >= 29);
  });
