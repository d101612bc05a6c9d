import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelPolicy } from "../events/policy.ts";
import { versionAt, versionsOf } from "./policy.ts";

const model = (version: string, effective_from: string | null, name = "delinquency") =>
  ({ kind: "model", name, version, feature_set: "1", hash: "aa", effective_from }) as ModelPolicy;
const entries = (...documents: ModelPolicy[]) =>
  new Map(documents.map((document) => [`model:${document.name}:${document.version}`, document]));
const at = (documents: ModelPolicy[], time: string) =>
  versionAt(versionsOf(entries(...documents), "model", "delinquency"), Date.parse(time)).version;

test("given versions with dates, when asked for a time, then the newest in force is given", () => {
  const all = [model("3", "2026-03-01T00:00:00Z"), model("1", null), model("2", "2026-02-01")];
  assert.equal(at(all, "2026-01-31T23:59:59Z"), "1");
  assert.equal(at(all, "2026-02-01T00:00:00Z"), "2");
  assert.equal(at(all, "2026-04-01T00:00:00Z"), "3");
});

test("given a first version of a later date, when asked for before, then it holds too", () => {
  assert.equal(at([model("2", "2026-03-01"), model("1", "2026-02-01")], "1994-01-01T00:00Z"), "1");
});

test("given versions of the same date, then the higher number is the later one", () => {
  assert.equal(at([model("10", null), model("9", null)], "2026-01-01T00:00Z"), "10");
});

test("given documents of other names and kinds, then they are left out", () => {
  const others = entries(model("1", null, "churn"));
  assert.deepEqual(versionsOf(others, "model", "delinquency"), []);
  assert.deepEqual(versionsOf(entries(model("1", null)), "contact", "delinquency"), []);
});
