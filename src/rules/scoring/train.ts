import { failure } from "../../errors.ts";
import { type GrownTree, type GrowOptions, grow, toColumns } from "./grow.ts";
import { objectives } from "./objective.ts";

export type TrainingSet = {
  readonly features: readonly string[];
  /** One array per example, in the order of `features`; null and NaN are missing. */
  readonly rows: readonly ArrayLike<number | null>[];
  /** 0 or 1 per example. */
  readonly labels: ArrayLike<number>;
};

export type TrainingOptions = GrowOptions & {
  /** How many trees. */
  readonly rounds: number;
  /** The probability that boosting starts from; the share of ones if not given. */
  readonly baseScore?: number;
};

/**
 * Trains a binary classifier by gradient boosting and returns it as the text of a model file that
 * XGBoost 1.x to 3.x loads. The same as XGBoost's binary:logistic with tree_method=exact, without
 * sampling and alpha; deterministic. Throws ARGUMENT_WRONG for data that cannot be learned from.
 */
export const train = (set: TrainingSet, options: TrainingOptions): string => {
  check(set, options);
  const ones = Array.from(set.labels).filter((label) => label === 1).length;
  const baseScore = f32(options.baseScore ?? ones / set.rows.length);
  const columns = toColumns(set.rows, set.features.length);
  const margins = new Float32Array(columns.rows).fill(logistic.baseMargin(baseScore));
  const gradients = new Float32Array(columns.rows);
  const hessians = new Float32Array(columns.rows);
  const trees: GrownTree[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (let row = 0; row < columns.rows; row++) {
      const probability = logistic.predict(margins[row]);
      gradients[row] = probability - set.labels[row];
      hessians[row] = Math.max(f32(probability * f32(1 - probability)), 1e-16);
    }
    const tree = grow(columns, gradients, hessians, options);
    for (let row = 0; row < columns.rows; row++)
      margins[row] += leafValue(tree, (feature) => columns.values[feature][row]);
    trees.push(tree);
  }
  return modelText(set.features, trees, baseScore);
};

const f32 = Math.fround;
const logistic = objectives.get("binary:logistic")!;

const check = ({ features, rows, labels }: TrainingSet, options: TrainingOptions) => {
  const wrong = (what: string, cure: string) => failure("ARGUMENT_WRONG", what, cure);
  if (labels.length !== rows.length)
    throw wrong(`${rows.length} rows have ${labels.length} labels`, "Give one label for each row");
  const classes = new Set(Array.from(labels));
  if (classes.size !== 2 || !classes.has(0) || !classes.has(1))
    throw wrong("The labels are not both 0 and 1", "Give examples of either outcome");
  const ragged = rows.findIndex((row) => row.length !== features.length);
  if (ragged >= 0)
    throw wrong(`Row ${ragged} has ${rows[ragged].length} values`, `Give ${features.length}`);
  for (const row of rows)
    for (let i = 0; i < features.length; i++)
      if (Math.abs(row[i] ?? 0) > 3e38)
        throw wrong(
          `Feature ${features[i]} is beyond float32`,
          "Give null where there is no value",
        );
  if (!(options.maxDepth >= 1) || !(options.rounds >= 1))
    throw wrong("Depth and rounds must be at least 1", "Give whole numbers from 1");
  const { baseScore = 0.5, monotone } = options;
  if (!(baseScore > 0 && baseScore < 1))
    throw wrong(`The base score is ${baseScore}`, "Give a probability between 0 and 1");
  if (monotone && monotone.length !== features.length)
    throw wrong(`${monotone.length} directions are given`, `Give ${features.length}, 0 for free`);
};

const leafValue = (tree: GrownTree, at: (feature: number) => number): number => {
  let node = 0;
  while (tree.left[node] >= 0) {
    const value = at(tree.feature[node]);
    const left = Number.isNaN(value) ? tree.defaultLeft[node] : value < tree.threshold[node];
    node = left ? tree.left[node] : tree.right[node];
  }
  return tree.threshold[node];
};

/**
 * Numbers of a file are raw so that whole ones stay floats: XGBoost refuses 1 where 1e0 belongs.
 */
const raw = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON;

/** The fewest digits that read back as the same float32. */
const shortest = (value: number): string => {
  for (let digits = 0; digits < 9; digits++) {
    const short = value.toExponential(digits);
    if (f32(Number(short)) === value) return short;
  }
  return value.toExponential();
};

const floats = (values: readonly number[]) => values.map((value) => raw(shortest(value)));

/** XGBoost's "no parent". */
const NO_PARENT = 2_147_483_647;

const treeJson = (tree: GrownTree, id: number, features: number) => ({
  base_weights: floats(tree.weight),
  categories: [],
  categories_nodes: [],
  categories_segments: [],
  categories_sizes: [],
  default_left: tree.defaultLeft.map(Number),
  id,
  left_children: tree.left,
  loss_changes: floats(tree.gain),
  parents: tree.parent.map((parent) => (parent < 0 ? NO_PARENT : parent)),
  right_children: tree.right,
  split_conditions: floats(tree.threshold),
  split_indices: tree.feature,
  split_type: tree.left.map(() => 0),
  sum_hessian: floats(tree.hessian),
  tree_param: {
    num_deleted: "0",
    num_feature: `${features}`,
    num_nodes: `${tree.left.length}`,
    size_leaf_vector: "1",
  },
});

/** The layout of XGBoost 3.0, whose scalar base score every version from 1.x on can read. */
const modelText = (features: readonly string[], trees: GrownTree[], baseScore: number): string =>
  JSON.stringify({
    learner: {
      attributes: {},
      feature_names: features,
      feature_types: features.map(() => "float"),
      gradient_booster: {
        model: {
          gbtree_model_param: { num_parallel_tree: "1", num_trees: `${trees.length}` },
          iteration_indptr: [...trees.keys(), trees.length],
          tree_info: trees.map(() => 0),
          trees: trees.map((tree, id) => treeJson(tree, id, features.length)),
        },
        name: "gbtree",
      },
      learner_model_param: {
        base_score: shortest(baseScore),
        boost_from_average: "1",
        num_class: "0",
        num_feature: `${features.length}`,
        num_target: "1",
      },
      objective: { name: logistic.name, reg_loss_param: { scale_pos_weight: "1" } },
    },
    version: [3, 0, 0],
  });
