import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { codes, KafkaError } from "../kafka-error.ts";
import { seeded } from "../test-task.ts";
import { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { IdempotentProducer } from "./idempotent-producer.ts";
import { bytes, Frail, someSeed, topicMaker } from "./test-producing.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const setUp = topicMaker(bootstrap);

/** A way to the brokers that can be cut. */
class Cut extends Cluster {
  isCut = false;
  override async connection(broker?: number): Promise<Connection> {
    if (this.isCut) throw new KafkaError({ code: codes.noTransport, isRetriable: true }, "connect");
    return super.connection(broker);
  }
}

/** A producer that counts what it loses. */
const open = async (options: Partial<Parameters<typeof IdempotentProducer.connect>[0]> = {}) => {
  const losses: number[] = [];
  const onLoss = (records: number) => losses.push(records);
  const producer = await IdempotentProducer.connect({ bootstrap, onLoss, ...options });
  return { producer, losses };
};

test("given records, then they are read without a flush, once they lingered", async () => {
  const { name, texts } = await setUp();
  const { producer, losses } = await open();
  for (let n = 0; n < 9; n++) assert.equal(producer.produce(name, -1, bytes(`${n}`), `k${n}`), 0);
  while ((await texts()).length < 9);
  assert.deepEqual(await texts(), [..."012345678"]);
  await producer.close(1_000);
  assert.deepEqual(losses, []);
});

test("given more than may wait, then it says so until it has been sent", async () => {
  const { name, stored } = await setUp();
  const { producer, losses } = await open({ queueMaxBytes: 20_000, lingerMs: 60_000 });
  let fulls = 0;
  for (let n = 0; n < 2_000; n++)
    while (producer.produce(name, n % 3, bytes(`${n} ${"x".repeat(100)}`), null) !== 0) {
      fulls++;
      await producer.flush();
    }
  await producer.close(10_000);
  assert.ok(fulls > 2, `${fulls} times full`);
  const numbers = (await stored()).map(({ value }) => Number.parseInt(String(value), 10));
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 2_000 }, (_, n) => n),
  );
  assert.deepEqual(losses, []);
});

test("given a record that the topic refuses, then it alone is lost", async () => {
  const { name, texts } = await setUp(2, { "max.message.bytes": "2000" });
  const { producer, losses } = await open();
  producer.produce(name, 0, bytes("before"), null);
  await producer.flush();
  producer.produce(name, 0, bytes("x".repeat(5_000)), null);
  producer.produce(name, 1, bytes("beside"), null);
  await producer.flush();
  producer.produce(name, 0, bytes("behind"), null);
  await producer.close(10_000);
  assert.deepEqual(await texts(), ["before", "behind", "beside"]);
  assert.deepEqual(losses, [1]);
});

test("given a topic that is not there, then what goes elsewhere arrives", async () => {
  const { name, texts } = await setUp();
  const { producer, losses } = await open({ deliveryMaxMs: 500 });
  producer.produce(`${name}-missing`, 0, bytes("lost"), null);
  producer.produce(name, 0, bytes("kept"), null);
  await producer.flush();
  assert.equal(producer.produce(name, 7, bytes("nowhere"), null), codes.unknownTopic);
  assert.deepEqual(await texts(), ["kept"]);
  assert.deepEqual(losses, [1]);
  await producer.close(1_000);
});

test("given connections that break at any time, then each record counts once", async () => {
  const { name, stored } = await setUp();
  const chance = seeded(someSeed());
  const frail = new Frail(bootstrap);
  const { producer, losses } = await open({ cluster: frail, lingerMs: 1 });
  let breaks = 0;
  const storm = setInterval(() => {
    if (chance() > 0.3) return;
    breaks++;
    frail.break();
  }, 2);
  for (let n = 0; n < 300; n++) {
    for (let at = 0; at < 30; at++) producer.produce(name, at % 3, bytes(`${n}`), null);
    if (chance() < 0.5) await producer.flush();
  }
  await producer.flush();
  clearInterval(storm);
  await producer.close(10_000);
  assert.ok(breaks > 20, `${breaks} breaks`);
  assert.deepEqual(losses, []);
  const expected = Array.from({ length: 3_000 }, (_, n) => String(Math.floor(n / 10)));
  const all = await stored();
  for (const partition of [0, 1, 2])
    assert.deepEqual(
      all.filter((m) => m.partition === partition).map(({ value }) => String(value)),
      expected,
    );
});

test("given Kafka away too long, then what waited is lost, and the next arrives", async () => {
  const { name, texts } = await setUp();
  const cluster = new Cut(bootstrap);
  const { producer, losses } = await open({ cluster, deliveryMaxMs: 300 });
  producer.produce(name, 0, bytes("first"), null);
  await producer.flush();
  cluster.isCut = true;
  producer.produce(name, 0, bytes("lost"), null);
  producer.produce(name, 1, bytes("lost"), null);
  const flushed = producer.flush();
  while (losses.length === 0) await new Promise((resolve) => setImmediate(resolve));
  producer.produce(name, 2, bytes("meanwhile"), null);
  cluster.isCut = false;
  await flushed;
  assert.deepEqual(await texts(), ["first", "meanwhile"]);
  producer.produce(name, 0, bytes("last"), null);
  await producer.close(10_000);
  assert.deepEqual(losses, [2]);
  assert.deepEqual(await texts(), ["first", "last", "meanwhile"]);
});
