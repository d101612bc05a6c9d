import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Failure } from "../../errors.ts";
import { Random } from "../random.ts";
import { readForest } from "./forest.ts";

const fixtures = join(import.meta.dirname, "../../../test/fixtures/scoring");
const textOf = (name: string): string =>
  JSON.parse(readFileSync(join(fixtures, name), "utf8")).model;

const good = { 1: textOf("hist_v1.golden.json"), 3: textOf("hist_v3.golden.json") };

/** Reads what must be refused; returns the sentence, which must name the file and the cure. */
const refusal = (json: string): string => {
  try {
    readForest(json, "models/m.json");
  } catch (thrown) {
    assert.ok(thrown instanceof Failure && thrown.code === "MODEL_WRONG", String(thrown));
    assert.match(
      thrown.message,
      /^models\/m\.json cannot be used: .*\. Save it again with XGBoost/,
    );
    return thrown.message;
  }
  return assert.fail("it was read");
};

// biome-ignore lint/suspicious/noExplicitAny: the tests below break a foreign format at will
type Parsed = any;

const broken = (edit: (file: Parsed) => void, version: 1 | 3 = 3): string => {
  const file = JSON.parse(good[version]);
  edit(file);
  return refusal(JSON.stringify(file));
};

const boosterOf = (file: Parsed) => file.learner.gradient_booster.model;
const treeOf = (file: Parsed, index = 2) => boosterOf(file).trees[index];

test("given a file by XGBoost 1.7 or 3.2, everything is read", () => {
  for (const version of [1, 3] as const) {
    const forest = readForest(good[version], "m");
    assert.equal(forest.xgboost, version === 1 ? "1.7.6" : "3.2.0");
    assert.equal(forest.outputs[0].length, 12);
    assert.deepEqual(forest.features[5], "slope");
    assert.deepEqual(forest.baseScores, [version === 1 ? 0.5 : Math.fround(0.54833335)]);
  }
});

test("given a file cut off anywhere, it is refused", () => {
  const text = good[3];
  for (let length = 0; length < text.trimEnd().length; length += 97)
    assert.match(refusal(text.slice(0, length)), /empty|cut off/);
});

test("given something that is no model, it is refused", () => {
  assert.match(refusal(""), /it is empty/);
  assert.match(refusal("[1]"), /not JSON/);
  assert.match(refusal("{L\u0000\u0001"), /cut off/);
  assert.match(refusal("binf"), /not JSON/);
  assert.match(refusal("{}"), /no list "version"/);
  assert.match(refusal('{"version":[3,2,0]}'), /no object "learner"/);
  assert.match(refusal('{"version":[3,2,0],"learner":{"a":NaN}}'), /no object "objective"/);
  assert.match(refusal('{"version":[3,2,0],"learner":null}'), /no object "learner"/);
  assert.match(
    refusal('{"version":[3,2,0],"learner":{"objective":{"name":"__proto__"}}}'),
    /objective is "__proto__"/,
  );
});

test("given a linear model, it is refused and its kind is named", () => {
  for (const version of ["v1", "v3"])
    assert.match(refusal(textOf(`refused_linear_${version}.golden.json`)), /booster is "gblinear"/);
});

test("given a dart model without the weight of each tree, it is refused", () => {
  const dart = (file: Parsed) => {
    file.learner.gradient_booster.name = "dart";
  };
  assert.match(broken(dart), /its booster is dart and has no list "weight_drop"/);
  const short = (file: Parsed) => {
    boosterOf(file).weight_drop = [0.5];
  };
  assert.match(broken(short), /1 weights of trees where 12 belong/);
});

test("given the best round of early stopping, trees after it are left out", () => {
  const file = JSON.parse(good[3]);
  file.learner.attributes = { best_iteration: "4" };
  const trees = (options = {}) => readForest(JSON.stringify(file), "m", options).outputs[0].length;
  assert.equal(trees(), 5);
  assert.equal(trees({ allTrees: true }), 12);
  file.learner.attributes = { best_ntree_limit: "3" };
  assert.equal(trees(), 3);
  file.learner.attributes = { best_iteration: "99" };
  assert.equal(trees(), 12);
  delete boosterOf(file).iteration_indptr;
  file.learner.attributes = { best_iteration: "1" };
  assert.equal(trees(), 2);
  file.learner.attributes = { best_iteration: "soon" };
  assert.match(refusal(JSON.stringify(file)), /no whole number "best_iteration"/);
});

const cases: [string, (file: Parsed) => void, RegExp][] = [
  ["version 4", (f) => (f.version = [4, 0, 0]), /written by XGBoost 4\.0\.0/],
  ["version 1.6", (f) => (f.version = [1, 6, 2]), /written by XGBoost 1\.6\.2/],
  ["version of text", (f) => (f.version = ["3", 2, 0]), /written by XGBoost/],
  ["classes", (f) => (f.learner.learner_model_param.num_class = "3"), /does not predict/],
  ["no classes", (f) => (f.learner.objective.name = "multi:softprob"), /it has 0 classes/],
  ["many targets", (f) => (f.learner.learner_model_param.num_target = "1001"), /more than 1000/],
  ["a ranking", (f) => (f.learner.objective.name = "rank:pairwise"), /objective is "rank:pairw/],
  ["a mean of 0", (f) => gammaFrom(f, "0E0"), /base_score is 0, and must be above 0/],
  ["no features", (f) => (f.learner.learner_model_param.num_feature = "0"), /0 features/],
  ["features as text", (f) => (f.learner.learner_model_param.num_feature = "x"), /num_feature/],
  ["base 0", (f) => (f.learner.learner_model_param.base_score = "[0E0]"), /base_score is 0/],
  ["base 1", (f) => (f.learner.learner_model_param.base_score = "1"), /base_score is 1/],
  ["base -1", (f) => (f.learner.learner_model_param.base_score = "-1"), /base_score is -1/],
  ["base tiny", (f) => (f.learner.learner_model_param.base_score = "1e-40"), /which is no prob/],
  ["base gone", (f) => delete f.learner.learner_model_param.base_score, /base_score is no number/],
  [
    "base twice",
    (f) => (f.learner.learner_model_param.base_score = "[5E-1,5E-1]"),
    /2 base scores/,
  ],
  ["a name less", (f) => f.learner.feature_names.pop(), /names 5 features where num_feature is 6/],
  ["a name twice", (f) => (f.learner.feature_names[1] = "balance"), /the same name/],
  ["a name empty", (f) => (f.learner.feature_names[1] = ""), /has no name/],
  ["a tree less", (f) => boosterOf(f).trees.pop(), /11 entries in "trees" where 12 belong/],
  ["a group less", (f) => boosterOf(f).tree_info.pop(), /"tree_info" where 12 belong/],
  ["a second class", (f) => (boosterOf(f).tree_info[3] = 1), /tree 3 belongs to value 1/],
  ["a class below", (f) => (boosterOf(f).tree_info[3] = -1), /tree 3 belongs to value -1/],
  ["a tree null", (f) => (boosterOf(f).trees[2] = null), /tree 2 is no object/],
  ["an id twice", (f) => (treeOf(f).id = 1), /tree 2 has the id 1/],
  ["an id beyond", (f) => (treeOf(f).id = 12), /tree 2 has the id 12/],
  [
    "a node less",
    (f) => treeOf(f).left_children.pop(),
    /tree 2 has \d+ entries in "left_children"/,
  ],
  ["a cover less", (f) => treeOf(f).sum_hessian.pop(), /tree 2 has \d+ entries in "sum_hessian"/],
  ["no splits", (f) => delete treeOf(f).split_conditions, /tree 2 has no list "split_conditions"/],
  ["no nodes", (f) => (treeOf(f).tree_param.num_nodes = "0"), /tree 2 has no nodes/],
  ["leaf vectors", (f) => (treeOf(f).tree_param.size_leaf_vector = "2"), /with several values/],
  ["a cycle", (f) => (treeOf(f).left_children[1] = 2), /tree 2, node \d+: two ways lead to it/],
  ["a way to the root", (f) => (treeOf(f).left_children[1] = 0), /its child 0 does not exist/],
  ["a child beyond", (f) => (treeOf(f).right_children[0] = 99), /its child 99 does not exist/],
  ["one child", (f) => (treeOf(f).left_children[0] = -1), /its child -1 does not exist/],
  ["half a child", (f) => (treeOf(f).left_children[0] = 1.5), /"left_children" is 1\.5/],
  ["nodes cut off", (f) => cutOff(treeOf(f)), /\d+ of \d+ nodes cannot be reached/],
  ["a deletion unsaid", (f) => (treeOf(f).tree_param.num_deleted = "2"), /cannot be reached/],
  [
    "a category",
    (f) => (treeOf(f).split_type[0] = 1),
    /tree 2 has no list "categories"|node 0: it splits by cat/,
  ],
  ["feature beyond", (f) => (treeOf(f).split_indices[0] = 6), /splits on feature 6 of 6/],
  ["feature below", (f) => (treeOf(f).split_indices[0] = -1), /splits on feature -1 of 6/],
  [
    "leaf null",
    (f) => treeOf(f).split_conditions.splice(-1, 1, null),
    /"split_conditions" is null/,
  ],
  ["leaf text", (f) => (treeOf(f).split_conditions[9] = "1"), /node 9: "split_conditions" is "1"/],
  [
    "leaf huge",
    (f) => (treeOf(f).split_conditions[9] = 1e39),
    /node 9: "split_conditions" is 1e\+39/,
  ],
  ["leaves that overflow", (f) => overflow(boosterOf(f)), /it would predict NaN/],
  ["cover negative", (f) => (treeOf(f).sum_hessian[3] = -1), /node 3: "sum_hessian" is -1/],
  ["default 2", (f) => (treeOf(f).default_left[3] = 2), /node 3: "default_left" is 2/],
];

const gammaFrom = (file: Parsed, base: string) => {
  file.learner.objective.name = "reg:gamma";
  file.learner.learner_model_param.base_score = base;
};

const cutOff = (tree: Parsed) => {
  tree.left_children[0] = -1;
  tree.right_children[0] = -1;
};

const overflow = (model: Parsed) => {
  for (const tree of model.trees)
    tree.split_conditions = tree.split_conditions.map((value: number, node: number) =>
      tree.left_children[node] < 0 ? 3e38 : value,
    );
};

for (const [name, edit, says] of cases)
  test(`given a model with ${name}, it is refused and the sentence says so`, () => {
    assert.match(broken(edit), says);
  });

const grouped = (edit: (tree: Parsed) => void) => (file: Parsed) => {
  const tree = treeOf(file);
  tree.split_type[0] = 1;
  Object.assign(tree, { categories: [3, 5], categories_nodes: [0] });
  Object.assign(tree, { categories_segments: [0], categories_sizes: [2] });
  edit(tree);
};

const categoryCases: [string, (tree: Parsed) => void, RegExp][] = [
  ["a code below 0", (t) => (t.categories[1] = -1), /node 0: -1 is no code/],
  ["a code too large", (t) => (t.categories[1] = 2 ** 24), /16777216 is no code/],
  ["codes cut off", (t) => t.categories.pop(), /its categories are not all there/],
  ["sets for a number", (t) => (t.categories_nodes = [1]), /node 1, which does not split by them/],
  ["a set missing", (t) => (t.split_type[2] = 1), /node 2: it splits by category and lists none/],
  ["no sizes", (t) => delete t.categories_sizes, /no list "categories_sizes"/],
];

for (const [name, edit, says] of categoryCases)
  test(`given splits by category with ${name}, the model is refused`, () => {
    assert.match(broken(grouped(edit)), says);
  });

test("given NaN where a split by category has no threshold, the model is read", () => {
  const file = JSON.parse(good[3]);
  grouped((tree) => (tree.split_conditions[0] = "NaN"))(file);
  file.learner.feature_names[0] = "x, NaN]";
  const json = JSON.stringify(file).replace('"NaN"', "NaN");
  const { outputs, features } = readForest(json, "m");
  assert.deepEqual(outputs[0][2].categories.get(0), Uint32Array.of(0b101000));
  assert.equal(features[0], "x, NaN]");
});

test("given a leaf of 1e999, which JSON reads as Infinity, it is refused", () => {
  const text = good[3].replace(/"split_conditions":\[[^\]]*\]/, (list) =>
    list.replace(/[^,[]+\]$/, "1e999]"),
  );
  assert.match(refusal(text), /"split_conditions"/);
});

test("given a chain of nodes longer than a stack is deep, it is refused", () => {
  const length = 200_001;
  const said = broken((file) => {
    const tree = treeOf(file);
    const inner = (index: number) => index % 2 === 0 && index < length - 1;
    const list = (value: (index: number) => number) => Array.from({ length }, (_, i) => value(i));
    tree.left_children = list((index) => (inner(index) ? index + 1 : -1));
    tree.right_children = list((index) => (inner(index) ? index + 2 : -1));
    for (const name of ["split_indices", "split_conditions", "sum_hessian", "default_left"])
      tree[name] = list(() => 0);
    delete tree.split_type;
    tree.tree_param.num_nodes = String(length);
  });
  assert.match(said, /100000 deep, more than 256/);
});

test("given one character changed anywhere, it is read or refused, nothing else", () => {
  const text = textOf("stumps_v3.golden.json");
  const random = new Random(1, 9, 9, 9);
  let refused = 0;
  for (let round = 0; round < 1_500; round++) {
    const at = random.whole(0, text.length - 1);
    const wrong =
      text.slice(0, at) + random.pick([...'0123456789-.eE,:[]{}"xN ']) + text.slice(at + 1);
    try {
      readForest(wrong, "m");
    } catch (thrown) {
      assert.ok(thrown instanceof Failure, `round ${round}: ${thrown}`);
      refused++;
    }
  }
  assert.ok(refused > 500, String(refused));
});

test("given trees in another order, they stand where their ids say", () => {
  const file = JSON.parse(good[3]);
  boosterOf(file).trees.reverse();
  const [turned, straight] = [JSON.stringify(file), good[3]].map((json) => readForest(json, "m"));
  assert.deepEqual(turned, straight);
});
