import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const ours = join(root, ".bellwether/python/bin/python");
const python = existsSync(ours) ? ours : "python3";
const wanted = "3.2.0";
const found = spawnSync(python, ["-c", "import xgboost; print(xgboost.__version__)"], {
  encoding: "utf8",
});
const skip =
  found.status !== 0 || found.stdout.trim() !== wanted
    ? `Python with XGBoost ${wanted} is needed: see training/README.md`
    : false;

const golden = JSON.parse(
  readFileSync(join(root, "test/fixtures/scoring/trained.golden.json"), "utf8"),
);

/** Runs train.py in a folder of its own on the given rows; `read` reads what it wrote. */
const train = (
  rows: string,
  flags: string[],
  check: (ran: { status: number | null; stderr: string }, read: (name: string) => string) => void,
  features: unknown = golden.features,
) => {
  const folder = mkdtempSync(join(tmpdir(), "bellwether-training-"));
  try {
    writeFileSync(join(folder, "rows.ndjson"), rows);
    writeFileSync(join(folder, "features.json"), JSON.stringify(features));
    const given = ["--rows", "rows.ndjson", "--features", "features.json", "--name", "drawn"];
    const ran = spawnSync(
      python,
      ["-B", join(root, "training/train.py"), ...given, "--version", "drawn-1", ...flags],
      { cwd: folder, encoding: "utf8" },
    );
    check(ran, (name) => readFileSync(join(folder, name), "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const usual = ["--rounds", "12", "--depth", "3", "--eta", "0.3", "--predictions", "out.ndjson"];

test("given the same rows in another order, the same bytes are written", { skip }, () => {
  const reversed = golden.rows.trim().split("\n").reverse().join("\n");
  train(reversed, usual, (ran, read) => {
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(read("models/drawn.json"), golden.model);
    assert.equal(read("models/drawn.card.json"), golden.card);
    assert.equal(read("models/drawn.md"), golden.page);
    assert.equal(read("out.ndjson"), golden.predictions);
  });
});

const row = (more: object) =>
  JSON.stringify({ customer_id: "a", as_of: "2024-01-01", label: 1, features: {}, ...more });

const refusals: [string, string, string[], RegExp][] = [
  ["no rows", "", [], /holds no examples/],
  ["no label that is known", row({ label: null }), [], /holds no examples with a label/],
  ["a line cut off", `${row({})}\n{"customer_id"`, [], /line 2 is not one JSON object/],
  ["a label of 2", row({ label: 2 }), [], /line 1: label must be 0 or 1/],
  ["no customer", row({ customer_id: null }), [], /line 1 has no "customer_id"/],
  ["an unknown feature", row({ features: { x: 1 } }), [], /x is not among the described features/],
  ["a feature of text", row({ features: { delay: "soon" } }), [], /delay is no number/],
  ["a feature beyond float32", row({ features: { delay: 1e39 } }), [], /delay is not finite/],
  ["labels all the same", row({}), [], /All 1 labels are the same/],
  ["bands that rise", row({}), ["--bands", "0.4,0.6,0.8"], /three falling numbers/],
];

for (const [name, rows, flags, says] of refusals)
  test(`given ${name}, training is refused in one sentence`, { skip }, () => {
    train(rows, flags, (ran) => {
      assert.equal(ran.status, 1);
      assert.match(ran.stderr, says);
      assert.equal(ran.stderr.trim().split("\n").length, 1, ran.stderr);
    });
  });

test("given a feature that is set aside, then rows may hold it", { skip }, () => {
  const features = {
    ...golden.features,
    features: [{ id: "delay" }, { id: "sum", for_models: false }],
  };
  const held = row({ features: { delay: 1, sum: 2 } });
  train(held, [], (ran) => assert.match(ran.stderr, /All 1 labels are the same/), features);
});

test("given two features of one name, training is refused", { skip }, () => {
  const features = { ...golden.features, features: [{ id: "delay" }, { id: "delay" }] };
  train(row({}), [], (ran) => assert.match(ran.stderr, /an id of its own/), features);
});
