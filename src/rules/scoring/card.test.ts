import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Failure } from "../../errors.ts";
import { auc, brier, logLoss, proportion } from "../statistics.ts";
import { calibrated, fitPlatt, logistic } from "./calibration.ts";
import { type Card, matchCard, readCard } from "./card.ts";
import { foldOf } from "./fold.ts";
import { contributions, readModel } from "./model.ts";

/** A model, its card and its out-of-fold predictions, written by training/train.py. */
const golden: Record<"rows" | "model" | "card" | "predictions", string> = JSON.parse(
  readFileSync(
    join(import.meta.dirname, "../../../test/fixtures/scoring/trained.golden.json"),
    "utf8",
  ),
);
const lines = (ndjson: string) =>
  ndjson
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const predictions: { customer_id: string; label: number; fold: number; margin: number }[] = lines(
  golden.predictions,
);
const labels = predictions.map(({ label }) => label);
const margins = predictions.map(({ margin }) => margin);
const hash = createHash("sha256").update(golden.model).digest("hex");
const model = readModel(golden.model);
const card = readCard(golden.card);

const near = (value: number | null, expected: number | undefined, within = 1e-9) =>
  assert.ok(Math.abs(value! - expected!) < within, `${value} is not ${expected}`);

test("given a trained model, its card is read and speaks of it", () => {
  assert.deepEqual(card.features, ["failed", "balance", "delay", "noise"]);
  assert.deepEqual(card.training.directions, { failed: 1, balance: -1, delay: 1 });
  assert.equal(card.training.rows, 300);
  matchCard(card, model, hash, "drawn.card.json");
});

test("given out-of-fold predictions, customers are in the folds that TypeScript gives", () => {
  assert.equal(predictions.length, 300);
  for (const { customer_id, fold } of predictions) assert.equal(foldOf(customer_id, 5), fold);
});

test("given out-of-fold margins, the calibration and AUC of the card are found again", () => {
  const fitted = fitPlatt(margins, labels)!;
  near(card.calibration!.slope, fitted.slope, 1e-6);
  near(card.calibration!.offset, fitted.offset, 1e-6);
  const said = auc(margins, labels)!;
  near(card.metrics.auc, said.value);
  near(card.metrics.auc_low, said.low);
  near(card.metrics.auc_high, said.high);
});

test("given scores calibrated without their own fold, bands and losses are found again", () => {
  const scores = predictions.map(({ fold, margin }) => {
    const rest = predictions.filter((other) => other.fold !== fold);
    const fitted = fitPlatt(
      rest.map((other) => other.margin),
      rest.map((other) => other.label),
    );
    return logistic(calibrated(margin, fitted));
  });
  near(card.metrics.brier, brier(scores, labels), 1e-6);
  near(card.metrics.log_loss, logLoss(scores, labels), 1e-6);
  let below = Number.POSITIVE_INFINITY;
  for (const band of card.bands) {
    const inside = labels.filter((_, row) => scores[row] >= band.from && scores[row] < below);
    const positives = inside.filter((label) => label === 1).length;
    assert.deepEqual([band.rows, band.positives], [inside.length, positives]);
    near(band.precision_low, proportion(positives, inside.length)!.low);
    below = band.from;
  }
  assert.deepEqual(
    card.bands.map(({ risk_level }) => risk_level),
    ["CRITICAL", "HIGH", "MEDIUM", "LOW"],
  );
});

test("given the rows it was trained on, the card's importance is the mean of contributions", () => {
  const sums = new Float64Array(model.features.length);
  const out = new Float64Array(model.features.length + 1);
  for (const { features } of lines(golden.rows)) {
    contributions(
      model,
      Float64Array.from(model.features, (name) => features[name] ?? Number.NaN),
      out,
    );
    for (let at = 0; at < sums.length; at++) sums[at] += Math.abs(out[at]);
  }
  model.features.forEach((name, at) => {
    near(card.importance[name], sums[at] / 300, 2e-6);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: the tests below break the card at will
const edited = (edit: (value: any) => void): string => {
  const value = JSON.parse(golden.card);
  edit(value);
  return JSON.stringify(value);
};

test("given a card that is cut off or lacks what it must say, it is refused by name", () => {
  const cases: [string, RegExp][] = [
    [golden.card.slice(0, 500), /it is not complete JSON/],
    [edited((value) => delete value.features), /features is missing/],
    [edited((value) => delete value.training.seed), /training\.seed is missing/],
    [edited((value) => (value.calibration.slope = -1)), /calibration/],
    [edited((value) => (value.calibration.slope = 0)), /calibration/],
    [edited((value) => (value.calibration.method = "magic")), /calibration/],
    [edited((value) => (value.metrics.auc = 1.2)), /metrics\.auc is out of range/],
    [edited((value) => (value.forbidden_use = [])), /forbidden_use/],
    [edited((value) => (value.hash = "9f2c")), /hash/],
    ["null", /object/],
  ];
  for (const [json, says] of cases)
    assert.throws(
      () => readCard(json, "models/drawn.card.json"),
      (thrown) =>
        thrown instanceof Failure &&
        thrown.code === "MODEL_WRONG" &&
        thrown.message.startsWith("models/drawn.card.json cannot be used: ") &&
        says.test(thrown.message),
      String(says),
    );
});

test("given a card without calibration, it is read", () => {
  assert.equal(readCard(edited((value) => (value.calibration = null))).calibration, null);
});

test("given a card of another model, it is refused", () => {
  const of = (change: Partial<Card>, digest = hash) =>
    assert.throws(() => matchCard({ ...card, ...change }, model, digest, "card"), Failure);
  of({}, hash.replace(/^./, "x"));
  of({ objective: "reg:squarederror" });
  of({ features: card.features.slice(1) });
  of({ features: [...card.features].reverse() });
});
