import assert from "node:assert/strict";
import { test } from "node:test";
import { calibratedOutOfFold, marginsOutOfFold } from "./out-of-fold.ts";

const options = { rounds: 5, maxDepth: 1, eta: 1, lambda: 0, gamma: 0, minChildWeight: 0 };

test("given a fold that goes against the others, then they alone judge it", async () => {
  // In folds 0 and 1 a row with 1 is a one; in fold 2 it is a zero.
  const rows = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1].map((value) => [value]);
  const folds = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
  const labels = rows.map(([value], n) => (folds[n] === 2 ? 1 - value : value));
  const margins = await marginsOutOfFold({ features: ["x"], rows, labels, folds }, options);
  assert.ok(margins[9] > margins[8], "as folds 0 and 1 have it, against its own rows");
  assert.equal(margins[9], margins[11]);
});

test("given margins, then each fold's calibration comes from the others", () => {
  const labels = Array.from({ length: 60 }, (_, n) => n % 2);
  const folds = labels.map((_, n) => n % 3);
  const margins = Float64Array.from(labels, (label, n) => (label === 1 ? 1 : -1) + (n % 5) - 2.3);
  const scores = calibratedOutOfFold(margins, { labels, folds });
  // The rows of fold 0 turned around change what the others are given, and not what it is given.
  const turned = labels.map((label, n) => (folds[n] === 0 ? 1 - label : label));
  const other = calibratedOutOfFold(margins, { labels: turned, folds });
  for (const [n, fold] of folds.entries())
    assert.equal(other[n] === scores[n], fold === 0, `row ${n}`);
});
