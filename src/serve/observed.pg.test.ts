import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { observedTables } from "./observed.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 10, 21, 12);
const flow = { from: "ingest:http", to: "topic:outcomes" };

test("given what was seen, then a restart knows it, with the newest time alone", async () => {
  await observedTables(pool).note([{ ...flow, at: now - 5_000 }], now);
  await observedTables(pool).note([{ ...flow, at: now - 90_000 }], now);
  const later = observedTables(pool);
  await later.note([{ ...flow, at: now }], now);
  await later.note([{ ...flow, at: now + 1_000 }], now);
  const { seen } = await observedTables(pool).read(now);
  // The last was seen within a minute of the one that is kept, and is not written for that.
  assert.deepEqual(seen, [{ ...flow, at: now }]);
});

test("given days on which somebody watched, then those of the last seven are counted", async () => {
  const tables = observedTables(pool);
  for (const ago of [0, 0, 1, 3, 6, 7, 30]) await tables.note([], now - ago * DAY_MS);
  assert.equal((await tables.read(now)).watchedDays, 4);
});
