import { hash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../config.ts";
import { failure, sentenceOf } from "../../errors.ts";
import { fitPlatt } from "../../rules/scoring/calibration.ts";
import type { Card } from "../../rules/scoring/card.ts";
import { contributions, type Model, readModel } from "../../rules/scoring/model.ts";
import { train as grow, type TrainingOptions } from "../../rules/scoring/train.ts";
import { type Command, print, say } from "../command.ts";
import { calibratedOutOfFold, type FoldSet, marginsOutOfFold } from "../results/out-of-fold.ts";
import { bandStarts } from "./bands.ts";
import { type Description, type Labelled, readDescription, readExamples } from "./examples.ts";
import { type Measured, measure, metricsOf, setOf, six } from "./measured.ts";
import { cardPage } from "./page.ts";
import { textOf } from "./text.ts";

const usage = "Use: model train --data <folder> --name <name> [--version <v>] [--out models]";

const text = (fallback: string) => ({ type: "string", default: fallback }) as const;
const options = {
  data: { type: "string" },
  name: { type: "string" },
  version: { type: "string" },
  out: text("models"),
  uses: text(join(root, "training/uses.json")),
  bands: text("0.8,0.6,0.4"),
  predictions: { type: "string" },
  folds: text("5"),
  rounds: text("100"),
  depth: text("4"),
  eta: text("0.1"),
  "min-child-weight": text("10"),
  lambda: text("1"),
  gamma: text("0"),
} as const;

const parse = (args: string[]) => {
  try {
    return parseArgs({ args, options }).values;
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), usage);
  }
};

const numberOf = (name: string, given: string, least: number, isWhole = true): number => {
  const value = Number(given);
  if (given.trim() !== "" && value >= least && value <= 1e6 && (!isWhole || value % 1 === 0))
    return value;
  const kind = isWhole ? "a whole number" : "a number";
  throw failure("ARGUMENT_WRONG", `--${name} is ${given}`, `Give ${kind} from ${least}.`);
};

const settingsOf = (args: string[]) => {
  const values = parse(args);
  const { data, name } = values;
  if (!data || !name || !/^[\w.-]{1,100}$/.test(name))
    throw failure("ARGUMENT_WRONG", "A folder of rows and a name are needed", usage);
  const size = {
    rounds: numberOf("rounds", values.rounds, 1),
    maxDepth: numberOf("depth", values.depth, 1),
    eta: numberOf("eta", values.eta, 0.0001, false),
    lambda: numberOf("lambda", values.lambda, 0, false),
    gamma: numberOf("gamma", values.gamma, 0, false),
    minChildWeight: numberOf("min-child-weight", values["min-child-weight"], 0, false),
  };
  const folds = numberOf("folds", values.folds, 2);
  const starts = bandStarts(values.bands);
  return { ...values, data, name, version: values.version ?? name, size, folds, starts };
};
type Settings = ReturnType<typeof settingsOf>;

const usesFields = ["intended_use", "forbidden_use", "limits"] as const;
type Uses = Pick<Card, (typeof usesFields)[number]>;

/** What the model is for, what it is not for, and what is known to be weak. */
const usesOf = (path: string): Uses => {
  let uses: Partial<Uses> = {};
  try {
    uses = JSON.parse(textOf(path));
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", `${path} cannot be used: ${sentenceOf(thrown)}`, usage);
  }
  const lacks = usesFields.find((field) => !Array.isArray(uses[field]));
  if (lacks) throw failure("ARGUMENT_WRONG", `${path} has no list "${lacks}"`, "Say it there.");
  return uses as Uses;
};

/** Every fold must leave both labels to learn from. */
const checkFolds = ({ labels, folds }: FoldSet, count: number): void => {
  for (let fold = -1; fold < count; fold++) {
    const rest = new Set(labels.filter((_, row) => folds[row] !== fold));
    if (rest.size < 2)
      throw failure(
        "ARGUMENT_WRONG",
        fold < 0 ? "All labels are the same" : `Without fold ${fold} all labels are the same`,
        "Export more rows of both outcomes, or use fewer folds.",
      );
  }
};

const importanceOf = (model: Model, rows: FoldSet["rows"]): Record<string, number> => {
  const sums = new Float64Array(model.features.length);
  const shares = new Float64Array(model.features.length + 1);
  for (const row of rows) {
    contributions(model, row as Float64Array, shares);
    for (let n = 0; n < sums.length; n++) sums[n] += Math.abs(shares[n]);
  }
  return Object.fromEntries(model.features.map((id, n) => [id, six(sums[n] / rows.length)]));
};

type Trained = {
  readonly text: string;
  readonly margins: Float64Array;
  readonly scores: Float64Array;
};

const cardOf = (
  given: Settings,
  about: Description,
  rows: readonly Labelled[],
  set: FoldSet,
  { text, margins, scores }: Trained,
  measured: Measured,
): Card => {
  const model = readModel(text);
  const times = rows.map(({ asOf }) => asOf).toSorted();
  const { auc: value, auc_low, auc_high } = metricsOf(margins, set.labels);
  const { log_loss, brier } = metricsOf(scores, set.labels);
  const directed = about.features.filter(({ direction }) => direction);
  return {
    name: given.name,
    version: given.version,
    hash: hash("sha256", text, "hex"),
    feature_set: about.feature_set,
    features: [...set.features],
    objective: model.objective.name,
    predicts: about.predicts,
    calibration: fitPlatt(margins, set.labels),
    training: {
      description: about.description,
      rows: rows.length,
      positives: set.labels.filter((label) => label === 1).length,
      customers: new Set(rows.map(({ customer }) => customer)).size,
      from: times[0],
      to: times[times.length - 1],
      folds: given.folds,
      seed: 0,
      trainer: "bellwether",
      parameters: given.size,
      directions: Object.fromEntries(directed.map(({ id, direction }) => [id, direction ?? 0])),
    },
    metrics: { auc: value, auc_low, auc_high, log_loss, brier },
    importance: importanceOf(model, set.rows),
    ...measured,
    ...usesOf(given.uses),
  };
};

const write = (path: string, content: string): void => {
  writeFileSync(path, content);
  say(`Wrote ${path}`);
};

const predictionLines = (rows: readonly Labelled[], set: FoldSet, { margins, scores }: Trained) =>
  rows.map(({ customer, asOf, label }, at) =>
    JSON.stringify({
      customer_id: customer,
      as_of: asOf,
      label,
      fold: set.folds[at],
      margin: margins[at],
      score: scores[at],
    }),
  );

/**
 * `model train`: trains a model on exported rows, judges it out of fold beside a logistic
 * regression, and writes it with its card, as training/README.md says. Deterministic.
 */
export const train: Command = async (args) => {
  const given = settingsOf(args);
  const about = readDescription(join(given.data, "features.json"));
  const ids = about.features.map(({ id }) => id);
  const rows = readExamples(join(given.data, "rows.ndjson"), ids, about.aside);
  const set = setOf(about, rows, given.folds);
  checkFolds(set, given.folds);
  const monotone = about.features.map(({ direction = 0 }) => direction);
  const size: TrainingOptions = { ...given.size, monotone };
  say(`${rows.length} rows; training ${given.folds} models, each without one fold`);
  const margins = await marginsOutOfFold(set, size);
  const scores = calibratedOutOfFold(margins, set);
  say("Training the challenger, a logistic regression, on the same folds");
  const measured = await measure(rows, set, scores, given.starts);
  say("Training the model on all rows");
  const trained = { text: `${grow(set, size)}\n`, margins, scores };
  const card = cardOf(given, about, rows, set, trained, measured);
  mkdirSync(given.out, { recursive: true });
  const stem = join(given.out, given.name);
  write(`${stem}.json`, trained.text);
  write(`${stem}.card.json`, `${JSON.stringify(card, null, 2)}\n`);
  write(`${stem}.md`, cardPage(card));
  if (given.predictions)
    write(given.predictions, `${predictionLines(rows, set, trained).join("\n")}\n`);
  const { auc: value, auc_low: low, auc_high: high } = card.metrics;
  const other = card.challenger?.auc.toFixed(3);
  print(
    `${rows.length} rows, ${card.training.positives} with label 1; out of fold: AUC ` +
      `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}), challenger ${other}`,
  );
  return 0;
};
