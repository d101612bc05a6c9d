import type { Nodes } from "./nodes.ts";
import { gaussLegendre } from "./quadrature.ts";

/**
 * Contributions of shallow trees, looked up. A tree is cut into groups of neighbouring leaves whose
 * splits, from the root down, number at most `maxSplits`. What a group adds to each feature depends
 * on nothing but how the row answers these splits, so a table holds it for every pattern of
 * answers. Scoring a row then costs a few comparisons and one short table row for each group.
 */
export type Tables = {
  /** For each group, where its splits end (they start where those of the group before end). */
  readonly splitEnd: Int32Array;
  readonly slot: Int32Array;
  readonly split: Float32Array;
  /** For each group, where its features end. */
  readonly featureEnd: Int32Array;
  readonly feature: Int32Array;
  /** For each group, where its table starts. */
  readonly start: Int32Array;
  /**
   * A row for each pattern, the first split its highest bit, 1 for right: the value of the leaf
   * reached (0 if it lies in another group), then the contribution to each of the features.
   */
  readonly cells: Float32Array;
};

/**
 * Deeper trees, and those that would make the tables of a model larger than `maxCells`, go by
 * paths.ts. Of 5 to 8 splits, 7 was fastest with caches warm and cold, for trees of depth 4 and 6.
 */
export const maxSplits = 7;
export const maxCells = 4_000_000;

type Answer = { readonly node: number; readonly side: 0 | 1 };
type Player = { readonly feature: number; share: number; mask: number; wanted: number };
type Leaf = { readonly value: number; readonly players: Player[] };
export type Group = {
  readonly splits: number[];
  readonly features: number[];
  readonly leaves: Leaf[];
};

const splitsBelow = (nodes: Nodes, node: number): number[] => {
  const first = nodes.left[node];
  if (first < 0) return [];
  return [node, ...splitsBelow(nodes, first), ...splitsBelow(nodes, first + 1)];
};

const leavesBelow = (
  nodes: Nodes,
  node: number,
  way: Answer[],
): { node: number; way: Answer[] }[] => {
  const first = nodes.left[node];
  if (first < 0) return [{ node, way }];
  return [
    ...leavesBelow(nodes, first, [...way, { node, side: 0 }]),
    ...leavesBelow(nodes, first + 1, [...way, { node, side: 1 }]),
  ];
};

/** The features on the way to a leaf: which answers each needs, and how often rows give them. */
const playersOf = (nodes: Nodes, way: Answer[], splits: number[]): Player[] => {
  const players = new Map<number, Player>();
  for (const { node, side } of way) {
    const feature = nodes.feature[node];
    const bit = 1 << (splits.length - 1 - splits.indexOf(node));
    const player = players.get(feature) ?? { feature, share: 1, mask: 0, wanted: 0 };
    player.share *= nodes.share[nodes.left[node] + side];
    player.mask |= bit;
    player.wanted |= side ? bit : 0;
    players.set(feature, player);
  }
  return [...players.values()];
};

const groupsBelow = (nodes: Nodes, node: number, way: Answer[]): Group[] => {
  const below = splitsBelow(nodes, node);
  if (way.length + below.length > maxSplits) {
    const first = nodes.left[node];
    return [
      ...groupsBelow(nodes, first, [...way, { node, side: 0 }]),
      ...groupsBelow(nodes, first + 1, [...way, { node, side: 1 }]),
    ];
  }
  const splits = [...way.map((answer) => answer.node), ...below];
  const leaves = leavesBelow(nodes, node, way).map((leaf) => ({
    value: nodes.split[leaf.node],
    players: playersOf(nodes, leaf.way, splits),
  }));
  const features = [...new Set(splits.map((split) => nodes.feature[split]))];
  return [{ splits, features, leaves }];
};

const cellsOf = (group: Group): number => (1 << group.splits.length) * (1 + group.features.length);

const rules = Array.from({ length: maxSplits + 1 }, (_, players) =>
  gaussLegendre(Math.max(1, Math.ceil(players / 2))),
);

/**
 * Adds what one leaf gives to each feature under one pattern of answers. With o = 1 for a feature
 * whose answers lead to the leaf and 0 otherwise, and z its share of training rows, the Shapley
 * value is value × (o_i - z_i) × ∫ Π_{j≠i} (t o_j + (1 - t) z_j) dt over [0, 1]; the integrand is a
 * polynomial, so the quadrature is exact (see paths.ts).
 */
const addLeaf = (leaf: Leaf, pattern: number, features: number[], row: Float64Array): void => {
  const { players, value } = leaf;
  const open = players.map((player) => +((pattern & player.mask) === player.wanted));
  if (open.every((answer) => answer === 1)) row[0] += value;
  const { points, weights } = rules[players.length];
  players.forEach((player, index) => {
    let integral = 0;
    for (let q = 0; q < points.length; q++) {
      let product = weights[q];
      for (let j = 0; j < players.length; j++)
        if (j !== index) product *= points[q] * open[j] + (1 - points[q]) * players[j].share;
      integral += product;
    }
    row[1 + features.indexOf(player.feature)] += value * (open[index] - player.share) * integral;
  });
};

const fill = (group: Group, cells: Float32Array, start: number): void => {
  const width = 1 + group.features.length;
  const row = new Float64Array(width);
  for (let pattern = 0; pattern < 1 << group.splits.length; pattern++) {
    row.fill(0);
    for (const leaf of group.leaves) addLeaf(leaf, pattern, group.features, row);
    cells.set(row, start + pattern * width);
  }
};

/** The groups of a tree of at most `maxSplits` levels, and how many cells their tables need. */
export const planTables = (nodes: Nodes, root: number): { groups: Group[]; cells: number } => {
  const groups = groupsBelow(nodes, root, []);
  return { groups, cells: groups.reduce((sum, group) => sum + cellsOf(group), 0) };
};

export const buildTables = (nodes: Nodes, groups: readonly Group[]): Tables => {
  const ends = (sizes: number[]): Int32Array => {
    let end = 0;
    return Int32Array.from(sizes, (size) => (end += size));
  };
  const splits = groups.flatMap((group) => group.splits);
  const cellEnd = ends(groups.map(cellsOf));
  const start = Int32Array.from(groups, (group, index) => cellEnd[index] - cellsOf(group));
  const cells = new Float32Array(cellEnd.at(-1) ?? 0);
  groups.forEach((group, index) => {
    fill(group, cells, start[index]);
  });
  return {
    splitEnd: ends(groups.map((group) => group.splits.length)),
    slot: Int32Array.from(splits, (node) => nodes.slot[node]),
    split: Float32Array.from(splits, (node) => nodes.split[node]),
    featureEnd: ends(groups.map((group) => group.features.length)),
    feature: Int32Array.from(groups.flatMap((group) => group.features)),
    start,
    cells,
  };
};

/**
 * Adds each group's contributions for a laid row to `out`. Returns `sum` with the leaves added in
 * the order of the trees, in float32; a group that does not hold the leaf adds 0.
 */
export const addFromTables = (
  tables: Tables,
  laid: Float32Array,
  sum: number,
  out: Float64Array,
): number => {
  const { splitEnd, slot, split, featureEnd, feature, start, cells } = tables;
  let at = 0;
  let from = 0;
  for (let group = 0; group < start.length; group++) {
    let pattern = 0;
    for (const end = splitEnd[group]; at < end; at++)
      pattern = (pattern << 1) | +(laid[slot[at]] >= split[at]);
    const end = featureEnd[group];
    let cell = start[group] + pattern * (end - from + 1);
    sum = Math.fround(sum + cells[cell]);
    while (from < end) out[feature[from++]] += cells[++cell];
  }
  return sum;
};
