import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { readConfig } from "../config.ts";
import { testServers } from "../embedded/test-servers.ts";
import { testLine } from "../embedded/test-space.ts";
import { customerFeatures, customerUpdates, predictionsStream } from "../events/topics.ts";
import { closeRedis, copyKey, openRedis } from "../redis.ts";
import { AdminPort } from "../stream/admin.ts";
import type { Received } from "../stream/reader.ts";
import { inSpace } from "../stream/space.ts";
import type { Topic } from "../stream/topic.ts";
import { openWriter } from "../stream/writer.ts";
import { openRedisSink, RedisCopy } from "./redis.ts";
import { openTopicIds } from "./topic-ids.ts";

const { kafka, redis: server } = await testServers(["kafka", "redis"]);
const { bootstrap } = kafka;
const topics = [customerUpdates, customerFeatures, predictionsStream] as unknown as Topic[];
const [updates, features, predictions] = topics;

const configOf = (space: string, port = server.port) => {
  const { host, password } = server;
  const config = readConfig({ redisHost: host, redisPort: String(port), space }, {});
  return { ...config, redisPassword: password };
};
const setUp = (port?: number) => {
  const space = `test${randomBytes(4).toString("hex")}`;
  const said: string[] = [];
  const redis = openRedis(configOf(space, port), (sentence) => said.push(sentence));
  after(() => closeRedis(redis));
  return { space, said, redis };
};
const connected = async (redis: ReturnType<typeof openRedis>) => {
  while (redis.status !== "ready") await delay(1);
};
const score = (n: number, customer_id = "CUST-001") => ({
  ...predictionsStream.example,
  customer_id,
  risk_score: n / 1_000,
});
const until = async (question: () => Promise<boolean>) => {
  while (!(await question().catch(() => false))) await delay(5);
};

test("given events, an emptied Redis and one that goes away, then the copy is right", async () => {
  const line = await testLine({ host: server.host, port: server.port });
  const { space, redis, said } = setUp(line.port);
  const direct = openRedis(configOf(space));
  after(() => closeRedis(direct));
  const admin = AdminPort.open(bootstrap);
  for (const topic of topics) await admin.create(inSpace(space, topic.name), topic, 1);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const send = async (topic: Topic, key: string, value: unknown) => {
    await writer.send(topic, key, value);
    await writer.flush();
  };
  const ids = openTopicIds(bootstrap, space);
  const stop = new AbortController();
  const options = {
    redis,
    space,
    address: "the test's Redis",
    topicId: ids.of,
    recordMaxBytes: 1_000_000,
  };
  const sink = openRedisSink({ ...options, bootstrap, slot: 0, say: (s) => said.push(s) });
  const ended = sink.run(stop.signal);
  const read = async (kind: "customer" | "features" | "score", id = "CUST-001") => {
    const text = await direct.get(copyKey(kind, id));
    return text === null ? undefined : JSON.parse(text);
  };
  await connected(direct);

  await send(updates, "CUST-001", customerUpdates.example);
  await send(features, "CUST-001", customerFeatures.example);
  for (let n = 1; n <= 5; n++) await send(predictions, "CUST-001", score(n));
  await until(async () => (await read("score")).risk_score === 0.005);
  await until(async () => (await read("customer")).version === 7 && (await read("features")));

  const keys = await direct.keys(`${space}:*`);
  await direct.del(keys.map((key) => key.slice(space.length + 1)));
  await send(predictions, "CUST-001", score(6));
  await until(async () => (await read("score")).risk_score === 0.006);
  await until(async () => (await read("customer")).version === 7 && (await read("features")));
  assert.ok(said.includes("Redis was emptied; its copy is being filled again."));

  await line.cut();
  await send(predictions, "CUST-001", score(7));
  while (!said.some((s) => s.startsWith("Redis does not answer at"))) await delay(5);
  await line.mend();
  await until(async () => (await read("score")).risk_score === 0.007);

  await send(updates, "CUST-001", null);
  await until(async () => (await read("customer")) === undefined);
  assert.equal(await read("score"), undefined);
  stop.abort();
  await ended;
  await writer.close();
  ids.close();
  admin.close();
});

const optionsOf = (redis: ReturnType<typeof openRedis>, space: string) => ({
  ...{ redis, space, address: "" },
  topicId: async () => "id",
  recordMaxBytes: 1_000_000,
});

test("given a tombstone and a new life, then older scores stay out, newer go in", async () => {
  const { redis, space } = setUp();
  await connected(redis);
  const options = optionsOf(redis, space);
  const at = Date.parse("2026-01-01T00:00:00Z");
  const record = (topic: Topic, offset: number, value: unknown, appendTime: number): Received => ({
    ...{ topic, partition: 0, offset, key: "CUST-001", header: undefined, appendTime },
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
  });
  const life = async (...records: Received[]) => {
    const copy = new RedisCopy(options);
    await copy.startAt(topics.map(({ name: topic }) => ({ topic, partition: 0 })));
    await copy.handle(records);
  };
  const copied = () => redis.get(copyKey("score", "CUST-001"));
  await life(
    record(updates, 0, customerUpdates.example, at),
    record(predictions, 0, score(1), at),
    record(updates, 1, null, at + 10),
    record(updates, 2, null, at + 20),
  );
  assert.equal(await copied(), null);
  await life(record(predictions, 1, score(2), at + 15));
  assert.equal(await copied(), null, "the tombstone was read in another life");
  const names = await redis.keys(`${space}:*`);
  assert.ok(names.length > 2 && !names.some((name) => name.includes("CUST-001")), String(names));
  await life(record(updates, 3, customerUpdates.example, at + 30));
  await life(record(predictions, 2, score(3), at + 21));
  assert.ok((await copied())?.includes("0.003"), "who came back has a score");
  assert.ok(await redis.get(copyKey("customer", "CUST-001")));
});

test("given a zombie, then it cannot put an older score over a newer one", async () => {
  const { redis, space } = setUp();
  await connected(redis);
  const options = optionsOf(redis, space);
  const parts = [{ topic: predictions.name, partition: 0 }];
  const record = (offset: number): Received => ({
    topic: predictions,
    partition: 0,
    offset,
    key: "CUST-001",
    value: Buffer.from(JSON.stringify(score(offset))),
    header: undefined,
    appendTime: Date.parse("2026-01-01T00:00:00Z"),
  });
  const [zombie, heir] = [new RedisCopy(options), new RedisCopy(options)];
  await zombie.startAt(parts);
  await zombie.handle([record(0), record(1)]);
  assert.equal((await heir.startAt(parts)).get("predictions-stream-0"), 2);
  await heir.handle([record(2), record(3)]);
  await zombie.handle([record(2)]);
  const copied = async () =>
    JSON.parse((await redis.get(copyKey("score", "CUST-001")))!).risk_score;
  assert.equal(await copied(), 0.003);
  await zombie.handle([record(2), record(3), record(4)]);
  assert.equal(await copied(), 0.004);
  assert.equal(zombie.stale, false);
  const anew = new RedisCopy({ ...options, topicId: async () => "id-2" });
  assert.equal((await anew.startAt(parts)).get("predictions-stream-0"), 0);
  await heir.handle([record(5)]);
  assert.equal(heir.stale, true, "whose offsets have gone must begin again");
});
