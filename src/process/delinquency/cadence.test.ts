import assert from "node:assert/strict";
import { test } from "node:test";
import { rhythmOf } from "./cadence.ts";

const rhythm = (...days: number[]) => rhythmOf((n) => days[n], days.length);

test("given two days only, then there is no rhythm", () => {
  assert.equal(rhythm(10, 40), undefined);
  assert.equal(rhythm(), undefined);
});

test("given monthly days, then the next is expected after the longest month seen", () => {
  assert.deepEqual(rhythm(0, 31, 59, 90), { expected: 121, lastLate: 0 });
});

test("given one that came late, then it is told by how much; the usual wait stays", () => {
  assert.deepEqual(rhythm(0, 30, 60, 90, 130), { expected: 160, lastLate: 10 });
});

test("given a month that was left out, then the rhythm is still monthly", () => {
  assert.deepEqual(rhythm(0, 30, 90, 120), { expected: 150, lastLate: 0 });
});

test("given fortnightly pay, then it is expected a fortnight later", () => {
  assert.deepEqual(rhythm(4, 18, 32, 46), { expected: 60, lastLate: 0 });
});

test("given days without order, or daily ones, then there is no rhythm", () => {
  assert.equal(rhythm(0, 10, 47, 60, 99, 105), undefined);
  assert.equal(rhythm(0, 1, 2, 3), undefined);
});
