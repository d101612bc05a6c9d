import type { Nodes } from "./nodes.ts";
import { gaussLegendre } from "./quadrature.ts";

/**
 * Contributions of trees of any depth, exactly and without recursion.
 *
 * What they are. TreeSHAP (Lundberg et al., "From local explanations to global understanding with
 * explainable AI for trees", 2020), path-dependent: a feature that is not known takes each side of
 * its splits with the share z of training rows that took it. For one leaf of value v, let z_i be
 * the product of the shares of feature i on the way there and o_i 1 if the row passes all splits
 * of i, else 0. If the features in S are known, the leaf gives v × Π_{i∈S} o_i × Π_{i∉S} z_i, and
 * the Shapley value of i is a weighted sum over all S, with weights |S|! (d - |S| - 1)! / d!.
 *
 * Why an integral. That weight is ∫ t^|S| (1 - t)^(d - |S| - 1) dt over [0, 1], so the sum over all
 * 2^(d-1) sets collapses into a product:
 *
 *     φ_i = v × (o_i - z_i) × ∫ Π_{j≠i} (t o_j + (1 - t) z_j) dt
 *
 * The integrand is a polynomial in t of degree d - 1, so Gauss-Legendre quadrature on d/2 points
 * gives it exactly, and at a fixed point t the product is shared by all leaves below a node.
 *
 * How. Downwards, `reach` of a node holds the product of its path at each point. Upwards, it holds
 * the sum of v × product over the leaves below. Below the edge where feature i is split, dividing
 * by i's own factor gives what all these leaves add to φ_i. Where a feature is split a second time,
 * its factor changes: the deeper edge adds its own term and takes back the one that the edge above
 * counted for its leaves. Once a row has failed a feature (o_i = 0) both terms are equal, so deeper
 * edges of it are skipped. Each edge costs d/2 multiplications, and nothing is ever subtracted
 * from a product, which keeps it stable where the classic "unwinding" of TreeSHAP loses digits.
 */
export type PathTree = {
  readonly root: number;
  readonly size: number;
  /** Points of the quadrature. */
  readonly points: number;
  /** For each node, counted from the root: the feature of the split above it. */
  readonly feature: Int32Array;
  /** The nearest node above that belongs to the same feature; `size` if there is none. */
  readonly before: Int32Array;
  /** For each node, three rows by its state: what the product at each point is multiplied by. */
  readonly change: Float64Array;
  /**
   * Rows that turn the sum over the leaves below into φ. For each node the row of one who passes,
   * weight × (1 - z) / (t + (1 - t) z); then a row of zeros; then the row of one who fails here,
   * -weight / (1 - t), the same for every node since z cancels out.
   */
  readonly turn: Float64Array;
  /** For each node, by its state, where its row of `turn` starts. */
  readonly turnAt: Int32Array;
};

/** The state of an edge for a row: fails its feature here, passes so far, had failed above. */
const fails = 0;
const passes = 1;
const failed = 2;

/** The state by that of the same feature above (times 2) plus 1 if the row takes this edge. */
const next = Uint8Array.of(failed, failed, fails, passes, failed, failed);

type Edges = { feature: Int32Array; before: Int32Array; share: Float64Array; most: number };

/** Finds for each node its edge's feature, the edge before of that feature, and z up to here. */
const edgesOf = (nodes: Nodes, root: number, size: number): Edges => {
  const feature = new Int32Array(size).fill(-1);
  const before = new Int32Array(size).fill(size);
  const above = new Int32Array(size).fill(-1);
  const share = new Float64Array(size).fill(1);
  const players = new Int32Array(size);
  let most = 1;
  for (let node = 0; node < size; node++) {
    const first = nodes.left[root + node] - root;
    if (nodes.left[root + node] < 0) continue;
    const split = nodes.feature[root + node];
    let same = node;
    while (same >= 0 && feature[same] !== split) same = above[same];
    for (const child of [first, first + 1]) {
      above[child] = node;
      feature[child] = split;
      before[child] = same < 0 ? size : same;
      share[child] = nodes.share[root + child] * (same < 0 ? 1 : share[same]);
      players[child] = players[node] + (same < 0 ? 1 : 0);
      most = Math.max(most, players[child]);
    }
  }
  return { feature, before, share, most };
};

export const planPaths = (nodes: Nodes, root: number, size: number): PathTree => {
  const { feature, before, share, most } = edgesOf(nodes, root, size);
  const { points: t, weights } = gaussLegendre(Math.ceil(most / 2));
  const points = t.length;
  const change = new Float64Array(3 * size * points);
  const turn = new Float64Array((size + 2) * points);
  const turnAt = new Int32Array(3 * size);
  for (let node = 1; node < size; node++) {
    const z = share[node];
    const old = before[node] === size ? 1 : share[before[node]];
    for (let q = 0; q < points; q++) {
      const replaced = t[q] + (1 - t[q]) * old;
      const factor = t[q] + (1 - t[q]) * z;
      change[(3 * node + fails) * points + q] = ((1 - t[q]) * z) / replaced;
      change[(3 * node + passes) * points + q] = factor / replaced;
      change[(3 * node + failed) * points + q] = old > 0 ? z / old : 0;
      turn[node * points + q] = (weights[q] * (1 - z)) / factor;
    }
    turnAt[3 * node + fails] = (size + 1) * points;
    turnAt[3 * node + passes] = node * points;
    turnAt[3 * node + failed] = before[node] * points;
  }
  for (let q = 0; q < points; q++) turn[(size + 1) * points + q] = -weights[q] / (1 - t[q]);
  return { root, size, points, feature, before, change, turn, turnAt };
};

/** Room for one tree at a time: at least `size * points` products and `size + 1` states. */
export type PathScratch = { readonly reach: Float64Array; readonly state: Uint8Array };

const goDown = (nodes: Nodes, tree: PathTree, laid: Float32Array, scratch: PathScratch): void => {
  const { root, size, points, before, change } = tree;
  const { left, slot, split } = nodes;
  const { reach, state } = scratch;
  reach.fill(1, 0, points);
  state[size] = passes;
  for (let node = 0; node < size; node++) {
    const from = node * points;
    const first = left[root + node] - root;
    if (left[root + node] < 0) {
      const value = split[root + node];
      for (let q = 0; q < points; q++) reach[from + q] *= value;
      continue;
    }
    const side = +(laid[slot[root + node]] >= split[root + node]);
    for (let way = 0; way < 2; way++) {
      const child = first + way;
      const now = next[2 * state[before[child]] + (way ^ side ^ 1)];
      state[child] = now;
      const to = child * points;
      const row = (3 * child + now) * points;
      for (let q = 0; q < points; q++) reach[to + q] = reach[from + q] * change[row + q];
    }
  }
};

const goUp = (nodes: Nodes, tree: PathTree, scratch: PathScratch, out: Float64Array): void => {
  const { root, size, points, feature, before, turn, turnAt } = tree;
  const { reach, state } = scratch;
  const { left } = nodes;
  for (let node = size - 1; node >= 0; node--) {
    if (left[root + node] < 0) continue;
    const first = left[root + node] - root;
    const second = first + 1;
    const row = turnAt[3 * first + state[first]];
    const other = turnAt[3 * second + state[second]];
    const above = before[first] * points;
    const at = first * points;
    const into = node * points;
    let sum = 0;
    for (let q = 0; q < points; q++) {
      const below = reach[at + q];
      const beside = reach[at + points + q];
      const taken = turn[above + q];
      sum += below * (turn[row + q] - taken) + beside * (turn[other + q] - taken);
      reach[into + q] = below + beside;
    }
    out[feature[first]] += sum;
  }
};

/** Adds one tree's contributions for a laid row to `out`. */
export const addFromPaths = (
  nodes: Nodes,
  tree: PathTree,
  laid: Float32Array,
  scratch: PathScratch,
  out: Float64Array,
): void => {
  goDown(nodes, tree, laid, scratch);
  goUp(nodes, tree, scratch, out);
};
