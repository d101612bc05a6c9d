import assert from "node:assert/strict";
import { test } from "node:test";
import { courseOf, spanMs } from "./course.ts";

const entry = (s: number, n: number) => ({
  value: { at: new Date(1_700_000_000_000 + s * 1_000).toISOString(), n },
});

test("given entries, then their course begins a quarter of an hour before the newest", () => {
  const { at, values } = courseOf([entry(0, 1), entry(1, 2)], 5_000, ({ n }) => n);
  assert.equal(at.at(-1)! - at[0], spanMs);
  assert.deepEqual(values, [[null, null, 1, 2]]);
});

test("given a break, then the line is broken; given what is older, then it is left out", () => {
  const entries = [entry(-2_000, 9), entry(0, 1), entry(1, 2), entry(20, 3)];
  const { at, values } = courseOf(
    entries,
    5_000,
    ({ n }) => n,
    () => null,
  );
  assert.deepEqual(values[0].slice(1), [null, 1, 2, null, 3]);
  assert.ok(values[1].every((value) => value === null));
  assert.deepEqual(
    [...at].sort((a, b) => a - b),
    at,
  );
});

test("given nothing, then there is no course", () => {
  assert.deepEqual(
    courseOf([], 5_000, () => 1),
    { at: [], values: [[]] },
  );
});
