import { readForest } from "./forest.ts";
import { flatten, lay, meanOfLeaves, type Nodes, type Row, sumOfLeaves } from "./nodes.ts";
import type { Objective } from "./objective.ts";
import { addFromPaths, type PathScratch, type PathTree, planPaths } from "./paths.ts";
import {
  addFromTables,
  buildTables,
  type Group,
  maxCells,
  maxSplits,
  planTables,
  type Tables,
} from "./tables.ts";

/**
 * A model of XGBoost, ready to score. A row holds one number per feature, in the order of
 * `features`; NaN is a missing value. Margins are log-odds before calibration.
 */
export type Model = {
  readonly features: readonly string[];
  /** The XGBoost that wrote the file, such as "3.2.0". */
  readonly xgboost: string;
  readonly objective: Objective;
  readonly trees: number;
  /** The margin of a row before any tree is added. */
  readonly base: number;
  /** The mean margin over the training rows: what contributions start from. */
  readonly bias: number;
  readonly nodes: Nodes;
  /** Contributions of the shallow trees are looked up; those of the others are worked out. */
  readonly tables: Tables;
  readonly paths: readonly PathTree[];
  /** Where the one row that is being scored is laid out. */
  readonly laid: Float32Array;
  readonly scratch: PathScratch;
};

const most = (trees: readonly PathTree[], size: (tree: PathTree) => number): number =>
  trees.reduce((largest, tree) => Math.max(largest, size(tree)), 0);

/**
 * Reads a model from XGBoost's JSON format (1.7 to 3.x, gbtree, binary:logistic).
 * Throws MODEL_WRONG with what is wrong and the cure; `file` is what the sentence calls the model.
 */
export const readModel = (json: string, file = "The model file"): Model => {
  const forest = readForest(json, file);
  const nodes = flatten(forest.trees);
  const base = forest.objective.baseMargin(forest.baseScore);
  const groups: Group[] = [];
  const paths: PathTree[] = [];
  let cells = 0;
  forest.trees.forEach((tree, index) => {
    const root = nodes.roots[index];
    const plan = tree.depth <= maxSplits ? planTables(nodes, root) : undefined;
    if (plan && cells + plan.cells <= maxCells) {
      cells += plan.cells;
      groups.push(...plan.groups);
    } else {
      const end = nodes.roots[index + 1] ?? nodes.left.length;
      paths.push(planPaths(nodes, root, end - root));
    }
  });
  return {
    features: forest.features,
    xgboost: forest.xgboost,
    objective: forest.objective,
    trees: forest.trees.length,
    base,
    bias: base + meanOfLeaves(nodes),
    nodes,
    tables: buildTables(nodes, groups),
    paths,
    laid: new Float32Array(2 * forest.features.length),
    scratch: {
      reach: new Float64Array(most(paths, (tree) => tree.size * tree.points)),
      state: new Uint8Array(most(paths, (tree) => tree.size + 1)),
    },
  };
};

const take = (model: Model, row: Row): void => {
  if (row.length !== model.features.length)
    throw new RangeError(`a row of ${row.length} values for ${model.features.length} features`);
  lay(row, model.laid);
};

/** The margin of a row: equal to XGBoost's `predict(output_margin=True)` to the last float. */
export const margin = (model: Model, row: Row): number => {
  take(model, row);
  return sumOfLeaves(model.nodes, model.base, model.laid);
};

/**
 * The prediction that belongs to a margin, not yet calibrated: XGBoost's `predict` to the last
 * float, or the one beside it, where its build rounds `expf` another way.
 */
export const probability = (model: Model, margin: number): number =>
  model.objective.predict(margin);

/**
 * Fills `out` (one number per feature, then the bias) with exact TreeSHAP values, XGBoost's
 * `predict(pred_contribs=True)`, and returns the margin; the entries of `out` add up to it.
 */
export const contributions = (model: Model, row: Row, out: Float64Array): number => {
  if (out.length !== model.features.length + 1)
    throw new RangeError(`${out.length} contributions for ${model.features.length} features`);
  take(model, row);
  out.fill(0);
  out[out.length - 1] = model.bias;
  const sum = addFromTables(model.tables, model.laid, model.base, out);
  if (model.paths.length === 0) return sum;
  for (const tree of model.paths) addFromPaths(model.nodes, tree, model.laid, model.scratch, out);
  return sumOfLeaves(model.nodes, model.base, model.laid);
};
