import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type Config, readConfig } from "../config.ts";
import { identify, isAlive, type ProcessId, takeLock } from "../stream/lock.ts";
import { classArchive, ensureTools, installFolder } from "./jars.ts";
import { freePort } from "./ports.ts";
import { removeOutsideData } from "./postgres-home.ts";
import { askKafka, askRedis } from "./probe.ts";
import {
  anyPorts,
  locateServers,
  type Servers,
  serverAnswers,
  serverEnvironment,
  serverNames,
  startServers,
} from "./servers.ts";

const folder = mkdtempSync(join(installFolder, "test-servers "));
after(() => {
  removeOutsideData(folder);
  rmSync(folder, { recursive: true });
});

/** No address configured: everything is embedded. */
const config: Config = readConfig({ dataFolder: folder }, {});
const said: string[] = [];
const say = (line: string) => void said.push(line);
const start = (ports = anyPorts) => startServers({ config, folder, ports, say });

const until = async (met: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await met())) await delay(20);
};

const ask = async (url: string, query: string): Promise<unknown[][]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: query, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
};

const answering = (servers: Servers) =>
  Promise.all(serverNames.map((name) => serverAnswers(name, servers)));

const pidsOf = (servers: Servers): ProcessId[] =>
  serverNames.map((name) => identify(servers[name].pid as number) as ProcessId);

const listen = (port: number): Promise<Server> =>
  new Promise((done) => {
    const server = createServer().listen(port, "127.0.0.1", () => done(server));
  });

/** A small broker, started from an archive of its classes. */
const checkKafka = async (pid: number): Promise<void> => {
  const settings = readFileSync(join(folder, "data", "kafka.properties"), "utf8").split("\n");
  for (const setting of [
    `log.cleaner.dedupe.buffer.size=${16 * 1024 * 1024}`,
    "log.message.timestamp.type=LogAppendTime",
    "auto.create.topics.enable=false",
    "message.max.bytes=12582912",
    "offsets.topic.num.partitions=1",
    "transaction.state.log.num.partitions=1",
  ])
    assert.ok(settings.includes(setting), `${setting} is not in\n${settings.join("\n")}`);
  const archive = classArchive(await ensureTools(say));
  assert.ok(statSync(archive).size > 1_000_000, "no classes are archived");
  const args = execFileSync("ps", ["-ww", "-o", "args=", "-p", `${pid}`], { encoding: "utf8" });
  for (const flag of ["-Xmx256m", "-XX:+UseSerialGC", `-XX:SharedArchiveFile=${archive}`])
    assert.ok(args.includes(` ${flag} `), `${flag} is not in ${args}`);
  if (process.platform === "linux")
    assert.ok(readFileSync(`/proc/${pid}/maps`, "utf8").includes(archive), "it is not used");
};

let clusterId: string | undefined;

test("given no address, when started, then all answer and are as they should be", async () => {
  const servers = await start();
  try {
    assert.deepEqual(await answering(servers), [true, true, true]);
    clusterId = (await askKafka(servers.kafka.bootstrap))?.clusterId;
    const { url } = servers.postgres;
    assert.deepEqual(await ask(url, "show wal_level"), [["logical"]]);
    assert.deepEqual(await ask(url, "select current_database(), lower('Ä')"), [
      ["bellwether", "ä"],
    ]);
    await ask(url, "create table kept as select 42 as answer");
    assert.deepEqual(
      await ask(url, "select current_setting('shared_buffers'), current_setting('timezone')"),
      [["64MB", "UTC"]],
    );
    await checkKafka(servers.kafka.pid as number);
    const redis = readFileSync(join(folder, "data", "redis.conf"), "utf8");
    assert.match(redis, /^bind 127\.0\.0\.1\n.*^save ""\nappendonly no\n/ms);
    assert.deepEqual(locateServers(config, serverNames).redis.port, servers.redis.port);
    assert.equal(serverEnvironment(servers).DATABASE_URL, url);
  } finally {
    const pids = pidsOf(servers);
    await servers.stop();
    assert.deepEqual(pids.map(isAlive), [false, false, false]);
  }
  assert.throws(() => locateServers(config, ["kafka"]), { code: "SERVER_MISSING" });
});

test("given a taken port, when started again, then data is there, at the next port", async () => {
  // Below the ports that connections of other tests are given, one of which would be the next one.
  const port = await freePort(21_000 + (process.pid % 500) * 10);
  const blocker = await listen(port);
  let servers: Servers | undefined;
  try {
    servers = await start({ kafka: port, postgres: 0, redis: 0 });
    assert.notEqual(servers.kafka.bootstrap, `127.0.0.1:${port}`);
    assert.match(said.join("\n"), new RegExp(`Port ${port} is taken; Kafka uses \\d+`));
    assert.equal((await askKafka(servers.kafka.bootstrap))?.clusterId, clusterId);
    assert.deepEqual(await ask(servers.postgres.url, "select answer from kept"), [[42]]);
  } finally {
    await servers?.stop();
    blocker.close();
  }
});

test("given servers that are killed, then each is back at its address", async () => {
  const servers = await start();
  try {
    const before = pidsOf(servers);
    for (const { pid } of before) process.kill(pid, "SIGKILL");
    await until(() => before.every((server) => !isAlive(server)));
    await until(async () => (await answering(servers)).every(Boolean));
    await until(() => said.filter((line) => / is back\.$/.test(line)).length >= 3);
    assert.deepEqual(await ask(servers.postgres.url, "select answer from kept"), [[42]]);
  } finally {
    await servers.stop();
  }
});

test("given running servers, when started once more, then the second joins them", async () => {
  const first = await start();
  try {
    const second = await start();
    assert.deepEqual(serverEnvironment(second), serverEnvironment(first));
    await second.stop();
    assert.deepEqual(await answering(first), [true, true, true]);
  } finally {
    await first.stop();
  }
});

test("given a start that is given up, then the one that waited starts the servers", async () => {
  const lock = takeLock(folder, "servers");
  assert.ok("release" in lock);
  const starting = startServers({ config, folder, ports: anyPorts, say, need: ["redis"] });
  await until(() => said.some((line) => /^Process \d+ starts the servers; waiting/.test(line)));
  lock.release();
  const servers = await starting;
  try {
    assert.equal(await askRedis(servers.redis), servers.redis.pid);
  } finally {
    await servers.stop();
  }
});

test("given one configured address, then the others alone are embedded", async () => {
  const own = readConfig({ dataFolder: folder, kafkaBootstrapServers: "kafka.example:9092" }, {});
  const servers = await startServers({ config: own, folder, ports: anyPorts, say });
  try {
    const embedded = serverNames.map((name) => [name, servers[name].embedded]);
    assert.deepEqual(Object.fromEntries(embedded), { kafka: false, postgres: true, redis: true });
    assert.deepEqual((await answering(servers)).slice(1), [true, true]);
    const { processes, addresses } = JSON.parse(readFileSync(join(folder, "servers.json"), "utf8"));
    assert.deepEqual(Object.keys(processes).sort(), ["postgres", "redis"]);
    assert.deepEqual(Object.keys(addresses).sort(), ["postgres", "redis"]);
  } finally {
    await servers.stop();
  }
});

test("given configured addresses, then nothing is started and nothing asked", async () => {
  const flags = {
    kafkaBootstrapServers: "kafka.example:9092",
    databaseUrl: "postgres://a:b@pg.example/c",
    redisHost: "redis.example",
  };
  const lines = readdirSync(folder);
  const servers = await startServers({ config: readConfig(flags, {}), folder, say });
  assert.equal(servers.kafka.bootstrap, "kafka.example:9092");
  assert.equal(servers.postgres.embedded, false);
  assert.deepEqual(readdirSync(folder), lines);
  await servers.stop();
});

test("given another password, when Postgres is started, then the cure is said", async () => {
  const other = { ...config, postgresPassword: "another" };
  await assert.rejects(
    startServers({ config: other, folder, ports: anyPorts, say, need: ["postgres"] }),
    /made for another user or password .* reset/,
  );
});

test("given a Redis password, then nobody gets in without it", async () => {
  const own = { ...config, redisPassword: 'a "b" c' };
  const servers = await startServers({
    config: own,
    folder,
    ports: anyPorts,
    say,
    need: ["redis"],
  });
  try {
    const { host, port } = servers.redis;
    assert.equal(await askRedis(servers.redis), servers.redis.pid);
    assert.equal(await askRedis({ host, port }), undefined);
  } finally {
    await servers.stop();
  }
});

/** A parent that starts the servers in the folder and stays. */
const parent = `
  const { startServers, anyPorts } = await import(process.argv[1] + "/embedded/servers.ts");
  const { readConfig } = await import(process.argv[1] + "/config.ts");
  const config = readConfig({ dataFolder: process.argv[2] }, {});
  await startServers({ config, ports: anyPorts, say: () => {} });
  console.log("ready");
  setInterval(() => {}, 1000);
`;

test("given a parent killed with -9, then no server stays, and data does", async () => {
  const args = ["--input-type=module", "-e", parent, join(import.meta.dirname, ".."), folder];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((done) => child.stdout.once("data", done));
  const joined = await start();
  const running = JSON.parse(readFileSync(join(folder, "servers.json"), "utf8"));
  const processes: ProcessId[] = Object.values(running.processes);
  assert.equal(processes.length, 3);
  child.kill("SIGKILL");
  assert.match((await joined.failed).message, /which ran the servers, has ended/);
  const servers = await start();
  try {
    assert.ok(!processes.some(isAlive));
    assert.deepEqual(await ask(servers.postgres.url, "select answer from kept"), [[42]]);
    assert.equal((await askKafka(servers.kafka.bootstrap))?.clusterId, clusterId);
  } finally {
    await servers.stop();
    await joined.stop();
  }
});
