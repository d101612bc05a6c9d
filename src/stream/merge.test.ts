import assert from "node:assert/strict";
import { test } from "node:test";
import { Merge } from "./merge.ts";
import { seeded } from "./test-task.ts";

type Item = { time: number; offset: number; bytes: number; from: number };

const take = (merge: Merge<Item>): string[] => {
  const order: string[] = [];
  for (let input = merge.next(); input >= 0; input = merge.next()) {
    const item = merge.take(input);
    order.push(`${input}/${item.offset}`);
  }
  return order;
};
const offer = (merge: Merge<Item>, from: number, times: readonly number[], first = 0) => {
  for (const [i, time] of times.entries())
    merge.offer(from, { time, offset: first + i, bytes: 1, from });
};

test("given two inputs, then the smallest time is next; equal ones by the order of inputs", () => {
  const merge = new Merge<Item>(2);
  offer(merge, 0, [10, 30]);
  offer(merge, 1, [5, 10, 40]);
  merge.end(0, 2);
  merge.end(1, 3);
  assert.deepEqual(take(merge), ["1/0", "0/0", "1/1", "0/1", "1/2"]);
});

test("given disorder within an input, then its own order stands", () => {
  const merge = new Merge<Item>(2);
  offer(merge, 0, [10, 1, 20]);
  offer(merge, 1, [5, 15]);
  merge.end(0, 3);
  merge.end(1, 2);
  assert.deepEqual(take(merge), ["1/0", "0/0", "0/1", "1/1", "0/2"]);
});

test("given an input whose end was not reached, then the others wait for it", () => {
  const merge = new Merge<Item>(2);
  offer(merge, 0, [10]);
  assert.equal(merge.next(), -1);
  merge.end(1, 0);
  assert.equal(merge.next(), 0);
  offer(merge, 1, [3]);
  assert.deepEqual(take(merge), ["1/0"], "what came is run, then its end is waited for again");
  merge.end(1, 0);
  assert.equal(merge.next(), -1, "an end that lies before what was read says nothing");
  merge.end(1, 5);
  assert.deepEqual(take(merge), ["0/0"]);
  assert.equal(merge.committable(1), 5, "the end lies behind a transaction's marker");
});

test("given records that were read already, then they are not expected", () => {
  const merge = new Merge<Item>(1);
  merge.start(0, 7);
  assert.equal(merge.expects(0, 6), false);
  assert.equal(merge.expects(0, 7), true);
  offer(merge, 0, [1], 7);
  assert.equal(merge.expects(0, 7), false);
  assert.equal(merge.committable(0), 7);
  merge.take(0);
  assert.equal(merge.committable(0), 8);
  assert.equal(merge.position(0), 8);
});

test("given a record that came after its turn, then it is counted as merge_late", () => {
  const merge = new Merge<Item>(2);
  offer(merge, 0, [100]);
  merge.end(0, 1);
  merge.end(1, 0);
  take(merge);
  offer(merge, 1, [100, 50], 0);
  merge.end(1, 2);
  take(merge);
  assert.equal(merge.mergeLate, 0, "the same time is not late, and disorder of its own is not");
  offer(merge, 0, [200], 1);
  merge.end(0, 2);
  take(merge);
  offer(merge, 1, [150], 2);
  merge.end(1, 3);
  take(merge);
  assert.equal(merge.mergeLate, 1);
});

test("given logs that exist whole, then the way they are read does not change the order", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const logs = [0, 1, 2].map(() =>
      Array.from({ length: Math.floor(random() * 30) }, () => Math.floor(random() * 40)),
    );
    const orders = [1, 2, 3].map(() => readInPieces(logs, random));
    assert.deepEqual(orders[1], orders[0], `seed ${seed}`);
    assert.deepEqual(orders[2], orders[0], `seed ${seed}`);
    assert.equal(orders[0].length, logs.flat().length, `seed ${seed}`);
  }
});

/** Offers pieces of the logs in any order; an end is told only at the end. */
const readInPieces = (logs: number[][], random: () => number): string[] => {
  const merge = new Merge<Item>(logs.length);
  const at = logs.map(() => 0);
  const order: string[] = [];
  const ended = logs.map(() => false);
  while (ended.includes(false)) {
    const from = Math.floor(random() * logs.length);
    const piece = logs[from].slice(at[from], at[from] + Math.floor(random() * 6));
    offer(merge, from, piece, at[from]);
    at[from] += piece.length;
    if (at[from] === logs[from].length) {
      merge.end(from, at[from]);
      ended[from] = true;
    }
    order.push(...take(merge));
  }
  assert.equal(merge.mergeLate, 0);
  return order;
};
