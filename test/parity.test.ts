import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Parity } from "../src/commands/parity.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { transactionsStream } from "../src/events/topics.ts";
import type { Transaction } from "../src/events/transaction.ts";
import { noFaults } from "../src/ingest/simulate/faults.ts";
import { history } from "../src/ingest/simulate/history.ts";
import { people } from "../src/ingest/simulate/people.ts";
import type { Topic } from "../src/stream/topic.ts";
import { transactionOf } from "./events.ts";
import { launch } from "./launch.ts";
import { caughtUp, lineGroups, newFolder, openStage } from "./space.ts";

const stage = await openStage(await testServers(), { ARCHIVE_FILE_MAX_BYTES: "20000" });
const { writer, env, pool, config } = stage;
const dayMs = 86_400_000;
const end = Math.floor(Date.now() / dayMs) * dayMs;
const seed = 5;

const line = launch(["run", "line", "sink", "archive"], { ...env, DISORDER_MS: "0" });
const from = end - 100 * dayMs;
const faults = { ...noFaults, late: 0.02, duplicated: 0.02 };
const send = (key: string, value: Transaction, id: string) =>
  writer.send(transactionsStream, key, value, { time: Date.parse(value.txn_time), id });
const person = { gender: "F", date_of_birth: `${new Date(end).getUTCFullYear() - 45}-02-01` };
const sent = { late: 0, again: 0, elsewhere: 0 };
const ids = new Set<string>();
let newest = 0;
for (const { topic, key, value, time, id } of history(
  seed,
  people(seed, 40),
  from,
  end,
  [],
  faults,
)) {
  if (topic.name === "customer-updates")
    await writer.send(topic as Topic, key, { ...(value as object), ...person }, { time, id });
  if (topic.name === "outcomes") await writer.send(topic as Topic, key, value, { time, id });
  if (topic.name !== "transactions-stream") continue;
  const one = { ...(value as Transaction), source: "core" };
  if (time < newest) sent.late++;
  if (ids.has(id)) sent.again++;
  newest = Math.max(newest, time);
  ids.add(id);
  await send(key, one, id);
  if (ids.size % 10 > 0) continue;
  // A second source: every other time its own payment under the same id, else the same payment.
  const later = new Date(time + 3_600_000).toISOString();
  const own = ids.size % 20 === 0 ? { txn_time: later } : { transaction_id: `cards ${id}` };
  await send(key, { ...one, ...own, source: "cards" }, `cards ${id}`);
  sent.elsewhere++;
}
await writer.flush();
for (const [what, count] of Object.entries(sent)) assert.ok(count > 50, `${count} ${what}`);
const sinks = ["transactions-sink-group", "read-model-sink-group", "redis-sink-group"];
await caughtUp(stage, [...lineGroups, ...sinks, "archive-group"]);

const run = async (code: number, ...args: string[]): Promise<string> => {
  const { ended, out, err } = launch(args, env);
  assert.equal((await ended).code, code, err() + out());
  return out();
};
const parity = async (code: number): Promise<Parity> =>
  JSON.parse(await run(code, "features", "parity", "--sample", "100", "--json"));

test("given late, repeated and twofold records, then all agree with raw history", async () => {
  const result = await parity(0);
  assert.ok(result.sampled >= 30, JSON.stringify(result));
  assert.equal(result.share, 1, JSON.stringify(result));
  assert.equal(result.redis_differs, 0);
});

test("given stored values that are wrong, then they are named, and it fails", async () => {
  const [{ customer_id: id }] = (
    await pool.query("select customer_id from customer_features order by 1 limit 1")
  ).rows;
  await pool.query(
    `update customer_features set as_of = as_of + interval '1 second', features =
       jsonb_set(features, '{failed_txn_count_30d}', '77'), baselines =
       jsonb_set(baselines, '{failed_txn_count_30d}', '66') where customer_id = $1`,
    [id],
  );
  const result = await parity(1);
  assert.equal(result.agree, result.sampled - 1);
  assert.equal(result.by_feature.failed_txn_count_30d, 1);
  assert.equal(result.by_feature["failed_txn_count_30d, usual"], 1);
  const found = result.differences.find((one) => one.feature === "failed_txn_count_30d");
  assert.deepEqual([found?.customer_id, found?.stored], [id, 77]);
});

const exported = async (asOf: number, out = newFolder()): Promise<string> => {
  const said = await run(
    0,
    "features",
    "export",
    "--as-of",
    new Date(asOf).toISOString(),
    "--out",
    out,
  );
  assert.match(said, /^\d+ customers as of /);
  const about = JSON.parse(readFileSync(join(out, "features.json"), "utf8"));
  assert.equal(about.space, config.space);
  return readFileSync(join(out, "rows.ndjson"), "utf8");
};

test("given an export, then what came to pass and fairness can be told of its rows", async () => {
  const out = newFolder();
  const rows = (await exported(end - 40 * dayMs, out)).trim().split("\n");
  const labels = new Map<unknown, number>();
  for (const { label, groups } of rows.map((row) => JSON.parse(row))) {
    labels.set(label, (labels.get(label) ?? 0) + 1);
    assert.deepEqual(groups, { sex: "F", age: "40 to 49" });
  }
  assert.ok((labels.get(0) ?? 0) >= 20 && !labels.has(undefined), `${[...labels]}`);
  for (const row of (await exported(end - 20 * dayMs)).trim().split("\n"))
    assert.notEqual(JSON.parse(row).label, 0, "34 days after are not over yet");
  const file = join(out, "rows.ndjson");
  const model = "models/delinquency-2.json";
  const report = JSON.parse(await run(0, "model", "evaluate", model, "--rows", file, "--json"));
  const judged = rows.length - (labels.get(null) ?? 0);
  assert.equal(report.rows, judged);
  const groups = report.fairness.map((one: Record<string, unknown>) => [one.attribute, one.rows]);
  assert.deepEqual(Object.fromEntries(groups), { sex: judged, age: judged });
});

test("given later records, then an export as of a time before them is the same", async () => {
  const asOf = end - 40 * dayMs + 12 * 3_600_000;
  const before = await exported(asOf);
  const rows = before.trim().split("\n");
  assert.ok(rows.length >= 30, `${rows.length} rows`);
  for (const row of rows) {
    const { customer_id } = JSON.parse(row);
    const later = transactionOf(customer_id, `later ${customer_id}`, asOf + 1, { amount: 9_999 });
    await writer.send(transactionsStream, customer_id, later);
  }
  await writer.flush();
  assert.equal(await exported(asOf), before);
  assert.notEqual(await exported(asOf + 1), before);
  await line.stop("SIGTERM");
});
