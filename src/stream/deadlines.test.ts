import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deadline, Deadlines } from "./deadlines.ts";
import { seeded } from "./test-task.ts";

test("given nothing, then there is no next", () => {
  const none = new Deadlines();
  assert.equal(none.next, undefined);
  assert.equal(none.pop(), undefined);
});

test("given pushes and pops in any order, then it gives what a sorted list gives", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seeded(seed);
    const heap = new Deadlines();
    const list: Deadline[] = [];
    for (let i = 0; i < 400; i++) {
      if (random() < 0.6) {
        const one = { time: Math.floor(random() * 20), key: `k${Math.floor(random() * 30)}` };
        heap.push(one);
        list.push(one);
        list.sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      } else assert.deepEqual(heap.pop(), list.shift(), `seed ${seed}`);
      assert.deepEqual(heap.next, list[0], `seed ${seed}`);
    }
  }
});
