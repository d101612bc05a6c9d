import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "../../errors.ts";
import { readForest } from "./forest.ts";
import golden from "./train.golden.json" with { type: "json" };
import { type TrainingOptions, train } from "./train.ts";
import type { Tree } from "./tree.ts";

type Row = readonly (number | null)[];
type Dumped = {
  nodeid: number;
  split?: string;
  split_condition?: number;
  yes?: number;
  missing?: number;
  leaf?: number;
  children?: Dumped[];
};

const base: TrainingOptions = {
  rounds: 30,
  maxDepth: 3,
  eta: 0.3,
  lambda: 1,
  gamma: 0,
  minChildWeight: 1,
};
const names = (count: number) => Array.from({ length: count }, (_, i) => `f${i}`);

/** A small generator of its own, so that the tests need no randomness. */
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const leafOf = (tree: Tree, row: Row): number => {
  let node = 0;
  while (tree.left[node] >= 0) {
    const value = row[tree.feature[node]];
    const left =
      value === null ? tree.defaultLeft[node] === 1 : Math.fround(value) < tree.split[node];
    node = left ? tree.left[node] : tree.right[node];
  }
  return tree.split[node];
};

const predictor = (text: string) => {
  const forest = readForest(text, "trained");
  return (row: Row) => {
    const margin = forest.outputs[0].reduce(
      (sum, tree) => Math.fround(sum + leafOf(tree, row)),
      forest.objective.baseMargin(forest.baseScores[0]),
    );
    return forest.objective.predict(margin);
  };
};

/** A tree as nested splits, with the numbers that XGBoost's own dump shows. */
const nested = (tree: Tree, node = 0): unknown =>
  tree.left[node] < 0
    ? { leaf: tree.split[node] }
    : {
        feature: tree.feature[node],
        below: tree.split[node],
        missingLeft: tree.defaultLeft[node] === 1,
        left: nested(tree, tree.left[node]),
        right: nested(tree, tree.right[node]),
      };

const nestedDump = (node: Dumped): unknown => {
  if (node.leaf !== undefined) return { leaf: Math.fround(node.leaf) };
  const child = (id?: number) => nestedDump(node.children!.find((one) => one.nodeid === id)!);
  const no = node.children!.find((one) => one.nodeid !== node.yes)!;
  return {
    feature: Number(node.split!.slice(1)),
    below: Math.fround(node.split_condition!),
    missingLeft: node.missing === node.yes,
    left: child(node.yes),
    right: child(no.nodeid),
  };
};

for (const known of golden.cases)
  test(`given what XGBoost saw, ${known.name}: the same trees and predictions`, () => {
    const { rows, labels } = known;
    const options = known.options as TrainingOptions;
    const text = train({ features: names(5), rows, labels }, options);
    const trees = readForest(text, "trained").outputs[0];
    assert.equal(trees.length, known.trees.length);
    trees.forEach((tree, i) => {
      assert.deepEqual(nested(tree), nestedDump(known.trees[i] as Dumped), `tree ${i}`);
    });
    const predict = predictor(text);
    rows.forEach((row, i) => {
      const gap = Math.abs(predict(row) - known.predictions[i]);
      assert.ok(gap < 1e-6, `row ${i} differs by ${gap}`);
    });
  });

test("given an exclusive or of two features, when trained, then it is learned", () => {
  const next = random(7);
  const rows = Array.from({ length: 300 }, () => [next(), next(), next()]);
  const truth = (row: readonly number[]) => (row[0] > 0.5 !== row[1] > 0.3 ? 1 : 0);
  const predict = predictor(train({ features: names(3), rows, labels: rows.map(truth) }, base));
  const fresh = Array.from({ length: 300 }, () => [next(), next(), next()]);
  const right = fresh.filter((row) => Math.round(predict(row)) === truth(row)).length;
  assert.ok(right >= 285, `${right} of 300 right`);
});

test("given a direction, when the data go up and down, then the score only rises", () => {
  const next = random(11);
  const rows = Array.from({ length: 400 }, () => [next(), next()]);
  const labels = rows.map(([x, y]) => (Math.sin(9 * x) + y + next() > 1.2 ? 1 : 0));
  const scores = (monotone?: number[]) => {
    const text = train({ features: names(2), rows, labels }, { ...base, maxDepth: 5, monotone });
    const predict = predictor(text);
    return [0.1, 0.5, 0.9].map((y) => Array.from({ length: 101 }, (_, i) => predict([i / 100, y])));
  };
  const falls = (lines: number[][]) =>
    lines.some((line) => line.some((score, i) => i > 0 && score < line[i - 1]));
  const rises = (lines: number[][]) =>
    lines.some((line) => line.some((score, i) => i > 0 && score > line[i - 1]));
  assert.ok(falls(scores()) && rises(scores()), "free, it follows the data");
  assert.ok(!falls(scores([1, 0])) && rises(scores([1, 0])));
  assert.ok(!rises(scores([-1, 0])) && falls(scores([-1, 0])));
});

test("given gaps that mean something, when trained, then they go to their side", () => {
  const next = random(3);
  const rows = Array.from({ length: 200 }, () => [next() < 0.4 ? null : next()]);
  const labels = rows.map(([x]) => (x === null || x > 0.7 ? 1 : 0));
  const predict = predictor(train({ features: names(1), rows, labels }, base));
  assert.ok(predict([null]) > 0.9);
  assert.ok(predict([0.9]) > 0.9);
  assert.ok(predict([0.2]) < 0.1);
});

test("given the same data twice, when trained, then the files are the same to the byte", () => {
  const { rows, labels, options } = golden.cases[0];
  const once = () => train({ features: names(5), rows, labels }, options as TrainingOptions);
  assert.equal(once(), once());
});

test("given no base score, when trained, then it is the share of ones", () => {
  const rows = [[1], [2], [3], [4]];
  const text = train({ features: ["x"], rows, labels: [0, 0, 0, 1] }, { ...base, rounds: 1 });
  assert.equal(readForest(text, "trained").baseScores[0], 0.25);
});

test("given data that cannot be learned from, when trained, then it is refused", () => {
  const rows = [[1], [2]];
  const refused = (set: object, options: object, says: RegExp) =>
    assert.throws(
      () => train({ features: ["x"], rows, labels: [0, 1], ...set }, { ...base, ...options }),
      (thrown: Failure) => thrown instanceof Failure && says.test(thrown.message),
    );
  refused({ labels: [0] }, {}, /2 rows have 1 labels/);
  refused({ labels: [0, 0] }, {}, /not both 0 and 1/);
  refused({ labels: [0, 2] }, {}, /not both 0 and 1/);
  refused({ rows: [[1], [2, 3]] }, {}, /Row 1 has 2 values/);
  refused({ rows: [[1], [Number.POSITIVE_INFINITY]] }, {}, /beyond float32/);
  refused({}, { maxDepth: 0 }, /at least 1/);
  refused({}, { baseScore: 1 }, /between 0 and 1/);
  refused({}, { monotone: [1, 1] }, /2 directions/);
});
