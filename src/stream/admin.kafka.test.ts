import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import client from "@confluentinc/kafka-javascript";
import { testServers } from "../embedded/test-servers.ts";
import { Failure } from "../errors.ts";
import { AdminPort } from "./admin.ts";
import { Producer } from "./kafka.ts";
import { codes, KafkaError } from "./kafka-error.ts";
import { restore } from "./restore.ts";
import { topic } from "./topic.ts";
import { GroupOffsets } from "./wire/group-offsets.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
const producer = await Producer.connect({ bootstrap, settings: { "linger.ms": 0 } });
after(async () => {
  await producer.close();
  admin.close();
});

const nowhere = "127.0.0.1:1";
const newName = () => `test${randomBytes(4).toString("hex")}`;
const partsOf = (name: string, partitions = 1) =>
  Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }));
const of = (partitions: number) => topic("of", { partitions });
const isAway = (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === "KAFKA_UNREACHABLE";

/** What librdkafka's own client says of topics, by name. */
const idsByAnother = async (names: string[]): Promise<Map<string, string>> => {
  // biome-ignore lint/suspicious/noExplicitAny: the client's own types lack what we call
  const other = client.AdminClient.create({ "bootstrap.servers": bootstrap }) as any;
  try {
    const found = await promisify(other.describeTopics.bind(other))(names, { timeout: 10_000 });
    return new Map(
      found.map((one: { name: string; topicId: { base64: string } }) => [
        one.name,
        one.topicId.base64,
      ]),
    );
  } finally {
    other.disconnect();
  }
};

test("given topics made right now, then they are answered and described, once each", async () => {
  const names = Array.from({ length: 8 }, newName);
  const made = await Promise.all(names.map((name) => admin.create(name, of(3), 1)));
  assert.deepEqual(new Set(made), new Set([true]));
  const parts = names.flatMap((name) => partsOf(name, 3));
  assert.deepEqual(new Set((await admin.endOffsets(parts)).values()), new Set([0]));
  const [asked, other] = [await admin.describe([names[1], "none", ...names]), names[1]];
  assert.deepEqual(
    asked.map(({ name, partitions }) => [name, partitions]),
    [other, ...names].map((name) => [name, 3]),
  );
  assert.deepEqual(new Map(asked.map(({ name, id }) => [name, id])), await idsByAnother(names));
  assert.equal(await admin.create(names[0], of(3), 1), false);
  const there = new Set(await admin.topicNames());
  assert.ok(names.every((name) => there.has(name)));
});

test("given a topic that is made anew, then it has another id, and is asked anew", async () => {
  const name = newName();
  await admin.create(name, of(1), 1);
  await admin.endOffsets(partsOf(name));
  const [before] = await admin.describe([name]);
  await admin.remove(name);
  while ((await admin.describe([name])).length > 0) await delay(20);
  const ends = admin.endOffsets(partsOf(name, 2));
  assert.equal(await admin.create(name, of(2), 1), true);
  assert.deepEqual([...(await ends).values()], [0, 0], "what is asked waits for its leader");
  const [now] = await admin.describe([name]);
  assert.notEqual(now.id, before.id);
  assert.equal(now.partitions, 2);
});

test("given an open transaction, then it counts, and a time finds what came since", async () => {
  const name = newName();
  const key = `${name}/0`;
  await admin.create(name, of(1), 1);
  const times: number[] = [];
  const apply = ({ timestamp }: { timestamp: number }) => void times.push(timestamp);
  while (new Set(times).size < 2) {
    producer.produce(name, 0, Buffer.from("x"), null);
    await producer.flush();
    times.length = 0;
    await restore({ bootstrap, admin, parts: [{ topic: name, partition: 0, apply }] });
  }
  const later = times.findIndex((time) => time > times[0]);
  const open = await Producer.connect({ bootstrap, transactionalId: name });
  await open.begin();
  open.produce(name, 0, Buffer.from("y"), null);
  await open.flush();
  const end = times.length + 1;
  const parts = partsOf(name);
  assert.equal((await admin.endOffsets(parts)).get(key), end);
  assert.equal((await admin.startOffsets(parts)).get(key), 0);
  assert.equal((await admin.offsetsAt(parts, times[0])).get(key), 0);
  assert.equal((await admin.offsetsAt(parts, times[0] + 1)).get(key), later);
  assert.equal((await admin.offsetsAt(parts, Date.now() + 3_600_000)).get(key), end);
  assert.deepEqual(await admin.endOffsets([]), new Map());
  await open.abort();
  await open.close();
});

test("given a group, then it is listed until it is removed, which may be done twice", async () => {
  const name = newName();
  await admin.create(name, of(1), 1);
  const group = new GroupOffsets(bootstrap, name);
  const commit = () => group.commit([{ topic: name, partition: 0, offset: 0 }]);
  while ((await commit().catch(() => [])).length === 0) await delay(20);
  assert.ok((await admin.groups()).includes(name));
  await admin.removeGroup(name);
  assert.ok(!(await admin.groups()).includes(name));
  await admin.removeGroup(name);
  assert.equal(await admin.ownedParts(name, name), undefined);
  group.close();
});

test("given what Kafka refuses, then that is thrown with Kafka's own sentence", async () => {
  const wrong = topic("of", { config: { "segment.bytes": "-4" } });
  await assert.rejects(admin.create(newName(), wrong, 1), {
    code: 40,
    message: /^createTopic: Invalid value -4 for configuration segment\.bytes: Value must be/,
  });
  await assert.rejects(admin.remove(newName()), { code: codes.unknownTopic });
});

test("given no broker or no such topic, then that is said after a while", async () => {
  const away = AdminPort.open(nowhere);
  const began = performance.now();
  const isUnknown = (thrown: unknown) =>
    thrown instanceof KafkaError && thrown.code === codes.unknownTopic;
  await Promise.all([
    assert.rejects(away.topicNames(), isAway),
    assert.rejects(away.endOffsets(partsOf("none")), isAway),
    assert.rejects(away.create("none", of(1), 1), isAway),
    assert.rejects(away.groups(), isAway),
    assert.rejects(away.ownedParts("none", "none"), isAway),
    assert.rejects(admin.endOffsets(partsOf(newName())), isUnknown),
  ]);
  assert.ok(performance.now() - began < 30_000);
  away.close();
});

test("given a close or its signal, then all that is under way ends at once", async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket.on("error", () => {}) as Socket));
  mute.listen(0, "127.0.0.1");
  await once(mute, "listening");
  const { port } = mute.address() as { port: number };
  const stop = new AbortController();
  const ports = [nowhere, `127.0.0.1:${port}`].map((at) => AdminPort.open(at, stop.signal));
  const unknown = AdminPort.open(bootstrap);
  const asked = [
    ...ports.flatMap((each) => [each.groups(), each.remove("a"), each.startOffsets(partsOf("a"))]),
    ports[1].ownedParts("a", "b"),
    unknown.endOffsets(partsOf(newName())),
  ];
  const ended = Promise.allSettled(asked);
  while (sockets.length === 0) await delay(5);
  const began = performance.now();
  stop.abort();
  unknown.close();
  for (const one of await ended) assert.ok(one.status === "rejected" && isAway(one.reason));
  assert.ok(performance.now() - began < 2_000);
  await assert.rejects(AdminPort.open(bootstrap, stop.signal).topicNames(), isAway);
  for (const socket of sockets) socket.destroy();
  mute.close();
});
