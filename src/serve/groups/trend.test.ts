import assert from "node:assert/strict";
import { test } from "node:test";
import { trendOf } from "./trend.ts";

const every = (ms: number, records: number[]) =>
  records.map((n, at) => ({ at: 1_000_000 + at * ms, records: n }));

test("given too little to go by, then the trend is unknown", () => {
  for (const samples of [[], every(2_000, [5]), every(1_000, [5, 9])])
    assert.deepEqual(trendOf(samples), { trend: null, caught_up_in_s: null });
});

test("given a lag that falls by 10 a second, then it says when it is gone", () => {
  const falling = every(2_000, [200, 180, 160, 140, 120, 100]);
  assert.deepEqual(trendOf(falling), { trend: "shrinking", caught_up_in_s: 10 });
});

test("given a lag that rises, or stays, then nobody says when it is gone", () => {
  assert.deepEqual(trendOf(every(2_000, [0, 40, 80])), { trend: "growing", caught_up_in_s: null });
  const still = every(2_000, [5_000, 5_004, 4_999, 5_001]);
  assert.deepEqual(trendOf(still), { trend: "steady", caught_up_in_s: null });
});

test("given no lag, then it is caught up now", () => {
  assert.equal(trendOf(every(2_000, [0, 0, 0])).caught_up_in_s, 0);
  assert.equal(trendOf(every(2_000, [900, 300, 0])).trend, "shrinking");
});

test("given a fall long ago, then only the last two minutes count", () => {
  const old = [{ at: 0, records: 1_000_000 }, ...every(2_000, [10, 10, 10])];
  assert.equal(trendOf(old).trend, "steady");
});
