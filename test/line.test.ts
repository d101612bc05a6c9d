import assert from "node:assert/strict";
import { test } from "node:test";
import { version } from "../src/config.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { deadLetters } from "../src/events/engine.ts";
import { interventionsStream } from "../src/events/intervention.ts";
import { type Prediction, predictionsStream } from "../src/events/prediction.ts";
import { customerUpdates } from "../src/events/topics.ts";
import { transactionsStream } from "../src/events/transaction.ts";
import { readHeader } from "../src/stream/header.ts";
import { partitionOf } from "../src/stream/partition.ts";
import type { Topic } from "../src/stream/topic.ts";
import { badInputs } from "./bad-input.ts";
import { checkDecisions, checkTables } from "./checks.ts";
import { declineOf, profileOf, transactionOf } from "./events.ts";
import { endMaxMs, launch, until } from "./launch.ts";
import { readTopic, valuesOf } from "./read-topic.ts";
import { caughtUp, lineGroups, openStage, sinkGroups } from "./space.ts";

const stage = await openStage(await testServers());
const { writer, pool, env, config } = stage;
const line = launch(["run", "line", "sink", "archive", "overview", "api"], env);
const [url] = await line.says(/http:\/\/[\d.]+:\d+/);
const groups = [...lineGroups, ...sinkGroups(config)];
const now = Date.now();

const get = async (path: string): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`${url}${path}`);
  return { status: answer.status, text: await answer.text() };
};
const send = <T>(topic: Topic<T>, key: string, value: T) => writer.send(topic, key, value);
const rows = async <R>(query: string, values: unknown[] = []): Promise<R[]> =>
  (await pool.query(query, values)).rows;
test("given a customer in decline, then predictions, decisions, rows and API tell it", async () => {
  await send(customerUpdates, "C1", profileOf("C1", now - 70 * 86_400_000));
  for (const one of declineOf("C1", now)) await send(transactionsStream, "C1", one);
  await writer.flush();
  await caughtUp(stage, groups);

  const predictions = await valuesOf(stage, predictionsStream);
  const decisions = await valuesOf(stage, interventionsStream);
  assert.ok(decisions.length > 0, "nothing was noticed");
  checkDecisions(predictions, decisions);
  assert.ok(predictions.some((one) => one.top_features.some(({ reason }) => reason.length > 10)));

  const [{ headers }] = await readTopic(stage, predictionsStream);
  assert.equal(readHeader(headers)?.source, `feature-processor@${version}`);

  await checkTables(stage);
  const [{ count }] = await rows<{ count: string }>("select count(*) from transactions");
  assert.equal(Number(count), declineOf("C1", now).length);
});

test("given the API, then a customer, its health and its metrics are answered", async () => {
  const { status, text } = await get("/customers/C1");
  assert.equal(status, 200, text);
  const answer = JSON.parse(text);
  const newest = (await valuesOf(stage, predictionsStream)).at(-1) as Prediction;
  assert.equal(answer.score.prediction_id, newest.prediction_id);
  assert.equal(answer.transactions.length, 20);
  for (const secret of ["Example Person", "person@example.org", "+420000000000"])
    assert.ok(!text.includes(secret), "personal data is masked");
  assert.equal((await get("/customers/NOBODY")).status, 404);

  const health = JSON.parse((await get("/health")).text);
  assert.deepEqual([health.status, health.space], ["healthy", stage.space]);
  const metrics = (await get("/metrics")).text;
  assert.match(
    metrics,
    /bellwether_processor_records_total\{processor="feature-processor"\} [1-9]/,
  );
  const lag = /bellwether_group_lag_seconds\{group="feature-processor-group"\} \d/;
  await until("its lag is known", async () => lag.test((await get("/metrics")).text));
  assert.match(metrics, /bellwether_predictions_total\{band="\w+"\} [1-9]/);
  assert.match(metrics, /bellwether_sink_rows_total\{sink=".+"\} [1-9]/);
});

/** A bad record and, behind it on the same partition, a good one of the same customer. */
const offered = badInputs.map((input, at) => {
  const customer = `BAD-${at}`;
  const { partitions } = transactionsStream;
  const partition = partitionOf(Buffer.from(customer), partitions);
  return { ...input, customer, partition, bytes: input.value(customer, now) };
});

test("given every bad input, then its own bytes and a reason are dead letters", async () => {
  for (const { customer, partition, bytes, key } of offered) {
    const given = { partition, time: now, ...(bytes === null ? {} : { bytes }) };
    await writer.send(transactionsStream, key === null ? null : customer, null, given);
    const good = transactionOf(customer, `good ${customer}`, now, { is_failed: true });
    await writer.send(transactionsStream, customer, good, { partition });
  }
  await writer.flush();
  await caughtUp(stage, groups);
  const inputs = await readTopic(stage, transactionsStream);
  const dead = (await readTopic(stage, deadLetters)).map((record) => {
    const why = record.headers?.find((header) => "dead" in header)?.dead;
    return { record, why: JSON.parse(String(why)) };
  });
  assert.equal(dead.length, offered.length, "one dead letter for each");
  for (const { name, reason, key, customer, bytes } of offered) {
    const found = dead.filter(({ record: { key: of, value }, why }) => {
      const same = key === null ? of === null || of.length === 0 : String(of) === customer;
      return same && why.reason === reason && (bytes === null) === (value === null);
    });
    assert.equal(found.length, 1, `${name}: one with reason ${reason}`);
    const [{ record, why }] = found;
    assert.ok(bytes === null || bytes.equals(record.value as Buffer), `${name}: the same bytes`);
    assert.equal(why.processor, "feature-processor");
    const from = inputs.find((r) => r.partition === why.partition && r.offset === why.offset);
    assert.ok(from, `${name}: its place in the input is named`);
    assert.deepEqual(record.headers?.[0], from.headers?.[0], `${name}: its headers are kept`);
  }
});

test("given every bad input, then the record behind each was worked on", async () => {
  const scored = new Set(
    (await valuesOf(stage, predictionsStream)).map((one) => one.transaction_id),
  );
  for (const { name, customer } of offered)
    assert.ok(scored.has(`good ${customer}`), `behind ${name}`);
  const found = await rows<{ customer_id: string; transaction_id: string }>(
    "select customer_id, transaction_id from transactions where customer_id like 'BAD-%'",
  );
  assert.deepEqual(
    found.map((row) => row.transaction_id).sort(),
    offered.map(({ customer }) => `good ${customer}`).sort(),
  );
  const reasons = await rows<{ reason: string; n: number }>(
    "select reason, count(*)::int as n from dead_letters group by 1 order by 1",
  );
  const counted = Map.groupBy(offered, ({ reason }) => reason);
  assert.deepEqual(
    Object.fromEntries(reasons.map(({ reason, n }) => [reason, n])),
    Object.fromEntries([...counted].map(([reason, of]) => [reason, of.length])),
  );
});

test("given a transaction twice, then the second is counted as a duplicate", async () => {
  const one = transactionOf("TWICE", "once", now, { is_failed: true });
  await send(transactionsStream, "TWICE", one);
  await send(transactionsStream, "TWICE", one);
  await writer.flush();
  await caughtUp(stage, groups);
  const about = (await valuesOf(stage, predictionsStream)).filter((p) => p.customer_id === "TWICE");
  assert.equal(about.length, 1);
  const [{ n }] = await rows<{ n: number }>(
    "select count(*)::int as n from transactions where customer_id = 'TWICE'",
  );
  assert.equal(n, 1);
  const counted =
    /reasons_total\{processor="feature-processor",kind="drop",reason="duplicate"\} 1\b/;
  await until("the duplicate is counted", async () => counted.test((await get("/metrics")).text));
});

test("given an erased customer, then a tombstone of the profile is no dead letter", async () => {
  const before = (await readTopic(stage, deadLetters)).length;
  await writer.send(customerUpdates, "C1", null, { time: now });
  await writer.flush();
  await caughtUp(stage, groups);
  assert.equal((await readTopic(stage, deadLetters)).length, before);
  await until("the customer is gone", async () => (await get("/customers/C1")).status === 404);
});

test("given SIGTERM, then it drains and exits 0 in time", async () => {
  const { code, ms } = await line.stop("SIGTERM");
  assert.equal(code, 0, line.err());
  assert.ok(ms < endMaxMs, `${Math.round(ms)} ms`);
  assert.doesNotMatch(line.err(), /\n\s+at /, "no stack trace");
});
