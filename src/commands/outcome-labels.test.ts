import assert from "node:assert/strict";
import { test } from "node:test";
import { type OutcomeEvent, outcomes } from "../events/outcome.ts";
import { timeMs } from "../events/time.ts";
import { OutcomeLabels } from "./outcome-labels.ts";

const outcome = (day: string, more: Partial<OutcomeEvent>): OutcomeEvent => ({
  ...outcomes.example,
  customer_id: "c",
  due_date: null,
  timestamp: day,
  event_time: day,
  ...more,
});
const labelAt = (day: string, ...told: OutcomeEvent[]) => {
  const labels = new OutcomeLabels();
  for (const one of told) labels.tell(one);
  return labels.of("c", timeMs(day));
};
const missed = outcome("2026-03-14", { outcome: "payment_missed", due_date: "2026-03-10" });
const cured = outcome("2026-04-02", { outcome: "payment_cured" });
const later = outcome("2026-06-30", { outcome: "payment_made", customer_id: "other" });

test("given a payment missed in the 30 days after, then the label is 1", () => {
  assert.equal(labelAt("2026-02-09", missed), 1, "whatever is known of later");
  assert.equal(labelAt("2026-03-09", missed, later), 1);
  assert.equal(labelAt("2026-02-07", missed, later), 0, "31 days ahead is too far");
});

test("given a payment that is overdue, then there is no label until it is made up for", () => {
  assert.equal(labelAt("2026-03-10", missed, later), null);
  assert.equal(labelAt("2026-04-01", missed, cured, later), null);
  assert.equal(labelAt("2026-04-02", missed, cured, later), 0);
  const other = { ...cured, obligation_id: "OBL-002" };
  assert.equal(labelAt("2026-04-02", missed, other, later), null, "another one was paid");
});

test("given outcomes that end too early, or none, then nobody without a miss has a label", () => {
  assert.equal(labelAt("2026-05-28", later), null);
  assert.equal(labelAt("2026-05-27", later), 0);
  assert.equal(labelAt("2026-05-27"), null);
});
