import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { interventionsStream, transactionsStream } from "../../events/topics.ts";
import type { Received } from "../../stream/reader.ts";
import type { Topic } from "../../stream/topic.ts";
import { erasableIn } from "./erasable.ts";
import { PostgresSink } from "./sink.ts";
import { sinkTables } from "./tables.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const appendTime = Date.parse("2026-01-01T00:00:00Z");
const tables = sinkTables("CZK").flatMap((sink) => sink.tables);

const openSink = async (topics: Topic[]) => {
  const sink = new PostgresSink({
    name: "test-sink",
    space: "live",
    tables,
    erasable: await erasableIn(pool),
    pool,
    address: "",
    topicId: async () => "id",
    recordMaxBytes: 1_000_000,
    readElsewhere: new Set(),
    say: () => undefined,
  });
  await sink.startAt(topics.map(({ name }) => ({ topic: name, partition: 0 })));
  return sink;
};
type Example = Topic & { example: object };
const record = (topic: Topic, offset: number, value: unknown): Received => ({
  topic,
  partition: 0,
  offset,
  key: topic.keyOf?.(value) ?? "key",
  value: topic.write(value),
  header: undefined,
  appendTime,
});

test("given the example of each topic, then each table's row has every column right", async () => {
  const topics = [...new Set(tables.flatMap((t) => t.from.map((s) => s.topic)))] as Example[];
  const sink = await openSink(topics);
  const batch = topics.map((topic) => record(topic, 0, topic.example));
  const suppressed = { ...interventionsStream.example, status: "suppressed" };
  const id = { intervention_id: "INT-2", suppressed_by: "no_consent" };
  batch.push(record(interventionsStream as unknown as Topic, 1, { ...suppressed, ...id }));
  await sink.handle(batch);
  for (const { name, into, columns } of tables) {
    const shown = into === undefined ? "*" : Object.keys(columns);
    const { rows } = await pool.query(`select ${shown} from ${into ?? name}`);
    assert.equal(rows.length, name === "intervention_statuses" ? 2 : 1, name);
    assert.deepEqual(Object.keys(rows[0]).sort(), Object.keys(columns).sort(), name);
  }
  const [score] = (await pool.query("select * from risk_scores")).rows;
  assert.equal(score.risk_score, 0.75);
  assert.equal(score.risk_level, "HIGH");
  assert.equal(score.score_date.toISOString(), "2024-01-15T10:30:00.000Z");
  assert.equal(score.top_features[0].reason.slice(0, 12), "Savings fell");
  const [taken] = (await pool.query("select * from interventions")).rows;
  assert.equal(taken.status, "triggered");
  assert.equal(taken.intervention_type, "proactive_support");
  const [stopped] = (await pool.query("select * from suppressed_interventions")).rows;
  assert.equal(stopped.suppressed_by, "no_consent");
  const [profile] = (await pool.query("select * from customers")).rows;
  assert.equal(profile.profile.obligations[0].instalment, 200);
});

test("given a transaction that leaves out what it may, then the row has the defaults", async () => {
  const stream = transactionsStream as unknown as Topic;
  const sink = await openSink([stream]);
  const { customer_id, txn_time, txn_type, category, channel } = transactionsStream.example;
  const bare = { customer_id, txn_time, amount: 0.1, txn_type, category, channel, is_failed: true };
  const plain = record(stream, 1, { ...bare, txn_time: "2024-01-15T10:30:00" });
  const second = record(stream, 2, { ...bare, amount: 12345678901.23 });
  await sink.handle([plain, second]);
  const { rows } = await pool.query(
    "select * from transactions where account_id = 'default' order by amount",
  );
  assert.deepEqual(
    rows.map((r) => [r.amount, r.currency, r.posted, r.balance_after]),
    [
      ["0.1000", "CZK", false, null],
      ["12345678901.2300", "CZK", false, null],
    ],
  );
  assert.equal(rows[0].txn_time.toISOString(), "2024-01-15T10:30:00.000Z");
  assert.notEqual(rows[0].transaction_id, rows[1].transaction_id, "each place mints its own id");
});

test("given one id from two sources, then it is two transactions, however often told", async () => {
  const stream = transactionsStream as unknown as Topic;
  const sink = await openSink([stream]);
  const of = (source?: string) => ({ ...transactionsStream.example, transaction_id: "1", source });
  await sink.handle([record(stream, 20, of("core")), record(stream, 21, of("cards"))]);
  await sink.handle([record(stream, 22, of("core")), record(stream, 23, of())]);
  const { rows } = await pool.query(
    "select source from transactions where transaction_id = '1' order by source",
  );
  assert.deepEqual(
    rows.map(({ source }) => source),
    ["", "cards", "core"],
  );
});

test("given a decision that goes on, then its row follows and stays one", async () => {
  const stream = interventionsStream as unknown as Topic;
  const sink = await openSink([stream]);
  const step = { ...interventionsStream.example, intervention_id: "INT-9" };
  await sink.handle([
    record(stream, 5, step),
    record(stream, 6, { ...step, status: "sent" }),
    record(stream, 7, { ...step, status: "answered" }),
  ]);
  const { rows } = await pool.query(
    "select status from interventions where intervention_id = 'INT-9'",
  );
  assert.deepEqual(rows, [{ status: "answered" }]);
});

test("given a step put off, taken and refused, then one table has it, as it stands", async () => {
  const stream = interventionsStream as unknown as Topic;
  const sink = await openSink([stream]);
  const step = { ...interventionsStream.example, intervention_id: "INT-10" };
  const found = async () => {
    const { rows } = await pool.query(
      `select 'taken' as place, status from interventions where intervention_id = 'INT-10'
       union all
       select 'not taken', status from suppressed_interventions where intervention_id = 'INT-10'`,
    );
    return rows.map(({ place, status }) => `${place}: ${status}`);
  };
  await sink.handle([record(stream, 10, { ...step, status: "deferred" })]);
  assert.deepEqual(await found(), ["not taken: deferred"]);
  await sink.handle([
    record(stream, 11, { ...step, status: "triggered" }),
    record(stream, 12, { ...step, status: "rejected" }),
  ]);
  assert.deepEqual(await found(), ["taken: rejected"]);
  await sink.handle([
    record(stream, 13, { ...step, status: "deferred" }),
    record(stream, 14, { ...step, status: "triggered" }),
    record(stream, 15, { ...step, status: "suppressed" }),
  ]);
  assert.deepEqual(await found(), ["not taken: suppressed"]);
});

test("given a dead letter, then its place and reason are kept and its bytes are not", async () => {
  const topic = tables.find((t) => t.name === "dead_letters")!.from[0].topic;
  const sink = await openSink([topic]);
  const why = {
    reason: "amount_precision",
    detail: "…",
    processor: "feature-processor",
    topic: "transactions-stream",
    partition: 3,
    offset: 77,
  };
  const dead: Received = {
    ...record(topic, 9, Buffer.from("secret")),
    key: null,
    headers: [{ dead: Buffer.from(JSON.stringify(why)) }],
  };
  await sink.handle([dead, { ...dead, offset: 10, value: null }]);
  const { rows } = await pool.query("select * from dead_letters where processor <> 'unknown'");
  assert.deepEqual(rows, [
    {
      origin: "transactions-stream-3-77",
      processor: "feature-processor",
      reason: "amount_precision",
      at: new Date(appendTime),
      kept_at: "dead-letters-0-9",
    },
  ]);
});
