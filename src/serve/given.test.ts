import assert from "node:assert/strict";
import { test } from "node:test";
import { predictionsStream } from "../events/prediction.ts";
import { timeMs } from "../events/time.ts";
import { Given } from "./given.ts";

const { example } = predictionsStream;
const at = timeMs(example.event_time);
const { customer_id: customer, risk_score: score } = example;

const given = new Given();
given.note(example);

test("given an answer that no store has heard of, then it is the newest score", () => {
  assert.equal(given.orNewer(customer, null), score);
  assert.equal(given.orNewer(customer, { score: 0.1, at: at - 1 }), score);
});

test("given a store that knows a newer score, then that one counts", () => {
  assert.equal(given.orNewer(customer, { score: 0.1, at: at + 1 }), 0.1);
});

test("given another customer, then what the store knows counts, or nothing", () => {
  assert.equal(given.orNewer("another", { score: 0.1, at }), 0.1);
  assert.equal(given.orNewer("another", null), null);
});
