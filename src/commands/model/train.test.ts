import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Random } from "../../rules/random.ts";
import { logistic } from "../../rules/scoring/calibration.ts";
import { readCard } from "../../rules/scoring/card.ts";
import { margin, readModel } from "../../rules/scoring/model.ts";
import type { Report } from "../../rules/scoring/report.ts";
import { cardPage } from "./page.ts";
import { run } from "./test-command.ts";

const folder = mkdtempSync(join(tmpdir(), "bellwether-test-"));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), "utf8");

const described = {
  feature_set: "drawn",
  predicts: "Label 1 is drawn",
  description: "Drawn rows",
  features: [
    { id: "failed", direction: 1 },
    { id: "amount", for_models: false },
    { id: "balance", direction: -1 },
    { id: "noise" },
  ],
};

type Row = { label: number; features: Record<string, number | null>; [field: string]: unknown };

/** An exclusive or of two features, which no line parts, and some noise. */
const drawn = (count: number, seed: number): Row[] => {
  const random = new Random(seed, 8, 8, 8);
  return Array.from({ length: count }, (_, n) => {
    const failed = random.whole(0, 4);
    const balance = random.normal();
    const push = failed - 2 - 2 * balance + (failed > 2 && balance < 0 ? 3 : 0);
    return {
      customer_id: `c-${Math.floor(n / 3)}`,
      as_of: `2024-01-${String(1 + (n % 28)).padStart(2, "0")}T00:00:00Z`,
      label: +random.chance(logistic(push - 1)),
      features: {
        failed,
        balance: random.chance(0.1) ? null : balance,
        noise: random.normal(),
        amount: n,
      },
      groups: { sex: random.pick(["F", "M"]) },
    };
  });
};

const lines = (rows: object[]): string => rows.map((row) => JSON.stringify(row)).join("\n");
const small = ["--rounds", "20", "--depth", "3", "--eta", "0.3", "--min-child-weight", "2"];
const train = (...args: string[]) =>
  run("model", "train", "--data", folder, "--out", folder, ...small, ...args);

before(() => {
  writeFileSync(at("features.json"), JSON.stringify(described));
  const open = { ...drawn(1, 3)[0], label: null };
  writeFileSync(at("rows.ndjson"), lines([...drawn(900, 1), open]));
  writeFileSync(at("others.ndjson"), lines(drawn(600, 2)));
  const ran = train("--name", "m", "--version", "m-1", "--predictions", at("out.ndjson"));
  assert.equal(ran.code, 0, ran.err);
  assert.match(
    ran.out,
    /^900 rows, \d+ with label 1; out of fold: AUC 0\.\d{3} \(.*challenger 0\./,
  );
});

test("given trained rows, the card says what the model is worth and beside what", () => {
  const card = readCard(read("m.card.json"));
  assert.ok(card.metrics.auc > 0.85, String(card.metrics.auc));
  assert.ok(card.challenger && card.challenger.auc > 0.7);
  assert.deepEqual(card.training.directions, { failed: 1, balance: -1 });
  assert.equal(
    card.bands.reduce((sum, band) => sum + band.rows, 0),
    900,
  );
  assert.deepEqual(
    card.fairness?.map(({ group }) => group),
    ["F", "M"],
  );
  assert.equal(card.calibration_groups?.length, 10);
  assert.equal(card.typical?.failed, 2);
  assert.ok(card.lift_10!.lift.value > 1.5);
  const model = readModel(read("m.json"));
  const of = (failed: number) => margin(model, Float64Array.of(failed, 0, 0));
  assert.ok(of(0) <= of(1) && of(1) <= of(2) && of(2) <= of(4));
});

test("given out-of-fold predictions, each row was in the fold of its customer", () => {
  const rows = read("out.ndjson")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(rows.length, 900);
  const folds = new Map(rows.map(({ customer_id, fold }) => [customer_id, fold]));
  for (const { customer_id, fold, score } of rows) {
    assert.equal(folds.get(customer_id), fold);
    assert.ok(score > 0 && score < 1);
  }
});

test("given the same rows in another order, the same bytes are written", () => {
  const before = ["m.json", "m.card.json", "m.md"].map(read);
  writeFileSync(at("rows.ndjson"), lines(drawn(900, 1).reverse()));
  assert.equal(train("--name", "m", "--version", "m-1").code, 0);
  assert.deepEqual(["m.json", "m.card.json", "m.md"].map(read), before);
});

test("given rows of other customers, the model is evaluated on them", () => {
  const ran = run("model", "evaluate", at("m.json"), "--rows", at("others.ndjson"), "--json");
  assert.equal(ran.code, 0, ran.err);
  const report: Report = JSON.parse(ran.out);
  assert.equal(report.rows, 600);
  assert.ok(report.auc!.value > 0.8 && report.auc!.low > 0.75);
  assert.equal(report.fairness.length, 2);
  assert.equal(report.bands.length, 4);
  const shown = run("model", "evaluate", at("m.json"), "--rows", at("others.ndjson"));
  assert.match(shown.out, /AUC 0\.\d+ \(.*\nlog loss .*\nlift at 10 % .*\n\nband .*\n.*\nCRITICAL/);
  assert.match(shown.out, /sex: F +\d+/);
  const other = run(
    "model",
    "evaluate",
    at("m.json"),
    "--rows",
    at("others.ndjson"),
    "--json",
    "--bands",
    "0.5,0.3,0.1",
  );
  assert.equal(JSON.parse(other.out).bands[0].from, 0.5);
});

test("given a model with its card, the card is shown as a page or as JSON", () => {
  const page = run("model", "card", at("m.json"));
  assert.equal(page.out, read("m.md"));
  for (const part of [
    "Meant for",
    "Not to be used for",
    "challenger",
    "treat people alike",
    "mean what it says",
  ])
    assert.ok(page.out.includes(part), part);
  const json = run("model", "card", at("m.json"), "--json");
  assert.deepEqual(JSON.parse(json.out), JSON.parse(read("m.card.json")));
});

test("given a card that training/train.py wrote, its page is the same", () => {
  const path = join(import.meta.dirname, "../../../test/fixtures/scoring/trained.golden.json");
  const golden = JSON.parse(readFileSync(path, "utf8"));
  assert.equal(cardPage(readCard(golden.card)), golden.page);
});

test("given its rows and out-of-fold scores, a card that lacks them is completed", () => {
  const whole = JSON.parse(read("m.card.json"));
  const { typical, calibration_groups, lift_10, challenger, fairness, ...bare } = whole;
  assert.ok(typical && calibration_groups && lift_10 && challenger && fairness);
  writeFileSync(at("bare.json"), read("m.json"));
  writeFileSync(at("bare.card.json"), JSON.stringify(bare));
  const complete = (predictions: string) =>
    run("model", "card", at("bare.json"), "--data", folder, "--predictions", predictions);
  assert.equal(complete(at("out.ndjson")).code, 0);
  assert.deepEqual(JSON.parse(read("bare.card.json")), whole);
  assert.equal(read("bare.md"), read("m.md"));
  writeFileSync(at("few.ndjson"), read("out.ndjson").split("\n")[0]);
  assert.match(complete(at("few.ndjson")).err, /few\.ndjson lacks c-/);
  assert.match(complete(at("features.json")).err, /line 1 holds no score/);
});

test("given a card of another model, or none, it is refused", () => {
  writeFileSync(at("other.json"), read("m.json").trimEnd());
  assert.match(run("model", "card", at("other.json")).err, /has no card beside it/);
  writeFileSync(at("other.card.json"), read("m.card.json"));
  const ran = run("model", "evaluate", at("other.json"), "--rows", at("others.ndjson"));
  assert.match(ran.err, /other\.card\.json cannot be used: it is about the model/);
});

const good = { customer_id: "a", as_of: "2024", label: 1, features: { failed: 1 } };
const wrong: [string, object | string, RegExp][] = [
  ["no rows", "", /holds no rows/],
  ["no label that is known", { ...good, label: null }, /holds no rows with a label/],
  ["no label", { ...good, label: undefined }, /line 1: the label is undefined/],
  ["a line cut off", '{"customer_id"', /line 1 is not one JSON object/],
  ["a label of 2", { ...good, label: 2 }, /line 1: the label is 2/],
  ["no customer", { ...good, customer_id: null }, /line 1 has no "customer_id"/],
  ["an unknown feature", { ...good, features: { x: 1 } }, /x is not among the features/],
  ["a text", { ...good, features: { failed: "1" } }, /failed is "1"/],
  ["a number beyond float32", { ...good, features: { failed: 1e39 } }, /failed is 1e\+39/],
  ["groups that are a text", { ...good, groups: "F" }, /"groups" is no object/],
  ["labels all the same", good, /All labels are the same/],
];
for (const [name, row, says] of wrong)
  test(`given ${name}, training is refused in one sentence`, () => {
    const data = mkdtempSync(join(folder, "wrong-"));
    writeFileSync(join(data, "features.json"), JSON.stringify(described));
    writeFileSync(join(data, "rows.ndjson"), typeof row === "string" ? row : JSON.stringify(row));
    const ran = run("model", "train", "--data", data, "--name", "m", "--out", data);
    assert.equal(ran.code, 2);
    assert.match(ran.err.trim().split("\n").at(-1)!, says);
  });

test("given arguments that make no sense, it is said which", () => {
  assert.match(train().err, /A folder of rows and a name are needed/);
  assert.match(train("--name", "m", "--bands", "0.4,0.6").err, /--bands is 0\.4,0\.6/);
  assert.match(train("--name", "m", "--folds", "1").err, /--folds is 1/);
  assert.match(run("model", "evaluate").err, /Use: model evaluate/);
});
