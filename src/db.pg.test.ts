import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { readConfig } from "./config.ts";
import { isUnreachable, migrate, openPool, patiently, postgresAddress } from "./db.ts";
import { testServers } from "./embedded/test-servers.ts";
import { testLine, testSpace } from "./embedded/test-space.ts";
import { Failure } from "./errors.ts";

const { postgres } = await testServers(["postgres"]);
const url = new URL(postgres.url);
const { pool, space } = await testSpace(postgres.url);

const folder = mkdtempSync(join(tmpdir(), "bellwether-sql-"));
after(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

const freshSpace = async () => (await testSpace(postgres.url)).space;
const failsWith = (code: string, mentions: string) => (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === code && thrown.message.includes(mentions);

test("given an up-to-date schema, when migrated again, then nothing is applied", async () => {
  assert.deepEqual(await migrate(pool, space), []);
  const { rows } = await pool.query("select file from applied_sql order by file");
  assert.equal(rows[0].file, "0001_read_model.sql");
});

test("given two processes that start at once, then each file is applied once", async () => {
  put("0001_things.sql", "create table things (id int)");
  const other = openPool(readConfig({ databaseUrl: postgres.url, space: `${space}b` }, {}));
  try {
    const both = await Promise.all([1, 2].map(() => migrate(other, `${space}b`, folder)));
    assert.deepEqual(both.flat(), ["0001_things.sql"]);
    put("0002_more.sql", "create table more (id int); insert into things values (1)");
    assert.deepEqual(await migrate(other, `${space}b`, folder), ["0002_more.sql"]);

    put("0003_broken.sql", "create table half (id int); select * from nowhere");
    const broken = failsWith("MIGRATION_FAILED", "sql/0003_broken.sql");
    await assert.rejects(migrate(other, `${space}b`, folder), broken);
    const { rows } = await other.query("select to_regclass('half') as half");
    assert.equal(rows[0].half, null, "nothing of a failed file is kept");

    rmSync(join(folder, "0003_broken.sql"));
    put("0001_things.sql", "create table things (id bigint)");
    const changed = failsWith("MIGRATION_CHANGED", "sql/0001_things.sql");
    await assert.rejects(migrate(other, `${space}b`, folder), changed);

    rmSync(join(folder, "0001_things.sql"));
    const unknown = failsWith("MIGRATION_UNKNOWN", "sql/0001_things.sql");
    await assert.rejects(migrate(other, `${space}b`, folder), unknown);
  } finally {
    await other.query(`drop schema space_${space}b cascade`);
    await other.end();
  }
});

test("given two spaces, then each sees its own tables and reads times as UTC", async () => {
  const mine = await freshSpace();
  assert.notEqual(mine, space);
  await pool.query(`insert into customer_features
    values ('only-here', '1', '{}', '{}', '2024-01-15T10:30:00')`);
  const there = openPool(readConfig({ databaseUrl: postgres.url, space: mine }, {}));
  const { rows } = await there.query("select count(*)::int as n from customer_features");
  await there.end();
  assert.equal(rows[0].n, 0);
  const here = await pool.query("select as_of from customer_features");
  assert.equal(here.rows[0].as_of.toISOString(), "2024-01-15T10:30:00.000Z");
});

test("given a lost Postgres, then work waits, says so once, and goes on after", async () => {
  const line = await testLine({ host: url.hostname, port: Number(url.port) });
  const through = new URL(postgres.url);
  through.port = String(line.port);
  const config = readConfig({ databaseUrl: through.href, space }, {});
  const far = openPool(config);
  const said: string[] = [];
  const patience = { address: postgresAddress(config), say: (s: string) => said.push(s) };
  try {
    const one = () => far.query<{ one: number }>("select 1 as one");
    await patiently(one, patience);
    assert.deepEqual(said, []);

    const held = await far.connect();
    await line.cut();
    await assert.rejects(held.query("select 1"), isUnreachable);
    held.release(true);
    const waiting = patiently(one, patience);
    while (said.length === 0) await delay(1);
    await line.mend();
    assert.equal((await waiting).rows[0].one, 1);
    assert.match(said[0], /^Postgres does not answer at 127.0.0.1:\d+\. Start it/);
    assert.match(said[1], /^Postgres answers again/);
    assert.equal(said.length, 2);
    assert.ok(!said.join().includes(config.databaseUrl!), "no secrets are said");
  } finally {
    await far.end();
  }
});

test("given a stop while Postgres is away, then the waiting ends", async () => {
  const config = readConfig({ databaseUrl: "postgres://a:b@127.0.0.1:1/none", space }, {});
  const far = openPool(config);
  const stop = new AbortController();
  const waiting = patiently(() => far.query("select 1"), {
    address: postgresAddress(config),
    say: () => stop.abort(),
    signal: stop.signal,
  });
  await assert.rejects(waiting, failsWith("POSTGRES_UNREACHABLE", "127.0.0.1:1"));
  await far.end();
});
