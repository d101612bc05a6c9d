import assert from "node:assert/strict";
import { test } from "node:test";
import { serverEnvironment } from "../src/embedded/servers.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { testLine } from "../src/embedded/test-space.ts";
import { launch } from "./launch.ts";
import { givenSpace, newFolder } from "./space.ts";

const servers = await testServers();
const [host, port] = servers.kafka.bootstrap.split(":");
const line = await testLine({ host, port: Number(port) });
const bootstrap = `127.0.0.1:${line.port}`;
const { env } = givenSpace(servers, {
  ...serverEnvironment({ ...servers, kafka: { bootstrap, embedded: false } }),
  DATA_FOLDER: newFolder(),
  PORT: "0",
  SIMULATED_CUSTOMERS: "50",
  SIMULATED_HISTORY_DAYS: "20",
});

test("given no broker at the start, then up says so in one line, and waits for it", async () => {
  await line.cut();
  const up = launch(["up"], env);
  const away = `Kafka does not answer at ${bootstrap}\\. Start it.* Trying again until it does\\.`;
  await up.says(new RegExp(away));
  await line.mend();
  await up.says(/Kafka answers again at/);
  await up.says(/History told/);
  assert.equal(up.err().split("does not answer").length, 2, up.err());
  assert.equal((await up.stop("SIGINT")).code, 0, up.err());
});

test("given no broker at the start, then sinks, notify and overview wait for it", async () => {
  await line.cut();
  const back = launch(["run", "sink", "notify", "overview"], env);
  const groups = ["transactions-sink", "read-model-sink", "notify", "overview"];
  for (const group of groups)
    await back.says(new RegExp(`${group}-group starts over: Kafka does not answer at`));
  await line.mend();
  for (const group of groups) await back.says(new RegExp(`${group}-group reads again`));
  assert.equal((await back.stop("SIGTERM")).code, 0, back.err());
});
