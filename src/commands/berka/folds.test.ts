import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../config.ts";
import { type PolicyDocument, policies, type ScoringPolicy } from "../../events/policy.ts";
import { berkaSource, readFolder } from "../../ingest/import/berka/folder.ts";
import { scoringView } from "../../process/delinquency/models.ts";
import { bandOf } from "../../process/delinquency/score.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { randomOf } from "../../rules/random.ts";
import { calibrated, logistic } from "../../rules/scoring/calibration.ts";
import { matchCard, readCard } from "../../rules/scoring/card.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { margin, readModel } from "../../rules/scoring/model.ts";
import { auc } from "../../rules/statistics.ts";
import { groupsOf } from "../results/groups.ts";
import { type LoanExample, loanExamples, standing } from "./examples.ts";
import { bandsFor, type Folds, foldCount, trainFolds } from "./folds.ts";
import { foldPolicies } from "./policies.ts";

const uses = { intended_use: ["tests"], forbidden_use: ["anything else"], limits: ["invented"] };
const data = process.env.BELLWETHER_DATA;

/** Loans of which the poor go bad, mostly. */
const invented = (count: number): LoanExample[] => {
  const random = randomOf("folds");
  return Array.from({ length: count }, (_, n) => {
    const label = random.unit() < 0.25 ? 1 : 0;
    const vectors = [0, 1, 2].map((step) => ({
      at: Date.UTC(1995, 0, 200 - 15 * step),
      features: {
        low_balance_share_90d: (label ? 0.6 : 0.2) * (0.5 + random.unit()),
        income_change_pct: null,
      },
    }));
    const groups = { sex: n % 2 === 0 ? "F" : "M", age: n % 3 === 0 ? "30 to 39" : "40 to 49" };
    return { customer_id: `berka-${n}`, label, groups, vectors } as LoanExample;
  });
};

const scoresOf = (folds: Folds, examples: readonly LoanExample[]): number[] =>
  examples.map(({ customer_id, vectors }) => {
    const { text, card } = folds.models[foldOf(customer_id, foldCount)];
    const model = readModel(text);
    const row = model.features.map((id) => vectors[0].features[id] ?? Number.NaN);
    return logistic(calibrated(margin(model, Float64Array.from(row)), card.calibration));
  });

test("given vectors, then those at the grant and each half-month before are kept", () => {
  const grant = 400 * DAY_MS;
  const at = (day: number) => ({ at: day * DAY_MS });
  const kept = standing([at(100), at(380), at(384), at(399), at(400), at(401)], grant);
  assert.deepEqual(
    kept.map((one) => one.at / DAY_MS),
    [399, 384, 100],
  );
  assert.deepEqual(standing([at(400)], grant), []);
});

test("given a person, then sex and age at the grant are told where they are known", () => {
  const at = Date.UTC(1995, 5, 1);
  const born = (date_of_birth: string) => groupsOf({ gender: "F", date_of_birth }, at);
  assert.deepEqual(born("1965-05-31"), { sex: "F", age: "30 to 39" });
  assert.equal(born("1965-06-03").age, "under 30");
  assert.deepEqual(groupsOf({ gender: null, date_of_birth: null }, at), {});
});

test("given enough loans, then five models learn and their cards belong to them", async () => {
  const examples = invented(200);
  const folds = await trainFolds(examples, uses);
  assert.ok(folds);
  assert.equal(folds.models.length, foldCount);
  for (const { text, hash: sha, card } of folds.models) {
    assert.equal(hash("sha256", text, "hex"), sha);
    const read = readCard(JSON.stringify(card));
    matchCard(read, readModel(text), sha, "the card");
    assert.deepEqual(card.features, ["low_balance_share_90d"], "what never differs is left out");
    assert.equal(
      card.bands.reduce((rows, band) => rows + band.rows, 0),
      card.training.customers,
    );
  }
  for (const { card } of folds.models) {
    const { typical, calibration_groups, lift_10, challenger, fairness, training } = card;
    assert.ok(Number(typical?.low_balance_share_90d) > 0.1, "peers have a middle value");
    assert.ok(calibration_groups?.length && Number(lift_10?.lift.value) > 1);
    assert.ok(Number(challenger?.auc) > 0.8, "the challenger sees the same rows");
    assert.deepEqual(
      fairness?.map(({ attribute, group }) => `${attribute} ${group}`),
      ["age 30 to 39", "age 40 to 49", "sex F", "sex M"],
    );
    const ofSex = fairness.filter(({ attribute }) => attribute === "sex");
    assert.equal(ofSex[0].rows + ofSex[1].rows, training.customers);
  }
  const found = auc(
    scoresOf(folds, examples),
    examples.map((one) => one.label),
  );
  assert.ok((found?.value ?? 0) > 0.85, `AUC ${found?.value}`);
  assert.deepEqual(await trainFolds(examples, uses), folds, "twice the same");
});

test("given a fold, then its model does not know its own customers' labels", async () => {
  const examples = invented(200);
  const other = examples.map((one) =>
    foldOf(one.customer_id, foldCount) === 3 ? { ...one, label: one.label ? 0 : 1 } : one,
  ) as LoanExample[];
  const [before, after] = [await trainFolds(examples, uses), await trainFolds(other, uses)];
  const hashes = (folds: Folds | undefined) => folds?.models.map((model) => model.hash) ?? [];
  assert.equal(hashes(before)[3], hashes(after)[3]);
  assert.deepEqual(before?.models[3].card.calibration, after?.models[3].card.calibration);
  assert.notEqual(hashes(before)[0], hashes(after)[0]);
  assert.deepEqual(before?.foldBands[3], after?.foldBands[3], "nor do its bands");
  assert.notDeepEqual(before?.foldBands[0], after?.foldBands[0]);
});

test("given loans that differ in nothing, then nothing is trained", async () => {
  const same = invented(200).map((one) => ({
    ...one,
    vectors: one.vectors.map((vector) => ({ ...vector, features: { account_age_days: 5 } })),
  }));
  assert.equal(await trainFolds(same, uses), undefined);
});

test("given too few loans of one kind, then nothing is trained", async () => {
  assert.equal(await trainFolds([], uses), undefined);
  assert.equal(await trainFolds(invented(12), uses), undefined);
  const allGood = invented(200).map((one) => ({ ...one, label: 0 as const }));
  assert.equal(await trainFolds(allGood, uses), undefined);
});

test("given the share of bad loans, then bands are its multiples and never reach 1", () => {
  assert.deepEqual(bandsFor(20, 215), { CRITICAL: 0.372, HIGH: 0.186, MEDIUM: 0.093 });
  assert.equal(bandsFor(50, 100).CRITICAL, 0.99);
});

test("given the documents, then they replace the shipped ones for every customer", async () => {
  const folds = (await trainFolds(invented(200), uses)) as Folds;
  const read = (name: string) => policies.read(readFileSync(join(root, "policies", name)));
  const shipped = read("scoring.json") as ScoringPolicy;
  const documents = [read("model.json"), shipped, ...foldPolicies(folds, shipped)];
  const stored = documents.map((document) => policies.read(policies.write(document)));
  const entries = new Map(stored.map((one: PolicyDocument, n) => [String(n), one]));
  const model = readModel(folds.models[0].text);
  const view = scoringView(entries, { find: () => ({ model }) });
  assert.deepEqual(view.rulesAt(0).policy.bands, folds.bands);
  assert.equal(view.rulesAt(0).policy.rescore_hours, shipped.rescore_hours);
  for (const id of ["berka-1", "berka-2", "berka-3"]) {
    const [scorer, fold] = [view.scorerFor(id, 0), foldOf(id, foldCount)];
    assert.equal(scorer.hash, folds.models[fold].hash);
    const { policy } = view.rulesAt(0);
    const [high, low] = [folds.foldBands[fold].HIGH, folds.foldBands[fold].HIGH - 1e-6];
    assert.deepEqual(
      [high, low].map((score) => bandOf(score, policy, scorer.fold)),
      ["HIGH", "MEDIUM"],
    );
  }
});

test("given the bank's own loans, then scores out of fold reach the floor that is known", {
  skip: data ? false : "BELLWETHER_DATA is not set",
}, async () => {
  const berka = await readFolder(join(data as string, "berka"));
  const examples = loanExamples(berkaSource(berka), berka.loans);
  assert.equal(examples.length, 215);
  const folds = (await trainFolds(examples, uses)) as Folds;
  assert.deepEqual([folds.loans, folds.bad], [215, 20]);
  assert.ok(examples.every(({ groups }) => /^[FM]$/.test(groups.sex) && groups.age));
  for (const { card } of folds.models) assert.ok(card.fairness?.length && card.typical);
  const labels = examples.map((one) => one.label);
  const found = auc(scoresOf(folds, examples), labels);
  assert.ok((found?.value ?? 0) > 0.838, `AUC ${found?.value}`);
});
