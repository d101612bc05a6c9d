import type { CalibrationGroup } from "../../rules/evaluation.ts";
import type { Interval } from "../../rules/statistics.ts";
import { tableOf } from "../documents.ts";

/** A part of docs/results.md: what was found, and its page in Markdown. */
export type Section = { readonly figures: unknown; readonly lines: readonly string[] };

/** A score that was measured elsewhere on just these rows, to compare with. */
export type Reference = { readonly rows: number; readonly auc: number };

export const whole = (count: number): string => new Intl.NumberFormat("en").format(count);
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const spread = (
  of: Interval | null | undefined,
  word: (value: number) => string,
  between = " to ",
) => (of ? `${word(of.value)} (${word(of.low)}${between}${word(of.high)})` : "–");

/** An AUC with its interval. */
export const areaText = (of: Interval | null | undefined): string =>
  spread(of, (value) => value.toFixed(3));
/** A share with its interval. */
export const shareText = (of: Interval | null | undefined): string => spread(of, percent);
/** A number with its interval. */
export const numberText = (of: Interval | null | undefined): string =>
  spread(of, (value) => value.toFixed(1));
/** A difference of shares in points with its interval. */
export const pointsText = (of: Interval | null | undefined): string =>
  spread(of, (value) => `${value < 0 ? "−" : ""}${Math.abs(value * 100).toFixed(1)}`);

/** The reference for just so many rows; other rows have none. */
export const referenceText = (references: readonly Reference[], rows: number): string =>
  references.find((one) => one.rows === rows)?.auc.toFixed(3) ?? "–";

export const calibrationLines = (groups: readonly CalibrationGroup[]): string[] => [
  tableOf(
    ["scores", "rows", "expected", "came true (95 %)"],
    groups.map(({ lowest, highest, rows, expected, observed }) => [
      `${lowest.toFixed(3)} to ${highest.toFixed(3)}`,
      whole(rows),
      percent(expected),
      shareText(observed),
    ]),
  ),
];
