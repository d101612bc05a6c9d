import assert from "node:assert/strict";
import { test } from "node:test";
import { hash32, type Random, randomOf } from "./random.ts";

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.word());
const mean = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;

test("given the same purpose, the same numbers come", () => {
  assert.deepEqual(draw(randomOf(1, "people", 7), 50), draw(randomOf(1, "people", 7), 50));
});

test("given another seed or purpose, other numbers come", () => {
  const first = draw(randomOf(1, "people", 7), 4);
  assert.notDeepEqual(first, draw(randomOf(2, "people", 7), 4));
  assert.notDeepEqual(first, draw(randomOf(1, "peoplf", 7), 4));
  assert.notDeepEqual(first, draw(randomOf(1, "people", 17), 4));
});

test("the numbers stay the ones that recorded runs were made with", () => {
  assert.deepEqual(draw(randomOf("fixed"), 3), [1941781527, 2861476900, 3862217155]);
  assert.equal(hash32("bellwether"), 3422631942);
});

test("units are spread evenly, normals have mean 0 and deviation 1", () => {
  const random = randomOf("spread");
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) tenths[Math.floor(random.unit() * 10)]++;
  for (const count of tenths) assert.ok(Math.abs(count - 10_000) < 500, `${tenths}`);
  const normals = Array.from({ length: 100_000 }, () => random.normal());
  assert.ok(Math.abs(mean(normals)) < 0.02);
  assert.ok(Math.abs(mean(normals.map((x) => x * x)) - 1) < 0.03);
});

test("whole numbers include both ends and nothing beyond", () => {
  const random = randomOf("whole");
  const seen = new Set(Array.from({ length: 1_000 }, () => random.whole(3, 6)));
  assert.deepEqual([...seen].sort(), [3, 4, 5, 6]);
});

test("Poisson counts have the mean and the variance that was asked for", () => {
  const random = randomOf("poisson");
  const counts = Array.from({ length: 50_000 }, () => random.poisson(2.5));
  const average = mean(counts);
  assert.ok(Math.abs(average - 2.5) < 0.05);
  assert.ok(Math.abs(mean(counts.map((c) => (c - average) ** 2)) - 2.5) < 0.1);
});

test("weighted picks follow the weights", () => {
  const random = randomOf("weighted");
  const list = [
    { name: "rare", weight: 1 },
    { name: "never", weight: 0 },
    { name: "often", weight: 3 },
  ];
  const seen = { rare: 0, never: 0, often: 0 } as Record<string, number>;
  for (let i = 0; i < 40_000; i++) seen[random.weighted(list).name]++;
  assert.equal(seen.never, 0);
  assert.ok(Math.abs(seen.rare - 10_000) < 500);
});
