import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { readConfig } from "../src/config.ts";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import { anyPorts, startServers } from "../src/embedded/servers.ts";
import { testLine } from "../src/embedded/test-space.ts";
import { interventionsStream } from "../src/events/intervention.ts";
import { predictionsStream } from "../src/events/prediction.ts";
import { inSpace } from "../src/stream/space.ts";
import type { Topic } from "../src/stream/topic.ts";
import { checkTables } from "./checks.ts";
import { Feeder } from "./feeder.ts";
import { endMaxMs, type Launched, launch, until } from "./launch.ts";
import { checkOutputs } from "./oracle.ts";
import { atEnd, caughtUp, lineGroups, newFolder, openStage, sinkGroups } from "./space.ts";

const dataFolder = newFolder();
const said: string[] = [];
const say = (line: string) => void said.push(line);
const servers = await startServers({
  config: readConfig({ dataFolder }, {}),
  ports: anyPorts,
  say,
});
atEnd(async () => {
  await servers.stop();
  removeOutsideData(dataFolder);
});
const postgresUrl = new URL(servers.postgres.url);
const toPostgres = await testLine({ host: "127.0.0.1", port: Number(postgresUrl.port) });
const toRedis = await testLine(servers.redis);
postgresUrl.port = String(toPostgres.port);
const stage = await openStage(servers, {
  DATABASE_URL: postgresUrl.href,
  REDIS_PORT: String(toRedis.port),
});
const { env, config, admin, space, pool } = stage;

const start = (...roles: string[]): Launched => launch(["run", ...roles], env);
let line = start("line");
let sink = start("sink", "archive");
const feeder = new Feeder(stage);
const groups = [...lineGroups, ...sinkGroups(config)];

afterEach(() => feeder.stop());

/** How long a topic is, open transactions and markers included; unknown: 0. */
const lengthOf = async ({ name, partitions }: Topic): Promise<number> => {
  const topic = inSpace(space, name);
  const parts = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const ends = await admin.endOffsets(parts).catch(() => new Map<string, number>());
  return [...ends.values()].reduce((sum, end) => sum + Math.max(0, end), 0);
};
const predicted = () => lengthOf(predictionsStream as Topic);
const decided = () => lengthOf(interventionsStream as Topic);
const scored = async (): Promise<number> => {
  const { rows } = await pool.query("select count(*)::int as n from risk_scores");
  return rows[0].n;
};
const grows = async (what: string, count: () => Promise<number>): Promise<void> => {
  const before = await count();
  const now = () => `line: ${line.err()}\nsink: ${sink.err()}\nservers: ${said.join("\n")}`;
  await until(
    () => `${what} grow beyond ${before}; ${now()}`,
    async () => (await count()) > before,
  );
};

const checkAll = async (): Promise<void> => {
  await caughtUp(stage, groups);
  await checkOutputs(stage);
  await checkTables(stage);
};

/** The same where a group's offset may stay behind the marker of a last transaction. */
const checkRows = async (): Promise<void> => {
  await caughtUp(stage, lineGroups);
  await checkOutputs(stage);
  let lacking: unknown;
  const isWhole = () =>
    checkTables(stage).then(
      () => true,
      (thrown) => {
        lacking = thrown;
        return false;
      },
    );
  await until(() => `the tables are whole: ${lacking}`, isWhole);
};

test("given customers, then they are introduced before the load begins", async () => {
  await feeder.introduce();
  await caughtUp(stage, groups);
});

test("given kill -9 of line and sink in mid-stream, then all is there exactly once", async () => {
  feeder.start();
  for (let kill = 0; kill < 2; kill++) {
    await grows("predictions", predicted);
    await line.stop("SIGKILL");
    line = start("line");
    await grows("rows", scored);
    await sink.stop("SIGKILL");
    sink = start("sink", "archive");
  }
  await until("ten decisions", async () => (await decided()) > 10);
  await grows("rows", scored);
  await feeder.stop();
  await checkAll();
});

test("given Ctrl-C under load, then each drains, exits 0 in time, goes on", async () => {
  feeder.start();
  await grows("rows", scored);
  const ends = await Promise.all([line.stop("SIGINT"), sink.stop("SIGINT")]);
  for (const [at, { code, ms }] of ends.entries()) {
    assert.equal(code, 0, [line, sink][at].err());
    assert.ok(ms < endMaxMs, `${Math.round(ms)} ms`);
  }
  [line, sink] = [start("line"), start("sink", "archive")];
  await grows("predictions", predicted);
  await grows("rows", scored);
  await feeder.stop();
  await checkAll();
});

const times = (text: string, what: RegExp): number => [...text.matchAll(what)].length;

test("given Postgres away under load, then it is said once and nothing is lost", async () => {
  feeder.start();
  await toPostgres.cut();
  const away = /-sink-group waits and tries again: Postgres does not answer at /g;
  await until("both sinks say so", () => times(sink.err(), away) >= 2);
  await grows("predictions", predicted);
  await toPostgres.mend();
  await until("both sinks are back", () => times(sink.err(), /works again\.$/gm) >= 2);
  await grows("rows", scored);
  await feeder.stop();
  await checkAll();
  assert.equal(times(sink.err(), away), 2, sink.err());
  assert.equal(times(sink.err(), /works again\.$/gm), 2, sink.err());
});

test("given Redis away under load, then it is said in one line and nothing is lost", async () => {
  feeder.start();
  await toRedis.cut();
  await sink.says(/Redis does not answer/);
  await grows("rows", scored);
  await toRedis.mend();
  await sink.says(/Redis answers again/);
  await feeder.stop();
  await checkAll();
  assert.equal(times(sink.err(), /Redis does not answer/g), 1, sink.err());
});

test("given a broker that is killed under load, then it is back and nothing is lost", async () => {
  feeder.start();
  await grows("predictions", predicted);
  process.kill(servers.kafka.pid as number, "SIGKILL");
  await until("Kafka is back", () => said.includes("Kafka is back."));
  assert.equal(said.filter((one) => /^Kafka ended/.test(one)).length, 1);
  await grows("predictions", predicted);
  await feeder.stop();
  await checkRows();
});

test("given SIGTERM while Kafka hangs, then the line ends in time and goes on later", async () => {
  feeder.start();
  await grows("predictions", predicted);
  process.kill(servers.kafka.pid as number, "SIGSTOP");
  const { code, ms } = await line.stop("SIGTERM").finally(() => {
    process.kill(servers.kafka.pid as number, "SIGCONT");
  });
  assert.equal(code, 0, line.err());
  assert.ok(ms < endMaxMs, `${Math.round(ms)} ms`);
  line = start("line");
  await grows("predictions", predicted);
  await feeder.stop();
  await checkRows();
});

test("given SIGTERM while Postgres is away, then line and sink still exit 0 in time", async () => {
  feeder.start();
  await toPostgres.cut();
  await grows("predictions", predicted);
  await feeder.stop();
  const ends = await Promise.all([line.stop("SIGTERM"), sink.stop("SIGTERM")]);
  for (const [at, { code, ms }] of ends.entries()) {
    assert.equal(code, 0, [line, sink][at].err());
    assert.ok(ms < endMaxMs, `${Math.round(ms)} ms`);
    assert.doesNotMatch([line, sink][at].err(), /\n\s+at /, "no stack trace");
  }
});
