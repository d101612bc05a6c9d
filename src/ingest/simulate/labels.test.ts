import assert from "node:assert/strict";
import { test } from "node:test";
import type { Truth } from "../../events/simulation.ts";
import { labels } from "./labels.ts";

const day = (date: string) => Date.parse(`${date}T00:00:00Z`);
const truth = (more: Partial<Truth>): Truth => ({
  customer_id: "CUST-1",
  seed: 1,
  story: "job_loss",
  starts_at: "2026-03-01T00:00:00Z",
  first_missed_payment: null,
  recovers_at: null,
  event_time: "2026-03-01T00:00:00Z",
  ...more,
});
const begun = truth({});
const missed = truth({ first_missed_payment: "2026-04-12T00:00:00Z" });
const recovered = truth({ ...missed, recovers_at: "2026-05-20T09:00:00Z" });
const labelAt = (truths: Truth[], asOf: string, until?: string) =>
  labels(truths, day(asOf), until === undefined ? undefined : day(until)).get("CUST-1");

test("given a miss in the 30 days after, the label is 1, however late it became known", () => {
  const truths = [begun, missed];
  assert.equal(labelAt(truths, "2026-03-13"), 1);
  assert.equal(labelAt(truths, "2026-04-11"), 1);
  assert.equal(labelAt(truths, "2026-03-12"), 0, "31 days ahead is too far");
});

test("given a customer in arrears, there is no label until everything is paid", () => {
  assert.equal(labelAt([begun, missed], "2026-04-12"), undefined);
  assert.equal(labelAt([begun, missed, recovered], "2026-05-19"), undefined);
  assert.equal(labelAt([begun, missed, recovered], "2026-05-21"), 0);
});

test("given a second trouble after the first, its first miss counts", () => {
  const second = truth({
    starts_at: "2026-06-01T00:00:00Z",
    first_missed_payment: "2026-06-20T00:00:00Z",
  });
  assert.equal(labelAt([begun, missed, recovered, second], "2026-06-02"), 1);
});

test("given truths that end too early, a customer without a miss has no label", () => {
  assert.equal(labelAt([begun], "2026-03-10", "2026-04-01"), undefined);
  assert.equal(labelAt([begun], "2026-03-10", "2026-05-01"), 0);
  assert.equal(labelAt([begun, missed], "2026-03-20", "2026-04-16"), 1);
});

test("given a fault told of late in a story, then it is no word on the story", () => {
  const late = truth({ fault: "late_burst", transaction_id: "t", event_time: "2026-06-01" });
  assert.equal(labelAt([begun, missed, recovered, late], "2026-05-21"), 0);
  assert.equal(labelAt([begun, missed, late], "2026-04-12"), undefined, "in arrears all the same");
  assert.equal(labels([late], day("2026-03-10")).get("CUST-1"), 0, "a customer all the same");
});

test("given a customer to whom nothing happens, the label is 0", () => {
  const healthy = truth({ story: "healthy", starts_at: null });
  assert.equal(labelAt([healthy], "2026-03-10"), 0);
  assert.deepEqual([...labels([], day("2026-03-10"))], []);
});
