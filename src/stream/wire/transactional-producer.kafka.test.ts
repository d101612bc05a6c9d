import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { AdminPort } from "../admin.ts";
import type { RawMessage } from "../kafka.ts";
import { codes } from "../kafka-error.ts";
import { partitionKey } from "../partition.ts";
import { seeded } from "../test-task.ts";
import { topic } from "../topic.ts";
import { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { Fetcher } from "./fetcher.ts";
import { TransactionalProducer } from "./transactional-producer.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
after(() => admin.close());

const setUp = async (partitions = 3) => {
  const name = `test-${randomBytes(4).toString("hex")}`;
  await admin.create(name, topic(name, { partitions }) as never, 1);
  const open = (cluster?: Cluster) =>
    TransactionalProducer.connect({ bootstrap, transactionalId: name, cluster });
  /** Everything committed, in the order of each partition. */
  const stored = async (): Promise<RawMessage[]> => {
    const fetcher = new Fetcher({ bootstrap });
    const parts = Array.from({ length: partitions }, (_, partition) => ({
      topic: name,
      partition,
    }));
    const highest = await admin.endOffsets(parts);
    fetcher.add(parts.map((part) => ({ ...part, offset: -1 })));
    const all: RawMessage[] = [];
    const open = new Set(parts.map(({ partition }) => partition));
    // A commit is answered before its markers are written: what is read ends behind them.
    while (open.size > 0) {
      const { messages, ends } = await fetcher.consume(500, 100);
      all.push(...messages);
      for (const end of ends)
        if (end.offset >= (highest.get(partitionKey(end)) ?? 0)) open.delete(end.partition);
    }
    fetcher.close();
    return all;
  };
  const texts = async () => (await stored()).map(({ value }) => String(value)).sort();
  return { name, open, stored, texts };
};
/** A way to the brokers whose connections may break at any time. */
class Frail extends Cluster {
  readonly #used = new Set<Connection>();
  override async connection(broker?: number): Promise<Connection> {
    const connection = await super.connection(broker);
    this.#used.add(connection);
    return connection;
  }
  break(): void {
    for (const connection of this.#used) connection.close();
    this.#used.clear();
  }
}
const bytes = (text: string) => Buffer.from(text);

test("given a transaction, then what it wrote is read once it is committed", async () => {
  const { name, open, stored } = await setUp();
  const producer = await open();
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
  const { name, open, stored } = await setUp();
  const producer = await open();
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
  const { name, open, stored } = await setUp();
  const producer = await open();
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
  const { name, open, texts } = await setUp();
  const older = await open();
  older.begin();
  older.produce(name, 0, bytes("lost"), "a");
  await older.hurry();
  const newer = await open();
  await assert.rejects(older.commit(), { code: codes.fenced, isFatal: true });
  newer.begin();
  newer.produce(name, 0, bytes("kept"), "a");
  await newer.commit();
  assert.deepEqual(await texts(), ["kept"]);
  older.close();
  newer.close();
});

test("given connections that break at any time, then each commit counts once", async () => {
  const { name, open, stored } = await setUp();
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const chance = seeded(seed);
  const frail = new Frail(bootstrap);
  const producer = await open(frail);
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
