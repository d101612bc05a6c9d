import assert from "node:assert/strict";
import { test } from "node:test";
import { Gathering } from "./gathering.ts";

/** Work that is done when the test says so. */
const held = () => {
  const rounds: { items: readonly number[]; end: PromiseWithResolvers<number> }[] = [];
  const gathering = new Gathering<number, number>((items) => {
    const end = Promise.withResolvers<number>();
    rounds.push({ items, end });
    return end.promise;
  }, 2);
  return { gathering, rounds };
};

test("given free lanes, then nobody waits", () => {
  const { gathering, rounds } = held();
  void gathering.ask([1]);
  void gathering.ask([2, 3]);
  assert.deepEqual(
    rounds.map(({ items }) => items),
    [[1], [2, 3]],
  );
});

test("given busy lanes, then what comes meanwhile goes together, with one answer", async () => {
  const { gathering, rounds } = held();
  const asked = [[1], [2], [3], [4, 5]].map((items) => gathering.ask(items));
  assert.equal(rounds.length, 2);
  rounds[1].end.resolve(20);
  assert.equal(await asked[1], 20);
  assert.deepEqual(rounds[2].items, [3, 4, 5]);
  rounds[2].end.resolve(30);
  rounds[0].end.resolve(10);
  assert.deepEqual(await Promise.all(asked), [10, 20, 30, 30]);
});

test("given work that fails, then its askers hear why, and later ones are served", async () => {
  const { gathering, rounds } = held();
  const asked = [1, 2, 3].map((item) => gathering.ask([item]));
  rounds[0].end.reject(new Error("away"));
  await assert.rejects(asked[0], { message: "away" });
  rounds[2].end.resolve(3);
  assert.equal(await asked[2], 3);
});
