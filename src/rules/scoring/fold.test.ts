import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import vectors from "../../../training/folds.json" with { type: "json" };
import { foldOf } from "./fold.ts";

test("given ids, their folds are the committed ones", () => {
  assert.ok(vectors.length >= 10);
  for (const { customer_id, folds, fold } of vectors)
    assert.equal(foldOf(customer_id, folds), fold, customer_id);
});

test("given FNV's own test values, the hash is the published one", () => {
  assert.equal(foldOf("", 2 ** 32), 0x811c9dc5);
  assert.equal(foldOf("a", 2 ** 32), 0xe40c292c);
  assert.equal(foldOf("foobar", 2 ** 32), 0xbf9cf968);
});

test("given many ids, folds are about equally large", () => {
  const sizes = [0, 0, 0, 0, 0];
  for (let id = 0; id < 10_000; id++) sizes[foldOf(`CUST-${id}`, 5)]++;
  for (const size of sizes) assert.ok(size > 1_850 && size < 2_150, String(sizes));
});

const python = spawnSync("python3", ["--version"]).status === 0;
test("given the same ids, Python's folds are the committed ones", {
  skip: !python && "python3 is not installed",
}, () => {
  const script =
    "import json; from folds import fold_of; " +
    "vectors = json.load(open('folds.json', encoding='utf-8')); " +
    "print([fold_of(vector['customer_id'], vector['folds']) for vector in vectors])";
  const ran = spawnSync("python3", ["-B", "-c", script], {
    cwd: join(import.meta.dirname, "../../../training"),
    encoding: "utf8",
  });
  assert.equal(ran.status, 0, ran.stderr);
  assert.deepEqual(
    JSON.parse(ran.stdout),
    vectors.map(({ fold }) => fold),
  );
});
