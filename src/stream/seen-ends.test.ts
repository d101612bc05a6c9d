import assert from "node:assert/strict";
import { test } from "node:test";
import { SeenEnds } from "./seen-ends.ts";

test("given ends that move, then a record is known since the look that first saw it", () => {
  const ends = new SeenEnds();
  for (const [at, end] of [
    [1_000, 10],
    [2_000, 10],
    [3_000, 12],
    [4_000, 15],
  ])
    ends.note(new Map([["notes-0", end]]), at);
  assert.deepEqual(
    [9, 10, 11, 12, 14, 15].map((offset) => ends.since("notes-0", offset)),
    [undefined, 3_000, 3_000, 4_000, 4_000, undefined],
  );
  assert.equal(ends.since("notes-1", 0), undefined, "a partition that was never looked at");
});

test("given more moves than are remembered, then an old record is known to nobody", () => {
  const ends = new SeenEnds();
  for (let n = 1; n <= 400; n++) ends.note(new Map([["notes-0", n]]), n * 1_000);
  assert.equal(ends.since("notes-0", 50), undefined);
  assert.equal(ends.since("notes-0", 350), 351_000);
});
