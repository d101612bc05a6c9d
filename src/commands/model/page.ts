import type { Card } from "../../rules/scoring/card.ts";
import type { Interval } from "../../rules/statistics.ts";
import { tableOf } from "../documents.ts";

const percent = (share: number | null): string =>
  share === null ? "–" : `${(100 * share).toFixed(1)} %`;

const between = (of: Interval | null, word: (value: number) => string): string =>
  of ? `${word(of.value)} (${word(of.low)} to ${word(of.high)})` : "–";

const bullets = (sentences: readonly string[]): string =>
  sentences.map((sentence) => `- ${sentence}`).join("\n");

const bandRows = ({ bands }: Card): string[][] =>
  bands.map((band) => {
    const { precision: value, precision_low: low, precision_high: high } = band;
    const precise = value === null ? null : { value, low: low ?? 0, high: high ?? 1 };
    return [
      band.risk_level,
      band.from.toFixed(2),
      String(band.rows),
      String(band.positives),
      between(precise, percent),
      percent(band.recall),
    ];
  });

const bandTitles = ["band", "from", "rows", "label 1", "precision (95 %)", "caught by it or above"];

const ways: Record<string, string> = { 1: "rises", "-1": "falls" };

const featureRows = ({ importance, training, typical }: Card): string[][] =>
  Object.entries(importance)
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, size]) => [
      `\`${name}\``,
      size.toFixed(3),
      ways[training.directions[name] ?? 0] ?? "free",
      ...(typical ? [String(typical[name] ?? "–")] : []),
    ]);

const three = (value: number): string => value.toFixed(3);

const challengerText = ({ challenger, metrics }: Card): string => {
  if (!challenger) return "";
  const { name, auc: value, auc_low: low, auc_high: high, log_loss, brier } = challenger;
  const ahead = metrics.auc > value ? "ahead of" : "no better than";
  return `
The challenger, a ${name} on the same rows and folds: AUC ${between({ value, low, high }, three)},
log loss ${log_loss.toFixed(4)}, Brier ${brier.toFixed(4)}. The model is ${ahead} it.
`;
};

const calibrationText = ({ calibration_groups, lift_10 }: Card): string => {
  const lift = lift_10
    ? `
The highest tenth of the scores holds ${between(lift_10.lift, (value) => value.toFixed(1))} times as
many rows with label 1 as all rows do (${lift_10.ones} of ${lift_10.rows}).
`
    : "";
  if (!calibration_groups) return lift;
  const titles = ["scores", "rows", "expected", "came true (95 %)"];
  const rows = calibration_groups.map(({ lowest, highest, rows, expected, observed }) => [
    `${three(lowest)} to ${three(highest)}`,
    String(rows),
    percent(expected),
    between(observed, percent),
  ]);
  return `${lift}
## Does it mean what it says?

${tableOf(titles, rows)}
`;
};

const fairnessText = ({ fairness }: Card): string => {
  if (!fairness) return "";
  const titles = [
    "group",
    "rows",
    "label 1 (95 %)",
    "expected",
    "AUC (95 %)",
    "flagged of label 1",
    "flagged of label 0",
  ];
  const rows = fairness.map((one) => [
    `${one.attribute}: ${one.group}`,
    String(one.rows),
    between(one.observed, percent),
    percent(one.expected),
    between(one.auc, three),
    between(one.caught, percent),
    between(one.false_alarms, percent),
  ]);
  return `
## Does it treat people alike?

${
  fairness.length === 0
    ? "Not known: the rows that it was trained on say neither age nor sex of anybody."
    : `Flagged means HIGH or above. None of these is a feature.\n\n${tableOf(titles, rows)}`
}
`;
};

/** A model's card as a page that people read, in Markdown. */
export const cardPage = (card: Card): string => {
  const { training, metrics, calibration } = card;
  const parameters = Object.entries(training.parameters).map(([name, value]) => `${name} ${value}`);
  const { slope = 1, offset = 0 } = calibration ?? {};
  const signed = `${offset < 0 ? "" : "+"}${offset.toFixed(4)}`;
  const platt = `Platt, log-odds = ${slope.toFixed(4)} × margin ${signed}`;
  const featureTitles = ["feature", "mean effect on the log-odds", "score with the feature"];
  if (card.typical) featureTitles.push("middle value");
  return `# ${card.version}

${card.predicts}

## Meant for

${bullets(card.intended_use)}

## Not to be used for

${bullets(card.forbidden_use)}

## Known limits

${bullets(card.limits)}

## How good it is

Out of fold: every row is scored by a model and a calibration that never saw its customer
(${training.folds} folds by hash of the customer's id). Intervals are of 95 % and take rows as
independent, which several rows of one customer are not.

AUC **${three(metrics.auc)}** (${three(metrics.auc_low)} to ${three(metrics.auc_high)}), log loss
${metrics.log_loss.toFixed(4)}, Brier ${metrics.brier.toFixed(4)}.
${challengerText(card)}
${tableOf(bandTitles, bandRows(card))}
${calibrationText(card)}${fairnessText(card)}
## What it was trained on

${training.description}

${training.rows} rows of ${training.customers} customers, ${training.positives} with label 1,
as of ${training.from} to ${training.to}.

${training.trainer}: ${parameters.join(", ")}.
Calibration: ${calibration ? platt : "none"}.

## What it looks at

${tableOf(featureTitles, featureRows(card))}

## Identity

File \`${card.name}.json\`, SHA-256 \`${card.hash}\`, feature set ${card.feature_set}.
`;
};
