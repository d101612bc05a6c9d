import { countAt, type Fields, fieldsAt, flagsAt, numbersAt, refuse, wholesAt } from "./fields.ts";

/**
 * One tree with arrays indexed by node, node 0 the root. `left` and `right` are -1 at a leaf, whose
 * value stands in `split`. A row goes left where `value < split` in float32, or where the value is
 * missing and `defaultLeft` is 1. `cover` is the weight of training rows that reached the node.
 */
export type Tree = {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly feature: Int32Array;
  readonly split: Float32Array;
  readonly defaultLeft: Uint8Array;
  readonly cover: Float64Array;
  /** By node that splits by category instead: the codes that go right, as bits. */
  readonly categories: ReadonlyMap<number, Uint32Array>;
  readonly depth: number;
};

const maxDepth = 256;
/** XGBoost's own bound: codes from here on are no category. */
export const maxCategory = 1 << 24;

/**
 * Walks down from the root: every node that is reached must be reached once, be a leaf or have two
 * children, and split on a known feature. Nodes that pruning removed stay in the file unreached and
 * must be as many as `num_deleted` says. Returns the depth.
 */
const walk = (tree: Omit<Tree, "depth">, features: number, deleted: number, where: string) => {
  const nodes = tree.left.length;
  const level = new Int32Array(nodes).fill(-1);
  const stack = [0];
  level[0] = 0;
  let [reached, depth] = [0, 0];
  while (stack.length > 0) {
    const node = stack.pop()!;
    reached++;
    depth = Math.max(depth, level[node]);
    if (tree.left[node] === -1 && tree.right[node] === -1) continue;
    if (tree.feature[node] < 0 || tree.feature[node] >= features)
      refuse(`${where}, node ${node}: it splits on feature ${tree.feature[node]} of ${features}`);
    for (const child of [tree.left[node], tree.right[node]]) {
      if (child < 1 || child >= nodes)
        refuse(`${where}, node ${node}: its child ${child} does not exist`);
      if (level[child] >= 0) refuse(`${where}, node ${child}: two ways lead to it`);
      level[child] = level[node] + 1;
      stack.push(child);
    }
  }
  if (reached + deleted !== nodes)
    refuse(`${where}: ${nodes - reached} of ${nodes} nodes cannot be reached`);
  if (depth > maxDepth) refuse(`${where} is ${depth} deep, more than ${maxDepth}`);
  return depth;
};

const bitsOf = (codes: Int32Array, node: number, where: string): Uint32Array => {
  const wrong = codes.find((code) => code < 0 || code >= maxCategory);
  if (wrong !== undefined) refuse(`${where}, node ${node}: ${wrong} is no code of a category`);
  const most = codes.reduce((largest, code) => Math.max(largest, code), -1);
  const bits = new Uint32Array((most >> 5) + 1);
  for (const code of codes) bits[code >> 5] |= 1 << (code & 31);
  return bits;
};

/** The sets of categories: each node's codes are a segment of one list. */
const categoriesOf = (
  fields: Fields,
  left: Int32Array,
  where: string,
): Map<number, Uint32Array> => {
  const nodes = left.length;
  const sets = new Map<number, Uint32Array>();
  if (!Object.hasOwn(fields, "split_type")) return sets;
  const kinds = flagsAt(fields, "split_type", where, nodes);
  if (!kinds.includes(1)) return sets;
  const codes = wholesAt(fields, "categories", where, undefined, "code");
  const at = wholesAt(fields, "categories_nodes", where, undefined, "set");
  const starts = wholesAt(fields, "categories_segments", where, at.length, "set");
  const sizes = wholesAt(fields, "categories_sizes", where, at.length, "set");
  at.forEach((node, index) => {
    const [from, size] = [starts[index], sizes[index]];
    if (kinds[node] !== 1 || sets.has(node))
      refuse(`${where}: categories are given for node ${node}, which does not split by them`);
    if (from < 0 || size < 0 || from + size > codes.length)
      refuse(`${where}, node ${node}: its categories are not all there`);
    sets.set(node, bitsOf(codes.subarray(from, from + size), node, where));
  });
  // A split that pruning made a leaf may keep its categories.
  for (const node of sets.keys()) if (left[node] < 0) sets.delete(node);
  const bare = kinds.findIndex((kind, node) => kind === 1 && left[node] >= 0 && !sets.has(node));
  if (bare >= 0) refuse(`${where}, node ${bare}: it splits by category and lists none`);
  return sets;
};

/** Thresholds and leaves; what stands at a split by category is of no meaning, NaN at times. */
const splitsOf = (
  fields: Fields,
  categories: ReadonlyMap<number, unknown>,
  nodes: number,
  where: string,
): Float32Array => {
  const list = fields.split_conditions;
  const read =
    categories.size > 0 && Array.isArray(list)
      ? list.map((value, node) => (categories.has(node) ? 0 : value))
      : list;
  const cleaned = read === undefined ? {} : { split_conditions: read };
  return Float32Array.from(numbersAt(cleaned, "split_conditions", where, nodes));
};

/** Reads one tree, and checks all of it that scoring uses. Throws a Refusal. */
export const treeOf = (fields: Fields, features: number, where: string): Tree => {
  const parameters = fieldsAt(fields, "tree_param", where);
  const nodes = countAt(parameters, "num_nodes", where);
  if (nodes === 0) refuse(`${where} has no nodes`);
  if (countAt(parameters, "size_leaf_vector", where, 0) > 1)
    refuse(`${where} has leaves with several values`);
  const left = wholesAt(fields, "left_children", where, nodes);
  const categories = categoriesOf(fields, left, where);
  const cover = Float64Array.from(numbersAt(fields, "sum_hessian", where, nodes));
  const negative = cover.findIndex((value) => value < 0);
  if (negative >= 0) refuse(`${where}, node ${negative}: "sum_hessian" is ${cover[negative]}`);
  const tree = {
    left,
    right: wholesAt(fields, "right_children", where, nodes),
    feature: wholesAt(fields, "split_indices", where, nodes),
    split: splitsOf(fields, categories, nodes, where),
    defaultLeft: flagsAt(fields, "default_left", where, nodes),
    cover,
    categories,
  };
  const deleted = countAt(parameters, "num_deleted", where, 0);
  return { ...tree, depth: walk(tree, features, deleted, where) };
};

/** The same tree with each leaf times `weight`, in float32. */
export const weighted = (tree: Tree, weight: number): Tree => {
  if (weight === 1) return tree;
  const split = tree.split.map((value, node) =>
    tree.left[node] < 0 ? Math.fround(value * weight) : value,
  );
  return { ...tree, split };
};

/** The largest distance from 0 of a leaf. */
export const largestLeaf = (tree: Tree): number => {
  let largest = 0;
  for (let node = 0; node < tree.left.length; node++)
    if (tree.left[node] < 0) largest = Math.max(largest, Math.abs(tree.split[node]));
  return largest;
};
