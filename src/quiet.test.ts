import assert from "node:assert/strict";
import { test } from "node:test";
import { lookMs, quietWatch } from "./quiet.ts";

const looks = (...shares: number[]): boolean[] => {
  const isOver = quietWatch();
  return shares.map((share) => isOver(share * lookMs));
};

test("given a process that was never busy, then nothing is over", () =>
  assert.deepEqual(looks(0.1, 0.25, 0.1), [false, false, false]));

test("given a burst, then its end is told once", () =>
  assert.deepEqual(looks(0.9, 1.2, 0.25, 0.1, 0.1), [false, false, false, true, false]));

test("given another burst, then its end is told too", () =>
  assert.deepEqual(looks(0.9, 0.1, 0.6, 0.2), [false, true, false, true]));
