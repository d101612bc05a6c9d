import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../../errors.ts";
import type { Card } from "../../rules/scoring/card.ts";
import { type Command, print, say } from "../command.ts";
import { bandStarts } from "./bands.ts";
import { readWithCard } from "./beside.ts";
import { readDescription, readExamples } from "./examples.ts";
import { measure, setOf } from "./measured.ts";
import { cardPage } from "./page.ts";
import { textOf } from "./text.ts";

const usage =
  "Use: model card <model.json> [--write] [--json], or with --data <folder> --predictions <file>";

const optionsOf = (args: string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        data: { type: "string" },
        predictions: { type: "string" },
        write: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const { data, predictions } = values;
    if (positionals.length === 1 && (data === undefined) === (predictions === undefined))
      return { file: positionals[0], ...values };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), usage);
  }
  throw failure("ARGUMENT_WRONG", "A model is needed", usage);
};

/** The scores of a file that training wrote, by customer, time and label. */
const scoresOf = (path: string): Map<string, number> => {
  const lines = textOf(path).trim().split("\n");
  return new Map(
    lines.map((line, at) => {
      try {
        const { customer_id, as_of, label, score } = JSON.parse(line);
        if (typeof score === "number") return [`${customer_id}\n${as_of}\n${label}`, score];
      } catch {
        // Said below, as of a line without a score.
      }
      throw failure("ARGUMENT_WRONG", `${path}, line ${at + 1} holds no score`, "Train it again.");
    }),
  );
};

/** The card with what its training rows and their out-of-fold scores tell besides. */
const completed = async (found: Card, data: string, predictions: string): Promise<Card> => {
  const about = readDescription(join(data, "features.json"));
  const rows = readExamples(join(data, "rows.ndjson"), found.features, about.aside);
  if (rows.length !== found.training.rows)
    throw failure(
      "ARGUMENT_WRONG",
      `${data} has ${rows.length} rows, and the model learned from ${found.training.rows}`,
      "Give the rows that it was trained on.",
    );
  const told = scoresOf(predictions);
  const scores = rows.map(({ customer, asOf, label }) => {
    const score = told.get(`${customer}\n${asOf}\n${label}`);
    if (score !== undefined) return score;
    throw failure("ARGUMENT_WRONG", `${predictions} lacks ${customer}`, "Train it again.");
  });
  const from = (level: string) => found.bands.find((band) => band.risk_level === level)?.from;
  const starts = bandStarts([from("CRITICAL"), from("HIGH"), from("MEDIUM")].join());
  const set = setOf(about, rows, found.training.folds);
  return { ...found, ...(await measure(rows, set, scores, starts)) };
};

/**
 * `model card`: what is known of a model, once its card was found to speak of this very file; as a
 * page, which `--write` puts beside it, or as JSON. With the rows that it was trained on and the
 * out-of-fold predictions, as training/train.py writes them, it completes the card: calibration,
 * lift, challenger, fairness, and the middle values that customers are compared with.
 */
export const card: Command = async (args) => {
  const { file, data, predictions, write, json } = optionsOf(args);
  const { card: found } = readWithCard(file);
  if (!found)
    throw failure(
      "ARGUMENT_WRONG",
      `${file} has no card beside it`,
      "Train it with `model train` or training/train.py, which write one.",
    );
  const isCompleted = data !== undefined && predictions !== undefined;
  const known = isCompleted ? await completed(found, data, predictions) : found;
  if (isCompleted)
    writeFileSync(file.replace(/\.json$/, ".card.json"), `${JSON.stringify(known, null, 2)}\n`);
  if (write || isCompleted) {
    const path = file.replace(/\.json$/, ".md");
    writeFileSync(path, cardPage(known));
    say(`Wrote ${path}`);
  } else print(json ? JSON.stringify(known) : cardPage(known).trimEnd());
  return 0;
};
