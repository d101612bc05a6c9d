import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import { root } from "./config.ts";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { policyKey } from "./events/policy.ts";
import { policies } from "./events/topics.ts";
import { keyOf } from "./keys.ts";
import { modelShelf } from "./models.ts";
import { openPredictor } from "./predictor.ts";
import { predictRoute } from "./serve/routes/predict.ts";
import { serve } from "./serve/server.ts";
import { sessionOf } from "./serve/sessions.ts";

const { postgres } = await testServers(["postgres"]);
const { config, space, pool } = await testSpace(postgres.url);
const shelf = modelShelf([join(root, "models")]);
const serving = await serve({
  config: { port: 0, space },
  pool,
  registry: new Registry(),
  routes: [predictRoute(openPredictor({ config, shelf, pool, redis: undefined }))],
  access: {
    required: false,
    keyOf: (secret) => keyOf(pool, secret),
    sessionOf: (token) => sessionOf(pool, token),
  },
  say: () => {},
});
after(() => serving.close());

for (const name of ["scoring", "model"]) {
  const document = policies.read(readFileSync(join(root, `policies/${name}.json`)));
  const { kind, name: called, version } = document;
  await pool.query(
    "insert into policies (policy_key, kind, name, version, document) values ($1, $2, $3, $4, $5)",
    [policyKey(document), kind, called, version, document],
  );
}

/** A vector that holds what a shipped model asks for. */
const store = async (customer: string, featureSet: string): Promise<readonly string[]> => {
  const file = readFileSync(join(root, `models/delinquency-${featureSet}.json`), "utf8");
  const asked: string[] = JSON.parse(file).learner.feature_names;
  await pool.query(
    `insert into customer_features (customer_id, feature_set, features, baselines, as_of)
     values ($1, $2, $3, '{}', '2026-06-10T10:00:00Z')`,
    [customer, featureSet, Object.fromEntries(asked.map((id) => [id, 1]))],
  );
  return asked;
};

const ask = async (body: object) => {
  const response = await fetch(`${serving.url}/predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
};

test("given a vector of an older set, then what it lacks is named, others are scored", async () => {
  const before = new Set(await store("OLD", "1"));
  const now = await store("NEW", "2");
  const lacking = now.find((id) => !before.has(id));
  const { status, body } = await ask({ customer_id: "OLD" });
  assert.deepEqual([status, body.code], [409, "FEATURES_OUTDATED"]);
  assert.match(body.error, /"OLD" are of set 1, and delinquency-2 asks for /);
  assert.ok(body.error.includes(` ${lacking},`), body.error);
  assert.match(body.cure, /^Wait until the customer is scored anew/);
  const whatIf = await ask({ customer_id: "OLD", features: { [String(lacking)]: 1 } });
  assert.equal(whatIf.body.code, "FEATURES_OUTDATED", "one value in its place is not the others");

  const several = await ask({ customer_ids: ["OLD", "NEW"] });
  assert.equal(several.status, 207);
  const results = several.body.results as { status: number; error?: { code: string } }[];
  assert.deepEqual(
    results.map((one) => [one.status, one.error?.code]),
    [
      [409, "FEATURES_OUTDATED"],
      [200, undefined],
    ],
  );
  const { rows } = await pool.query("select customer_id from risk_scores");
  assert.deepEqual(rows, [{ customer_id: "NEW" }]);
});

test("given two requests, then the second names the score of the first", async () => {
  await store("TWICE", "2");
  const first = await ask({ customer_id: "TWICE" });
  assert.deepEqual([first.status, first.body.previous_score], [200, null]);
  await pool.query("delete from risk_scores where customer_id = 'TWICE'");
  const second = await ask({ customer_id: "TWICE" });
  assert.equal(second.body.previous_score, first.body.risk_score);
  await pool.query(
    `insert into risk_scores select (jsonb_populate_record(t, '{"prediction_id": "later",
       "risk_score": 0.987, "score_date": "2099-01-01T00:00:00Z"}')).* from risk_scores t
     where customer_id = 'TWICE'`,
  );
  assert.equal((await ask({ customer_id: "TWICE" })).body.previous_score, 0.987);
});
