import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../../errors.ts";
import { calibrated, logistic } from "../../rules/scoring/calibration.ts";
import type { Card } from "../../rules/scoring/card.ts";
import { type Model, margin } from "../../rules/scoring/model.ts";
import { type BandStarts, type Report, reportOf } from "../../rules/scoring/report.ts";
import type { Interval } from "../../rules/statistics.ts";
import { type Command, print } from "../command.ts";
import { table } from "../table.ts";
import { bandStarts } from "./bands.ts";
import { readWithCard } from "./beside.ts";
import { type Labelled, readExamples } from "./examples.ts";

const usage =
  "Use: model evaluate <model.json> --rows <rows.ndjson> [--bands 0.8,0.6,0.4] [--json]";

const optionsOf = (args: string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        rows: { type: "string" },
        bands: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const { rows, bands, json } = values;
    if (positionals.length === 1 && rows !== undefined)
      return { file: positionals[0], rows, bands, json };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), usage);
  }
  throw failure("ARGUMENT_WRONG", "A model and a file of labelled rows are needed", usage);
};

const startsOf = (bands: string | undefined, card: Card | undefined): BandStarts => {
  if (bands !== undefined || card === undefined) return bandStarts(bands ?? "0.8,0.6,0.4");
  const from = (level: string) => card.bands.find((band) => band.risk_level === level)?.from;
  return bandStarts([from("CRITICAL"), from("HIGH"), from("MEDIUM")].join());
};

const scoresOf = (model: Model, card: Card | undefined, rows: readonly Labelled[]): Float64Array =>
  Float64Array.from(rows, ({ values }) =>
    logistic(calibrated(margin(model, values), card?.calibration)),
  );

const three = (value: number): string => value.toFixed(3);
const between = (of: Interval | null): string =>
  of ? `${three(of.value)} (${three(of.low)} to ${three(of.high)})` : "–";

const shown = (report: Report): string => {
  const { lift_10, bands, calibration, fairness } = report;
  const lift = lift_10 ? `${between(lift_10.lift)}, ${lift_10.ones} of ${lift_10.rows}` : "–";
  return [
    `rows ${report.rows}, label 1 ${report.positives}`,
    `AUC ${between(report.auc)}`,
    `log loss ${report.log_loss.toFixed(4)}, Brier ${report.brier.toFixed(4)}`,
    `lift at 10 % ${lift}`,
    "",
    table(
      ["band", "from", "rows", "label 1", "precision", "low", "high", "caught"],
      bands.map((band) => [
        band.risk_level,
        band.from,
        band.rows,
        band.positives,
        ...[band.precision, band.precision_low, band.precision_high, band.recall].map((value) =>
          value === null ? null : three(value),
        ),
      ]),
    ),
    "",
    table(
      ["scores from", "to", "rows", "expected", "came", "low", "high"],
      calibration.map(({ lowest, highest, rows, expected, observed }) => [
        ...[lowest, highest].map(three),
        rows,
        ...[expected, observed.value, observed.low, observed.high].map(three),
      ]),
    ),
    "",
    fairness.length === 0
      ? "Fairness: not known, the rows name no groups."
      : table(
          ["group", "rows", "expected", "came", "AUC", "flagged of label 1", "of label 0"],
          fairness.map((one) => [
            `${one.attribute}: ${one.group}`,
            one.rows,
            three(one.expected),
            between(one.observed),
            between(one.auc),
            between(one.caught),
            between(one.false_alarms),
          ]),
        ),
  ].join("\n");
};

/**
 * `model evaluate`: what a model's scores are worth on labelled rows. The rows should be of
 * customers that it was not trained on; no file can tell whether they are.
 */
export const evaluate: Command = async (args) => {
  const { file, rows, bands, json } = optionsOf(args);
  const { model, card } = readWithCard(file);
  const { name } = model.objective;
  if (name !== "binary:logistic")
    throw failure(
      "ARGUMENT_WRONG",
      `${file} has the objective ${name}`,
      "Evaluate a model of binary:logistic, whose scores are chances of label 1.",
    );
  const examples = readExamples(rows, model.features, "all");
  const labels = examples.map(({ label }) => label);
  const groups = examples.map((one) => one.groups);
  const starts = startsOf(bands, card);
  const report = reportOf(scoresOf(model, card, examples), labels, starts, groups);
  print(json ? JSON.stringify(report) : shown(report));
  return 0;
};
