import type { GroupReport } from "../../rules/scoring/report.ts";
import { tableOf } from "../documents.ts";
import { areaText, percent, shareText, whole } from "./words.ts";

/** The group that somebody so many years old is looked at in. */
export const decadeOf = (age: number): string => {
  const decade = Math.floor(age / 10) * 10;
  return decade < 30 ? "under 30" : decade < 60 ? `${decade} to ${decade + 9}` : "60 and over";
};

/** How scores treat groups of people: a table, and in words what flagged means. */
export const fairnessLines = (
  groups: readonly GroupReport[],
  flaggedFrom: number,
  came: string,
): string[] => [
  "Does it treat people alike? Neither sex nor age is a feature; here the scores are looked at " +
    `by both. Flagged is a score of ${flaggedFrom.toFixed(2)} or more.`,
  "",
  tableOf(
    [
      "group",
      "rows",
      "expected",
      "came true (95 %)",
      "AUC (95 %)",
      `flagged of those who ${came} (95 %)`,
      "flagged of the others (95 %)",
    ],
    groups.map((one) => [
      `${one.attribute}: ${one.group}`,
      whole(one.rows),
      percent(one.expected),
      shareText(one.observed),
      areaText(one.auc),
      shareText(one.caught),
      shareText(one.false_alarms),
    ]),
  ),
];
