import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { launch, until } from "../../test/launch.ts";
import { serverEnvironment } from "../embedded/servers.ts";
import { testServers } from "../embedded/test-servers.ts";
import { customerUpdates } from "../events/customer.ts";
import { AdminPort } from "../stream/admin.ts";
import { takeLock } from "../stream/lock.ts";
import { topic as topicOf } from "../stream/topic.ts";
import { openWriter } from "../stream/writer.ts";
import { commandLine } from "./test-command-line.ts";

/** A space of the file's own, emptied while there still is a broker. */
const space = `test${randomBytes(4).toString("hex")}`;
after(async () => {
  await inSpace("sql", `drop schema if exists space_${space} cascade`);
  const names = await admin.topicNames();
  for (const name of names) if (name.startsWith(`${space}.`)) await admin.remove(name);
  admin.close();
});
const servers = await testServers();
const folder = mkdtempSync(join(tmpdir(), "commands-test-"));
after(() => rmSync(folder, { recursive: true }));

/** As a user runs it, with our servers configured. */
const bellwether = (args: string[], input = "", env: Record<string, string> = {}) =>
  commandLine(args, { DATA_FOLDER: folder, ...serverEnvironment(servers), ...env }, input);

const environment = { DATA_FOLDER: folder, ...serverEnvironment(servers), SPACE: space };
const inSpace = (...args: string[]) => bellwether(args, "", environment);
const admin = AdminPort.open(servers.kafka.bootstrap);

const topic = `test-${randomBytes(4).toString("hex")}`;

test("given a query, then sql prints a table, or JSON, and only that", async () => {
  const query = "select 1 as one, 'two' as two, 12345678901234567890 as big";
  const table = await bellwether(["sql", query]);
  assert.match(
    table.out,
    /^one {2}two +big\n--- {2}--- {2}-+\n {2}1 {2}two {2}12345678901234567890\n$/,
  );
  assert.equal(table.code, 0);
  const json = await bellwether(["sql", "--json", "select 1 as one; select true as two"]);
  assert.deepEqual(JSON.parse(json.out), [{ one: 1 }, { two: true }]);
});

test("given a wrong query, then Postgres's sentence and exit code 1", async () => {
  const { code, out, err } = await bellwether(["sql", "selec 1"]);
  assert.deepEqual({ code, out }, { code: 1, out: "" });
  assert.match(err, /^Postgres says: syntax error at or near "selec" at character 1\.\n$/);
});

test("given a Postgres that is away, then its address is said, and no password", async () => {
  const url = "postgres://postgres:hidden@127.0.0.1:1/bellwether";
  const { code, err } = await bellwether(["sql", "select 1"], "", { DATABASE_URL: url });
  assert.equal(code, 1);
  assert.match(err, /^Postgres does not answer at 127\.0\.0\.1:1\. .*\n$/);
});

test("given a space, then sql asks it alone, and one that is not there is refused", async () => {
  assert.equal((await inSpace("keys", "list")).code, 0, "which makes its tables");
  const asked = await inSpace("sql", "select current_schemas(false)::text as found", "--json");
  assert.deepEqual(JSON.parse(asked.out), [{ found: `{space_${space}}` }]);
  const count = ["sql", "select count(*)::int as n from risk_scores", "--json"];
  assert.deepEqual(JSON.parse((await inSpace(...count)).out), [{ n: 0 }]);
  const { code, out, err } = await bellwether([...count, "--space", "nowhere"]);
  assert.deepEqual({ code, out }, { code: 2, out: "" });
  assert.match(err, /^There is no space "nowhere" in this Postgres\. Give one of live, .*\.\n$/);
});

test("given Kafka's tools, then input, output and exit code are theirs", async () => {
  const made = await bellwether(["kafka", "topics", "--create", "--topic", topic]);
  assert.deepEqual([made.code, made.out], [0, `Created topic ${topic}.\n`]);
  const again = await bellwether(["kafka", "topics", "--create", "--topic", topic]);
  assert.equal(again.code, 1);
  await bellwether(["kafka", "console-producer", "--topic", topic], "a\nb\n");
  const limits = ["--from-beginning", "--max-messages", "2", "--timeout-ms", "30000"];
  const read = await bellwether(["kafka", "console-consumer", "--topic", topic, ...limits]);
  assert.deepEqual([read.code, read.out], [0, "a\nb\n"]);
  const unknown = await bellwether(["kafka", "bogus"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /no tool "bogus" here\. Use acls, /);
});

test("given a space, then its topics are made, listed, and shown masked", async () => {
  const made = async () => JSON.parse((await inSpace("topics", "create", "--json")).out);
  const first = await made();
  assert.ok(first.topics > 20 && first.policies > 0, JSON.stringify(first));
  assert.deepEqual(await made(), { topics: 0, policies: 0 });
  const { bootstrap } = servers.kafka;
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  await writer.send(customerUpdates, "C1", { ...customerUpdates.example, customer_id: "C1" });
  await writer.close();
  const rows = JSON.parse((await inSpace("topics", "list", "--json")).out);
  assert.equal(rows.length, first.topics);
  const [profiles] = rows.filter((row: { topic: string }) =>
    row.topic.endsWith("customer-updates"),
  );
  assert.deepEqual([profiles.offsets, profiles.kept], [1, "compacted"]);
  const listed = await inSpace("topics", "list");
  assert.match(listed.out, /^topic +partitions +offsets +kept +says\n/);
  const tail = ["topics", "tail", "customer-updates", "--from-beginning", "--count", "1"];
  const { key, header, value } = JSON.parse((await inSpace(...tail, "--json")).out);
  assert.deepEqual([key, header.source, value.customer_id], ["C1", "test@1", "C1"]);
  assert.deepEqual([value.name, value.phone], ["***", "***"]);
  assert.match((await inSpace(...tail)).out, /^\d-0 +\S+Z C1 \{"customer_id":"C1"/);
  const unknown = await inSpace("topics", "tail", "bogus");
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /There is no topic "bogus"\. Run \.\/bellwether topics list/);
});

test("given the ACLs that roles need, then Kafka's own tool takes their commands", async () => {
  const lines = (await inSpace("topics", "acls", "--principal-prefix", "bw-")).out.split("\n");
  const [own] = lines.filter((line) => line.includes(" --transactional-id "));
  assert.match(
    own,
    /^\.\/bellwether kafka acls --add --allow-principal User:bw-\S+ --operation Write /,
  );
  const { code, err, out } = await bellwether(own.split(" ").slice(1));
  assert.notEqual(code, 0);
  assert.match(err + out, /SecurityDisabledException|No Authorizer is configured/);
  const acls = JSON.parse((await inSpace("topics", "acls", "--json")).out);
  const written = acls.filter((acl: { name: string }) => acl.name === `${space}.ticks`);
  assert.ok(written.some((acl: { role: string }) => acl.role === "clock"));
});

test("given a record that nobody has read, then lag shows it, also while it watches", async () => {
  const rows: Record<string, unknown>[] = JSON.parse((await inSpace("lag", "--json")).out);
  const of = (group: string, topic: string) =>
    rows.find((r) => r.group === `${space}.${group}` && r.topic === `${space}.${topic}`);
  assert.equal(of("feature-processor-group", "customer-updates")?.records, 1);
  assert.equal(of("feature-processor-group", "transactions-stream")?.records, 0);
  assert.match((await inSpace("lag")).out, /^group +topic +records +seconds\n/);
  const watching = launch(["lag", "--watch", "--json"], environment);
  await watching.says(/^\[\{.*\}\]\n\[\{.*\}\]\n/);
  assert.equal((await watching.stop("SIGINT")).code, 0, watching.err());
});

test("given a topic that has other partitions, then that is refused with the cure", async () => {
  const name = `${space}.ticks`;
  await admin.remove(name);
  await until("it is gone", async () => !(await admin.topicNames()).includes(name));
  await admin.create(name, topicOf("ticks", { partitions: 3 }) as never, 1);
  const { code, err } = await inSpace("topics", "create");
  assert.equal(code, 2);
  const refusal = /ticks has 3 partitions in Kafka, and 6 are needed\. Work in another space/;
  assert.match(err, refusal);
  const run = await inSpace("run", "feature-processor");
  assert.equal(run.code, 2, run.err);
  assert.match(run.err, refusal);
});

test("given servers that answer, then the doctor says so", async () => {
  const { out } = await bellwether(["doctor", "--json"]);
  const found: { what: string; state: string; says: string }[] = JSON.parse(out).found;
  for (const name of ["Kafka", "Postgres", "Redis"]) {
    const finding = found.find(({ what }) => what === name);
    assert.equal(finding?.state, "ok", name);
    assert.match(finding?.says ?? "", /\(configured\) answers$/);
  }
  assert.doesNotMatch(out, /bellwether@|:bellwether/);
});

test("given a server that is away, then the doctor finds it missing", async () => {
  const { code, out } = await bellwether(["doctor"], "", { REDIS_PORT: "1" });
  assert.equal(code, 1);
  assert.match(out, /MISSING {2}Redis +127\.0\.0\.1:1 \(configured\) does not answer/);
  assert.match(out, /To do: Redis: /);
});

test("given data, then reset asks, refuses while in use, and takes only what is ours", async () => {
  mkdirSync(join(folder, "data", "kafka"), { recursive: true });
  writeFileSync(join(folder, "thesis.txt"), "not ours");
  const unasked = await bellwether(["reset"]);
  assert.equal(unasked.code, 2);
  assert.match(unasked.err, /Pass --yes in a script/);
  const terminal = { NODE_OPTIONS: "--import=data:text/javascript,process.stdin.isTTY=true" };
  const refused = await bellwether(["reset"], "n\n", terminal);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /^This removes for good:\n {2}.*data\nGo on\? \[y\/N\] .*Nothing was rem/s,
  );
  assert.ok(existsSync(join(folder, "data", "kafka")));
  const lock = takeLock(folder, "servers");
  assert.ok("release" in lock);
  const used = await bellwether(["reset", "--yes"]);
  assert.equal(used.code, 1);
  assert.match(used.err, new RegExp(`Something runs here \\(process ${process.pid}\\)`));
  assert.ok(existsSync(join(folder, "data", "kafka")));
  lock.release();
  assert.equal((await bellwether(["reset", "--yes"])).code, 0);
  const left = readdirSync(folder).filter((name) => !name.startsWith("servers.lock."));
  assert.deepEqual(left, ["thesis.txt"]);
  mkdirSync(join(folder, "data"));
  assert.equal((await bellwether(["reset"], "y\n", terminal)).code, 0);
  assert.ok(!existsSync(join(folder, "data")));
});
