import { answer, placeOf, type Questions } from "./categories.ts";
import type { Tree } from "./tree.ts";

/**
 * The nodes of all trees in one place, the children of a node beside each other, parents before
 * children. `left` is -1 at a leaf, whose value stands in `split`.
 *
 * `slot` points into a row laid out by `lay`: each feature twice, once with a missing value as
 * -Infinity (always left) and once as +Infinity (always right). So "is it missing, and where to
 * then?" needs no branch: a node whose default is left looks at the first, the other at the second.
 * Behind the features stand the answers to splits by category, compared with 0.
 */
export type Nodes = {
  readonly roots: Int32Array;
  readonly left: Int32Array;
  readonly slot: Int32Array;
  readonly feature: Int32Array;
  readonly split: Float32Array;
  /** Each node's share of the training rows of its parent; 1 at a root. */
  readonly share: Float64Array;
};

export type Row = Float64Array | Float32Array;

/**
 * A child's share of its parent's cover. Where the parent saw no rows at all (XGBoost divides zero
 * by zero there), both children are held equally likely.
 */
const shareOf = (tree: Tree, parent: number, child: number): number =>
  tree.cover[parent] > 0 ? tree.cover[child] / tree.cover[parent] : 0.5;

/** Puts trees of a model of `features` features in one place, adding to its `questions`. */
export const flatten = (trees: readonly Tree[], features: number, questions: Questions): Nodes => {
  const size = trees.reduce((sum, tree) => sum + tree.left.length, 0);
  const roots = new Int32Array(trees.length);
  const left = new Int32Array(size);
  const slot = new Int32Array(size);
  const feature = new Int32Array(size);
  const split = new Float32Array(size);
  const share = new Float64Array(size);
  let end = 0;
  trees.forEach((tree, index) => {
    const root = end++;
    roots[index] = root;
    share[root] = 1;
    const from = [0];
    for (let node = root; node < end; node++) {
      const old = from[node - root];
      split[node] = tree.split[old];
      if (tree.left[old] < 0) {
        left[node] = -1;
        continue;
      }
      feature[node] = tree.feature[old];
      const codes = tree.categories.get(old);
      slot[node] = codes
        ? 2 * features + placeOf(questions, feature[node], tree.defaultLeft[old], codes)
        : 2 * feature[node] + (tree.defaultLeft[old] ? 0 : 1);
      left[node] = end;
      for (const child of [tree.left[old], tree.right[old]]) {
        share[end++] = shareOf(tree, old, child);
        from.push(child);
      }
    }
  });
  return {
    roots,
    left: left.slice(0, end),
    slot: slot.slice(0, end),
    feature: feature.slice(0, end),
    split: split.slice(0, end),
    share: share.slice(0, end),
  };
};

/** Lays a row out for `slot`: in float32, as XGBoost compares, each value at 2f and 2f + 1. */
export const lay = (row: Row, laid: Float32Array, questions: Questions): void => {
  for (let feature = 0; feature < row.length; feature++) {
    const value = row[feature];
    const missing = Number.isNaN(value);
    laid[2 * feature] = missing ? -Infinity : value;
    laid[2 * feature + 1] = missing ? Infinity : value;
  }
  if (questions.feature.length > 0) answer(questions, row, laid, 2 * row.length);
};

/** The value of the leaf that a laid row reaches from `root`. */
export const leafValue = (nodes: Nodes, root: number, laid: Float32Array): number => {
  const { left, slot, split } = nodes;
  let node = root;
  let first = left[node];
  while (first >= 0) {
    // A comparison turned into 0 or 1 costs nothing where a mispredicted branch costs 5 ns.
    node = first + +(laid[slot[node]] >= split[node]);
    first = left[node];
  }
  return split[node];
};

/** Leaves added in the order of the trees, in float32: XGBoost's margin to the last bit. */
export const sumOfLeaves = (nodes: Nodes, base: number, laid: Float32Array): number => {
  let sum = base;
  for (let tree = 0; tree < nodes.roots.length; tree++)
    sum = Math.fround(sum + leafValue(nodes, nodes.roots[tree], laid));
  return sum;
};

/** What the trees add on average over their training rows: the bias of the contributions. */
export const meanOfLeaves = (nodes: Nodes): number => {
  const reach = nodes.share.slice();
  let mean = 0;
  for (let node = 0; node < reach.length; node++) {
    const first = nodes.left[node];
    if (first < 0) {
      mean += reach[node] * nodes.split[node];
    } else {
      reach[first] *= reach[node];
      reach[first + 1] *= reach[node];
    }
  }
  return mean;
};
