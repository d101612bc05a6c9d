import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { codes } from "../kafka-error.ts";
import { seeded } from "../test-task.ts";
import type { Cluster } from "./cluster.ts";
import { bytes, Frail, someSeed, topicMaker } from "./test-producing.ts";
import { TransactionalProducer } from "./transactional-producer.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const setUp = topicMaker(bootstrap);

const open = (transactionalId: string, cluster?: Cluster) =>
  TransactionalProducer.connect({ bootstrap, transactionalId, cluster });

test("given a transaction, then what it wrote is read once it is committed", async () => {
  const { name, stored } = await setUp();
  const producer = await open(name);
  producer.begin();
  assert.equal(producer.produce(name, -1, bytes("a"), "key", [{ bw: "head" }]), 0);
  assert.equal(producer.produce(name, 2, null, bytes("gone")), 0);
  await producer.hurry();
  await producer.commit();
  const [first, second] = (await stored()).sort((a, b) =>
    String(b.key).localeCompare(String(a.key)),
  );
  assert.deepEqual([String(first.key), String(first.value)], ["key", "a"]);
  assert.equal(String(first.headers?.[0].bw), "head");
  assert.deepEqual([second.partition, String(second.key), second.value], [2, "gone", null]);
  producer.close();
});

test("given many transactions, some given up, then the others are whole and in order", async () => {
  const { name, stored } = await setUp();
  const producer = await open(name);
  const expected: string[] = [];
  for (let n = 0; n < 40; n++) {
    producer.begin();
    for (let at = 0; at < 25; at++) producer.produce(name, at % 3, bytes(`${n}.${at}`), `k${at}`);
    if (n % 3 === 0) await producer.hurry();
    if (n % 4 === 1) await producer.abort();
    else {
      await producer.commit();
      for (let at = 0; at < 25; at++) expected.push(`${n}.${at}`);
    }
  }
  const all = await stored();
  for (const partition of [0, 1, 2]) {
    const own = all.filter((m) => m.partition === partition).map(({ value }) => String(value));
    const inOrder = expected.filter((text) => Number(text.split(".")[1]) % 3 === partition);
    assert.deepEqual(own, inOrder);
  }
  producer.close();
});

test("given more than batches hold, then all of it arrives", async () => {
  const { name, stored } = await setUp();
  const producer = await open(name);
  producer.begin();
  const filler = "x".repeat(3_000);
  for (let n = 0; n < 2_000; n++) producer.produce(name, n % 3, bytes(`${n} ${filler}`), `k${n}`);
  await producer.commit();
  const numbers = (await stored()).map(({ value }) => Number.parseInt(String(value), 10));
  assert.equal(numbers.length, 2_000);
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 2_000 }, (_, n) => n),
  );
  producer.close();
});

test("given a successor of the same name, then the older one is fenced", async () => {
  const { name, texts } = await setUp();
  const older = await open(name);
  older.begin();
  older.produce(name, 0, bytes("lost"), "a");
  await older.hurry();
  const newer = await open(name);
  await assert.rejects(older.commit(), { code: codes.fenced, isFatal: true });
  newer.begin();
  newer.produce(name, 0, bytes("kept"), "a");
  await newer.commit();
  assert.deepEqual(await texts(), ["kept"]);
  older.close();
  newer.close();
});

test("given connections that break at any time, then each commit counts once", async () => {
  const { name, stored } = await setUp();
  const chance = seeded(someSeed());
  const frail = new Frail(bootstrap);
  const producer = await open(name, frail);
  const expected: string[] = [];
  let breaks = 0;
  const storm = setInterval(() => {
    if (chance() > 0.3) return;
    breaks++;
    frail.break();
  }, 2);
  for (let n = 0; n < 150; n++) {
    producer.begin();
    for (let at = 0; at < 30; at++) producer.produce(name, at % 3, bytes(`${n}.${at}`), `k${at}`);
    await producer.hurry();
    if (chance() < 0.1) {
      await producer.abort();
      continue;
    }
    await producer.commit();
    for (let at = 0; at < 30; at++) expected.push(`${n}.${at}`);
  }
  clearInterval(storm);
  producer.close();
  assert.ok(breaks > 20, `${breaks} breaks`);
  const all = await stored();
  for (const partition of [0, 1, 2])
    assert.deepEqual(
      all.filter((m) => m.partition === partition).map(({ value }) => String(value)),
      expected.filter((text) => Number(text.split(".")[1]) % 3 === partition),
    );
});
