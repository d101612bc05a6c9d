import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../config.ts";
import { policies } from "../events/policy.ts";
import { scoringView } from "../process/delinquency/models.ts";
import { bandOf } from "../process/delinquency/score.ts";
import { calibrated, logistic } from "../rules/scoring/calibration.ts";
import { matchCard, readCard } from "../rules/scoring/card.ts";
import { margin, readModel } from "../rules/scoring/model.ts";
import { auc } from "../rules/statistics.ts";
import { examplesOf, features } from "./features.ts";

const idOf = (one: { id: string }): string => one.id;
const text = readFileSync("models/delinquency-1.json", "utf8");
const model = readModel(text);
const card = readCard(readFileSync("models/delinquency-1.card.json", "utf8"));
const scoring = policies.read(readFileSync("policies/scoring.json"));

test("given the shipped model and its card, then they belong together", () => {
  matchCard(card, model, hash("sha256", text, "hex"), "models/delinquency-1.card.json");
});

test("given people of an unseen seed, then the shipped model tells trouble from health", () => {
  const rows = [...examplesOf(900, 150, 200, 3)];
  const scores = rows.map((row) => {
    const vector = Float64Array.from(model.features, (id) => row.features[id] ?? Number.NaN);
    return logistic(calibrated(margin(model, vector), card.calibration));
  });
  const labels = rows.map((row) => row.label);
  assert.ok(rows.length > 2_000);
  const found = auc(scores, labels)?.value ?? 0;
  assert.ok(found > 0.85, `AUC ${found}`);
  assert.ok(scoring.kind === "scoring");
  const healthy = scores.filter((_, n) => labels[n] === 0);
  const low = healthy.filter((score) => bandOf(score, scoring) === "LOW").length;
  assert.ok(low > 0.97 * healthy.length, `${low} of ${healthy.length} are LOW`);
});

test("given an export, then its rows and features are as training reads them", async () => {
  const out = mkdtempSync(join(tmpdir(), "bellwether-test-"));
  const config = readConfig({}, {});
  const few = ["--seeds", "5-6", "--customers", "10", "--days", "120", "--out", out];
  try {
    assert.equal(await features(["export", ...few], { config }), 0);
    const lines = readFileSync(join(out, "rows.ndjson"), "utf8").trim().split("\n");
    const rows = lines.map((line) => JSON.parse(line));
    assert.deepEqual(rows, [...examplesOf(5, 10, 120, 6), ...examplesOf(6, 10, 120, 6)]);
    const { feature_set, features: described } = JSON.parse(
      readFileSync(join(out, "features.json"), "utf8"),
    );
    assert.equal(feature_set, card.feature_set);
    assert.deepEqual(Object.keys(rows[0].features).toSorted(), described.map(idOf).toSorted());
  } finally {
    rmSync(out, { recursive: true });
  }
});

test("given the shipped policies, then they are ready to score with the shipped model", () => {
  const shelf = {
    find: (asked: string) =>
      asked === card.hash ? { model, calibration: card.calibration } : undefined,
  };
  const entries = new Map<string, unknown>(
    ["scoring", "model"].map((name) => [
      name,
      policies.read(readFileSync(`policies/${name}.json`)),
    ]),
  );
  const view = scoringView(entries, shelf);
  assert.equal(view.waitsFor, undefined);
  assert.equal(view.scorerFor("anybody", 0).version, card.version);
});

test("given arguments that it does not know, then it says how it is used", async () => {
  for (const args of [["import"], ["export", "--seeds", "x"], ["export", "--nope"]])
    await assert.rejects(features(args, { config: readConfig({}, {}) }), {
      code: "ARGUMENT_WRONG",
      message: /Use: features export/,
    });
});
