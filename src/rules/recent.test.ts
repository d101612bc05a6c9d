import assert from "node:assert/strict";
import { test } from "node:test";
import { Recent } from "./recent.ts";

test("given a stall, then it is forgotten once later minutes have measured enough", () => {
  const recent = new Recent();
  assert.equal(recent.at(0.5), null);
  for (let i = 0; i < 50; i++) recent.record(9_000, 1_000_000 + i);
  assert.ok((recent.at(0.99) ?? 0) > 8_900);
  for (let i = 0; i < 29; i++) recent.record(10, 1_061_000 + i);
  assert.ok((recent.at(0.99) ?? 0) > 8_900, "too few yet: the minute before still speaks");
  for (let i = 0; i < 30; i++) recent.record(10, 1_062_000 + i);
  assert.equal(recent.at(0.99), 10);
});

test("given a silence of minutes, then what was before it no longer counts", () => {
  const recent = new Recent();
  for (let i = 0; i < 50; i++) recent.record(9_000, i);
  recent.record(10, 500_000);
  assert.equal(recent.at(0.5), 10);
});

test("given that nothing was measured lately, then nothing is known of now", () => {
  const recent = new Recent();
  recent.record(10, 500_000);
  assert.equal(recent.at(0.5, 560_000), 10);
  assert.equal(recent.at(0.5, 640_000), null);
  assert.equal(recent.at(0.5), 10);
});
