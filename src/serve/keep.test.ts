import assert from "node:assert/strict";
import { test } from "node:test";
import { keeping } from "./keep.ts";

test("given the same question within a moment, then it is asked once", async () => {
  let clock = 0;
  let asked = 0;
  const keep = keeping(1_000, () => clock);
  const ask = async () => ++asked;
  assert.deepEqual(await Promise.all([keep("a", ask), keep("a", ask)]), [1, 1]);
  clock = 999;
  assert.equal(await keep("a", ask), 1);
  assert.equal(await keep("b", ask), 2, "another question is another");
  clock = 1_000;
  assert.equal(await keep("a", ask), 3);
});

test("given an answer that fails, then the next one asks again", async () => {
  const keep = keeping(1_000, () => 0);
  await assert.rejects(
    keep("a", async () => {
      throw new Error("away");
    }),
    /away/,
  );
  assert.equal(await keep("a", async () => 7), 7);
});

test("given many questions, then only the newest are kept", async () => {
  let asked = 0;
  const keep = keeping(1_000, () => 0);
  for (let n = 0; n < 300; n++) await keep(`${n}`, async () => ++asked);
  await keep("299", async () => ++asked);
  assert.equal(asked, 300);
  await keep("0", async () => ++asked);
  assert.equal(asked, 301);
});
