import assert from "node:assert/strict";
import { test } from "node:test";
import { openPool } from "../../db.ts";
import { testServers } from "../../embedded/test-servers.ts";
import { testLine, testSpace } from "../../embedded/test-space.ts";
import { Failure } from "../../errors.ts";
import { customerUpdates, predictionsStream, transactionsStream } from "../../events/topics.ts";
import type { Received } from "../../stream/reader.ts";
import type { Topic } from "../../stream/topic.ts";
import { erasableIn } from "./erasable.ts";
import { PostgresSink, type PostgresSinkOptions } from "./sink.ts";
import { sinkTables } from "./tables.ts";

const { postgres } = await testServers(["postgres"]);

const tables = sinkTables("EUR").flatMap((sink) => sink.tables);
const appendTime = Date.parse("2026-01-01T00:00:00Z");

const record = (
  topic: { name: string },
  offset: number,
  value: object | string | null,
): Received => {
  const key = (value as { customer_id?: string } | null)?.customer_id ?? "CUST-001";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const bytes = value === null ? null : Buffer.from(text);
  const place = { partition: 0, offset, header: undefined, appendTime };
  return { topic: topic as Topic, ...place, key, value: bytes };
};
const transaction = (offset: number, more: object = {}) =>
  record(transactionsStream, offset, {
    ...transactionsStream.example,
    transaction_id: `t-${offset}`,
    ...more,
  });
const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => transaction(from + i));

const part = { topic: "transactions-stream", partition: 0 };

const setUp = async (more: Partial<PostgresSinkOptions> = {}, url = postgres.url) => {
  const space = await testSpace(postgres.url);
  const pool = url === postgres.url ? space.pool : openPool({ ...space.config, databaseUrl: url });
  const said: string[] = [];
  const options: PostgresSinkOptions = {
    name: "test-sink",
    space: "live",
    tables,
    erasable: await erasableIn(space.pool),
    pool,
    address: "the test's Postgres",
    topicId: async () => "id-1",
    recordMaxBytes: 1_000_000,
    readElsewhere: new Set(),
    say: (sentence) => said.push(sentence),
    ...more,
  };
  const open = async (parts = [part]) => {
    const sink = new PostgresSink(options);
    return { sink, start: await sink.startAt(parts) };
  };
  const ask = async <T>(sql: string) => (await space.pool.query(sql)).rows as T[];
  const ids = async () =>
    (await ask<{ id: string }>("select transaction_id as id from transactions")).map((r) => r.id);
  return { ...space, pool, said, open, ask, ids };
};

const failsWith = (code: string) => (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === code;
const sorted = (ids: string[]) => ids.toSorted((a, b) => a.localeCompare(b, "en"));
const expected = (from: number, to: number) =>
  sorted(Array.from({ length: to - from }, (_, i) => `t-${from + i}`));

test("given a batch that comes twice, then each record has one row", async () => {
  const { open, ids } = await setUp();
  const { sink, start } = await open();
  assert.equal(start.get("transactions-stream-0"), 0);
  await sink.handle(range(0, 50));
  await sink.handle(range(0, 50));
  await sink.handle(range(30, 70));
  assert.deepEqual(sorted(await ids()), expected(0, 70));
  assert.equal((await open()).start.get("transactions-stream-0"), 70);
});

test("given a zombie with an old batch, then it rolls back and changes nothing", async () => {
  const { open, ask } = await setUp();
  const { sink: zombie } = await open();
  await zombie.handle(range(0, 10));
  const { sink: heir } = await open();
  // Other rows than the zombie has at these offsets, so that a single one of its would show.
  const changed = (n: number) => transaction(n, { category: "rent", transaction_id: `heir-${n}` });
  await heir.handle(range(10, 20).map((r) => changed(r.offset)));
  await zombie.handle(range(10, 20));
  const rows = await ask<{ category: string; n: number }>(
    "select category, count(*)::int as n from transactions group by 1 order by 1",
  );
  assert.deepEqual(rows, [
    { category: "groceries", n: 10 },
    { category: "rent", n: 10 },
  ]);
});

test("given two sinks that interleave, then nothing is lost or doubled", async () => {
  const { open, ids, ask } = await setUp();
  const [{ sink: one }, { sink: two }] = [await open(), await open()];
  await Promise.all([one.handle(range(0, 40)), two.handle(range(0, 60))]);
  await Promise.all([one.handle(range(40, 90)), two.handle(range(60, 80))]);
  assert.deepEqual(sorted(await ids()), expected(0, 90));
  const [{ next }] = await ask<{ next: string }>(
    "select next from sink_offsets where sink = 'transactions'",
  );
  assert.equal(next, "90");
});

test("given a topic made anew, then the sink refuses it at start and while it runs", async () => {
  let id = "id-1";
  const { open, ids } = await setUp({ topicId: async () => id });
  const { sink } = await open();
  await sink.handle(range(0, 10));
  id = "id-2";
  await assert.rejects(open(), failsWith("TOPIC_RECREATED"));
  await assert.rejects(sink.handle([transaction(0, { transaction_id: "new" })]), (thrown) => {
    assert.match((thrown as Failure).message, /^Topic transactions-stream was deleted and created/);
    return failsWith("TOPIC_RECREATED")(thrown);
  });
  assert.deepEqual(sorted(await ids()), expected(0, 10));
});

test("given an offset that was moved back, then the sink stops and a new one rereads", async () => {
  const { open, ids, ask } = await setUp();
  const { sink } = await open();
  await sink.handle(range(0, 10));
  await ask("update sink_offsets set next = 4");
  await ask("delete from transactions");
  await assert.rejects(sink.handle(range(10, 12)), failsWith("SINK_OFFSETS_MOVED"));
  const { sink: again, start } = await open();
  assert.equal(start.get("transactions-stream-0"), 4);
  await again.handle(range(4, 12));
  assert.deepEqual(sorted(await ids()), expected(4, 12));
});

test("given Postgres lost before and in a commit, then nothing is lost or doubled", async () => {
  const url = new URL(postgres.url);
  const line = await testLine({ host: url.hostname, port: Number(url.port) });
  url.port = String(line.port);
  const { open, ids, pool } = await setUp({}, url.href);
  try {
    const { sink } = await open();
    await sink.handle(range(0, 10));
    await line.cut();
    const batch = range(10, 20);
    await assert.rejects(sink.handle(batch), failsWith("POSTGRES_UNREACHABLE"));
    await line.mend();
    await sink.handle(batch);
    line.cutAfter("sink transactions");
    const hurt = range(20, 30);
    await assert.rejects(sink.handle(hurt), failsWith("POSTGRES_UNREACHABLE"));
    await sink.handle(hurt);
    // The commit gets through and its answer does not.
    line.cutAfter("commit");
    const unsure = range(30, 40);
    await assert.rejects(sink.handle(unsure), failsWith("POSTGRES_UNREACHABLE"));
    await sink.handle([...unsure, ...range(40, 45)]);
    assert.deepEqual(sorted(await ids()), expected(0, 45));
  } finally {
    await pool.end();
  }
});

test("given records that cannot be used, then they are named, without content", async () => {
  const { open, ask, ids, said } = await setUp();
  const { sink } = await open();
  const stream = transactionsStream;
  const canary = "canary-4711";
  await sink.handle([
    transaction(0),
    record(stream, 1, `{"customer_id":"${canary}`),
    record(stream, 2, null),
    transaction(3, { txn_time: "1900-01-01T00:00:00Z" }),
    { ...transaction(4), key: canary },
    // A character that JSON and JavaScript know and Postgres does not.
    transaction(5, { merchant_id: `${canary}\u0000` }),
    transaction(6),
  ]);
  assert.deepEqual(sorted(await ids()), ["t-0", "t-6"]);
  const dead = await ask<object>("select origin, processor, reason from dead_letters order by 1");
  const reasons = ["malformed_json", "tombstone", "time_out_of_range", "key_mismatch"];
  assert.deepEqual(
    dead,
    [...reasons, "value_refused_22P05"].map((reason, i) => ({
      origin: `transactions-stream-0-${i + 1}`,
      processor: "test-sink",
      reason,
    })),
  );
  assert.ok(!JSON.stringify([dead, said]).includes(canary));
});

test("given a topic that a processor reads too, then dead letters are not doubled", async () => {
  const { open, ask } = await setUp({ readElsewhere: new Set(["transactions-stream"]) });
  const { sink } = await open();
  await sink.handle([record(transactionsStream, 0, "{"), transaction(1)]);
  assert.deepEqual(await ask("select origin from dead_letters"), []);
});

test("given a new table on an old topic, then it begins at the beginning", async () => {
  const { open, ask, ids } = await setUp();
  await (await open()).sink.handle(range(0, 10));
  await ask("delete from sink_offsets");
  await ask("delete from transactions where transaction_id = 't-3'");
  const { sink, start } = await open();
  assert.equal(start.get("transactions-stream-0"), 0);
  await sink.handle(range(0, 10));
  assert.deepEqual(sorted(await ids()), expected(0, 10));
});

test("given an erasure, then no table holds a row of the customer, later ones may", async () => {
  const { open, ask } = await setUp();
  const topics = [transactionsStream, customerUpdates, predictionsStream];
  const { sink } = await open(topics.map(({ name }) => ({ topic: name, partition: 0 })));
  const profile = (offset: number, value: object | null) => record(customerUpdates, offset, value);
  const erasedId = customerUpdates.example!.customer_id;
  await sink.handle([transaction(0), profile(0, customerUpdates.example), transaction(1)]);
  const other = { ...customerUpdates.example, customer_id: "CUST-002" };
  await sink.handle([
    record(predictionsStream, 0, predictionsStream.example),
    profile(1, other),
    { ...profile(2, null), key: erasedId },
    transaction(2),
  ]);
  const count = async (name: string) =>
    ask<{ id: string }>(`select customer_id as id from ${name} order by 1`);
  assert.deepEqual(await count("customers"), [{ id: "CUST-002" }]);
  assert.deepEqual(await count("risk_scores"), []);
  assert.deepEqual(await count("transactions"), [{ id: erasedId }]);
});

test("given a sink that lies behind an erasure, then it brings nobody back", async () => {
  const { open, ids } = await setUp();
  const profiles = await open([{ topic: customerUpdates.name, partition: 0 }]);
  const tombstone = { ...record(customerUpdates, 0, null), appendTime: appendTime + 10 };
  await profiles.sink.handle([tombstone]);
  const { sink } = await open();
  const later = { ...transaction(2), appendTime: appendTime + 20 };
  const other = transaction(1, { customer_id: "CUST-002" });
  await sink.handle([transaction(0), other, later]);
  assert.deepEqual(sorted(await ids()), ["t-1", "t-2"]);
});
