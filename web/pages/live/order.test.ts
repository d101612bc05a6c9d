import assert from "node:assert/strict";
import { test } from "node:test";
import { criticalFirst } from "./order.ts";

const alert = (kind: string, minute: number) => ({
  value: { kind, at: `2026-01-05T10:0${minute}:00.000Z` },
});

test("given alerts of several kinds, then Critical comes first, and the newest of each", () => {
  const told = [
    alert("payment_failed", 4),
    alert("critical_risk", 1),
    alert("support_ticket_created", 5),
    alert("critical_risk", 3),
  ];
  const shown = told.toSorted(criticalFirst).map(({ value }) => `${value.kind} ${value.at[15]}`);
  assert.deepEqual(shown, [
    "critical_risk 3",
    "critical_risk 1",
    "support_ticket_created 5",
    "payment_failed 4",
  ]);
});
