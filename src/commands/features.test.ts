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
const shipped = (version: string) => {
  const text = readFileSync(`models/${version}.json`, "utf8");
  const path = `models/${version}.card.json`;
  return { text, path, model: readModel(text), card: readCard(readFileSync(path, "utf8"), path) };
};
const { model, card } = shipped("delinquency-2");
const scoring = policies.read(readFileSync("policies/scoring.json"));

test("given the shipped models and their cards, then they belong together", () => {
  for (const version of ["delinquency-1", "delinquency-2"]) {
    const { text, path, model, card } = shipped(version);
    matchCard(card, model, hash("sha256", text, "hex"), path);
  }
});

test("given a space that still names the first model, then it scores with feature set 1", () => {
  const { model, card } = shipped("delinquency-1");
  const shelf = { find: () => ({ model, calibration: card.calibration }) };
  const chosen = { ...policies.example, hash: card.hash, feature_set: card.feature_set };
  const entries = new Map<string, unknown>([
    ["scoring", scoring],
    ["model", chosen],
  ]);
  assert.equal(scoringView(entries, shelf).scorerFor("anybody", 0).version, "delinquency-1");
  const asSecond = new Map(entries).set("model", { ...chosen, feature_set: "2" });
  assert.throws(() => scoringView(asSecond, shelf), /min_balance_30d, an amount that differs/);
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

test("given the shipped model, then no feature moves a score against its direction", () => {
  const rows = [...examplesOf(901, 40, 150, 60)].slice(0, 60);
  assert.ok(rows.length >= 40, `${rows.length} rows`);
  const vectors = rows.map((row) =>
    Float64Array.from(model.features, (id) => row.features[id] ?? Number.NaN),
  );
  const directed = Object.entries(card.training.directions).filter(([, to]) => to !== 0);
  assert.ok(directed.length >= 15, `${directed.length} directions`);
  const moving = directed.filter(([id, direction]) => {
    const place = model.features.indexOf(id);
    const met = vectors.map((vector) => vector[place]).filter((value) => !Number.isNaN(value));
    const steps = [...new Set([...met, -1e6, -1, 0, 0.5, 1, 2, 5, 30, 100, 1e6])];
    const swept = Float64Array.from(steps).sort();
    let moves = false;
    for (const vector of vectors) {
      const margins = Array.from(swept, (value) => margin(model, vector.with(place, value)));
      for (let n = 1; n < margins.length; n++) {
        const step = direction * (margins[n] - margins[n - 1]);
        assert.ok(step >= 0, `${id} from ${swept[n - 1]} to ${swept[n]}: ${step}`);
        moves ||= step > 0;
      }
    }
    return moves;
  });
  assert.ok(moving.length >= directed.length - 4, `${moving.map(([id]) => id)} move a score`);
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
