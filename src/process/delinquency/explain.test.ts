import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type PolicyDocument, policies, policyKey } from "../../events/policy.ts";
import { brokenSeal } from "../../rules/explanation/seal.ts";
import { Random } from "../../rules/random.ts";
import { readModel } from "../../rules/scoring/model.ts";
import { train } from "../../rules/scoring/train.ts";
import { reasonsOf } from "./explain.ts";
import { features } from "./features.ts";
import { type ShelvedModel, scoringView } from "./models.ts";
import { predict, type Request } from "./predict.ts";

const ids = [
  "failed_txn_count_30d",
  "failed_txn_count_7d",
  "spend_to_income_30d",
  "penalty_count_90d",
];
const model = (() => {
  const rows = Array.from({ length: 400 }, (_, n) => [n % 5, n % 3, (n % 7) / 2, n % 2]);
  const labels = rows.map(([failed, week, spent]) => (failed + week + spent > 4.4 ? 1 : 0));
  const size = { rounds: 30, maxDepth: 3, eta: 0.4, lambda: 1, gamma: 0, minChildWeight: 1 };
  return readModel(train({ features: ids, rows, labels }, size));
})();

const scoring = policies.read(readFileSync("policies/scoring.json"));
const active: PolicyDocument = {
  kind: "model",
  name: "delinquency",
  version: "1",
  feature_set: "1",
  hash: "aa",
};
const viewOf = (shelved: ShelvedModel, digest?: (text: string) => string) =>
  scoringView(new Map([scoring, active].map((document) => [policyKey(document), document])), {
    find: () => shelved,
    ...(digest && { digest }),
  });

const asked = (values: readonly (number | null)[]): Request => ({
  id: "p-1",
  features: {
    customer_id: "c",
    feature_set: "1",
    features: {
      ...Object.fromEntries(features.map(({ id }) => [id, null])),
      ...Object.fromEntries(ids.map((id, at) => [id, values[at]])),
    },
    baselines: { failed_txn_count_30d: 0.5 },
    as_of: "2024-04-28T08:00:00.000Z",
    event_time: "2024-04-28T08:00:00.000Z",
  },
  previous: null,
  currency: "EUR",
  time: Date.UTC(2024, 3, 28, 9),
});

const typical = { failed_txn_count_30d: 1, spend_to_income_30d: 0.8 };
const view = viewOf({ model, typical, calibration: { method: "platt", slope: 0.9, offset: -0.2 } });
const score = (values: readonly (number | null)[]) =>
  predict(asked(values), view.scorerFor("c", 0), view.rulesAt(0));

test("given a score, what raises and what lowers the risk stand apart", () => {
  const { top_features: raising, lowering_features: lowering } = score([4, 0, 0.2, 1]);
  assert.deepEqual(
    raising.map(({ code }) => code),
    ["PAYMENTS_FAILED"],
  );
  assert.ok(raising[0].contribution > 0);
  assert.ok(lowering!.length > 0);
  for (const { contribution } of lowering!) assert.ok(contribution < 0);
  const spending = lowering!.find(({ feature }) => feature === "spend_to_income_30d")!;
  assert.match(spending.reason, /: 0\.2$/);
});

test("given reasons, they name the customer's own usual value and that of peers", () => {
  const { top_features } = score([4, 2, 3, null]);
  const failed = top_features.find(({ feature }) => feature === "failed_txn_count_30d")!;
  assert.deepEqual([failed.value, failed.baseline, failed.peers], [4, 0.5, 1]);
  const spending = top_features.find(({ feature }) => feature === "spend_to_income_30d")!;
  assert.deepEqual([spending.baseline, spending.peers], [null, 0.8]);
});

test("given any score, it is sealed and its parts add up to its log-odds exactly", () => {
  const random = new Random(3, 1, 4, 1);
  for (let round = 0; round < 200; round++) {
    const scored = score(ids.map(() => (random.chance(0.2) ? null : random.whole(0, 50) / 10)));
    assert.equal(brokenSeal(scored), undefined);
    assert.equal(brokenSeal(JSON.parse(JSON.stringify(scored))), undefined);
    const chance = 1 / (1 + Math.exp(-scored.log_odds!));
    assert.ok(Math.abs(chance - scored.risk_score) < 2e-6);
    assert.match(scored.policy_hash!, /^[0-9a-f]{64}$/);
    assert.match(brokenSeal({ ...scored, customer_id: "d" }) ?? "", /changed after/);
  }
});

/** Features of six groups; each share is drawn on a card of its own. */
const wide = ["failed_txn_count_30d", "penalty_count_90d", "days_past_due", "income_30d"].concat([
  "gambling_share_30d",
  "account_age_days",
  "failed_txn_count_7d",
]);
const told = (...shares: number[]) => {
  const places = Int32Array.from(wide, (id) => features.findIndex((one) => one.id === id));
  const values = new Float64Array(features.length).fill(1);
  const { policy } = view.rulesAt(0);
  const { raising, lowering } = reasonsOf({
    values,
    background: { usual: () => Number.NaN, currency: "EUR" },
    scorer: { ...view.scorerFor("c", 0), places },
    shares: Float64Array.from(shares),
    policy: { ...policy, reason_floor: 0.05, reasons_max: 4 },
  });
  const idsOf = (list: typeof raising) => list.map(({ feature }) => feature);
  return { raising: idsOf(raising), lowering: idsOf(lowering) };
};

test("given more reasons than are told, then the four largest of one group each are", () => {
  const { raising, lowering } = told(0.3, 0.9, 0.2, 0.8, 0.4, 0.1, 0.7);
  const largest = [wide[1], wide[3], wide[6], wide[4]];
  assert.deepEqual([raising, lowering], [largest, []], "of failed ones the week's alone");
  const mirrored = told(-0.3, -0.9, -0.2, -0.8, -0.4, -0.1, -0.7);
  assert.deepEqual([mirrored.raising, mirrored.lowering], [[], largest.slice(0, 2)]);
});

test("given shares on both sides of the floor, then what is below it is no reason", () => {
  const { raising, lowering } = told(0.05, 0.0499, -0.05, -0.0499, 0, 0.06, 0.01);
  assert.deepEqual(raising, [wide[5], wide[0]]);
  assert.deepEqual(lowering, [wide[2]]);
});

test("given a shelf with a faster SHA-256, scores are sealed by it", () => {
  const view = viewOf({ model }, (text) => String(text.length));
  const scored = predict(asked([4, 2, 3, 0]), view.scorerFor("c", 0), view.rulesAt(0));
  assert.match(scored.seal!, /^[0-9]{3,4}$/);
  assert.match(brokenSeal(scored) ?? "", /changed after/);
});

test("given a model that predicts no probability, then it is refused", () => {
  const objective = { ...model.objective, name: "reg:squarederror" };
  assert.throws(() => viewOf({ model: { ...model, objective } }), {
    code: "MODEL_WRONG",
    message: /objective is reg:squarederror/,
  });
});

test("given a calibration beyond all numbers, a score is refused, not made up", () => {
  const broken = viewOf({
    model,
    calibration: { method: "platt", slope: Infinity, offset: -Infinity },
  });
  assert.throws(() => predict(asked([4, 2, 3, 0]), broken.scorerFor("c", 0), broken.rulesAt(0)), {
    code: "MODEL_WRONG",
    message: /it predicts NaN/,
  });
});
