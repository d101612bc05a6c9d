import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import type { CustomerUpdate } from "../../events/customer.ts";
import { customerUpdates } from "../../events/topics.ts";
import type { Received } from "../../stream/reader.ts";
import type { Topic } from "../../stream/topic.ts";
import { erasableIn } from "./erasable.ts";
import { profileVersionsTable } from "./profile-versions.ts";
import { PostgresSink } from "./sink.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const canary = "canary-4711";

const sink = new PostgresSink({
  name: "test-sink",
  space: "live",
  tables: [profileVersionsTable],
  erasable: await erasableIn(pool),
  pool,
  address: "",
  topicId: async () => "id",
  recordMaxBytes: 1_000_000,
  readElsewhere: new Set(),
  say: () => undefined,
});
await sink.startAt([{ topic: customerUpdates.name, partition: 0 }]);

const example = customerUpdates.example as CustomerUpdate;
const record = (offset: number, value: CustomerUpdate | null): Received => ({
  topic: customerUpdates as unknown as Topic,
  partition: 0,
  offset,
  key: example.customer_id,
  value: value && customerUpdates.write(value),
  header: undefined,
  appendTime: Date.parse("2026-01-01T00:00:00Z"),
});
const profile = (version: number, more: Partial<CustomerUpdate>): CustomerUpdate => ({
  ...example,
  version,
  name: canary,
  email: `${canary}@example.org`,
  phone: canary,
  date_of_birth: "1970-01-01",
  gender: canary,
  accounts: [{ account_id: canary, type: "current", role: "owner" }],
  ...more,
});

test("given profiles, then each version stays, nothing personal; erasure takes all", async () => {
  await sink.handle([
    record(0, profile(1, {})),
    record(1, profile(2, { country: "DE" })),
    record(2, profile(3, { country: "DE", email: `other-${canary}` })),
  ]);
  const { rows } = await pool.query("select * from profile_versions order by version");
  assert.deepEqual(
    rows.map(({ version }) => Number(version)),
    [1, 2, 3],
  );
  assert.ok(!JSON.stringify(rows).includes(canary));
  assert.ok(!JSON.stringify(rows).includes("1970"));
  assert.equal(rows[0].facts.obligations[0].instalment, 200);
  assert.deepEqual(rows[0].facts.accounts, [{ type: "current", role: "owner" }]);
  assert.deepEqual(rows[0].personal, rows[1].personal);
  assert.notEqual(rows[1].personal.email, rows[2].personal.email);
  assert.equal(rows[2].personal.email.length, 4, "16 bits");
  assert.deepEqual(Object.keys(rows[0].personal).sort(), ["email", "name", "phone"]);
  assert.equal(rows[1].facts.country, "DE");
  await sink.handle([record(3, null)]);
  const left = await pool.query("select count(*)::int as n from profile_versions");
  assert.equal(left.rows[0].n, 0);
});
