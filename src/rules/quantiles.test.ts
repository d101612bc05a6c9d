import assert from "node:assert/strict";
import { test } from "node:test";
import { Quantiles } from "./quantiles.ts";
import { Random } from "./random.ts";

test("given values of any size, each quantile is within 0.8 % of what was recorded", () => {
  for (const scale of [10, 1e3, 1e6, 1e9, 1e12, 2 ** 52]) {
    const random = new Random(scale, 1, 2, 3);
    const values = Array.from({ length: 5_000 }, () => Math.floor(random.unit() ** 3 * scale));
    const measured = new Quantiles();
    for (const value of values) measured.record(value);
    values.sort((a, b) => a - b);
    for (const q of [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = values[Math.max(0, Math.ceil(q * values.length) - 1)];
      const off = Math.abs(measured.at(q) - exact);
      assert.ok(off <= exact / 128, `${q} of ${scale}: ${measured.at(q)} for ${exact}`);
    }
  }
});

test("given each power of two and its neighbours, one value comes back as it was", () => {
  const measured = new Quantiles(14);
  for (let power = 0; power <= 53; power++)
    for (const value of [2 ** power - 1, 2 ** power, 2 ** power + 1].filter((v) => v < 2 ** 53)) {
      measured.clear();
      measured.record(value);
      assert.equal(measured.at(0.5), value);
    }
});

test("given what cannot be a measurement, it is clamped or left out", () => {
  const measured = new Quantiles();
  measured.record(Number.NaN);
  assert.equal(measured.count, 0);
  assert.ok(Number.isNaN(measured.at(0.5)) && Number.isNaN(measured.mean));
  measured.record(-5);
  measured.record(Number.POSITIVE_INFINITY);
  assert.deepEqual([measured.at(0), measured.at(1)], [0, 2 ** 53 - 1]);
});

test("given two halves, they add up to the whole", () => {
  const [whole, left, right] = [new Quantiles(), new Quantiles(), new Quantiles()];
  for (let value = 0; value < 1_000; value++) {
    whole.record(value * value);
    (value % 3 ? left : right).record(value * value);
  }
  left.add(right);
  assert.deepEqual(
    [left.count, left.mean, left.least, left.most, left.at(0.5), left.at(0.99)],
    [whole.count, whole.mean, whole.least, whole.most, whole.at(0.5), whole.at(0.99)],
  );
  assert.throws(() => left.add(new Quantiles(5)), RangeError);
  left.clear();
  assert.equal(left.count, 0);
});
