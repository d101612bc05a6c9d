import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { AdminPort } from "../admin.ts";
import { Producer } from "../kafka.ts";
import { topic } from "../topic.ts";
import { Fetcher } from "./fetcher.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
const producer = await Producer.connect({ bootstrap });
after(async () => {
  await producer.close();
  admin.close();
});

const open = async (partitions: number) => {
  const name = `test${randomBytes(4).toString("hex")}`;
  await admin.create(name, topic("of", { partitions }), 1);
  const put = async (partition: number, ...sizes: number[]) => {
    for (const size of sizes) producer.produce(name, partition, randomBytes(size), null);
    await producer.flush();
  };
  const parts = Array.from({ length: partitions }, (_, partition) => ({
    topic: name,
    partition,
    offset: -1,
  }));
  return { name, parts, put };
};

test("given a rest between questions, then all comes, and every end is told", async () => {
  const { parts, put } = await open(3);
  const fetcher = new Fetcher({ bootstrap, restMs: 50 });
  const reached = [-1, -1, -1];
  const until = async (...ends: number[]) => {
    const sizes: number[] = [];
    while (String(reached) !== String(ends)) {
      const batch = await fetcher.consume(100, 10);
      for (const { value } of batch.messages) sizes.push(value?.length ?? 0);
      for (const { partition, offset } of batch.ends) reached[partition] = offset;
    }
    return sizes;
  };
  await put(1, 10, 11);
  fetcher.add(parts);
  assert.deepEqual(await until(0, 2, 0), [10, 11]);
  await put(2, 12);
  assert.deepEqual(await until(0, 2, 1), [12]);
  fetcher.close();
});

test("given a question that waits, when a transaction commits, then it is answered", async () => {
  const { name, parts } = await open(1);
  const fetcher = new Fetcher({ bootstrap, waitMs: 11_000 });
  fetcher.add(parts);
  while ((await fetcher.consume(10, 10)).ends.length === 0);
  const transactional = await Producer.connect({ bootstrap, transactionalId: name });
  await transactional.begin();
  transactional.produce(name, 0, randomBytes(1), null);
  await transactional.flush();
  const found = fetcher.consume(10, 8_000);
  await transactional.commit();
  assert.equal((await found).messages.length, 1);
  await transactional.close();
  fetcher.close();
});

test("given batches larger than any bound, then those of each partition come", async () => {
  const { parts, put } = await open(4);
  for (const { partition } of parts) for (let n = 0; n < 5; n++) await put(partition, 20_000);
  const fetcher = new Fetcher({ bootstrap, partMaxBytes: 1_000, aheadMaxBytes: 2_000 });
  fetcher.add(parts);
  const order: number[] = [];
  while (order.length < 20) {
    const { messages } = await fetcher.consume(100, 10);
    order.push(...messages.map(({ partition }) => partition));
  }
  assert.deepEqual(order.slice(0, 4).sort(), [0, 1, 2, 3], "each has its turn");
  fetcher.close();
});

test("given a place that the log has not, then it is asked for again, then left", async () => {
  const { parts, put } = await open(1);
  const [part] = parts;
  const fetcher = new Fetcher({ bootstrap });
  const next = async () => {
    for (;;) {
      const { messages } = await fetcher.consume(100, 1_000);
      if (messages.length > 0) return messages[0].offset;
    }
  };
  await put(0, 1, 1, 1, 1, 1);
  // As from a broker that lacks the last records: they are there when it is asked again.
  fetcher.add([{ ...part, offset: 7 }]);
  fetcher.take(1);
  await put(0, 1, 1, 1, 1, 1);
  assert.equal(await next(), 7);
  fetcher.seek({ ...part, offset: 1_000 });
  assert.equal(await next(), 0);
  fetcher.close();
});

test("given several that wait for the same, then each goes on", async () => {
  const { parts, put } = await open(1);
  const fetcher = new Fetcher({ bootstrap });
  fetcher.add(parts);
  while ((await fetcher.consume(10, 10)).ends.length === 0);
  const waiting = [fetcher.consume(10, 60_000), fetcher.consume(10, 60_000)];
  await put(0, 1);
  const found = (await Promise.all(waiting)).flatMap(({ messages }) => messages);
  assert.equal(found.length, 1);
  fetcher.close();
});
