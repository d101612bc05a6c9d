import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Random } from "../random.ts";
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
    const apart = Math.abs(probability(model, said) - golden.pred[index]);
    assert.ok(apart <= golden.pred[index] * 2 ** -23, `prediction of row ${index}`);
    golden.contribs[index].forEach((value, feature) => {
      const off = Math.abs(out[feature] - value);
      assert.ok(off < 1e-5, `contribution ${feature} of row ${index} is off by ${off}`);
    });
    assert.ok(Math.abs(total(out) - said) < 1e-4, `contributions of row ${index} add up`);
  });
  return golden.rows.length;
};

const fixtures = join(import.meta.dirname, "../../../test/fixtures/scoring");
const cases = readdirSync(fixtures).filter((name) =>
  /^(?!refused).*_v[13]\.golden\.json$/.test(name),
);

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

type Plan = { feature: number; split: number; cover: number; left?: Plan; right?: Plan };

const planTree = (random: Random, features: number, depth: number, cover: number): Plan => {
  const feature = Math.floor(random.unit() * features);
  if (depth === 0 || random.unit() < 0.1) return { feature: 0, split: random.unit() - 0.5, cover };
  const part = random.unit() < 0.05 ? 0 : random.unit();
  const left = planTree(random, features, depth - 1, cover * part);
  const right = planTree(random, features, depth - 1, cover * (1 - part));
  return { feature, split: Math.fround(random.unit()), cover, left, right };
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
      const random = new Random(seed, depth, 0, 0);
      const features = 1 + Math.floor(random.unit() * 7);
      const trees = [0, 1].map((id) =>
        treeText(planTree(random, features, depth, 100), id, features),
      );
      const model = readModel(modelText(trees, features));
      const out = new Float64Array(features + 1);
      for (let line = 0; line < 4; line++) {
        const row = Float64Array.from({ length: features }, () =>
          random.unit() < 0.15 ? Number.NaN : random.unit(),
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

test("given shallow trees among deep ones, leaves are added in the order of the trees", () => {
  const random = new Random(42, 0, 0, 0);
  const trees = [5, 11, 5, 3, 5, 11, 2].map((depth, id) =>
    treeText(planTree(random, 5, depth, 100), id, 5),
  );
  const model = readModel(modelText(trees, 5));
  const { paths, tables } = model.outputs[0];
  assert.ok(paths.length > 0 && tables.start.length > 0);
  const out = new Float64Array(6);
  for (let line = 0; line < 200; line++) {
    const row = Float64Array.from({ length: 5 }, () => random.unit());
    assert.equal(contributions(model, row, out), margin(model, row));
  }
});

test("given a row of the wrong length, it is refused", () => {
  const random = new Random(1, 0, 0, 0);
  const model = readModel(modelText([treeText(planTree(random, 3, 2, 10), 0, 3)], 3));
  assert.throws(() => margin(model, new Float64Array(2)), /2 values for 3 features/);
  assert.throws(() => contributions(model, new Float64Array(3), new Float64Array(3)), RangeError);
});
