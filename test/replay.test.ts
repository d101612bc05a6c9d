import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openPool } from "../src/db.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import type { Prediction } from "../src/events/prediction.ts";
import { isoTime } from "../src/events/time.ts";
import {
  customerUpdates,
  interventionsStream,
  notificationResults,
  notifications,
  outcomes,
  predictionsStream,
  transactionsStream,
} from "../src/events/topics.ts";
import { History } from "../src/sink/archive/history.ts";
import { listFiles, topicFolder } from "../src/sink/archive/place.ts";
import { readHeader } from "../src/stream/header.ts";
import type { Topic } from "../src/stream/topic.ts";
import { badInputs } from "./bad-input.ts";
import { declineOf, profileOf, transactionOf } from "./events.ts";
import { launch, until } from "./launch.ts";
import { readTopic, valuesOf } from "./read-topic.ts";
import { caughtUp, givenSpace, openStage } from "./space.ts";

const servers = await testServers();
const stage = await openStage(servers, { ARCHIVE_FILE_MAX_BYTES: "2000" });
const { writer, env, config, space } = stage;
const now = Date.now();
const dayMs = 86_400_000;
const archive = join(config.dataFolder, "archive");

const customers = Array.from({ length: 8 }, (_, n) => `C${n}`);
for (const [n, id] of customers.entries()) {
  await writer.send(customerUpdates, id, profileOf(id, now - 70 * dayMs));
  for (const one of declineOf(id, now - n * 3_600_000)) {
    // Without an id of its own a transaction is known by its origin.
    const { transaction_id, ...bare } = one;
    await writer.send(transactionsStream, id, n % 2 === 0 ? one : bare);
  }
  const late = transactionOf(id, `late ${id}`, now - 30 * dayMs);
  await writer.send(transactionsStream, id, late);
  // So often that one comes while a step waits for the one before it to cool off.
  for (let at = now - 20 * dayMs; at < now; at += dayMs / 2) {
    const cured = { ...outcomes.example, outcome: "payment_cured" as const, customer_id: id };
    const event_time = isoTime(at);
    await writer.send(outcomes, id, { ...cured, outcome_id: `${id} ${at}`, event_time });
  }
}
for (const { value, key } of badInputs)
  if (key !== null) {
    const bytes = value("C1", now);
    await writer.send(transactionsStream, "C1", null, { time: now, ...(bytes && { bytes }) });
  }
await writer.flush();
const sink = launch(["run", "sink", "archive"], env);
await caughtUp(stage, ["archive-group"]);
await until("some of it is filed", async () => {
  const files = await listFiles(topicFolder(archive, space, transactionsStream.name));
  return new Set(files.map(({ partition }) => partition)).size > 2;
});
await sink.stop("SIGTERM");

type Totals = Record<string, unknown> & { events: number; predictions: number };
const replayInto = async (target: string, ...more: string[]): Promise<Totals> => {
  const args = ["replay", "--of", space, "--space", target, "--json", ...more];
  const { ended, out, err } = launch(args, env);
  assert.equal((await ended).code, 0, err());
  return JSON.parse(out());
};

let first: { totals: Totals; space: string };
test("given two replays of one past, then outputs and states have the same hashes", async () => {
  const results: Totals[] = [];
  for (const _ of [1, 2]) {
    const { space: target } = givenSpace(servers, env);
    const totals = await replayInto(target);
    assert.equal(totals.space, target);
    first ??= { totals, space: target };
    results.push({ ...totals, space: "" });
  }
  assert.deepEqual(results[1], results[0]);
  assert.ok(results[0].predictions > 20, JSON.stringify(results[0]));
});

test("given a replay, then records lie where they lay, with their ids and origins", async () => {
  const placesOf = async (of: string, topic: Topic = transactionsStream as unknown as Topic) => {
    const records = await readTopic({ ...stage, space: of }, topic);
    return records.map(({ partition, key, value, headers }) => {
      const { id, origin } = readHeader(headers) ?? {};
      return [partition, String(key), String(value), id, origin];
    });
  };
  const replayed = await placesOf(first.space);
  const were = await placesOf(space);
  // What lay a day ahead of its time was refused then, and would count today.
  const ahead = were.length - replayed.length;
  assert.ok(ahead >= 0 && ahead <= badInputs.length, `${ahead} are lacking`);
  const ids = new Set(replayed.map(([, , , id]) => id));
  assert.deepEqual(
    replayed,
    were.filter(([, , , id]) => ids.has(id)),
  );
  const became = outcomes as unknown as Topic;
  const learned = await placesOf(first.space, became);
  assert.equal(learned.length, 40 * customers.length);
  assert.deepEqual(learned, await placesOf(space, became));
});

test("given messages that it would send, then they are over as they come, untold", async () => {
  const of = { ...stage, space: first.space };
  const wanted = await valuesOf(of, notifications);
  assert.ok(wanted.length > 0);
  const pool = openPool({ ...config, space: first.space });
  try {
    const { rows } = await pool.query("select state, count(*)::int from notifications group by 1");
    assert.deepEqual(rows, [{ state: "expired", count: wanted.length }]);
  } finally {
    await pool.end();
  }
  assert.deepEqual(await readTopic(of, notificationResults as unknown as Topic), []);
});

test("given outcomes, then decisions heed each at its time, whatever was scored when", async () => {
  const at = (target: string) => ({ ...stage, space: target });
  const decisions = await valuesOf(at(first.space), interventionsStream);
  const givenUp = decisions.filter(({ suppressed_by }) => suppressed_by === "payment_cured");
  assert.ok(givenUp.length > 0);
  const cured = await valuesOf(at(space), outcomes);
  const times = new Set(cured.map((one) => `${one.customer_id} ${one.event_time}`));
  for (const { customer_id, timestamp } of givenUp)
    assert.ok(times.has(`${customer_id} ${timestamp}`), `${customer_id} ${timestamp}`);
});

test("given a line over the past itself, then it predicts what the replay predicts", async () => {
  const line = launch(["run", "line"], { ...env, DISORDER_MS: "0" });
  await caughtUp(stage, ["feature-processor-group"]);
  await line.stop("SIGTERM");
  const byTransaction = (of: readonly Prediction[]) =>
    of.filter((one) => one.transaction_id !== null).map((one) => JSON.stringify(one));
  const live = byTransaction(await valuesOf(stage, predictionsStream));
  const replayed = byTransaction(
    await valuesOf({ ...stage, space: first.space }, predictionsStream),
  );
  assert.ok(live.length > 20);
  assert.deepEqual(replayed, live);
});

test("given times, then it begins with the profiles of then and ends before --to", async () => {
  const { space: target } = givenSpace(servers, env);
  const [from, to] = [now - 20 * dayMs, now - 10 * dayMs].map((ms) => new Date(ms).toISOString());
  await replayInto(target, "--from", from, "--to", to, "--speed", "100000000");
  const given = await readTopic({ ...stage, space: target }, customerUpdates);
  assert.deepEqual(given.map(({ key }) => String(key)).sort(), customers);
  const times = (await readTopic({ ...stage, space: target }, transactionsStream)).map(
    ({ headers }) => readHeader(headers)?.eventTime ?? 0,
  );
  assert.ok(times.length > 20);
  assert.ok(times.every((at) => at >= Date.parse(from) && at < Date.parse(to)));
});

test("given a replay into the live space or itself, then it is refused", async () => {
  for (const target of ["live", space]) {
    const { ended, err } = launch(["replay", "--of", space, "--space", target], env);
    assert.equal((await ended).code, 2);
    assert.match(err(), /needs a space of its own\. Name one with --space/);
  }
});

test("given the same replay again, then it says so and changes nothing", async () => {
  const again = await replayInto(first.space);
  assert.deepEqual(again, { ...first.totals, state: "already" });
});

test("given a file that only Kafka still holds, then History reads it there", async () => {
  const [file] = await listFiles(topicFolder(archive, space, transactionsStream.name));
  rmSync(file.path);
  const { bootstrap } = stage;
  const history = await History.open({ folder: archive, space, bootstrap });
  const [part] = await history.partitionsOf(transactionsStream as never);
  let count = 0;
  for await (const records of part.read()) count += records.length;
  await history.close();
  const lying = await readTopic(stage, transactionsStream);
  assert.equal(count, lying.filter(({ partition }) => partition === 0).length);
});
