import Type, { type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { failure } from "../../errors.ts";
import { numbers, numbersOrNull, oneOf, text } from "../../events/contract.ts";
import { riskLevels } from "../../events/prediction.ts";
import { refusalOf } from "../../events/reading.ts";
import type { Model } from "./model.ts";

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const sentences = (description: string) =>
  Type.Array(text({ maxLength: 1_000 }), { minItems: 1, description });
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

const calibrationSchema = Type.Object({
  method: oneOf(["platt"]),
  slope: Type.Number({ exclusiveMinimum: 0, description: "Times the margin; above 0" }),
  offset: Type.Number({ description: "Added: the sum is the calibrated log-odds" }),
});

const bandSchema = Type.Object({
  risk_level: oneOf(riskLevels),
  from: share("The lowest calibrated score of the band"),
  rows: count("Rows scored into the band, out of fold"),
  positives: count("How many of them had label 1"),
  precision: nullable(share("positives / rows; null: no rows")),
  precision_low: nullable(share("95 % interval, Wilson")),
  precision_high: nullable(share("95 % interval, Wilson")),
  recall: nullable(share("Share of all rows with label 1 that are in this band or a higher one")),
});

const trainingSchema = Type.Object({
  description: text({ maxLength: 2_000, description: "What the rows are and where they are from" }),
  rows: count("Rows"),
  positives: count("Rows with label 1"),
  customers: count("Customers; all rows of one are in one fold"),
  from: text({ description: "The earliest as_of" }),
  to: text({ description: "The latest as_of" }),
  folds: Type.Integer({ minimum: 2 }),
  seed: Type.Integer(),
  trainer: text({ description: "What trained it, with its version" }),
  parameters: Type.Unsafe<Record<string, string | number>>({ type: "object" }),
  directions: numbers({ description: "Features held to rise (1) or fall (-1) with the score" }),
});

const metricsSchema = Type.Object({
  auc: share("Out of fold, pooled"),
  auc_low: share("95 % interval, DeLong, rows taken as independent"),
  auc_high: share("95 % interval, DeLong, rows taken as independent"),
  log_loss: Type.Number({ minimum: 0, description: "Of calibrated scores, out of fold" }),
  brier: share("Of calibrated scores, out of fold"),
});

const interval = Type.Object({ value: Type.Number(), low: Type.Number(), high: Type.Number() });

const groupSchema = Type.Object({
  rows: count("Rows with scores near each other"),
  lowest: share("The lowest of the scores"),
  highest: share("The highest of the scores"),
  expected: share("The mean score"),
  ones: count("How many had label 1"),
  observed: interval,
});

const liftSchema = Type.Object({
  rows: count("The highest tenth"),
  ones: count("How many of them had label 1"),
  lift: interval,
});

const challengerSchema = Type.Object({
  name: text(),
  ...metricsSchema.properties,
});

const fairnessSchema = Type.Object({
  attribute: text({ description: "Such as sex: known of the rows, and no feature" }),
  group: text(),
  rows: count("Rows of the group"),
  positives: count("How many of them had label 1"),
  expected: share("The mean score"),
  observed: interval,
  auc: nullable(interval),
  caught: nullable(interval),
  false_alarms: nullable(interval),
});

const cardSchema = Type.Object({
  name: text({ description: "The file is models/<name>.json" }),
  version: text({ description: "Named by every score, such as delinquency-1" }),
  hash: Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the model file" }),
  feature_set: text({ description: "The version of the features that it reads" }),
  features: Type.Array(text(), { minItems: 1, description: "In the order of the model's rows" }),
  objective: text(),
  predicts: text({ maxLength: 1_000, description: "What label 1 means, and by when" }),
  calibration: Type.Union([calibrationSchema, Type.Null()]),
  training: trainingSchema,
  metrics: metricsSchema,
  bands: Type.Array(bandSchema, { description: "From the highest to the lowest" }),
  importance: numbers({ description: "Mean absolute contribution to the margin, by feature" }),
  typical: Type.Optional(
    numbersOrNull({ description: "The middle value of each feature; null: mostly missing" }),
  ),
  calibration_groups: Type.Optional(
    Type.Array(groupSchema, { description: "Tenths by score: what was expected, and what came" }),
  ),
  lift_10: Type.Optional(nullable(liftSchema)),
  challenger: Type.Optional(challengerSchema),
  fairness: Type.Optional(
    Type.Array(fairnessSchema, { description: "By group; empty: the rows say nothing of people" }),
  ),
  intended_use: sentences("What the scores are for"),
  forbidden_use: sentences("What they must not be used for"),
  limits: sentences("What is known to be weak"),
});

/** What is known about a model: `models/<name>.card.json`, beside XGBoost's untouched file. */
export type Card = Static<typeof cardSchema>;

const check = Compile(cardSchema);

const refuse = (file: string, what: string) =>
  failure(
    "MODEL_WRONG",
    file,
    what,
    "Write the card again: train with `model train` or training/train.py.",
  );

/**
 * Reads a model's card. Throws MODEL_WRONG that names the field; `file` is what the sentence calls
 * the card.
 */
export const readCard = (json: string, file = "The model's card"): Card => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuse(file, "it is not complete JSON");
  }
  if (!check.Check(value)) {
    const { message } = refusalOf(check.Errors(value)[0], value, () => false);
    throw refuse(file, message.replace(/\.$/, ""));
  }
  return value;
};

/**
 * Makes sure that a card speaks of this model: the same hash, objective and features in the same
 * order. Throws MODEL_WRONG.
 */
export const matchCard = (card: Card, model: Model, hash: string, file: string): void => {
  if (card.hash !== hash) throw refuse(file, `it is about the model ${card.hash}, not ${hash}`);
  if (card.objective !== model.objective.name)
    throw refuse(file, `its objective is ${card.objective}, the model's ${model.objective.name}`);
  if (card.features.length !== model.features.length)
    throw refuse(
      file,
      `it lists ${card.features.length} features, the model has ${model.features.length}`,
    );
  const at = card.features.findIndex((feature, index) => feature !== model.features[index]);
  if (at >= 0)
    throw refuse(
      file,
      `its feature ${at + 1} is ${card.features[at]}, the model's ${model.features[at]}`,
    );
};
