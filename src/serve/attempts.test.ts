import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "../errors.ts";
import { Attempts } from "./attempts.ts";

const clock = { now: 0 };
const start = () => new Attempts(() => clock.now);
const ada = { key: "name ada", freeMost: 5, shared: false };
const here = { key: "address 10.0.0.1", freeMost: 8, shared: true };

/** How many seconds a try has to wait; 0: it counts. */
const waits = (attempts: Attempts, places = [ada]): number => {
  try {
    attempts.begin(places);
    return 0;
  } catch (thrown) {
    assert.ok(thrown instanceof Failure && thrown.code === "SIGN_IN_WAIT");
    return Number(/in (\d+) s/.exec(thrown.message)?.[1]);
  }
};

test("given five failures, then the next waits 30 s, and twice as long after each more", () => {
  const attempts = start();
  for (let n = 0; n < 5; n++) assert.equal(waits(attempts), 0);
  const found: number[] = [];
  for (let n = 0; n < 8; n++) {
    const seconds = waits(attempts);
    found.push(seconds);
    clock.now += seconds * 1_000 - 1;
    assert.equal(waits(attempts), 1, "a moment too early");
    clock.now += 1;
    assert.equal(waits(attempts), 0, "then it counts");
  }
  assert.deepEqual(found, [30, 60, 120, 240, 480, 900, 900, 900]);
});

test("given an hour without a failure, then it is forgotten", () => {
  const attempts = start();
  for (let n = 0; n < 5; n++) waits(attempts);
  assert.equal(waits(attempts), 30);
  clock.now += 60 * 60_000;
  for (let n = 0; n < 5; n++) assert.equal(waits(attempts), 0);
  assert.equal(waits(attempts), 30);
});

test("given the right password, then the name is clear, and the address as before", () => {
  const attempts = start();
  for (let n = 0; n < 4; n++) waits(attempts, [ada, here]);
  assert.equal(waits(attempts, [ada, here]), 0);
  attempts.succeeded([ada, here]);
  const others = { ...ada, key: "name grace" };
  for (let n = 0; n < 4; n++) assert.equal(waits(attempts, [others, here]), 0);
  assert.equal(waits(attempts, [{ ...ada, key: "name otto" }, here]), 30, "eight from there");
  assert.equal(waits(attempts), 0, "from elsewhere it is ada's first");
});

test("given tries that could not be made, then they do not count", () => {
  const attempts = start();
  for (let n = 0; n < 20; n++) {
    assert.equal(waits(attempts), 0);
    attempts.undone([ada]);
  }
});

test("given more names than are kept, then the oldest is forgotten and no memory grows", () => {
  const attempts = start();
  for (let n = 0; n < 5; n++) waits(attempts);
  for (let n = 0; n < 10_000; n++) waits(attempts, [{ ...ada, key: `name ${n}` }]);
  assert.equal(waits(attempts), 0);
});
