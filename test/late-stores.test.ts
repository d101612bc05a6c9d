import assert from "node:assert/strict";
import { test } from "node:test";
import { serverEnvironment } from "../src/embedded/servers.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { testLine } from "../src/embedded/test-space.ts";
import { launch } from "./launch.ts";
import { givenSpace, newFolder } from "./space.ts";

const servers = await testServers();
const postgresUrl = new URL(servers.postgres.url);
const toPostgres = await testLine({ host: "127.0.0.1", port: Number(postgresUrl.port) });
const toRedis = await testLine(servers.redis);
postgresUrl.port = String(toPostgres.port);
const spaceEnv = () =>
  givenSpace(servers, {
    ...serverEnvironment(servers),
    DATABASE_URL: postgresUrl.href,
    REDIS_PORT: String(toRedis.port),
    DATA_FOLDER: newFolder(),
    PORT: "0",
    SIMULATED_CUSTOMERS: "50",
    SIMULATED_HISTORY_DAYS: "20",
  }).env;
const times = (text: string, what: RegExp): number => [...text.matchAll(what)].length;

test("given no Postgres at the start, then up says so in one line, and waits for it", async () => {
  await toPostgres.cut();
  const up = launch(["up"], spaceEnv());
  await up.says(/Postgres does not answer at \S+ Start it.* Trying again until it does\./);
  await toPostgres.mend();
  await up.says(/Postgres answers again at/);
  await up.says(/History told/);
  assert.equal(times(up.err(), /Postgres does not answer/g), 1, up.err());
  assert.equal((await up.stop("SIGINT")).code, 0, up.err());
});

test("given no Redis at the start, then each process says so once, and goes on", async () => {
  await toRedis.cut();
  const up = launch(["up"], spaceEnv());
  await up.says(/Redis does not answer/);
  await up.says(/First prediction after/);
  await up.says(/History told/);
  await toRedis.mend();
  await up.says(/Redis answers again/);
  assert.ok(times(up.err(), /Redis does not answer/g) <= 2, up.err());
  assert.equal((await up.stop("SIGINT")).code, 0, up.err());
});
