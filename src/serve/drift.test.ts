import assert from "node:assert/strict";
import { test } from "node:test";
import { driftOf } from "./drift.ts";

const now = Date.UTC(2026, 10, 21);
const DAY_MS = 86_400_000;
const flow = { from: "ingest:http", to: "topic:outcomes" };
const stateOf = (input: Partial<Parameters<typeof driftOf>[0]>) => {
  const [first] = driftOf({ declared: [flow], seen: [], watchedDays: 7, now, ...input });
  return [first.state, first.seen_at] as const;
};

test("given a declared flow seen within 7 days, then it is seen, at its newest time", () => {
  const seen = [
    { ...flow, at: now - 3 * DAY_MS },
    { ...flow, at: now - DAY_MS },
  ];
  assert.deepEqual(stateOf({ seen }), ["seen", "2026-11-20T00:00:00.000Z"]);
});

test("given 7 watched days without it, then it is drift; on fewer, nobody can know", () => {
  assert.deepEqual(stateOf({}), ["not_seen", null]);
  assert.deepEqual(stateOf({ watchedDays: 6 }), ["unknown", null]);
  const old = [{ ...flow, at: now - 8 * DAY_MS }];
  assert.deepEqual(stateOf({ seen: old }), ["not_seen", "2026-11-13T00:00:00.000Z"]);
});

test("given a flow that cannot be seen, or is rare, then it is unknown, and why", () => {
  const because = { ...flow, unseen: "Its records do not say who wrote them" };
  const [told] = driftOf({ declared: [because], seen: [], watchedDays: 7, now });
  assert.deepEqual([told.state, told.why], ["unknown", because.unseen]);
  assert.deepEqual(stateOf({ declared: [{ ...flow, rare: true }] }), ["unknown", null]);
  const seen = [{ ...flow, at: now }];
  assert.equal(stateOf({ declared: [because], seen })[0], "seen");
});

test("given a flow that the map does not know, then it is named, while it is young", () => {
  const stranger = { from: "topic:outcomes", to: "group:somebody" };
  const all = (at: number) =>
    driftOf({ declared: [flow], seen: [{ ...stranger, at }], watchedDays: 0, now });
  assert.deepEqual(
    all(now - DAY_MS).map(({ to, state }) => [to, state]),
    [
      [flow.to, "unknown"],
      [stranger.to, "undeclared"],
    ],
  );
  assert.equal(all(now - 8 * DAY_MS).length, 1);
});
