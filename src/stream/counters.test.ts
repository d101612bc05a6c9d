import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters } from "./counters.ts";

test("given reasons, then they are counted by kind", () => {
  const counters = new Counters();
  counters.count("drop", "duplicate");
  counters.count("drop", "duplicate");
  counters.count("late", "old");
  assert.deepEqual(
    [...counters.reasons],
    [
      ["drop:duplicate", 2],
      ["late:old", 1],
    ],
  );
});

test("given 20 failures in 20 records, then it goes on; at the 21st it stops", () => {
  const counters = new Counters();
  for (let i = 1; i <= 20; i++) {
    counters.records = i;
    assert.equal(counters.failed(), 0);
  }
  counters.records = 21;
  assert.equal(counters.failed(), 21);
});

test("given 100 failures in 10,000 records, then it is 1 % and goes on; one more stops it", () => {
  const counters = new Counters();
  counters.records = 9_999;
  for (let i = 0; i < 99; i++) counters.failed();
  counters.records = 10_000;
  assert.equal(counters.failed(), 0);
  assert.equal(counters.failed(), 101);
});

test("given failures longer ago than 10,000 records, then they are forgotten", () => {
  const counters = new Counters();
  counters.records = 5_000;
  for (let i = 0; i < 20; i++) counters.failed();
  counters.records = 15_001;
  for (let i = 0; i < 20; i++) assert.equal(counters.failed(), 0);
});

test("given work that is taken back, then what was committed stands and nothing else", () => {
  const counters = new Counters();
  counters.records = 30;
  counters.emitted = 4;
  counters.count("drop", "duplicate");
  for (let i = 0; i < 15; i++) counters.failed();
  counters.commit();
  for (let again = 0; again < 2; again++) {
    counters.records = 40;
    counters.timers = 2;
    counters.newestMs = 9;
    counters.count("drop", "duplicate");
    counters.count("late", "old");
    for (let i = 0; i < 5; i++) assert.equal(counters.failed(), 0);
    counters.rollBack();
    const { records, emitted, timers, newestMs } = counters;
    assert.deepEqual([records, emitted, timers, newestMs], [30, 4, 0, 0]);
    assert.deepEqual([...counters.reasons], [["drop:duplicate", 1]]);
  }
  for (let i = 0; i < 5; i++) assert.equal(counters.failed(), 0);
  assert.equal(counters.failed(), 21);
});
