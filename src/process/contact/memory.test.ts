import assert from "node:assert/strict";
import { test } from "node:test";
import { type Memory, noMemory, remember, wasSeen } from "./memory.ts";

const after = (places: readonly number[]): Memory =>
  places.reduce((memory, place, n) => remember(memory, `p${n}`, place), noMemory);

test("given many in their order, then each was seen, and a later one was not", () => {
  const places = Array.from({ length: 100 }, (_, n) => 5 * n);
  const memory = after(places);
  assert.equal(memory.last.length, 10);
  for (const [n, place] of places.entries()) assert.ok(wasSeen(memory, `p${n}`, place), `p${n}`);
  assert.ok(!wasSeen(memory, "another", 495));
  assert.ok(!wasSeen(memory, "another", 500));
});

test("given many of one place, then another of that place is new", () => {
  const memory = after(Array.from({ length: 40 }, () => 7));
  for (let n = 0; n < 40; n++) assert.ok(wasSeen(memory, `p${n}`, 7), `p${n}`);
  assert.ok(!wasSeen(memory, "another", 7));
  const later = remember(memory, "later", 8);
  assert.equal(later.last.length, 10);
  for (let n = 0; n < 40; n++) assert.ok(wasSeen(later, `p${n}`, 7), `p${n}`);
});

test("given more of one place than are kept, then none that was seen counts as new", () => {
  const memory = after(Array.from({ length: 200 }, () => 7));
  assert.equal(memory.last.length, 50);
  for (let n = 0; n < 200; n++) assert.ok(wasSeen(memory, `p${n}`, 7), `p${n}`);
});
