import { type CardClient, customerIdOf } from "../../ingest/import/uci-credit/clients.ts";
import { readFolder } from "../../ingest/import/uci-credit/folder.ts";
import { CARD_FEATURE_SET, cardFeatures, cardRow } from "../../rules/card/features.ts";
import { calibrationTable, liftAt } from "../../rules/evaluation.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { fairnessOf, type Groups } from "../../rules/scoring/report.ts";
import { auc, type Interval } from "../../rules/statistics.ts";
import { tableOf } from "../documents.ts";
import { decadeOf, fairnessLines } from "./fairness.ts";
import { calibratedOutOfFold, type FoldSet, marginsOutOfFold } from "./out-of-fold.ts";
import {
  areaText,
  calibrationLines,
  numberText,
  percent,
  type Reference,
  referenceText,
  type Section,
  whole,
} from "./words.ts";
import { plain, type Xgboost } from "./xgboost.ts";

const foldCount = 5;
const groups = 10;
/** Slow and with large leaves: 20,000 clients leave little to find in small ones. */
const size = { rounds: 200, maxDepth: 4, eta: 0.04, lambda: 20, gamma: 0, minChildWeight: 30 };
/** Plain XGBoost on all 23 columns: five folds, five times over. */
const references: readonly Reference[] = [{ rows: 20_000, auc: 0.774 }];

/** The file's own columns, the person's four among them: for comparison only. */
const everything = ({ limit_minor, person, months }: CardClient): number[] => [
  limit_minor,
  person.sex === "M" ? 1 : 2,
  person.education,
  person.marriage,
  person.age,
  ...months.map(({ status }) => status),
  ...months.map(({ bill_minor }) => bill_minor),
  ...months.map(({ paid_minor }) => paid_minor),
];

const setOf = (
  clients: readonly CardClient[],
  features: readonly string[],
  rowOf: (client: CardClient) => ArrayLike<number>,
): FoldSet => ({
  features,
  rows: clients.map(rowOf),
  labels: clients.map(({ defaulted }) => Number(defaulted)),
  folds: clients.map((client) => foldOf(customerIdOf(client), foldCount)),
});

type Row = { name: string; columns: number; ours: Interval | null; plain: Interval | null };
type Measured = { row: Row; margins: Float64Array; version: string | undefined };

const measure = async (name: string, set: FoldSet, xgboost: Xgboost): Promise<Measured> => {
  const margins = await marginsOutOfFold(set, size);
  const other = xgboost.lack === undefined ? await xgboost.outOfFold(set) : undefined;
  const row: Row = {
    name,
    columns: set.features.length,
    ours: auc(margins, set.labels) ?? null,
    plain: other ? (auc(other.scores, set.labels) ?? null) : null,
  };
  return { row, margins, version: other?.version };
};

/** How far the AUC differs from fold to fold: the standard deviation. */
const deviation = (margins: Float64Array, { labels, folds }: FoldSet): number => {
  const areas = [...new Set(folds)].flatMap((fold) => {
    const rows = folds.flatMap((of, row) => (of === fold ? [row] : []));
    const area = auc(
      rows.map((row) => margins[row]),
      rows.map((row) => labels[row]),
    );
    return area ? [area.value] : [];
  });
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
  return Math.sqrt(areas.reduce((sum, area) => sum + (area - mean) ** 2, 0) / (areas.length - 1));
};

const aboutLines = (clients: readonly CardClient[]): string[] => {
  const bad = clients.filter(({ defaulted }) => defaulted).length;
  return [
    "Default of Credit Card Clients (Yeh 2009, UCI Machine Learning Repository, CC BY 4.0): " +
      `${whole(clients.length)} clients of a bank in Taiwan, 2005; ${whole(bad)} ` +
      `(${percent(bad / clients.length)}) did not pay the month after.`,
    "",
    `Feature set \`${CARD_FEATURE_SET}\` has ${cardFeatures.length} features of the card's ` +
      "months. It knows nothing of sex, education, marriage and age. All 23 columns, those four " +
      "among them, are shown for comparison alone: no model with them is shipped.",
  ];
};

const tableLines = (measured: readonly Measured[], rows: number): string[] => {
  const all = measured[1].row;
  return [
    tableOf(
      ["columns", "number", "AUC of ours, out of fold (95 %)", "plain XGBoost", "reference"],
      measured.map(({ row }) => [
        row.name,
        whole(row.columns),
        areaText(row.ours),
        areaText(row.plain),
        row === all ? referenceText(references, rows) : "–",
      ]),
    ),
    "",
    `Ours is trained by \`src/rules/scoring/train.ts\`: ${size.rounds} trees of depth ` +
      `${size.maxDepth}. Plain XGBoost${measured[0].version ? ` ${measured[0].version}` : ""}: ` +
      `${plain.rounds} trees of depth ${plain.max_depth}, not tuned; same rows, ` +
      "columns and folds in the same run. Reference: plain XGBoost, five folds, five times over.",
  ];
};

/** From here on a score counts as flagged: where HIGH begins in the shipped policy. */
const flaggedFrom = 0.6;

/** What is known of people and is no feature. */
const groupsOf = ({ person }: CardClient): Groups => ({
  sex: person.sex,
  age: decadeOf(person.age),
});

/** The next month's default of card clients, out of fold. */
export const cardResults = async (folder: string, xgboost: Xgboost): Promise<Section> => {
  // The figures that ours are held against were measured on every row.
  const { clients } = await readFolder(folder, true);
  const ids = cardFeatures.map(({ id }) => id);
  const set = setOf(clients, ids, cardRow);
  const own = await measure("the feature set", set, xgboost);
  const names = everything(clients[0]).map((_, n) => `column_${n + 1}`);
  const all = await measure("all of the file", setOf(clients, names, everything), xgboost);
  const scores = calibratedOutOfFold(own.margins, set);
  const lift = liftAt(0.1, scores, set.labels);
  const sd = deviation(own.margins, set);
  const fairness = fairnessOf(scores, set.labels, clients.map(groupsOf), flaggedFrom);
  return {
    figures: { rows: [own.row, all.row], deviation: sd, lift, fairness },
    lines: [
      ...aboutLines(clients),
      "",
      ...tableLines([own, all], clients.length),
      "",
      `From fold to fold the AUC of the feature set deviates by ${sd.toFixed(3)}. Of the ` +
        `${whole(lift?.rows ?? 0)} clients with the highest scores (10 %) ` +
        `${whole(lift?.ones ?? 0)} defaulted: a lift of ${numberText(lift?.lift)}.`,
      "",
      ...calibrationLines(calibrationTable(scores, set.labels, groups)),
      "",
      ...fairnessLines(fairness, flaggedFrom, "defaulted"),
    ],
  };
};
