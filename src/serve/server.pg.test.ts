import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { Counter, Registry } from "prom-client";
import Type from "typebox";
import { readConfig } from "../config.ts";
import { openPool } from "../db.ts";
import { testServers } from "../embedded/test-servers.ts";
import { testLine, testSpace } from "../embedded/test-space.ts";
import { customerFeatures, customerUpdates, predictionsStream } from "../events/topics.ts";
import { closeRedis, copyKey, openRedis } from "../redis.ts";
import type { Check } from "./health.ts";
import type { CustomerAnswer, ErrorAnswer, HealthAnswer } from "./messages.ts";
import type { Route } from "./route.ts";
import { type ServeOptions, serve } from "./server.ts";

const { postgres, redis: redisServer } = await testServers(["postgres", "redis"]);
const { pool, space, config: testConfig } = await testSpace(postgres.url);
const canary = "canary-4711";

const config = readConfig({ space, redisHost: redisServer.host }, {});
const redisConfig = {
  ...config,
  redisPort: redisServer.port,
  redisPassword: redisServer.password,
};
const connect = async (port = redisServer.port) => {
  const redis = openRedis({ ...redisConfig, redisPort: port });
  after(() => closeRedis(redis));
  await new Promise((resolve) => redis.once("ready", resolve));
  return redis;
};

const start = async (more: Partial<ServeOptions> = {}) => {
  const said: string[] = [];
  const serving = await serve({
    config: { port: 0, space },
    pool,
    registry: new Registry(),
    say: (sentence) => said.push(sentence),
    ...more,
  });
  after(() => serving.close());
  const get = async <T>(path: string, init?: RequestInit) => {
    const response = await fetch(serving.url + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as T };
  };
  return { ...serving, said, get };
};
const isError = (body: ErrorAnswer, code: string) => {
  assert.equal(body.code, code);
  assert.deepEqual(Object.keys(body).sort(), ["code", "cure", "error"]);
  assert.match(body.error, /\.$/);
  assert.ok(body.cure);
};

const fill = async (id: string) => {
  const profile = { ...customerUpdates.example, customer_id: id, name: canary, email: canary };
  await pool.query(
    `insert into customers (customer_id, version, statuses, profile, updated_at)
     values ($1, 7, '[]', $2, '2024-01-15T10:30:00')`,
    [id, profile],
  );
  await pool.query(
    `insert into transactions
     select $1, 't-' || n, timestamptz '2024-01-15' + n * interval '1 hour', n + 0.25, 'EUR',
       'debit', 'groceries', 'pos', null, false, $2, null, true, null
     from generate_series(1, 30) n`,
    [id, canary],
  );
  await pool.query(
    `insert into risk_scores
     select 'p-' || $1 || n, $1, n / 10.0, 'HIGH', timestamptz '2024-01-15' + n * interval '1 day',
       $2, 'penalty', null, null, 0, '{}', 'm', 'h', '1', 'v', null
     from generate_series(1, 3) n`,
    [id, JSON.stringify(predictionsStream.example.top_features)],
  );
  await pool.query(
    `insert into interventions values
     ('i-1' || $1, $1, 'gentle_reminder', 'email', 3, 'MEDIUM', 0.5, 'm', '2024-01-16', 'triggered',
      '["savings"]', null, null, null, null, 'champion')`,
    [id],
  );
  await pool.query(
    `insert into suppressed_interventions values
     ('i-2' || $1, $1, 'proactive_support', 'sms', 2, 'HIGH', 0.7, 'm', '2024-01-17', 'suppressed',
      'no_consent', null, '["savings"]', null, null, null, null, 'champion')`,
    [id],
  );
};

test("given a customer in Postgres alone, then the whole picture is answered, masked", async () => {
  await fill("CUST-A");
  const { get } = await start();
  const { status, body, headers } = await get<CustomerAnswer>("/customers/CUST-A");
  assert.equal(status, 200);
  assert.match(headers.get("x-request-id")!, /^[0-9a-f-]{36}$/);
  assert.equal(body.profile!.name, "***");
  assert.equal(body.profile!.time_zone, "Europe/Prague");
  assert.equal(body.score!.risk_score, 0.3);
  assert.equal(body.score!.score_date, "2024-01-18T00:00:00.000Z");
  assert.equal(body.score!.top_features[0].code, "SAVINGS_FELL");
  assert.equal(body.transactions.length, 20);
  assert.deepEqual(
    body.transactions.slice(0, 2).map((t) => [t.transaction_id, t.amount, t.txn_time]),
    [
      ["t-30", 30.25, "2024-01-16T06:00:00.000Z"],
      ["t-29", 29.25, "2024-01-16T05:00:00.000Z"],
    ],
  );
  assert.deepEqual(
    body.interventions.map((i) => [i.status, i.suppressed_by]),
    [
      ["suppressed", "no_consent"],
      ["triggered", null],
    ],
  );
  assert.equal(body.features, null);
  assert.deepEqual(body.missing, []);
  assert.ok(!JSON.stringify(body).includes(canary));
});

test("given a fast copy, then it is preferred, and answers while Postgres is away", async () => {
  const url = new URL(postgres.url);
  const line = await testLine({ host: url.hostname, port: Number(url.port) });
  url.port = String(line.port);
  const far = openPool({ ...testConfig, databaseUrl: url.href });
  after(() => far.end());
  await fill("CUST-B");
  const redis = await connect();
  const score = { ...predictionsStream.example, customer_id: "CUST-B", risk_score: 0.91 };
  const profile = {
    ...customerUpdates.example,
    customer_id: "CUST-B",
    name: canary,
    language: "cs",
  };
  await redis.set(copyKey("score", "CUST-B"), JSON.stringify(score));
  await redis.set(copyKey("customer", "CUST-B"), JSON.stringify(profile));
  await redis.set(copyKey("features", "CUST-B"), JSON.stringify(customerFeatures.example));
  const { get, said } = await start({ pool: far, redis });
  const whole = (await get<CustomerAnswer>("/customers/CUST-B")).body;
  assert.equal(whole.score!.risk_score, 0.91);
  assert.equal(whole.profile!.language, "cs");
  assert.equal(whole.transactions.length, 20);

  await line.cut();
  const part = await get<CustomerAnswer>("/customers/CUST-B");
  assert.equal(part.status, 200);
  assert.equal(part.body.score!.risk_score, 0.91);
  assert.equal(part.body.features!.features.salary_delay_days, null);
  assert.deepEqual(part.body.missing, ["transactions", "interventions"]);
  const away = await get<ErrorAnswer>("/customers/CUST-A");
  assert.equal(away.status, 503);
  isError(away.body, "READ_MODEL_AWAY");
  const { status, body } = await get<HealthAnswer>("/health");
  assert.equal(status, 503);
  assert.equal(body.status, "unhealthy");
  assert.equal(body.components.postgres.state, "down");
  assert.equal((await get("/health/ready")).status, 503);
  assert.equal((await get("/health/live")).status, 200);

  await line.mend();
  assert.equal((await get("/health")).status, 200);
  assert.equal((await get<CustomerAnswer>("/customers/CUST-B")).body.transactions.length, 20);
  assert.ok(!JSON.stringify([whole, part.body, said]).includes(canary));
});

test("given a lost Redis, then health is degraded and customers are still answered", async () => {
  const line = await testLine(redisServer);
  const redis = await connect(line.port);
  const { get } = await start({ redis });
  assert.equal((await get<HealthAnswer>("/health")).body.status, "healthy");
  await line.cut();
  const { status, body } = await get<HealthAnswer>("/health");
  assert.equal(status, 200);
  assert.equal(body.status, "degraded");
  assert.deepEqual(body.components.redis, {
    state: "down",
    needed: false,
    detail: "It does not answer.",
  });
  assert.equal((await get("/health/ready")).status, 200);
  assert.equal((await get<CustomerAnswer>("/customers/CUST-A")).status, 200);
});

test("given a part that is still starting, then the API lives but is not ready", async () => {
  const state = { now: "starting" as "starting" | "up" };
  const line: Check = {
    name: "line",
    needed: true,
    ask: async () => ({ state: state.now, detail: "restoring partition 3" }),
  };
  const { get } = await start({ health: [line] });
  const { body } = await get<HealthAnswer>("/health");
  assert.equal(body.status, "degraded");
  assert.equal(body.components.line.detail, "restoring partition 3");
  assert.equal((await get("/health/ready")).status, 503);
  state.now = "up";
  assert.equal((await get("/health/ready")).status, 200);
});

test("given requests that cannot be answered, then each gets an error with its cure", async () => {
  const echo: Route = (api) => {
    api.post("/echo", { schema: { body: Type.Object({ n: Type.Number() }) } }, async () => ({}));
    api.get("/broken", async () => {
      throw new TypeError(canary);
    });
  };
  const { get, said, url } = await start({ routes: [echo] });
  const post = (body: string, type = "application/json") =>
    get<ErrorAnswer>("/echo", { method: "POST", body, headers: { "content-type": type } });
  const expected: [number, string, Promise<{ status: number; body: ErrorAnswer }>][] = [
    [404, "CUSTOMER_UNKNOWN", get("/customers/nobody")],
    [404, "PATH_UNKNOWN", get("/nowhere")],
    [405, "METHOD_REFUSED", get("/customers/x", { method: "DELETE" })],
    [400, "REQUEST_WRONG", get(`/customers/${"x".repeat(201)}`)],
    [400, "REQUEST_WRONG", get("/customers/%00")],
    [400, "REQUEST_WRONG", get("/customers/%zz")],
    [400, "REQUEST_WRONG", post(`{"n": ${canary}}`)],
    [400, "REQUEST_WRONG", post('{"n": "many"}')],
    [415, "REQUEST_WRONG", post("n=1", "text/csv")],
    [413, "BODY_TOO_LARGE", post(`{"n": "${"x".repeat(12_000_001)}"}`)],
    [500, "UNEXPECTED", get("/broken")],
  ];
  for (const [status, code, asked] of expected) {
    const answer = await asked;
    assert.equal(answer.status, status, code);
    isError(answer.body, code);
    assert.ok(!JSON.stringify(answer.body).includes(canary));
  }
  const refused = await get("/customers/x", { method: "DELETE" });
  assert.equal(refused.headers.get("allow"), "GET, HEAD");
  assert.equal(said.length, 1);
  assert.match(said[0], /^Request \S+ \(GET \/broken\) failed: TypeError at .*server\.pg\.test/);
  assert.ok(!said[0].includes(canary));
  assert.equal((await fetch(`${url}/health/live`, { method: "HEAD" })).status, 200);
});

test("given a page elsewhere whose name points here, then it is refused", async () => {
  const { port } = await start();
  const { request } = await import("node:http");
  const status = await new Promise((resolve) => {
    const headers = { host: `evil.example:${port}` };
    request({ port, host: "127.0.0.1", path: "/customers/CUST-A", headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  assert.equal(status, 421);
});

test("given metrics, then the registry and our own times are answered", async () => {
  const registry = new Registry();
  new Counter({ name: "seen_total", help: "Seen", registers: [registry] }).inc(3);
  const { url, get } = await start({ registry });
  await get("/customers/CUST-A");
  const response = await fetch(`${url}/metrics`);
  assert.match(response.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  assert.match(text, /^seen_total 3$/m);
  assert.match(
    text,
    /request_seconds_count\{method="GET",route="\/customers\/:id",status="200"\} 1/,
  );
  assert.ok(!text.includes("CUST-A"));
});

test("given a server, then this machine alone can reach it", async () => {
  const { url } = await start();
  assert.equal(new URL(url).hostname, "127.0.0.1", "the address that it was bound to");
});

test("given a taken port, then the next free one is used and said", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const serving = await start({ config: { port, space } });
  assert.ok(serving.port > port);
  assert.deepEqual(serving.said, [`Port ${port} is taken; the API uses ${serving.port}.`]);
  await new Promise((resolve) => other.close(resolve));
});

test("given a close, then a request in flight is answered and no new one is taken", async () => {
  let go = () => {};
  let arrived = () => {};
  const inside = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow: Route = (api) => {
    api.get("/slow", async () => {
      arrived();
      await gate;
      return { done: true };
    });
  };
  const { get, close, url } = await start({ routes: [slow] });
  const asked = get<{ done: boolean }>("/slow");
  await inside;
  const closing = close();
  await assert.rejects(fetch(`${url}/health/live`));
  go();
  assert.equal((await asked).body.done, true);
  await closing;
});
