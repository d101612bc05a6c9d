import type { RiskLevel } from "../../events/prediction.ts";
import { type CalibrationGroup, calibrationTable, liftAt } from "../evaluation.ts";
import { auc, brier, type Interval, logLoss, proportion } from "../statistics.ts";

/** From which score on each band begins; LOW begins at 0. */
export type BandStarts = Readonly<Record<Exclude<RiskLevel, "LOW">, number>>;

/** How rows fell into a band, and how many of them had label 1. */
export type Band = {
  readonly risk_level: RiskLevel;
  readonly from: number;
  readonly rows: number;
  readonly positives: number;
  /** positives / rows with Wilson's interval; null: no rows. */
  readonly precision: number | null;
  readonly precision_low: number | null;
  readonly precision_high: number | null;
  /** Share of all rows with label 1 that are in this band or a higher one. */
  readonly recall: number | null;
};

/** The precision of each band, from the highest to the lowest. */
export const bandsOf = (
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  { CRITICAL, HIGH, MEDIUM }: BandStarts,
): Band[] => {
  const starts: [RiskLevel, number][] = [
    ["CRITICAL", CRITICAL],
    ["HIGH", HIGH],
    ["MEDIUM", MEDIUM],
    ["LOW", 0],
  ];
  const ones = (from: number, below: number, all: boolean): number => {
    let count = 0;
    for (let row = 0; row < scores.length; row++)
      if (scores[row] >= from && scores[row] < below && (all || labels[row] === 1)) count++;
    return count;
  };
  const positives = ones(-Infinity, Infinity, false);
  return starts.map(([risk_level, from], at) => {
    const below = at === 0 ? Infinity : starts[at - 1][1];
    const rows = ones(from, below, true);
    const hits = ones(from, below, false);
    const share = proportion(hits, rows);
    return {
      risk_level,
      from,
      rows,
      positives: hits,
      precision: share?.value ?? null,
      precision_low: share?.low ?? null,
      precision_high: share?.high ?? null,
      recall: positives > 0 ? ones(from, Infinity, false) / positives : null,
    };
  });
};

/** How the scores treat one group of people, such as those of one sex. */
export type GroupReport = {
  readonly attribute: string;
  readonly group: string;
  readonly rows: number;
  readonly positives: number;
  /** The share of label 1 that the scores expect, and the one that came. */
  readonly expected: number;
  readonly observed: Interval;
  readonly auc: Interval | null;
  /** Of those with label 1, the share that is flagged: HIGH or above. */
  readonly caught: Interval | null;
  /** Of those with label 0, the share that is flagged. */
  readonly false_alarms: Interval | null;
};

/** Attributes that are known of each row and are no features, such as `{"sex": "F"}`. */
export type Groups = Readonly<Record<string, string>>;

/**
 * For each group of each attribute, how the scores treat it. The attributes took no part in the
 * scores: they are looked at here only.
 */
export const fairnessOf = (
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  groups: readonly (Groups | undefined)[],
  flaggedFrom: number,
): GroupReport[] => {
  const members = new Map<string, { attribute: string; group: string; rows: number[] }>();
  groups.forEach((known, row) => {
    for (const [attribute, group] of Object.entries(known ?? {})) {
      const key = JSON.stringify([attribute, group]);
      const one = members.get(key) ?? { attribute, group, rows: [] };
      members.set(key, one);
      one.rows.push(row);
    }
  });
  const flagged = (rows: number[], label: number): Interval | null => {
    const of = rows.filter((row) => labels[row] === label);
    return proportion(of.filter((row) => scores[row] >= flaggedFrom).length, of.length) ?? null;
  };
  return [...members.values()]
    .toSorted((a, b) => (`${a.attribute} ${a.group}` < `${b.attribute} ${b.group}` ? -1 : 1))
    .map(({ attribute, group, rows }) => {
      const own = rows.map((row) => scores[row]);
      const told = rows.map((row) => labels[row]);
      const positives = told.filter((label) => label === 1).length;
      return {
        attribute,
        group,
        rows: rows.length,
        positives,
        expected: own.reduce((sum, score) => sum + score, 0) / own.length,
        observed: proportion(positives, rows.length)!,
        auc: auc(own, told) ?? null,
        caught: flagged(rows, 1),
        false_alarms: flagged(rows, 0),
      };
    });
};

/** What scores are worth, measured on labels that neither model nor calibration has seen. */
export type Report = {
  readonly rows: number;
  readonly positives: number;
  /** Null where all labels are the same. */
  readonly auc: Interval | null;
  readonly log_loss: number;
  readonly brier: number;
  readonly calibration: readonly CalibrationGroup[];
  /** How many times as many ones the highest tenth of the scores holds as all rows. */
  readonly lift_10: { rows: number; ones: number; lift: Interval } | null;
  readonly bands: readonly Band[];
  readonly fairness: readonly GroupReport[];
};

/** Of probabilities and labels, one of each per row. There must be rows. */
export const reportOf = (
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  starts: BandStarts,
  groups: readonly (Groups | undefined)[] = [],
): Report => ({
  rows: scores.length,
  positives: Array.from(labels).filter((label) => label === 1).length,
  auc: auc(scores, labels) ?? null,
  log_loss: logLoss(scores, labels),
  brier: brier(scores, labels),
  calibration: calibrationTable(scores, labels, 10),
  lift_10: liftAt(0.1, scores, labels) ?? null,
  bands: bandsOf(scores, labels, starts),
  fairness: fairnessOf(scores, labels, groups, starts.HIGH),
});
