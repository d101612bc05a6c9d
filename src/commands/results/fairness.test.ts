import assert from "node:assert/strict";
import { test } from "node:test";
import { fairnessOf } from "../../rules/scoring/report.ts";
import { fairnessLines } from "./fairness.ts";

test("given groups, then each has a line, with a dash where nothing can be said", () => {
  const groups = [{ sex: "F" }, { sex: "F" }, { sex: "M" }];
  const reports = fairnessOf([0.9, 0.2, 0.7], [1, 0, 1], groups, 0.6);
  const lines = fairnessLines(reports, 0.6, "defaulted").join("\n").split("\n");
  assert.match(lines[0], /Flagged is a score of 0\.60 or more\.$/);
  assert.match(lines[2], /\| flagged of those who defaulted \(95 %\) \| flagged of the others/);
  assert.match(lines[4], /^\| sex: F \| 2 \| 55\.0 % \| 50\.0 % .* \| 100\.0 % .* \| 0\.0 % /);
  assert.match(lines[5], /^\| sex: M \| 1 \| 70\.0 % \| 100\.0 % \([^|]*\) \| – \| .* \| – \|$/);
});
