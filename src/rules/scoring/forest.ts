import { failure } from "../../errors.ts";
import { type Objective, objectives } from "./objective.ts";

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
  readonly depth: number;
};

/** What a file of XGBoost says, checked: trees in the order in which their leaves are added. */
export type Forest = {
  readonly xgboost: string;
  readonly objective: Objective;
  readonly features: readonly string[];
  readonly baseScore: number;
  readonly trees: readonly Tree[];
};

const maxFeatures = 10_000;
const maxTrees = 100_000;
const maxDepth = 256;

const cure =
  "Save it again with XGBoost 1.7 to 3.x: booster gbtree, objective binary:logistic, " +
  "a file name that ends in .json.";

type Fields = { readonly [name: string]: unknown };

/** Thrown inside this file, with what is wrong; `readForest` adds the file's name and the cure. */
class Refusal extends Error {}

const refuse = (what: string): never => {
  throw new Refusal(what);
};

const own = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

const fieldsAt = (fields: Fields, name: string, where: string): Fields => {
  const value = own(fields, name);
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return refuse(`${where} has no object "${name}"`);
  return value as Fields;
};

const listAt = (fields: Fields, name: string, where: string, length?: number): unknown[] => {
  const value = own(fields, name);
  if (!Array.isArray(value)) return refuse(`${where} has no list "${name}"`);
  if (length !== undefined && value.length !== length)
    refuse(`${where} has ${value.length} entries in "${name}" where ${length} belong`);
  return value;
};

/** XGBoost writes parameters as strings, `"num_trees": "100"`. Absent means `fallback`. */
const countAt = (fields: Fields, name: string, where: string, fallback?: number): number => {
  const value = own(fields, name);
  if (value === undefined && fallback !== undefined) return fallback;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0)
    return refuse(`${where} has no whole number "${name}"`);
  return number;
};

const parse = (json: string): Fields => {
  if (!json.trimStart().startsWith("{"))
    return refuse(json.trim() === "" ? "it is empty" : "it is not JSON (a .ubj file, perhaps)");
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refuse(
      /[[:,\s]-?(NaN|Infinity|nan|inf)[\s,\]}]/.test(json)
        ? "it holds NaN or Infinity: a broken leaf, or a split on a categorical feature"
        : "it is not complete JSON; it may have been cut off",
    );
  }
  return value as Fields;
};

const versionOf = (file: Fields): string => {
  const parts = listAt(file, "version", "the file", 3);
  const [major, minor] = parts as number[];
  const known = (major === 1 && minor >= 7) || major === 2 || major === 3;
  if (!known || !parts.every(Number.isInteger))
    refuse(`it was written by XGBoost ${parts.join(".")}`);
  return parts.join(".");
};

/** A scalar string up to XGBoost 3.0 ("5E-1"), a vector from 3.1 on ("[5E-1]"); float32 in both. */
const baseScoreOf = (parameters: Fields): number => {
  const text = own(parameters, "base_score");
  const inside = typeof text === "string" ? text.trim().replace(/^\[(.*)\]$/s, "$1") : "";
  if (inside.includes(",")) refuse("it has several base scores, so it predicts several values");
  const value = Math.fround(Number(inside));
  return inside === "" || !Number.isFinite(value) ? refuse("base_score is no number") : value;
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

/** The booster's `model`, if it is one that adds its trees with weight 1. */
const gradientTreesOf = (learner: Fields): Fields => {
  const booster = fieldsAt(learner, "gradient_booster", "the learner");
  const name = own(booster, "name");
  if (name !== "gbtree") refuse(`its booster is ${JSON.stringify(name)}`);
  const model = fieldsAt(booster, "model", "the booster");
  // XGBoost 3.4 calls a dart booster gbtree and puts the weights of its trees beside them.
  if (Object.hasOwn(booster, "weight_drop") || Object.hasOwn(model, "weight_drop"))
    refuse("its booster is dart");
  return model;
};

const numbersAt = (tree: Fields, name: string, where: string, length: number): number[] => {
  const list = listAt(tree, name, where, length);
  const wrong = list.findIndex((value) => !Number.isFinite(Math.fround(value as number)));
  const strange = list.findIndex((value) => typeof value !== "number");
  const at = strange >= 0 ? strange : wrong;
  if (at >= 0) refuse(`${where}, node ${at}: "${name}" is ${JSON.stringify(list[at])}`);
  return list as number[];
};

const flagsAt = (tree: Fields, name: string, where: string, length: number): Uint8Array =>
  Uint8Array.from(listAt(tree, name, where, length), (value, node) =>
    value === 0 || value === false
      ? 0
      : value === 1 || value === true
        ? 1
        : refuse(`${where}, node ${node}: "${name}" is ${JSON.stringify(value)}`),
  );

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

const treeOf = (fields: Fields, features: number, where: string): Tree => {
  const parameters = fieldsAt(fields, "tree_param", where);
  const nodes = countAt(parameters, "num_nodes", where);
  if (nodes === 0) refuse(`${where} has no nodes`);
  if (countAt(parameters, "size_leaf_vector", where, 0) > 1)
    refuse(`${where} has leaves with several values`);
  if (
    Object.hasOwn(fields, "split_type") &&
    flagsAt(fields, "split_type", where, nodes).includes(1)
  )
    refuse(`${where} splits on a categorical feature`);
  const integers = (name: string) =>
    Int32Array.from(numbersAt(fields, name, where, nodes), (value, node) =>
      value === (value | 0)
        ? value
        : refuse(`${where}, node ${node}: "${name}" is ${JSON.stringify(value)}`),
    );
  const cover = Float64Array.from(numbersAt(fields, "sum_hessian", where, nodes));
  const negative = cover.findIndex((value) => value < 0);
  if (negative >= 0) refuse(`${where}, node ${negative}: "sum_hessian" is ${cover[negative]}`);
  const tree = {
    left: integers("left_children"),
    right: integers("right_children"),
    feature: integers("split_indices"),
    split: Float32Array.from(numbersAt(fields, "split_conditions", where, nodes)),
    defaultLeft: flagsAt(fields, "default_left", where, nodes),
    cover,
  };
  const deleted = countAt(parameters, "num_deleted", where, 0);
  return { ...tree, depth: walk(tree, features, deleted, where) };
};

/** Trees stand at the place that their `id` names, as XGBoost itself loads them. */
const treesOf = (model: Fields, features: number): Tree[] => {
  const parameters = fieldsAt(model, "gbtree_model_param", "the booster");
  const count = countAt(parameters, "num_trees", "the booster");
  if (count > maxTrees) refuse(`it has ${count} trees, more than ${maxTrees}`);
  if (countAt(parameters, "size_leaf_vector", "the booster", 0) > 1)
    refuse("it has leaves with several values");
  const list = listAt(model, "trees", "the booster", count);
  if (!listAt(model, "tree_info", "the booster", count).every((group) => group === 0))
    refuse("its trees belong to several classes");
  const trees = new Array<Tree | undefined>(count).fill(undefined);
  list.forEach((fields, index) => {
    if (fields === null || typeof fields !== "object") refuse(`tree ${index} is no object`);
    const id = countAt(fields as Fields, "id", `tree ${index}`, index);
    if (id >= count || trees[id] !== undefined) refuse(`tree ${index} has the id ${id}`);
    trees[id] = treeOf(fields as Fields, features, `tree ${id}`);
  });
  return trees as Tree[];
};

const forestOf = (json: string): Forest => {
  const file = parse(json);
  const xgboost = versionOf(file);
  const learner = fieldsAt(file, "learner", "the file");
  const objective = objectiveOf(learner);
  const booster = gradientTreesOf(learner);
  const parameters = fieldsAt(learner, "learner_model_param", "the learner");
  if (countAt(parameters, "num_class", "the learner", 0) > 1) refuse("it predicts several classes");
  if (countAt(parameters, "num_target", "the learner", 1) > 1) refuse("it predicts several values");
  const count = countAt(parameters, "num_feature", "the learner");
  if (count === 0 || count > maxFeatures)
    refuse(`it has ${count} features; 1 to ${maxFeatures} are possible`);
  const features = featuresOf(learner, count);
  const baseScore = baseScoreOf(parameters);
  const wrong = objective.baseWrong(baseScore);
  if (wrong) refuse(wrong);
  return { xgboost, objective, features, baseScore, trees: treesOf(booster, count) };
};

/**
 * Reads a model file of XGBoost 1.7 to 3.x in its JSON format and checks all of it that scoring
 * uses. Throws MODEL_WRONG that says what is wrong, where, and the cure; `file` is its name.
 */
export const readForest = (json: string, file: string): Forest => {
  try {
    return forestOf(json);
  } catch (thrown) {
    if (thrown instanceof Refusal) throw failure("MODEL_WRONG", file, thrown.message, cure);
    throw thrown;
  }
};
