import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../../errors.ts";
import { contributions, type Model, predictionOf, readModel } from "../../rules/scoring/model.ts";
import { type Command, print } from "../command.ts";
import { table } from "../table.ts";
import { textOf } from "./text.ts";

const usage = "Use: model predict <model.json> --rows <rows.json> [--all-trees] [--json]";

const optionsOf = (args: string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        rows: { type: "string" },
        "all-trees": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const { rows, json } = values;
    if (positionals.length === 1 && rows !== undefined)
      return { file: positionals[0], rows, allTrees: values["all-trees"], json };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), usage);
  }
  throw failure("ARGUMENT_WRONG", "A model and a file of rows are needed", usage);
};

const rowCure = "Give arrays of numbers in the order of the model's features, null where missing.";

const wrongRows = (file: string, what: string) =>
  failure("ARGUMENT_WRONG", `${file} cannot be scored: ${what}`, rowCure);

/** A value as XGBoost would take it: null is missing, the rest must fit float32. */
const numberOf = (value: unknown, file: string, place: () => string): number => {
  if (value === null) return Number.NaN;
  if (typeof value === "number" && Number.isFinite(Math.fround(value))) return value;
  throw wrongRows(file, `${place()} is ${JSON.stringify(value)}, no number that float32 holds`);
};

/** Rows of a JSON file, checked against the model's features. Throws ARGUMENT_WRONG. */
export const rowsOf = (text: string, file: string, features: readonly string[]): Float64Array[] => {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    throw wrongRows(file, "it is not complete JSON");
  }
  if (!Array.isArray(rows)) throw wrongRows(file, "it is no array of rows");
  return rows.map((row: unknown, index) => {
    if (!Array.isArray(row)) throw wrongRows(file, `row ${index} is no array`);
    if (row.length !== features.length)
      throw wrongRows(
        file,
        `row ${index} has ${row.length} values, and the model has ${features.length} features`,
      );
    return Float64Array.from(row, (value, at) =>
      numberOf(value, file, () => `row ${index}, ${features[at]}`),
    );
  });
};

type One = number | number[];
/** Of one row; lists by class, target or quantile where the model has several. */
export type Predicted = {
  readonly margin: One;
  readonly prediction: One;
  /** Of each feature to the margin, in their order, the bias last. */
  readonly contributions: number[] | number[][];
};

/** Scores one row. Throws MODEL_WRONG where what is predicted is no finite number. */
export const predictOne = (model: Model, row: Float64Array, file: string, index = 0): Predicted => {
  const margins: number[] = [];
  const shares = model.outputs.map((_, output) => {
    const out = new Float64Array(model.features.length + 1);
    margins.push(contributions(model, row, out, output));
    return Array.from(out);
  });
  const prediction = predictionOf(model, margins);
  const wrong = [margins, prediction, shares].flat(2).find((value) => !Number.isFinite(value));
  if (wrong !== undefined)
    throw failure(
      "MODEL_WRONG",
      file,
      `it predicts ${wrong} for row ${index}`,
      "Train it again on labels of a smaller size, or leave the row out.",
    );
  return margins.length === 1
    ? { margin: margins[0], prediction, contributions: shares[0] }
    : { margin: margins, prediction, contributions: shares };
};

/** The features that moved the margin most, for a person. */
const reasons = (model: Model, { contributions }: Predicted): string => {
  if (Array.isArray(contributions[0])) return "";
  const shares = contributions as number[];
  return model.features
    .map((name, at) => ({ name, share: shares[at] }))
    .toSorted((a, b) => Math.abs(b.share) - Math.abs(a.share))
    .slice(0, 3)
    .map(({ name, share }) => `${name} ${share < 0 ? "" : "+"}${share.toFixed(3)}`)
    .join(", ");
};

/**
 * `model predict`: scores rows with a model file as XGBoost itself would, with the contribution of
 * every feature.
 */
export const predict: Command = async (args) => {
  const { file, rows, allTrees, json } = optionsOf(args);
  const model = readModel(textOf(file), file, { allTrees });
  const predicted = rowsOf(textOf(rows), rows, model.features).map((row, index) =>
    predictOne(model, row, file, index),
  );
  if (json) print(JSON.stringify(predicted));
  else
    print(
      table(
        ["row", "margin", "prediction", "moved most by"],
        predicted.map((one, index) => [index, one.margin, one.prediction, reasons(model, one)]),
      ),
    );
  return 0;
};
