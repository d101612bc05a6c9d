import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../src/config.ts";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import { anyPorts, type Ports, startServers } from "../src/embedded/servers.ts";
import { testLine } from "../src/embedded/test-space.ts";
import { predictionsStream, transactionsStream } from "../src/events/topics.ts";
import type { HealthAnswer } from "../src/serve/messages.ts";
import { declineOf, transactionOf } from "./events.ts";
import { launch, until } from "./launch.ts";
import { valuesOf } from "./read-topic.ts";
import { atEnd, caughtUp, newFolder, openStage } from "./space.ts";

const dataFolder = newFolder();
const brokerFolder = newFolder();
const config = readConfig({ dataFolder }, {});
const say = () => undefined;
const stores = await startServers({ config, need: ["postgres", "redis"], ports: anyPorts, say });
const startBroker = (ports: Ports) =>
  startServers({ config, folder: brokerFolder, need: ["kafka"], ports, say });
let broker = await startBroker(anyPorts);
atEnd(async () => {
  await broker.stop();
  await stores.stop();
  removeOutsideData(dataFolder);
});
const { kafka } = broker;
const port = Number(kafka.bootstrap.split(":")[1]);

const postgresUrl = new URL(stores.postgres.url);
const toPostgres = await testLine({ host: "127.0.0.1", port: Number(postgresUrl.port) });
const toRedis = await testLine(stores.redis);
postgresUrl.port = String(toPostgres.port);
const stage = await openStage(
  { ...stores, kafka },
  { DATABASE_URL: postgresUrl.href, REDIS_PORT: String(toRedis.port) },
);
const { env, writer, pool } = stage;
const back = launch(["run", "line", "sink"], env);
const api = launch(["run", "api"], env);
let relay = launch(["run", "outbox"], env);
const [url] = await api.says(/http:\/\/[\d.]+:\d+/);
const now = Date.now();
const customers = ["K1", "K2", "K3"];
const asked: string[] = [];

type Answer = { code: string; results: { prediction: { prediction_id: string } }[] };
const post = async (path: string, body: unknown) => {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer,
  };
};
const predict = async () => {
  const { status, body } = await post("/predict", { customer_ids: customers });
  assert.equal(status, 200, JSON.stringify(body));
  for (const { prediction } of body.results) asked.push(prediction.prediction_id);
};
const waiting = async (): Promise<number> =>
  (await pool.query("select count(*)::int as n from outbox")).rows[0].n;
/** Every prediction that was ever asked for is in the topic, once, and in order of a customer. */
const checkPublished = async () => {
  await until("the outbox is empty", async () => (await waiting()) === 0);
  const all = (await valuesOf(stage, predictionsStream)).filter((p) => p.trigger === "request");
  for (const customer of customers) {
    const own = all.filter((one) => one.customer_id === customer).map((one) => one.prediction_id);
    const wanted = asked.filter((_, at) => customers[at % customers.length] === customer);
    assert.deepEqual(own, wanted, customer);
  }
};

test("given customers that were scored, then predictions are answered and published", async () => {
  for (const customer of customers)
    for (const one of declineOf(customer, now))
      await writer.send(transactionsStream, customer, one);
  await writer.flush();
  const sinks = ["transactions-sink-group", "read-model-sink-group", "redis-sink-group"];
  await caughtUp(stage, ["feature-processor-group", "intervention-service-group", ...sinks]);
  await predict();
  await checkPublished();
});

test("given a relay killed again and again, then each prediction appears once", async () => {
  for (let kill = 0; kill < 4; kill++) {
    await Promise.all(Array.from({ length: 5 }, () => fetch(`${url}/features/K1`)));
    for (let n = 0; n < 10; n++) await predict();
    await relay.stop("SIGKILL");
    relay = launch(["run", "outbox"], env);
  }
  await checkPublished();
});

test("given a lost Redis, then features come from Postgres", async () => {
  await toRedis.cut();
  await predict();
  assert.equal((await fetch(`${url}/features/K1`)).status, 200);
  await toRedis.mend();
  await until("Redis answers again", async () => {
    const { components } = (await (await fetch(`${url}/health`)).json()) as HealthAnswer;
    return components.redis?.state === "up";
  });
  await checkPublished();
});

test("given a lost Postgres, then a prediction is refused, and not half made", async () => {
  await toPostgres.cut();
  const { status, headers, body } = await post("/predict", { customer_id: "K1" });
  assert.deepEqual([status, body.code], [503, "READ_MODEL_AWAY"]);
  assert.equal(headers.get("retry-after"), "5");
  assert.equal((await fetch(`${url}/features/K1`)).status, 200, "Redis has them");
  assert.equal((await fetch(`${url}/decisions/${asked[0]}`)).status, 503);
  await toPostgres.mend();
  await until("it answers", async () => (await fetch(`${url}/decisions/${asked[0]}`)).ok);
  await predict();
  await checkPublished();
});

test("given no broker, then predictions are answered and nothing is lost", async () => {
  await broker.stop();
  for (let n = 0; n < 5; n++) await predict();
  assert.equal(await waiting(), 15);
  const event = transactionOf("K1", "while away", now);
  const refused = await post("/events/transactions-stream", event);
  assert.deepEqual([refused.status, refused.body.code], [503, "BROKER_AWAY"]);
  assert.equal(refused.headers.get("retry-after"), "5");
  await predict();
  broker = await startBroker({ ...anyPorts, kafka: port });
  assert.equal(broker.kafka.bootstrap, kafka.bootstrap);
  await checkPublished();
  await until("events are taken", async () => {
    const { status } = await post("/events/transactions-stream", event);
    return status === 200;
  });
  await until("and counted once", async () => {
    const { rows } = await pool.query(
      "select count(*)::int as n from transactions where transaction_id = 'while away'",
    );
    return rows[0].n === 1;
  });
});

test("given SIGTERM, then all drain and exit 0", async () => {
  for (const each of [api, relay, back]) {
    const { code } = await each.stop("SIGTERM");
    assert.equal(code, 0, each.err());
  }
});
