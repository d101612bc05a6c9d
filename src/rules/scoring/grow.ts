/** Rows by feature, as the exact method wants them: float32, NaN for missing, sorted once. */
export type Columns = {
  readonly rows: number;
  readonly values: readonly Float32Array[];
  /** By feature: the rows that have a value, ascending by it. */
  readonly order: readonly Uint32Array[];
};

export type GrowOptions = {
  /** Levels of splits, at least 1. */
  readonly maxDepth: number;
  /** Learning rate: leaves are shrunk by it. */
  readonly eta: number;
  /** L2 penalty on leaf weights. */
  readonly lambda: number;
  /** Least gain of a split; splits below it are pruned from the leaves up. */
  readonly gamma: number;
  /** Least sum of Hessians on either side of a split. */
  readonly minChildWeight: number;
  /** By feature: 1 the score may only rise with it, -1 only fall, 0 free. */
  readonly monotone?: readonly number[];
};

/** A tree in arrays by node; node 0 is the root, children of -1 mark a leaf. */
export type GrownTree = {
  readonly left: number[];
  readonly right: number[];
  readonly parent: number[];
  readonly feature: number[];
  /** Rows with a smaller value go left; on a leaf the leaf's value, shrunk by eta. */
  readonly threshold: number[];
  readonly defaultLeft: boolean[];
  readonly gain: number[];
  readonly weight: number[];
  readonly hessian: number[];
};

/** Transposes and sorts once. A row is an array in feature order; null and NaN are missing. */
export const toColumns = (rows: readonly ArrayLike<number | null>[], features: number): Columns => {
  const values: Float32Array[] = [];
  const order: Uint32Array[] = [];
  for (let feature = 0; feature < features; feature++) {
    const column = Float32Array.from(rows, (row) => row[feature] ?? Number.NaN);
    const present = [...column.keys()].filter((row) => !Number.isNaN(column[row]));
    values.push(column);
    order.push(Uint32Array.from(present.sort((a, b) => column[a] - column[b] || a - b)));
  }
  return { rows: rows.length, values, order };
};

const SMALLEST_GAIN = Math.fround(1e-6);
const f32 = Math.fround;

/** A node that may still be split, with what the scans of the features have found so far. */
type OpenNode = {
  readonly node: number;
  /** Sums of gradients and Hessians, in float64 as XGBoost's exact method keeps them. */
  gradient: number;
  hessian: number;
  gain: number;
  /** Bounds that the splits above put on the weights below, where features have a direction. */
  lower: number;
  upper: number;
  /** The sums on the near side of the running scan, and the last value seen. */
  nearGradient: number;
  nearHessian: number;
  nearValue: number;
  bestGain: number;
  bestFeature: number;
  bestThreshold: number;
  bestDefaultLeft: boolean;
};

/**
 * Grows one tree level by level by the exact greedy method, step for step as XGBoost's
 * `tree_method=exact` does (Chen and Guestrin 2016, algorithms 1 and 3): gradients in float32, sums
 * in float64, gains and thresholds in float32, so that ties fall alike.
 */
export const grow = (
  columns: Columns,
  gradients: Float32Array,
  hessians: Float32Array,
  options: GrowOptions,
): GrownTree => {
  const tree = emptyTree();
  const position = new Int32Array(columns.rows);
  let open = [openNode(addNode(tree, -1), Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)];
  weigh(tree, open, position, gradients, hessians, options);
  for (let depth = 0; depth < options.maxDepth && open.length > 0; depth++) {
    for (const [feature, rows] of columns.order.entries()) {
      const values = columns.values[feature];
      const scan = { feature, values, rows, open, position, gradients, hessians, options };
      const constant = rows.length > 0 && values[rows[0]] === values[rows[rows.length - 1]];
      if (rows.length < columns.rows && !constant) scanColumn(scan, false);
      scanColumn(scan, true);
    }
    open = splitLevel(tree, open, columns, position);
    weigh(tree, open, position, gradients, hessians, options);
    boundChildren(tree, open, options);
  }
  prune(tree, 0, options);
  return compact(tree);
};

const emptyTree = (): GrownTree => ({
  left: [],
  right: [],
  parent: [],
  feature: [],
  threshold: [],
  defaultLeft: [],
  gain: [],
  weight: [],
  hessian: [],
});

const addNode = (tree: GrownTree, parent: number): number => {
  for (const numbers of [tree.left, tree.right]) numbers.push(-1);
  for (const numbers of [tree.feature, tree.threshold, tree.gain, tree.weight, tree.hessian])
    numbers.push(0);
  tree.defaultLeft.push(false);
  return tree.parent.push(parent) - 1;
};

const openNode = (node: number, lower: number, upper: number): OpenNode => ({
  node,
  gradient: 0,
  hessian: 0,
  gain: 0,
  lower,
  upper,
  nearGradient: 0,
  nearHessian: 0,
  nearValue: 0,
  bestGain: 0,
  bestFeature: 0,
  bestThreshold: 0,
  bestDefaultLeft: false,
});

/** Sums each open node's rows, and sets its weight and what it is worth unsplit. */
const weigh = (
  tree: GrownTree,
  open: OpenNode[],
  position: Int32Array,
  gradients: Float32Array,
  hessians: Float32Array,
  options: GrowOptions,
) => {
  for (let row = 0; row < position.length; row++) {
    if (position[row] < 0) continue;
    const at = open[position[row]];
    at.gradient += gradients[row];
    at.hessian += hessians[row];
  }
  for (const at of open) {
    const weight = weightOf(at.gradient, at.hessian, at, options);
    at.gain = gainOf(at.gradient, at.hessian, weight, options);
    tree.weight[at.node] = weight;
    tree.threshold[at.node] = f32(weight * f32(options.eta));
    tree.hessian[at.node] = f32(at.hessian);
  }
};

const weightOf = (gradient: number, hessian: number, at: OpenNode, options: GrowOptions) => {
  const free = hessian < f32(options.minChildWeight) || hessian <= 0;
  const weight = free ? 0 : f32(-gradient / (hessian + f32(options.lambda)));
  return Math.min(Math.max(weight, at.lower), at.upper);
};

/**
 * Twice the fall of the loss that a leaf brings. With directions the weight may not be the best.
 */
const gainOf = (gradient: number, hessian: number, weight: number, options: GrowOptions) => {
  if (hessian <= 0) return 0;
  const lambda = f32(options.lambda);
  if (!options.monotone) return f32((gradient * gradient) / (hessian + lambda));
  const linear = f32(f32(2 * f32(gradient)) * weight);
  const square = f32(f32(f32(hessian) + lambda) * f32(weight * weight));
  return -f32(linear + square);
};

type Scan = {
  readonly feature: number;
  readonly values: Float32Array;
  readonly rows: Uint32Array;
  readonly open: readonly OpenNode[];
  readonly position: Int32Array;
  readonly gradients: Float32Array;
  readonly hessians: Float32Array;
  readonly options: GrowOptions;
};

/**
 * Tries every threshold of one feature in all open nodes at once. Descending, the rows without a
 * value stay on the left of each split that is tried; ascending, on the right.
 */
const scanColumn = (scan: Scan, descending: boolean) => {
  const { values, rows, open, position, gradients, hessians, options } = scan;
  const least = f32(options.minChildWeight);
  for (const at of open) at.nearGradient = at.nearHessian = at.nearValue = 0;
  const step = descending ? -1 : 1;
  for (let i = descending ? rows.length - 1 : 0; i >= 0 && i < rows.length; i += step) {
    const row = rows[i];
    if (position[row] < 0) continue;
    const at = open[position[row]];
    const value = values[row];
    if (at.nearHessian !== 0 && value !== at.nearValue && at.nearHessian >= least) {
      const middle = f32(f32(value + at.nearValue) * 0.5);
      trySplit(scan, at, middle === value ? at.nearValue : middle, descending);
    }
    at.nearGradient += gradients[row];
    at.nearHessian += hessians[row];
    at.nearValue = value;
  }
  for (const at of open) {
    if (at.nearHessian < least) continue;
    const gap = f32(Math.abs(at.nearValue) + SMALLEST_GAIN);
    trySplit(scan, at, f32(at.nearValue + (descending ? -gap : gap)), descending);
  }
};

const trySplit = (scan: Scan, at: OpenNode, threshold: number, descending: boolean) => {
  const { feature, options } = scan;
  const farGradient = at.gradient - at.nearGradient;
  const farHessian = at.hessian - at.nearHessian;
  if (farHessian < f32(options.minChildWeight)) return;
  const near = weightOf(at.nearGradient, at.nearHessian, at, options);
  const far = weightOf(farGradient, farHessian, at, options);
  const direction = options.monotone?.[feature] ?? 0;
  if (direction * (descending ? near - far : far - near) < 0) return;
  const nearGain = gainOf(at.nearGradient, at.nearHessian, near, options);
  const farGain = gainOf(farGradient, farHessian, far, options);
  const gain = f32(f32(nearGain + farGain) - at.gain);
  if (!(gain > at.bestGain) || gain === Number.POSITIVE_INFINITY) return;
  at.bestGain = gain;
  at.bestFeature = feature;
  at.bestThreshold = threshold;
  at.bestDefaultLeft = descending;
};

/**
 * Splits what is worth it, moves the rows, and returns the children in pairs, left before right.
 */
const splitLevel = (
  tree: GrownTree,
  open: OpenNode[],
  columns: Columns,
  position: Int32Array,
): OpenNode[] => {
  const next: OpenNode[] = [];
  const childAt = open.map((at) => {
    tree.gain[at.node] = at.bestGain;
    if (!(at.bestGain > SMALLEST_GAIN)) return -1;
    tree.feature[at.node] = at.bestFeature;
    tree.threshold[at.node] = at.bestThreshold;
    tree.defaultLeft[at.node] = at.bestDefaultLeft;
    tree.left[at.node] = addNode(tree, at.node);
    tree.right[at.node] = addNode(tree, at.node);
    next.push(openNode(tree.left[at.node], at.lower, at.upper));
    return next.push(openNode(tree.right[at.node], at.lower, at.upper)) - 2;
  });
  for (let row = 0; row < position.length; row++) {
    const from = position[row];
    if (from < 0) continue;
    const at = open[from];
    const value = columns.values[at.bestFeature][row];
    const left = Number.isNaN(value) ? at.bestDefaultLeft : value < at.bestThreshold;
    position[row] = childAt[from] < 0 ? -1 : childAt[from] + (left ? 0 : 1);
  }
  return next;
};

/** A split on a feature with a direction parts the weights below it at the middle of its two. */
const boundChildren = (tree: GrownTree, children: OpenNode[], options: GrowOptions) => {
  for (let i = 0; i < children.length; i += 2) {
    const [left, right] = [children[i], children[i + 1]];
    const direction = options.monotone?.[tree.feature[tree.parent[left.node]]] ?? 0;
    if (direction === 0) continue;
    const middle = f32(f32(tree.weight[left.node] + tree.weight[right.node]) / 2);
    const [low, high] = direction > 0 ? [left, right] : [right, left];
    low.upper = high.lower = middle;
  }
};

const isLeaf = (tree: GrownTree, node: number) => tree.left[node] < 0;

const prune = (tree: GrownTree, node: number, options: GrowOptions) => {
  if (isLeaf(tree, node)) return;
  const [left, right] = [tree.left[node], tree.right[node]];
  prune(tree, left, options);
  prune(tree, right, options);
  if (!isLeaf(tree, left) || !isLeaf(tree, right)) return;
  if (tree.gain[node] >= f32(options.gamma)) return;
  tree.left[node] = tree.right[node] = -1;
  tree.feature[node] = 0;
  tree.defaultLeft[node] = false;
  tree.threshold[node] = f32(tree.weight[node] * f32(options.eta));
};

/** The tree without pruned nodes, numbered level by level. */
const compact = (from: GrownTree): GrownTree => {
  const tree = emptyTree();
  const kept = [0];
  addNode(tree, -1);
  for (let node = 0; node < kept.length; node++) {
    const old = kept[node];
    for (const name of ["feature", "threshold", "gain", "weight", "hessian"] as const)
      tree[name][node] = from[name][old];
    tree.defaultLeft[node] = from.defaultLeft[old];
    if (isLeaf(from, old)) continue;
    kept.push(from.left[old], from.right[old]);
    tree.left[node] = addNode(tree, node);
    tree.right[node] = addNode(tree, node);
  }
  return tree;
};
