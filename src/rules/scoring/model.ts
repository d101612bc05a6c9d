import { noQuestions, type Questions } from "./categories.ts";
import { type ForestOptions, readForest } from "./forest.ts";
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
import type { Tree } from "./tree.ts";

/** One of the values that a model predicts: the margin of one class, target or quantile. */
export type Output = {
  /** The margin of a row before any tree is added. */
  readonly base: number;
  /** The mean margin over the training rows: what contributions start from. */
  readonly bias: number;
  readonly nodes: Nodes;
  /** Contributions of the shallow trees are looked up; those of the others are worked out. */
  readonly tables: Tables;
  readonly paths: readonly PathTree[];
};

/**
 * A model of XGBoost, ready to score. A row holds one number per feature, in the order of
 * `features`; NaN is a missing value. Margins are before calibration.
 */
export type Model = {
  readonly features: readonly string[];
  /** The XGBoost that wrote the file, such as "3.2.0". */
  readonly xgboost: string;
  readonly objective: Objective;
  /** How many trees score. */
  readonly trees: number;
  /** Most models have one. */
  readonly outputs: readonly Output[];
  readonly questions: Questions;
  /** Where the one row that is being scored is laid out. */
  readonly laid: Float32Array;
  readonly scratch: PathScratch;
};

type Plan = { readonly groups: Group[]; readonly paths: PathTree[]; cells: number };

/** Which trees are looked up and which worked out; `room` is what is left for tables. */
const planOf = (trees: readonly Tree[], nodes: Nodes, room: number): Plan => {
  const plan: Plan = { groups: [], paths: [], cells: 0 };
  trees.forEach((tree, index) => {
    const root = nodes.roots[index];
    const tables = tree.depth <= maxSplits ? planTables(nodes, root) : undefined;
    if (tables && plan.cells + tables.cells <= room) {
      plan.cells += tables.cells;
      plan.groups.push(...tables.groups);
    } else {
      const end = nodes.roots[index + 1] ?? nodes.left.length;
      plan.paths.push(planPaths(nodes, root, end - root));
    }
  });
  return plan;
};

const most = (trees: readonly PathTree[], size: (tree: PathTree) => number): number =>
  trees.reduce((largest, tree) => Math.max(largest, size(tree)), 0);

/**
 * Reads a model from XGBoost's JSON format (1.7 to 3.x; gbtree and dart; the objectives of
 * objective.ts; splits by number and by code of a category). Where the file names the best round of
 * early stopping, the trees after it are left out. Throws MODEL_WRONG with what is wrong and the
 * cure; `file` is what the sentence calls the model.
 */
export const readModel = (
  json: string,
  file = "The model file",
  options: ForestOptions = {},
): Model => {
  const {
    features,
    xgboost,
    objective,
    baseScores,
    outputs: parts,
  } = readForest(json, file, options);
  const questions = noQuestions();
  let room = maxCells;
  const outputs = parts.map((trees, output): Output => {
    const nodes = flatten(trees, features.length, questions);
    const base = objective.baseMargin(baseScores[output]);
    const { groups, paths, cells } = planOf(trees, nodes, room);
    room -= cells;
    return {
      base,
      bias: base + meanOfLeaves(nodes),
      nodes,
      tables: buildTables(nodes, groups),
      paths,
    };
  });
  const paths = outputs.flatMap((output) => output.paths);
  return {
    features,
    xgboost,
    objective,
    trees: parts.reduce((sum, trees) => sum + trees.length, 0),
    outputs,
    questions,
    laid: new Float32Array(2 * features.length + questions.feature.length),
    scratch: {
      reach: new Float64Array(most(paths, (tree) => tree.size * tree.points)),
      state: new Uint8Array(most(paths, (tree) => tree.size + 1)),
    },
  };
};

const take = (model: Model, row: Row): void => {
  if (row.length !== model.features.length)
    throw new RangeError(`a row of ${row.length} values for ${model.features.length} features`);
  lay(row, model.laid, model.questions);
};

/**
 * The margin of a row: equal to XGBoost's `predict(output_margin=True)` to the last float. Of a
 * model with several outputs, that of one of them.
 */
export const margin = (model: Model, row: Row, output = 0): number => {
  take(model, row);
  const { nodes, base } = model.outputs[output];
  return sumOfLeaves(nodes, base, model.laid);
};

/**
 * The prediction that belongs to a margin, not yet calibrated: XGBoost's `predict` to the last
 * float, or the one beside it, where its build rounds `expf` another way.
 */
export const probability = (model: Model, margin: number): number =>
  model.objective.predict(margin);

/**
 * What the margins of all outputs predict: a number; one for each class (multi:softprob), target or
 * quantile; or the number of the likeliest class (multi:softmax).
 */
export const predictionOf = (model: Model, margins: readonly number[]): number | number[] => {
  const { predict, together } = model.objective;
  if (together) return together(margins);
  return margins.length === 1 ? predict(margins[0]) : margins.map(predict);
};

/**
 * Fills `out` (one number per feature, then the bias) with exact TreeSHAP values, XGBoost's
 * `predict(pred_contribs=True)`, and returns the margin; the entries of `out` add up to it. Of a
 * model with several outputs, for one of them.
 */
export const contributions = (model: Model, row: Row, out: Float64Array, output = 0): number => {
  if (out.length !== model.features.length + 1)
    throw new RangeError(`${out.length} contributions for ${model.features.length} features`);
  take(model, row);
  const { nodes, base, bias, tables, paths } = model.outputs[output];
  out.fill(0);
  out[out.length - 1] = bias;
  const sum = addFromTables(tables, model.laid, base, out);
  if (paths.length === 0) return sum;
  for (const tree of paths) addFromPaths(nodes, tree, model.laid, model.scratch, out);
  return sumOfLeaves(nodes, base, model.laid);
};
