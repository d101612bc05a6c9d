import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { customerFeatures, customerUpdates, predictionsStream } from "../events/topics.ts";
import { type CopyKind, closeRedis, copyKey, openReadyRedis } from "../redis.ts";
import { readStandings } from "./standing.ts";

const { postgres, redis: server } = await testServers(["postgres", "redis"]);
const { space, pool } = await testSpace(postgres.url);
const at = { redisHost: server.host, redisPort: server.port, redisPassword: undefined, space };

const features = { ...customerFeatures.example, as_of: "2026-06-10T10:00:00.000Z" };
const profile = { ...customerUpdates.example, base_currency: "NOK" };
const score = { ...predictionsStream.example, risk_score: 0.61 };
/** What tables say differs from what Redis says, so that a test sees who was asked. */
const store = async (customer: string): Promise<void> => {
  await pool.query(
    `insert into customer_features (customer_id, feature_set, features, baselines, as_of)
     values ($1, '2', '{"a": 7}', '{}', '2026-06-10T10:00:00Z')`,
    [customer],
  );
  await pool.query(
    `insert into risk_scores select * from jsonb_populate_record(null::risk_scores, $1)`,
    [
      {
        ...score,
        prediction_id: `P-${customer}`,
        customer_id: customer,
        risk_score: 0.25,
        score_date: "2026-06-10T09:00:00Z",
        more: {},
      },
    ],
  );
};

test("given what Redis holds, then tables are asked only for those whom it lacks", async () => {
  const redis = await openReadyRedis(at);
  const copy = (kind: CopyKind, id: string, value: object) =>
    redis.set(copyKey(kind, id), JSON.stringify(value));
  for (const id of ["WHOLE", "PART"]) {
    await copy("features", id, { ...features, customer_id: id });
    await copy("customer", id, profile);
    await store(id);
  }
  await copy("score", "WHOLE", score);
  await store("TABLES");
  const found = await readStandings({ pool, redis }, ["WHOLE", "PART", "TABLES", "NOBODY"]);
  const whole = found.get("WHOLE");
  assert.deepEqual(whole?.previous, { score: 0.61, at: Date.parse(score.event_time) });
  assert.equal(whole?.currency, "NOK");
  assert.deepEqual(whole?.features, { ...features, customer_id: "WHOLE" });
  const old = { score: 0.25, at: Date.parse("2026-06-10T09:00:00Z") };
  assert.deepEqual(found.get("PART")?.previous, old);
  assert.deepEqual(found.get("PART")?.features.features, features.features);
  assert.deepEqual(found.get("TABLES")?.features.features, { a: 7 });
  assert.deepEqual([...found.keys()].sort(), ["PART", "TABLES", "WHOLE"]);

  closeRedis(redis);
  const without = await readStandings({ pool, redis }, ["WHOLE"]);
  assert.deepEqual(without.get("WHOLE")?.previous, old, "Redis is away");
  assert.equal(without.get("WHOLE")?.currency, null);
});
