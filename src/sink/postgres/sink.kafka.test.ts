import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openPool } from "../../db.ts";
import { testServers } from "../../embedded/test-servers.ts";
import { testLine, testSpace } from "../../embedded/test-space.ts";
import { customerUpdates, transactionsStream } from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { inSpace } from "../../stream/space.ts";
import type { Topic } from "../../stream/topic.ts";
import { openWriter } from "../../stream/writer.ts";
import { openTopicIds } from "../topic-ids.ts";
import { erasableIn } from "./erasable.ts";
import { openPostgresSink } from "./sink.ts";
import { sinkTables } from "./tables.ts";

const { kafka, postgres } = await testServers(["kafka", "postgres"]);
const { bootstrap } = kafka;
const stream = transactionsStream as unknown as Topic;
const updates = customerUpdates as unknown as Topic;
const tables = sinkTables("EUR")
  .flatMap((sink) => sink.tables)
  .filter((t) => t.name === "transactions" || t.name === "customers");

const setUp = async () => {
  const { space, pool, config } = await testSpace(postgres.url);
  const admin = AdminPort.open(bootstrap);
  for (const topic of [stream, updates]) await admin.create(inSpace(space, topic.name), topic, 1);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const ids = openTopicIds(bootstrap, space);
  const said: string[] = [];
  const erasable = await erasableIn(pool);
  const start = (through = pool) => {
    const stop = new AbortController();
    const sink = openPostgresSink({
      name: "test-sink",
      tables,
      erasable,
      pool: through,
      address: "the test's Postgres",
      topicId: ids.of,
      recordMaxBytes: 1_000_000,
      readElsewhere: new Set(),
      say: (sentence) => said.push(sentence),
      bootstrap,
      space,
      slot: 0,
    });
    const ended = sink.run(stop.signal);
    return {
      ended,
      stop: () => {
        stop.abort();
        return ended;
      },
    };
  };
  const send = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const customer_id = `CUST-${i % 7}`;
      const value = { ...transactionsStream.example, customer_id, transaction_id: `t-${i}` };
      await writer.send(stream, customer_id, value);
    }
    await writer.flush();
  };
  const count = async () => {
    const asked = "select count(*)::int as n, count(distinct transaction_id)::int as d";
    const { rows } = await pool.query<{ n: number; d: number }>(`${asked} from transactions`);
    return rows[0];
  };
  const until = async (n: number) => {
    while ((await count()).n < n) await delay(5);
    assert.deepEqual(await count(), { n, d: n });
  };
  const close = async () => {
    await writer.close();
    ids.close();
    admin.close();
  };
  return { space, config, admin, said, start, send, count, until, writer, close };
};

test("given restarts and a Postgres that goes away, then every record has one row", async () => {
  const { config, start, send, until, said, close } = await setUp();
  const url = new URL(postgres.url);
  const line = await testLine({ host: url.hostname, port: Number(url.port) });
  url.port = String(line.port);
  const far = openPool({ ...config, databaseUrl: url.href });
  await send(0, 3_000);
  const first = start(far);
  await until(3_000);
  await line.cut();
  await send(3_000, 4_000);
  while (said.length === 0) await delay(5);
  await line.mend();
  await until(4_000);
  assert.match(said[0], /waits and tries again: Postgres does not answer at the test's Postgres/);
  await first.stop();
  await send(4_000, 4_500);
  const second = start(far);
  await until(4_500);
  await second.stop();
  await far.end();
  await close();
});

test("given the tombstone of a customer, then the customer's rows go", async () => {
  const { start, send, until, writer, count, close } = await setUp();
  await send(0, 70);
  const sink = start();
  await until(70);
  await writer.send(updates, "CUST-3", null);
  await writer.flush();
  while ((await count()).n > 60) await delay(5);
  assert.equal((await count()).n, 60);
  await sink.stop();
  await close();
});

test("given a topic that was made anew, then the sink ends with the sentence", async () => {
  const { space, admin, start, send, until, close } = await setUp();
  await send(0, 100);
  const first = start();
  await until(100);
  await first.stop();
  const name = inSpace(space, stream.name);
  await admin.remove(name);
  while ((await admin.topicNames()).includes(name)) await delay(20);
  await admin.create(name, stream, 1);
  await assert.rejects(start().ended, /was deleted and created anew/);
  await close();
});
