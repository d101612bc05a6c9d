import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../config.ts";

/** What the page that is committed must show. Each reader says what it misses, in words. */
type Row = Readonly<Record<string, string>>;
type Estimate = { value: number; low: number; high: number };

class Lacks extends Error {}

const sectionOf = (page: string, name: string): string => {
  const found = new RegExp(`<!-- ${name} -->(.*?)<!-- end of ${name} -->`, "s").exec(page);
  if (!found) throw new Lacks(`the page has no section "${name}"`);
  return found[1];
};

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());

/** The rows under the first heading that has all these columns, however they are ordered. */
const tableIn = (section: string, ...columns: string[]): Row[] => {
  const lines = section.split("\n");
  const at = lines.findIndex(
    (line) => line.startsWith("|") && columns.every((column) => cellsOf(line).includes(column)),
  );
  if (at < 0) throw new Lacks(`no table has the columns ${columns.join(", ")}`);
  const head = cellsOf(lines[at]);
  const end = lines.findIndex((line, n) => n > at && !line.startsWith("|"));
  return lines.slice(at + 2, end < 0 ? undefined : end).map((line) => {
    const cells = cellsOf(line);
    return Object.fromEntries(head.map((column, n) => [column, cells[n] ?? ""]));
  });
};

const rowWith = (rows: readonly Row[], column: string, value: string): Row => {
  const row = rows.find((one) => one[column] === value);
  if (!row) throw new Lacks(`no row has ${column} ${value}`);
  return row;
};

const numberIn = (row: Row, column: string): number => {
  const text = row[column]?.replaceAll(",", "") ?? "";
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Lacks(`"${row[column]}" is no ${column}`);
  return Number(text);
};

const estimateOf = (text: string, what: string): Estimate => {
  const found = /(-?\d+\.\d+) \((-?\d+\.\d+) to (-?\d+\.\d+)\)/.exec(text);
  if (!found) throw new Lacks(`"${text}" is no ${what} with its interval`);
  const [value, low, high] = found.slice(1).map(Number);
  return { value, low, high };
};

const ours = "AUC of ours, out of fold (95 %)";
const line = "AUC of the line, out of fold (95 %)";
const plain = "plain XGBoost";

const reaches = ({ value, high }: Estimate, bar: number): boolean => value >= bar || high >= bar;

/** Each bar by name: what is wrong, or undefined. */
const bars: Readonly<Record<string, (page: string) => string | undefined>> = {
  "Berka, 215 loans pooled": (page) => {
    const rows = tableIn(sectionOf(page, "berka"), "number", line, "reference");
    const row = rowWith(rows, "number", "215");
    const found = estimateOf(row[line], "AUC of 215 loans");
    const isReached = reaches(found, 0.838);
    return isReached ? undefined : `${row[line]} is below 0.838, and so is its interval`;
  },
  "Berka, the 177 beside 0.880": (page) => {
    const rows = tableIn(sectionOf(page, "berka"), "number", line, "reference");
    const row = rowWith(rows, "number", "177");
    estimateOf(row[line], "AUC of 177 loans");
    return numberIn(row, "reference") === 0.88 ? undefined : "they stand beside another figure";
  },
  "UCI, the feature set at least as good as plain XGBoost": (page) => {
    const rows = tableIn(sectionOf(page, "uci"), "columns", ours, plain);
    const row = rowWith(rows, "columns", "the feature set");
    const floor = estimateOf(row[plain], "AUC of plain XGBoost of the same run").value;
    const isReached = reaches(estimateOf(row[ours], "AUC of the feature set"), floor);
    return isReached ? undefined : `${row[ours]} is below ${floor}, and so is its interval`;
  },
  "UCI, all 23 columns beside 0.774": (page) => {
    const rows = tableIn(sectionOf(page, "uci"), "columns", "number", ours, "reference");
    const row = rowWith(rows, "number", "23");
    estimateOf(row[ours], "AUC of all columns");
    return numberIn(row, "reference") === 0.774 ? undefined : "they stand beside another figure";
  },
  "Simulator, look-alikes 10 points below": (page) => {
    const section = sectionOf(page, "simulator");
    const told = /more often than look-alikes by ([^%]*?) points/.exec(section);
    if (!told) throw new Lacks("no sentence tells by how many points");
    const { low } = estimateOf(told[1], "difference");
    return low >= 10 ? undefined : `the difference may be as low as ${low} points`;
  },
};

/** The bars that a page misses, each with what is wrong. */
const missed = (page: string): string[] =>
  Object.entries(bars).flatMap(([name, judge]) => {
    try {
      const wrong = judge(page);
      return wrong === undefined ? [] : [`${name}: ${wrong}`];
    } catch (thrown) {
      if (thrown instanceof Lacks) return [`${name}: ${thrown.message}`];
      throw thrown;
    }
  });

const committed = readFileSync(join(root, "docs/results.md"), "utf8");

test("given the committed page of results, then it shows that every bar is reached", () => {
  assert.deepEqual(missed(committed), []);
  assert.equal(Object.keys(bars).length, 5);
});

/** A page that is worse in one thing, and what is then said. */
const worse: [RegExp, string, RegExp][] = [
  [/\| 215 \| \d+ \| [^|]*\|/, "| 215 | 20 | 0.700 (0.650 to 0.750) |", /215.*is below 0\.838/],
  [/\| 215 \|/, "| 214 |", /215 loans pooled: no row has number 215/],
  [/0\.880/, "0.870", /177.*another figure/],
  [
    /\| the feature set \| (\d+) \| [^|]*\|/,
    "| the feature set | $1 | 0.600 (0.590 to 0.610) |",
    /the feature set at least.*is below 0\.\d/,
  ],
  [/\| 23 \| [^|]*\|/, "| 23 | – |", /23 columns.*"–" is no AUC of all columns/],
  [/look-alikes by [\d.]+ \([\d.]+ to/, "look-alikes by 15.0 (9.9 to", /as low as 9\.9 points/],
  [/<!-- end of uci -->/, "", /UCI.*the page has no section "uci"/],
  [/AUC of the line/g, "AUC", /Berka.*no table has the columns/],
];

test("given a page that falls short of a bar or lacks a figure, then it is said which", () => {
  for (const [what, instead, says] of worse) {
    const page = committed.replace(what, instead);
    assert.notEqual(page, committed, `${what} is in the page`);
    assert.match(missed(page).join("\n"), says);
  }
});
