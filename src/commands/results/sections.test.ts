import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { cardSheet } from "../../../test/card-sheet.ts";
import { root } from "../../config.ts";
import type { GroupReport } from "../../rules/scoring/report.ts";
import type { Interval } from "../../rules/statistics.ts";
import { berkaResults } from "./berka.ts";
import { cardResults } from "./cards.ts";
import { resultsPage, type SectionName } from "./page.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
const folderOf = (files: Record<string, readonly string[]>): string => {
  const folder = mkdtempSync(join(tmpdir(), "results-"));
  folders.push(folder);
  for (const [name, lines] of Object.entries(files))
    writeFileSync(join(folder, name), lines.join("\n"));
  return folder;
};

const page = readFileSync(join(root, "docs", "results.md"), "utf8");

/** The heads of tables, in their order. */
const headsOf = (text: string): string[] =>
  [...text.matchAll(/^(\|.*)\n\| ---/gm)].map(([, head]) => head);

/** Held against the page, which was made from real data. */
const assertAsOnPage = (name: SectionName, lines: readonly string[]): void => {
  const text = lines.join("\n");
  const written = page.split(`<!-- ${name} -->`)[1]?.split(`<!-- end of ${name} -->`)[0] ?? "";
  assert.ok(headsOf(written).length > 1, `docs/results.md has the tables of ${name}`);
  assert.deepEqual(headsOf(text), headsOf(written));
  assert.doesNotMatch(text, /NaN|undefined|Infinity/);
};
const attributesOf = (fairness: readonly GroupReport[]): string[] => [
  ...new Set(fairness.map(({ attribute }) => attribute)),
];
const noXgboost = { lack: "not asked for" };

const people = Array.from({ length: 60 }, (_, n) => ({
  id: n + 1,
  isBad: n % 3 === 0,
  born: `${30 + (n % 5) * 9}${n % 2 === 0 ? "02" : "52"}1${n % 10}`,
}));

/** Seven months before a loan: pay, and spending that leaves the bad ones next to nothing. */
const movesOf = ({ id, isBad }: (typeof people)[number]): string[] => {
  const rows: string[] = [];
  let balance = 0;
  const move = (day: string, type: string, operation: string, amount: number): void => {
    balance += type === "PRIJEM" ? amount : -amount;
    const place = 100 * id + rows.length;
    const [sum, left] = [amount.toFixed(2), balance.toFixed(2)];
    rows.push(`${place};${id};${day};"${type}";"${operation}";${sum};${left};"";;`);
  };
  for (let month = 1; month <= 7; month++) {
    const of = `930${month}`;
    move(`${of}05`, "PRIJEM", "PREVOD Z UCTU", 9_000 + 10 * id);
    move(`${of}09`, "VYDAJ", "VYBER", 3_000 + ((id * 37 + month * 11) % 400));
    move(`${of}20`, "VYDAJ", "VYBER", isBad ? 5_400 + ((id * 7) % 90) : 2_000);
  }
  return rows;
};

test("given a small bank, then its loans are judged in the tables of the page", async () => {
  const folder = folderOf({
    "account.asc": [
      '"account_id";"district_id";"frequency";"date"',
      ...people.map(({ id }) => `${id};1;"POPLATEK MESICNE";930101`),
    ],
    "client.asc": [
      '"client_id";"birth_number";"district_id"',
      ...people.map(({ id, born }) => `${id};"${born}";"1"`),
    ],
    "disp.asc": [
      '"disp_id";"client_id";"account_id";"type"',
      ...people.map(({ id }) => `${id};${id};${id};"OWNER"`),
    ],
    "loan.asc": [
      '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"',
      ...people.map(({ id, isBad }) => {
        const status = isBad ? "B" : "A";
        return `${900 + id};${id};930815;24000;24;1000.00;"${status}"`;
      }),
    ],
    "trans.asc": [
      '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";' +
        '"k_symbol";"bank";"account"',
      ...people.flatMap(movesOf),
    ],
  });
  const { figures, lines } = await berkaResults(folder, noXgboost);
  assertAsOnPage("berka", lines);
  type Group = { name: string; loans: number; bad: number; ours: Interval | null };
  type Figures = { verdict: { scorable: number }; groups: Group[]; fairness: GroupReport[] };
  const { verdict, groups, fairness } = figures as Figures;
  assert.equal(verdict.scorable, people.length);
  assert.deepEqual(
    groups.map(({ name, loans, bad }) => [name, loans, bad]),
    [
      ["all that can be judged", 60, 20],
      ["of `trans.asc`", 60, 20],
    ],
  );
  assert.ok((groups[0].ours?.value ?? 0) > 0.8, "who has nothing left goes bad");
  assert.deepEqual(attributesOf(fairness), ["age", "sex"]);
  await assert.rejects(berkaResults(join(root, "test/fixtures/berka"), noXgboost), {
    message: /too few to learn from/,
  });
});

test("given a few card clients, then they are judged in the tables of the page", async () => {
  const clients = Array.from({ length: 1_200 }, (_, n) => {
    const outcome = n % 4 === 0 ? 1 : 0;
    // Of those who default some were on time, and of the others some were not.
    const months = n % 7 === 0 ? 1 - outcome : outcome;
    return {
      ID: n + 1,
      SEX: 1 + (n % 2),
      AGE: 22 + (n % 45),
      PAY_0: months * 2,
      PAY_2: months * 2,
      BILL_AMT1: 8_000 + 91 * (n % 50),
      outcome,
    };
  });
  const folder = folderOf({ "clients.csv": [cardSheet(clients)] });
  const { figures, lines } = await cardResults(folder, noXgboost);
  assertAsOnPage("uci", lines);
  type Row = { name: string; ours: Interval | null; plain: Interval | null };
  const { rows, fairness } = figures as { rows: Row[]; fairness: GroupReport[] };
  assert.deepEqual(
    rows.map(({ name, plain }) => [name, plain]),
    [
      ["the feature set", null],
      ["all of the file", null],
    ],
  );
  assert.ok((rows[0].ours?.value ?? 0) > 0.7, "arrears go before a default");
  assert.deepEqual(attributesOf(fairness), ["age", "sex"]);
});

test("given the page, then all but its sections is as it would be written now", () => {
  assert.equal(resultsPage(page, {}), page);
});
