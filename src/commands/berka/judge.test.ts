import assert from "node:assert/strict";
import { test } from "node:test";
import type { RiskLevel } from "../../events/prediction.ts";
import type { JudgedLoan } from "../../ingest/import/berka/judged.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { judge, type LastScore } from "./judge.ts";

const loan = (loan_id: number, bad: boolean, scorable = true): JudgedLoan => ({
  loan_id,
  customer_id: `berka-${loan_id}`,
  granted_at: 0,
  bad,
  scorable,
  ledger: undefined,
});
const score = (loan_id: number, risk_level: RiskLevel, risk_score: number): LastScore => ({
  loan_id,
  risk_level,
  risk_score,
  model_hash: `m${foldOf(`berka-${loan_id}`, 5)}`,
});
const folds = [0, 1, 2, 3, 4].map((fold) => `m${fold}`);
const rules = { folds, shippedHigh: 0.6 };

test("given scores and outcomes, then hits, misses and false alarms add up", () => {
  const loans = [
    loan(1, true),
    loan(2, true),
    loan(3, false),
    loan(4, false),
    loan(5, true, false),
  ];
  const verdict = judge(
    loans,
    [
      score(1, "CRITICAL", 0.7),
      score(2, "MEDIUM", 0.1),
      score(3, "HIGH", 0.3),
      score(4, "LOW", 0.01),
      score(5, "CRITICAL", 0.9),
    ],
    rules,
  );
  assert.deepEqual(
    [verdict.loans, verdict.scorable, verdict.not_scorable, verdict.bad],
    [5, 4, 1, 2],
  );
  assert.deepEqual(
    [verdict.flagged, verdict.hits, verdict.false_alarms, verdict.misses],
    [2, 1, 1, 1],
  );
  assert.equal(verdict.precision?.value, 0.5);
  assert.equal(verdict.recall?.value, 0.5);
  assert.equal(verdict.auc?.value, 0.75);
  assert.equal(verdict.in_fold, 0);
  assert.deepEqual(verdict.at_shipped_bands, { from: 0.6, flagged: 1, hits: 1 });
});

test("given a bad loan without a score, then it is a miss and said to be unscored", () => {
  const verdict = judge([loan(1, true), loan(2, false)], [score(2, "LOW", 0.1)], rules);
  assert.deepEqual([verdict.misses, verdict.unscored, verdict.auc], [1, 1, null]);
});

test("given a score by a model that had seen the loan, then it is counted", () => {
  const seen = { ...score(1, "LOW", 0.1), model_hash: "another" };
  assert.equal(judge([loan(1, true)], [seen], rules).in_fold, 1);
  assert.equal(judge([loan(1, true)], [seen], { ...rules, folds: undefined }).in_fold, 0);
});

test("given twenty loans, then the top tenth is the two with the highest scores", () => {
  const loans = Array.from({ length: 20 }, (_, n) => loan(n + 1, n === 19));
  const scores = loans.map(({ loan_id: id }) => score(id, "LOW", id / 100));
  assert.deepEqual(judge(loans, scores, rules).top_tenth, { loans: 2, bad: 1 });
});

test("given no loans at all, then there is nothing to say and nothing fails", () => {
  const verdict = judge([], [], rules);
  assert.deepEqual([verdict.flagged, verdict.auc, verdict.precision], [0, null, null]);
});
