import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { contributions, type Model, margin, probability, readModel } from "./model.ts";

type Golden = {
  xgboost: string;
  rows: (number | null)[][];
  margin: number[];
  pred: number[];
  contribs: number[][];
};

const rowOf = (values: (number | null)[]): Float64Array =>
  Float64Array.from(values, (value) => value ?? Number.NaN);

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** Compares every row with what XGBoost itself said; returns how many rows were compared. */
const compare = (model: Model, golden: Golden): number => {
  const out = new Float64Array(model.features.length + 1);
  golden.rows.forEach((values, index) => {
    const row = rowOf(values);
    const said = golden.margin[index];
    assert.equal(margin(model, row), said, `margin of row ${index}`);
    assert.equal(contributions(model, row, out), said, `margin beside contributions, ${index}`);
    assert.equal(probability(model, said), golden.pred[index], `prediction of row ${index}`);
    golden.contribs[index].forEach((value, feature) => {
      const off = Math.abs(out[feature] - value);
      assert.ok(off < 1e-5, `contribution ${feature} of row ${index} is off by ${off}`);
    });
    assert.ok(Math.abs(total(out) - said) < 1e-4, `contributions of row ${index} add up`);
  });
  return golden.rows.length;
};

const fixtures = join(import.meta.dirname, "../../../test/fixtures/scoring");
const cases = readdirSync(fixtures).filter((name) => /^(?!refused).*\.golden\.json$/.test(name));

test("there is a golden file of each kind by XGBoost 1 and by XGBoost 3", () => {
  assert.equal(cases.filter((name) => name.includes("_v1.")).length, 6);
  assert.equal(cases.filter((name) => name.includes("_v3.")).length, 6);
});

for (const name of cases)
  test(`given ${name}, margins equal XGBoost's and contributions agree`, () => {
    const golden = JSON.parse(readFileSync(join(fixtures, name), "utf8"));
    const model = readModel(golden.model, name);
    assert.equal(model.xgboost, golden.xgboost);
    assert.equal(compare(model, golden), 47);
  });

const folder = process.env.BELLWETHER_DATA && join(process.env.BELLWETHER_DATA, "xgboost");
const absent = "set BELLWETHER_DATA to a folder with xgboost/*.golden.json.gz";
const ready = folder !== undefined && folder !== "" && existsSync(folder);
test("given models of real data, rows are scored as XGBoost does", {
  skip: !ready && absent,
}, () => {
  const names = readdirSync(folder!).filter((name) => name.endsWith(".golden.json.gz"));
  assert.ok(names.length > 0, `no golden files in ${folder}`);
  for (const name of names) {
    const golden = JSON.parse(gunzipSync(readFileSync(join(folder!, name))).toString());
    const json = readFileSync(join(folder!, name.replace(".golden.json.gz", ".json")), "utf8");
    assert.ok(compare(readModel(json, name), golden) >= 200);
  }
});

/** A small generator, so that a seed names the case (Marsaglia's xorshift32). */
const drawer = (seed: number) => () => {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) / 2 ** 32;
};

type Plan = { feature: number; split: number; cover: number; left?: Plan; right?: Plan };

const planTree = (draw: () => number, features: number, depth: number, cover: number): Plan => {
  const feature = Math.floor(draw() * features);
  if (depth === 0 || draw() < 0.1) return { feature: 0, split: draw() - 0.5, cover };
  const part = draw() < 0.05 ? 0 : draw();
  const left = planTree(draw, features, depth - 1, cover * part);
  const right = planTree(draw, features, depth - 1, cover * (1 - part));
  return { feature, split: Math.fround(draw()), cover, left, right };
};

const treeText = (root: Plan, id: number, features: number) => {
  const list = [root];
  for (let at = 0; at < list.length; at++)
    if (list[at].left) list.push(list[at].left!, list[at].right!);
  const at = (plan: Plan | undefined) => (plan ? list.indexOf(plan) : -1);
  return {
    id,
    left_children: list.map((plan) => at(plan.left)),
    right_children: list.map((plan) => at(plan.right)),
    split_indices: list.map((plan) => plan.feature),
    split_conditions: list.map((plan) => plan.split),
    default_left: list.map((_, index) => index % 2),
    sum_hessian: list.map((plan) => plan.cover),
    tree_param: { num_nodes: String(list.length), num_feature: String(features) },
  };
};

const modelText = (trees: ReturnType<typeof treeText>[], features: number): string =>
  JSON.stringify({
    learner: {
      feature_names: [],
      gradient_booster: {
        model: {
          gbtree_model_param: { num_trees: String(trees.length) },
          tree_info: trees.map(() => 0),
          trees,
        },
        name: "gbtree",
      },
      learner_model_param: { base_score: "[5E-1]", num_feature: String(features) },
      objective: { name: "binary:logistic" },
    },
    version: [3, 2, 0],
  });

/** The mean of a tree when only the features in `known` (a bit set) are known. */
const expected = (tree: ReturnType<typeof treeText>, row: Float64Array, known: number): number => {
  const at = (node: number): number => {
    const [left, right] = [tree.left_children[node], tree.right_children[node]];
    if (left < 0) return Math.fround(tree.split_conditions[node]);
    const feature = tree.split_indices[node];
    const value = row[feature];
    const goesLeft = Number.isNaN(value)
      ? tree.default_left[node] === 1
      : Math.fround(value) < tree.split_conditions[node];
    if ((known >> feature) & 1) return at(goesLeft ? left : right);
    const cover = tree.sum_hessian[node];
    const share = cover > 0 ? tree.sum_hessian[left] / cover : 0.5;
    return share * at(left) + (1 - share) * at(right);
  };
  return at(0);
};

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/** Shapley values by their definition: every feature, every set of the others. */
const byDefinition = (tree: ReturnType<typeof treeText>, row: Float64Array): number[] =>
  Array.from(row, (_, feature) => {
    let sum = 0;
    for (let set = 0; set < 1 << row.length; set++) {
      if ((set >> feature) & 1) continue;
      const size = set.toString(2).replaceAll("0", "").length;
      const weight = (factorial(size) * factorial(row.length - size - 1)) / factorial(row.length);
      sum += weight * (expected(tree, row, set | (1 << feature)) - expected(tree, row, set));
    }
    return sum;
  });

for (const [depth, kind] of [
  [4, "by tables"],
  [7, "by tables"],
  [11, "by paths"],
] as const)
  test(`given random trees of depth ${depth}, contributions ${kind} are Shapley values`, () => {
    for (let seed = 1; seed <= 12; seed++) {
      const draw = drawer(seed * 7919);
      const features = 1 + Math.floor(draw() * 7);
      const trees = [0, 1].map((id) =>
        treeText(planTree(draw, features, depth, 100), id, features),
      );
      const model = readModel(modelText(trees, features));
      const out = new Float64Array(features + 1);
      for (let line = 0; line < 4; line++) {
        const row = Float64Array.from({ length: features }, () =>
          draw() < 0.15 ? Number.NaN : draw(),
        );
        const sum = contributions(model, row, out);
        assert.equal(sum, margin(model, row));
        const said = trees.map((tree) => byDefinition(tree, row));
        for (let feature = 0; feature < features; feature++) {
          const off = Math.abs(out[feature] - said[0][feature] - said[1][feature]);
          assert.ok(off < 1e-6, `seed ${seed}, feature ${feature}: off by ${off}`);
        }
        assert.ok(Math.abs(total(out) - sum) < 1e-5, `seed ${seed}: adds up`);
      }
    }
  });

test("given shallow trees among deep ones, leaves are still added in the order of the trees", () => {
  const draw = drawer(42);
  const trees = [5, 11, 5, 3, 5, 11, 2].map((depth, id) =>
    treeText(planTree(draw, 5, depth, 100), id, 5),
  );
  const model = readModel(modelText(trees, 5));
  assert.ok(model.paths.length > 0 && model.tables.start.length > 0);
  const out = new Float64Array(6);
  for (let line = 0; line < 200; line++) {
    const row = Float64Array.from({ length: 5 }, draw);
    assert.equal(contributions(model, row, out), margin(model, row));
  }
});

test("given a row of the wrong length, it is refused", () => {
  const draw = drawer(1);
  const model = readModel(modelText([treeText(planTree(draw, 3, 2, 10), 0, 3)], 3));
  assert.throws(() => margin(model, new Float64Array(2)), /2 values for 3 features/);
  assert.throws(() => contributions(model, new Float64Array(3), new Float64Array(3)), RangeError);
});
