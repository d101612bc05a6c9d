import assert from "node:assert/strict";
import { test } from "node:test";
import { isCommitDue, type Uncommitted } from "./commit-due.ts";

/** As they are unless somebody sets others. */
const bounds = { commitMinIntervalMs: 5, commitMaxIntervalMs: 250, commitMaxRecords: 50_000 };
/** The last commit was at 1,000 ms, and one record began right after it. */
const isDue = (nowMs: number, done: Partial<Uncommitted> = {}) =>
  isCommitDue(
    bounds,
    {
      records: 1,
      bytes: 100,
      isIdle: false,
      lastCommitMs: 1_000,
      commitTookMs: 1,
      firstRecordMs: 1_000,
      hasNews: () => false,
      ...done,
    },
    nowMs,
  );

test("given nothing more to run, then a commit comes 5 ms after the last", () => {
  assert.equal(isDue(1_004, { isIdle: true }), false);
  assert.equal(isDue(1_005, { isIdle: true }), true);
  assert.equal(isDue(1_005), false, "under load it waits");
});

test("given a commit that took long, then the next leaves three times that, up to 20 ms", () => {
  const slow = { isIdle: true, commitTookMs: 6 };
  assert.equal(isDue(1_017, slow), false);
  assert.equal(isDue(1_018, slow), true);
  assert.equal(isDue(1_019, { ...slow, commitTookMs: 400 }), false);
  assert.equal(isDue(1_020, { ...slow, commitTookMs: 400 }), true);
  assert.equal(isDue(9_000, slow), true, "after a quiet time it comes at once");
});

test("given load, then a commit comes after 250 ms, counted from its first record", () => {
  assert.equal(isDue(1_249), false);
  assert.equal(isDue(1_250), true);
  assert.equal(isDue(9_249, { firstRecordMs: 9_000 }), false);
  assert.equal(isDue(9_250, { firstRecordMs: 9_000 }), true);
});

test("given 50,000 records, or 16 MB, then a commit comes whatever the time", () => {
  assert.equal(isDue(1_001, { records: 49_999 }), false);
  assert.equal(isDue(1_001, { records: 50_000 }), true);
  assert.equal(isDue(1_001, { bytes: 15_999_999 }), false);
  assert.equal(isDue(1_001, { bytes: 16_000_000 }), true);
});

test("given that nothing ran, then only news are committed, and seldom", () => {
  const quiet = { records: 0, isIdle: true, hasNews: () => true };
  assert.equal(isDue(1_199, quiet), false);
  assert.equal(isDue(1_200, quiet), true);
  assert.equal(isDue(1_200, { ...quiet, isIdle: false }), false);
  assert.equal(isDue(9_000, { ...quiet, hasNews: () => false }), false);
});
