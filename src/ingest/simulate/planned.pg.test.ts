import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { noFaults } from "./faults.ts";
import { history } from "./history.ts";
import { people } from "./people.ts";
import { makePlan, type PlannedRow, readPlan, readRows, type Wish } from "./planned.ts";

const { postgres } = await testServers(["postgres"]);
const DAY_MS = 86_400_000;
const from = Date.parse("2026-09-01T00:00:00Z");
const faults = { late: 0.03, duplicated: 0.02, doubleCharged: 0.02, poison: 0.02 };
const never = new AbortController().signal;

const wishOf = (space: string, days: number): Wish => ({
  space,
  seed: 7,
  customers: 60,
  faults,
  from,
  to: from + days * DAY_MS,
});
const expected = (days: number): Omit<PlannedRow, "position">[] => {
  const told = history(7, people(7, 60), from, from + days * DAY_MS, [], faults);
  return [...told].map((event) => ({
    topic: event.topic.name,
    key: event.key,
    id: event.id,
    time: event.time,
    sendAt: event.sentAt ?? event.time,
    value: `${event.bytes ?? JSON.stringify(event.value)}`,
  }));
};

test("given a wish, then the table holds what happens, in the order of sending", async () => {
  const { pool, space } = await testSpace(postgres.url);
  const told: number[] = [];
  const plan = await makePlan(pool, wishOf(space, 30), never, (rows) => told.push(rows));
  const rows = await readRows(pool, 0, 1e6);
  assert.deepEqual(
    rows.map(({ position: _, ...rest }) => rest),
    expected(30),
  );
  assert.deepEqual(
    rows.map(({ position }) => position),
    [...rows.keys()],
  );
  assert.ok(plan.complete && plan.rows === rows.length && plan.rows > 5_000);
  assert.ok(told.length >= 2 && told.every((count) => count <= plan.rows));
});

test("given a stop half-way and a later end, then the rows are as if written at once", async () => {
  const { pool, space } = await testSpace(postgres.url);
  const stop = new AbortController();
  const half = await makePlan(pool, wishOf(space, 30), stop.signal, () => stop.abort());
  assert.ok(!half.complete && half.rows === 2_000);
  const before = await makePlan(pool, wishOf(space, 20), never, () => {});
  assert.equal(before.to, from + 30 * DAY_MS, "it ends where the first wish said");
  const plan = await makePlan(pool, wishOf(space, 45), never, () => {});
  assert.equal(plan.id, half.id);
  const rows = await readRows(pool, 0, 1e6);
  assert.deepEqual(
    rows.map(({ position: _, ...rest }) => rest),
    expected(45),
  );
});

test("given a plan, then another wish does not change its people", async () => {
  const { pool, space } = await testSpace(postgres.url);
  await makePlan(pool, wishOf(space, 2), never, () => {});
  const other = { ...wishOf(space, 3), seed: 8, customers: 5, faults: noFaults };
  const plan = await makePlan(pool, other, never, () => {});
  assert.deepEqual([plan.seed, plan.customers, plan.faults], [7, 60, faults]);
});

test("given a plan of another release, then it is refused with the cure", async () => {
  const { pool, space } = await testSpace(postgres.url);
  assert.equal(await readPlan(pool, space), undefined);
  await makePlan(pool, wishOf(space, 1), never, () => {});
  await pool.query("update simulated_plan set edition = 1");
  await assert.rejects(readPlan(pool, space), { code: "SPACE_TOLD", message: /--space/ });
});
