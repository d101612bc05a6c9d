import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { lastScores, summarise, summaryLines } from "./summary.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);

const grant = Date.UTC(1994, 0, 5, 23);
const loan = (loan_id: number, bad: boolean, scorable = true) => ({
  loan_id,
  customer_id: `berka-${loan_id}`,
  granted_at: grant,
  bad,
  scorable,
  ledger: undefined,
});
const loans = [loan(1, true), loan(2, false), loan(3, true), loan(4, false, false)];

const scores: [string, number, number, string][] = [
  ["berka-1", grant - 2, 0.1, "LOW"],
  ["berka-1", grant - 1, 0.5, "CRITICAL"],
  ["berka-1", grant, 0.01, "LOW"],
  ["berka-2", grant - 86_400_000, 0.2, "HIGH"],
  ["berka-3", grant + 1, 0.9, "CRITICAL"],
  ["berka-4", grant - 1, 0.9, "CRITICAL"],
];

const fill = async () => {
  for (const [n, [customer, at, score, level]] of scores.entries())
    await pool.query(
      `insert into risk_scores values
         ($1, $2, $3, $4, $5, '[]', 'penalty', null, null, 0, '{}', 'm', 'm0', '1', 'p', null)`,
      [`p${n}`, customer, score, level, new Date(at)],
    );
  await pool.query(
    `insert into transactions values ('berka-1', 't1', now(), 5, 'CZK', 'debit', 'cash', 'branch',
       null, false, '1', 10, true, null)`,
  );
  await pool.query("insert into dead_letters values ('o-0-1', 'p', 'key_missing', now())");
};

test("given scores around the grants, then the last one before each grant is judged", async () => {
  await fill();
  const last = await lastScores(pool, loans);
  assert.deepEqual(
    last.map((one) => [one.loan_id, one.risk_score]),
    [
      [1, 0.5],
      [2, 0.2],
      [4, 0.9],
    ],
  );
  const summary = await summarise({
    pool,
    loans,
    files: [],
    rules: { folds: undefined, shippedHigh: 0.6 },
    bands: { CRITICAL: 0.4, HIGH: 0.2, MEDIUM: 0.1 },
    foldBands: [
      { CRITICAL: 0.36, HIGH: 0.18, MEDIUM: 0.09 },
      { CRITICAL: 0.44, HIGH: 0.22, MEDIUM: 0.11 },
    ],
    timing: { importMs: 500 },
  });
  const { flagged, hits, misses, false_alarms: falseAlarms, unscored } = summary.verdict;
  assert.deepEqual([flagged, hits, misses, falseAlarms, unscored], [2, 1, 1, 1, 1]);
  assert.deepEqual(summary.predictions, { CRITICAL: 3, LOW: 2, HIGH: 1 });
  assert.deepEqual(summary.dead_letters, { key_missing: 1 });
  assert.deepEqual(summary.transactions_per_second, { imported: 2, processed: null });
  const text = summaryLines(summary, false).join("\n");
  assert.match(text, /3 can be judged, 2 of these went bad; 1 have no transactions/);
  assert.match(text, /hits +1 flagged and went bad; precision 50 % \(/);
  assert.match(
    text,
    /by fold +CRITICAL 0\.36 to 0\.44, HIGH 0\.18 to 0\.22, MEDIUM 0\.09 to 0\.11:/,
  );
  assert.match(text, /dead letters +1: key_missing 1/);
  assert.match(text, /line +done by an earlier run/);
});
