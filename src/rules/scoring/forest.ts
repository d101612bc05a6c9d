import { failure } from "../../errors.ts";
import {
  countAt,
  type Fields,
  fieldsAt,
  listAt,
  numbersAt,
  own,
  parse,
  Refusal,
  refuse,
  wholesAt,
} from "./fields.ts";
import { type Objective, objectives } from "./objective.ts";
import { largestLeaf, type Tree, treeOf, weighted } from "./tree.ts";

/** What a file of XGBoost says, checked. */
export type Forest = {
  readonly xgboost: string;
  readonly objective: Objective;
  readonly features: readonly string[];
  /** One for each output: classes, targets or quantiles; most models have one. */
  readonly baseScores: readonly number[];
  /** By output, the trees in the order in which their leaves are added. */
  readonly outputs: readonly (readonly Tree[])[];
};

export type ForestOptions = {
  /** Scores with the trees that early stopping would leave out as well. */
  readonly allTrees?: boolean;
};

const maxFeatures = 10_000;
const maxTrees = 100_000;
const maxOutputs = 1_000;
const largestFloat = 3.4028234663852886e38;

const cure =
  "Save it again with XGBoost 1.7 to 3.x: booster gbtree or dart, objective binary:, reg:, " +
  "count:poisson or multi:, a file name that ends in .json.";

const versionOf = (file: Fields): string => {
  const parts = listAt(file, "version", "the file", 3);
  const [major, minor] = parts as number[];
  const known = (major === 1 && minor >= 7) || major === 2 || major === 3;
  if (!known || !parts.every(Number.isInteger))
    refuse(`it was written by XGBoost ${parts.join(".")}`);
  return parts.join(".");
};

/** A scalar string up to XGBoost 3.0 ("5E-1"), a vector from 3.1 on ("[5E-1]"); float32 in both. */
const baseScoresOf = (parameters: Fields, outputs: number): number[] => {
  const text = own(parameters, "base_score");
  const inside = typeof text === "string" ? text.trim().replace(/^\[(.*)\]$/s, "$1") : "";
  const parts = inside.split(",").map((part) => part.trim());
  const values = parts.map((part) => (part === "" ? Number.NaN : Math.fround(Number(part))));
  if (!values.every(Number.isFinite)) return refuse("base_score is no number");
  if (values.length === 1) return new Array(outputs).fill(values[0]);
  return values.length === outputs
    ? values
    : refuse(`it has ${values.length} base scores where it predicts ${outputs} values`);
};

const featuresOf = (learner: Fields, count: number): string[] => {
  const names = Object.hasOwn(learner, "feature_names")
    ? listAt(learner, "feature_names", "the learner")
    : [];
  if (names.length === 0) return Array.from({ length: count }, (_, index) => `f${index}`);
  if (names.length !== count)
    refuse(`it names ${names.length} features where num_feature is ${count}`);
  if (!names.every((name) => typeof name === "string" && name !== ""))
    refuse("a feature has no name");
  if (new Set(names).size !== count) refuse("two features have the same name");
  return names as string[];
};

const objectiveOf = (learner: Fields): Objective => {
  const name = own(fieldsAt(learner, "objective", "the learner"), "name");
  return objectives.get(name as string) ?? refuse(`its objective is ${JSON.stringify(name)}`);
};

/** Classes or targets: XGBoost predicts as many values as the larger of the two says. */
const outputsOf = (parameters: Fields, objective: Objective): number => {
  const classes = countAt(parameters, "num_class", "the learner", 0);
  const targets = countAt(parameters, "num_target", "the learner", 1);
  if (objective.together && classes < 2)
    refuse(`its objective is ${objective.name} and it has ${classes} classes`);
  if (classes > 1 && !objective.together)
    refuse(`it has ${classes} classes, which its objective ${objective.name} does not predict`);
  if (classes > 1 && targets > 1) refuse("it has several classes and several targets");
  const outputs = Math.max(classes, targets, 1);
  if (outputs > maxOutputs) refuse(`it predicts ${outputs} values, more than ${maxOutputs}`);
  return outputs;
};

type Booster = { readonly model: Fields; readonly weights: readonly number[] | undefined };

/**
 * The booster's trees, and for dart the weights of them. Up to XGBoost 3.3 dart holds a gbtree
 * inside, with the weights beside it; 3.4 calls it gbtree and puts the weights among the trees.
 */
const boosterOf = (learner: Fields): Booster => {
  const booster = fieldsAt(learner, "gradient_booster", "the learner");
  const name = own(booster, "name");
  const inner = name === "dart" && Object.hasOwn(booster, "gbtree");
  if (name !== "gbtree" && name !== "dart") refuse(`its booster is ${JSON.stringify(name)}`);
  const holder = inner ? fieldsAt(booster, "gbtree", "the booster") : booster;
  const model = fieldsAt(holder, "model", "the booster");
  const place = [booster, model].find((fields) => Object.hasOwn(fields, "weight_drop"));
  if (name === "dart" && !place) refuse('its booster is dart and has no list "weight_drop"');
  const weights = place && numbersAt(place, "weight_drop", "the booster", undefined, "the tree at");
  return { model, weights };
};

/** The round of early stopping, if the file names one. */
const bestRoundOf = (learner: Fields, parallel: number): number | undefined => {
  const attributes = own(learner, "attributes");
  if (attributes === null || typeof attributes !== "object") return undefined;
  const round = (name: string) =>
    Object.hasOwn(attributes as Fields, name)
      ? countAt(attributes as Fields, name, "attributes")
      : undefined;
  const best = round("best_iteration");
  if (best !== undefined) return best;
  const limit = round("best_ntree_limit");
  return limit === undefined ? undefined : Math.ceil(limit / parallel) - 1;
};

/** How many trees score: those of the rounds up to the best, or all. */
const usedTrees = (learner: Fields, model: Fields, count: number, outputs: number): number => {
  const parameters = fieldsAt(model, "gbtree_model_param", "the booster");
  const parallel = Math.max(1, countAt(parameters, "num_parallel_tree", "the booster", 1));
  const best = bestRoundOf(learner, parallel);
  if (best === undefined) return count;
  if (Object.hasOwn(model, "iteration_indptr")) {
    const ends = wholesAt(model, "iteration_indptr", "the booster", undefined, "round");
    const end = ends[best + 1] ?? count;
    return end >= 0 && end <= count ? end : refuse(`round ${best} ends at tree ${end} of ${count}`);
  }
  return Math.min(count, (best + 1) * parallel * outputs);
};

/** Trees stand at the place that their `id` names, as XGBoost itself loads them. */
const treesOf = ({ model, weights }: Booster, features: number): Tree[] => {
  const parameters = fieldsAt(model, "gbtree_model_param", "the booster");
  const count = countAt(parameters, "num_trees", "the booster");
  if (count > maxTrees) refuse(`it has ${count} trees, more than ${maxTrees}`);
  if (countAt(parameters, "size_leaf_vector", "the booster", 0) > 1)
    refuse("it has leaves with several values");
  if (weights && weights.length !== count)
    refuse(`it has ${weights.length} weights of trees where ${count} belong`);
  const list = listAt(model, "trees", "the booster", count);
  const trees = new Array<Tree | undefined>(count).fill(undefined);
  list.forEach((fields, index) => {
    if (fields === null || typeof fields !== "object") refuse(`tree ${index} is no object`);
    const id = countAt(fields as Fields, "id", `tree ${index}`, index);
    if (id >= count || trees[id] !== undefined) refuse(`tree ${index} has the id ${id}`);
    trees[id] = treeOf(fields as Fields, features, `tree ${id}`);
  });
  return (trees as Tree[]).map((tree, id) => weighted(tree, Math.fround(weights?.[id] ?? 1)));
};

/** Whether sums of leaves may leave float32: from there on there is Infinity, and then NaN. */
const checkReach = (trees: readonly Tree[], base: number): void => {
  const reach = trees.reduce((sum, tree) => sum + largestLeaf(tree), Math.abs(base));
  if (!(reach < largestFloat))
    refuse("its leaves add up to more than float32 holds, so that it would predict NaN");
};

const forestOf = (json: string, options: ForestOptions): Forest => {
  const file = parse(json);
  const xgboost = versionOf(file);
  const learner = fieldsAt(file, "learner", "the file");
  const objective = objectiveOf(learner);
  const booster = boosterOf(learner);
  const parameters = fieldsAt(learner, "learner_model_param", "the learner");
  const count = countAt(parameters, "num_feature", "the learner");
  if (count === 0 || count > maxFeatures)
    refuse(`it has ${count} features; 1 to ${maxFeatures} are possible`);
  const features = featuresOf(learner, count);
  const size = outputsOf(parameters, objective);
  const baseScores = baseScoresOf(parameters, size);
  for (const baseScore of baseScores) {
    const wrong = objective.baseWrong(baseScore);
    if (wrong) refuse(wrong);
  }
  const trees = treesOf(booster, count);
  const groups = wholesAt(booster.model, "tree_info", "the booster", trees.length, "the tree at");
  const strange = groups.findIndex((group) => group < 0 || group >= size);
  if (strange >= 0)
    refuse(`tree ${strange} belongs to value ${groups[strange]}, and it predicts ${size}`);
  const used = options.allTrees
    ? trees.length
    : usedTrees(learner, booster.model, trees.length, size);
  const outputs = baseScores.map((_, output) =>
    trees.slice(0, used).filter((_, index) => groups[index] === output),
  );
  for (const [output, part] of outputs.entries())
    checkReach(part, objective.baseMargin(baseScores[output]));
  return { xgboost, objective, features, baseScores, outputs };
};

/**
 * Reads a model file of XGBoost 1.7 to 3.x in its JSON format and checks all of it that scoring
 * uses. Throws MODEL_WRONG that says what is wrong, where, and the cure; `file` is its name.
 */
export const readForest = (json: string, file: string, options: ForestOptions = {}): Forest => {
  try {
    return forestOf(json, options);
  } catch (thrown) {
    if (thrown instanceof Refusal) throw failure("MODEL_WRONG", file, thrown.message, cure);
    throw thrown;
  }
};
