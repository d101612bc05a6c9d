import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Traces } from "../src/commands/traces.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { customerUpdates, transactionsStream } from "../src/events/topics.ts";
import { askErasure, carryOut } from "../src/ingest/profiles.ts";
import { Tombstones } from "../src/ingest/tombstones.ts";
import { closeRedis, openRedis } from "../src/redis.ts";
import { History } from "../src/sink/archive/history.ts";
import { readParquet } from "../src/sink/archive/parquet.ts";
import { listFiles, topicFolder } from "../src/sink/archive/place.ts";
import { archivedTopics } from "../src/sink/archive/topics.ts";
import { groupsOf } from "../src/space-setup.ts";
import { inSpace } from "../src/stream/space.ts";
import { declineOf, profileOf, transactionOf } from "./events.ts";
import { launch, until } from "./launch.ts";
import { readTopic } from "./read-topic.ts";
import { atEnd, caughtUp, lineGroups, openStage } from "./space.ts";

const stage = await openStage(await testServers(), { ARCHIVE_FILE_MAX_BYTES: "3000" });
const { writer, env, pool, config, space, bootstrap } = stage;
const folder = join(config.dataFolder, "archive");
const now = Date.now();
const victim = "VICTIM-1";
/** Erased while no processor runs, with transactions that none has read. */
const unread = "UNREAD-1";
const bystanders = Array.from({ length: 12 }, (_, n) => `BYSTANDER-${n}`);
/** What must be nowhere afterwards. */
const canaries = {
  name: "Canary Quillfeather",
  email: "canary.quillfeather@example.org",
  phone: "+420731999731",
  merchant: "MERCHANT-CANARY-9931",
};
const found = (text: string): string[] =>
  [victim, unread, ...Object.values(canaries)].filter((canary) => text.includes(canary));

const groups = groupsOf(config)
  .map(({ group }) => group.slice(inSpace(space, "").length))
  .filter((name) => name !== "overview-group");
const tombstones = new Tombstones({ bootstrap, space, groups: lineGroups });
atEnd(() => tombstones.close());
const hands = { pool, writer, tombstones };
const line = launch(["run", "line", "out", "archive", "profile-writer"], env);
for (const id of [victim, ...bystanders]) {
  const isVictim = id === victim;
  const { name, email, phone, merchant } = canaries;
  const about = isVictim ? { name, email, phone } : {};
  await writer.send(customerUpdates, id, { ...profileOf(id, now - 70 * 86_400_000), ...about });
  for (const one of declineOf(id, now)) {
    const merchant_id = isVictim ? merchant : one.merchant_id;
    await writer.send(transactionsStream, id, { ...one, merchant_id });
  }
}
/** Records about the customer that bear no key: they may lie in any partition. */
const keyless = 8;
for (let n = 0; n < keyless; n++) {
  const one = transactionOf(victim, `keyless-${n}`, now - 60_000);
  await writer.send(transactionsStream, null, { ...one, merchant_id: canaries.merchant });
}
await writer.flush();
await caughtUp(stage, groups);

const inPostgres = async (): Promise<string[]> => {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = current_schema() and table_type = 'BASE TABLE'`,
  );
  assert.ok(tables.length > 10, "all tables are looked at");
  const hits: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ text: string }>(`select t::text as text from ${name} t`);
    for (const { text } of rows) for (const canary of found(text)) hits.push(`${name}: ${canary}`);
  }
  return [...new Set(hits)];
};

const inRedis = async (): Promise<string[]> => {
  const redis = openRedis(config);
  try {
    await until("Redis answers", () => redis.status === "ready");
    const prefix = `${space}:`;
    const keys = (await redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length));
    assert.ok(keys.length > 10);
    const hits: string[] = [];
    for (const key of keys)
      for (const canary of found(`${key} ${await redis.get(key)}`)) hits.push(`${key}: ${canary}`);
    return hits;
  } finally {
    closeRedis(redis);
  }
};

const inArchive = async (): Promise<string[]> => {
  const hits: string[] = [];
  for (const { name } of archivedTopics)
    for (const { path } of await listFiles(topicFolder(folder, space, name)))
      for (const { key, value } of await readParquet(path))
        for (const canary of found(`${key} ${value}`)) hits.push(`${name}: ${canary}`);
  return [...new Set(hits)];
};

const inState = async (): Promise<string[]> => {
  const last = new Map<string, Buffer | null>();
  for (const name of ["feature-processor-group-customer", "intervention-service-group-contact"])
    for (const { key, value } of await readTopic(stage, {
      name: `${name}-changelog`,
      partitions: 6,
    }))
      last.set(`${name} ${key}`, value);
  assert.ok(last.size > bystanders.length);
  return [...last].flatMap(([place, value]) =>
    value === null ? [] : found(`${place} ${value.toString("latin1")}`),
  );
};

const run = async (
  ...args: string[]
): Promise<{ code: number | null; out: string; err: string }> => {
  const { ended, out, err } = launch(args, env);
  return { code: (await ended).code, out: out(), err: err() };
};
/** The keys of an auditor and of a lead. */
let ada = "";
let ben = "";
/** Who asked and agreed, and why: it names the customer, and is kept. */
const kept = ["access_log", "approvals", "profile_commands"].map((table) => `${table}: ${victim}`);

/** The erasure, as it waits for a second person. */
let approval = "";

const check = async (): Promise<Traces> =>
  JSON.parse((await run("erase", victim, "--check", "--json")).out);

test("given a customer with canaries, then they are in every store", async () => {
  const tables = await inPostgres();
  for (const [table, canary] of [
    ["customers", canaries.email],
    ["transactions", canaries.merchant],
    ["risk_scores", victim],
  ])
    assert.ok(tables.includes(`${table}: ${canary}`), `${table} has ${canary}: ${tables}`);
  assert.ok((await inRedis()).some((hit) => hit.includes(canaries.phone)));
  assert.ok((await inState()).length > 0);
  await until("the customer is filed", async () =>
    (await inArchive()).includes(`transactions-stream: ${canaries.merchant}`),
  );
  const traces = await check();
  assert.ok(traces.postgres.transactions > 20 && traces.archive["transactions-stream"] > 5);
  assert.equal(traces.redis.length, 3);
});

test("given no such person or customer, then it is refused with the cure", async () => {
  const ask = ["erase", victim, "--reason", "asked by letter"];
  const keyOf = async (name: string, role: string) =>
    (await run("keys", "create", "--name", name, "--role", role)).out.trim();
  ada = await keyOf("ada", "auditor");
  ben = await keyOf("ben", "lead");
  assert.match((await run(...ask)).err, /Nobody says who does this\. .*keys create makes one/);
  const byName = await run(...ask, "--by", "ada");
  assert.equal(byName.code, 2);
  assert.match(byName.err, /The key is not known, or was revoked/);
  const analyst = await run(...ask, "--by", await keyOf("bob", "analyst"));
  assert.match(analyst.err, /The role analyst may not do this; it takes lead, auditor, admin/);
  assert.match((await run("erase", victim, "--by", ada)).err, /An erasure needs a reason/);
  const unknown = await run("erase", "WHO", "--by", ada, "--reason", "asked by letter");
  assert.match(unknown.err, /There is no customer "WHO" in this space/);
});

test("given one person alone, then nothing is erased, and others are as before", async () => {
  const asked = await run("erase", victim, "--by", ada, "--reason", "asked by letter", "--json");
  assert.equal(asked.code, 0, asked.err);
  ({ approval_id: approval } = JSON.parse(asked.out));
  const alone = await run("erase", "--agree", approval, "--by", ada);
  assert.match(alone.err, /ada asked for this/);
  assert.equal(await carryOut(hands, 0), 0);
  const { err } = await run("erase", "--agree", "no-such", "--by", ben);
  assert.match(err, /Nothing was asked for under "no-such"/);
});

test("given the erasure, then no store knows the customer, and others are as before", async () => {
  const before = await pool.query("select count(*)::int as n from transactions");
  const of = await pool.query(
    "select count(*)::int as n from transactions where customer_id = $1",
    [victim],
  );
  const erased = await run("erase", "--agree", approval, "--by", ben);
  assert.equal(erased.code, 0, erased.err);
  assert.match(erased.out, /the tombstone of VICTIM-1 is written/);
  assert.match(erased.out, /By 20\d\d-.*: Kafka's own copies are gone/);
  await caughtUp(stage, groups);
  assert.deepEqual((await inPostgres()).toSorted(), kept);
  assert.deepEqual(await inRedis(), []);
  assert.deepEqual(await inArchive(), []);
  assert.deepEqual(await inState(), []);
  const after = await pool.query("select count(*)::int as n from transactions");
  assert.equal(after.rows[0].n, before.rows[0].n - of.rows[0].n);
});

test("given the erasure, then it says what Kafka holds still, and until when", async () => {
  const { postgres, redis, archive, kafka } = await check();
  assert.deepEqual([postgres, redis, archive], [{}, [], {}]);
  const byTopic = Object.fromEntries(kafka.map((trace) => [trace.topic, trace]));
  const transactions = byTopic["transactions-stream"];
  assert.equal(transactions.records, declineOf(victim, now).length + keyless);
  assert.equal(byTopic["dead-letters"].records, keyless);
  const goneBy = Date.parse(transactions.gone_by ?? "");
  assert.ok(goneBy > now + 7 * 86_400_000 && goneBy < now + 30 * 86_400_000);
  assert.equal(byTopic["customer-updates"].gone_by, null);
  const features = await readTopic(stage, { name: "customer-features", partitions: 6 });
  const last = features.filter(({ key }) => String(key) === victim).at(-1);
  assert.equal(last?.value, null, "the compacted vector goes as well");
});

test("given History of the space, then it is whole and without the customer", async () => {
  const history = await History.open({ folder, space, bootstrap });
  const keys = new Map<string | null, number>();
  for (const topic of archivedTopics)
    for (const part of await history.partitionsOf(topic))
      for await (const records of part.read())
        for (const { key } of records) keys.set(key, (keys.get(key) ?? 0) + 1);
  await history.close();
  assert.equal(keys.get(victim), undefined);
  for (const id of bystanders) assert.ok((keys.get(id) ?? 0) > declineOf(id, now).length);
});

test("given some time, then the tombstone is written once more, and that is all", async () => {
  assert.equal(await carryOut(hands, 0), 1);
  assert.equal(await carryOut(hands, 0), 0);
  const { rows } = await pool.query("select * from profile_commands");
  assert.deepEqual(
    rows.map((row) => [row.customer_id, row.asked_by, row.agreed_by, row.reason]),
    [[victim, "ada", "ben", "asked by letter"]],
  );
  assert.ok(rows[0].done_at && rows[0].repeated_at);
});

test("given a start of the sinks from what is stored, then nothing comes back", async () => {
  await line.stop("SIGTERM");
  const again = launch(["run", "line", "out", "archive"], env);
  await caughtUp(stage, groups);
  assert.deepEqual((await inPostgres()).toSorted(), kept);
  assert.deepEqual([...(await inRedis()), ...(await inArchive()), ...(await inState())], []);
  await again.stop("SIGTERM");
});

test("given a processor that was away, then the second tombstone waits for it", async () => {
  const out = launch(["run", "out", "archive"], env);
  await writer.send(customerUpdates, unread, profileOf(unread, now - 70 * 86_400_000));
  for (const one of declineOf(unread, now)) await writer.send(transactionsStream, unread, one);
  await writer.flush();
  await askErasure(pool, { customer: unread, by: "ada", reason: "asked by letter" });
  assert.equal(await carryOut(hands, 0), 1);
  assert.equal(await carryOut(hands, 0), 0, "nobody has read the first");
  assert.match((await run("erase", unread, "--check")).out, /Under way: a second tombstone/);
  const back = launch(["run", "line"], env);
  await caughtUp(stage, groups);
  const scored = await pool.query("select 1 from risk_scores where customer_id = $1", [unread]);
  assert.ok(scored.rows.length > 0, "it was scored after it was erased");
  assert.equal(await carryOut(hands, 0), 1);
  await caughtUp(stage, groups);
  const keptNow = [...kept, `profile_commands: ${unread}`].toSorted();
  assert.deepEqual((await inPostgres()).toSorted(), keptNow);
  assert.deepEqual([...(await inRedis()), ...(await inArchive()), ...(await inState())], []);
  await back.stop("SIGTERM");
  await out.stop("SIGTERM");
});
