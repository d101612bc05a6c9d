import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurns } from "./in-turns.ts";

const workFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

test("given long work, then all of it is done, and what waits has its turn meanwhile", async () => {
  let turns = 0;
  let steps = 0;
  const other = setInterval(() => turns++, 1);
  function* long() {
    for (; steps < 40; steps++) yield workFor(10);
  }
  await inTurns(long());
  clearInterval(other);
  assert.equal(steps, 40);
  assert.ok(turns >= 3, `${turns} turns`);
});

test("given nothing to do, then it is done", async () => {
  await inTurns([]);
});
