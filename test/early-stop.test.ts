import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../src/config.ts";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import { testServers } from "../src/embedded/test-servers.ts";
import { createTables } from "../src/space-setup.ts";
import { isAlive, type ProcessId } from "../src/stream/lock.ts";
import { importSpace } from "./import-runs.ts";
import { launch, until } from "./launch.ts";
import { atEnd, newFolder } from "./space.ts";

const servers = await testServers();
const invented = join(import.meta.dirname, "fixtures/berka");
/** Nothing listens there. */
const nowhere = "127.0.0.1:1";
const lacking = [
  ["Kafka", { KAFKA_BOOTSTRAP_SERVERS: nowhere }],
  ["Postgres", { DATABASE_URL: `postgres://nobody@${nowhere}/nothing` }],
] as const;

/** A folder in which `up` starts servers of its own, and those that it runs there. */
const ownServers = () => {
  const folder = newFolder();
  atEnd(() => removeOutsideData(folder));
  const file = join(folder, "servers.json");
  const processes = (): ProcessId[] =>
    existsSync(file) ? Object.values(JSON.parse(readFileSync(file, "utf8")).processes) : [];
  return { env: { DATA_FOLDER: folder, PORT: "0" }, processes };
};

test("given Ctrl-C right after the first line, then up exits 0, nothing false said", async () => {
  const { env, processes } = ownServers();
  const up = launch(["up"], env);
  await up.says(/\S/);
  assert.equal((await up.stop("SIGINT")).code, 0, up.err());
  assert.doesNotMatch(up.err(), /does not answer|failed|\n\s+at /);
  await until("its servers have ended", () => !processes().some(isAlive));
});

test("given Ctrl-C while its servers start, then up exits 0 and none is left", async () => {
  const { env, processes } = ownServers();
  const up = launch(["up"], env);
  const started = await until("a server is started", () => {
    const found = processes();
    return found.length > 0 && found;
  });
  assert.equal((await up.stop("SIGINT")).code, 0, up.err());
  assert.doesNotMatch(up.err(), /does not answer|did not start|\n\s+at /);
  await until("all have ended", () => ![...started, ...processes()].some(isAlive));
});

for (const [name, away] of lacking) {
  const says = new RegExp(`${name} does not answer at .* Trying again until it does\\.`);

  test(`given Ctrl-C while up waits for ${name}, then it exits 0`, async () => {
    for (const args of [["up"], ["up", "--import", `berka:${invented}`, "--once"]]) {
      const up = launch(args, { ...importSpace(servers).env, ...away });
      await up.says(says);
      assert.equal((await up.stop("SIGINT")).code, 0, up.err());
      assert.equal(up.err().split("does not answer").length, 2, up.err());
    }
  });
}

test("given SIGTERM while roles wait for Kafka and Postgres, then they exit 0", async () => {
  for (const [name, away] of lacking) {
    const { env } = importSpace(servers);
    await createTables(readConfig({}, env), () => undefined);
    const roles = launch(["run", "sink", "overview", "notify"], { ...env, ...away });
    await roles.says(new RegExp(`${name} does not answer`));
    assert.equal((await roles.stop("SIGTERM")).code, 0, roles.err());
    assert.doesNotMatch(roles.err(), /in time|\n\s+at /);
  }
});

test("given SIGTERM while roles wait for their topics, then they exit 0 as soon", async () => {
  const { env } = importSpace(servers);
  await createTables(readConfig({}, env), () => undefined);
  const roles = launch(["run", "sink", "overview", "notify", "line"], env);
  await roles.says(/starts over: .* nobody leads it/);
  assert.equal((await roles.stop("SIGTERM")).code, 0, roles.err());
  assert.doesNotMatch(roles.err(), /in time|\n\s+at /);
});

test("given Ctrl-C while models are trained, then up exits 0", async () => {
  const up = launch(["up", "--import", `berka:${invented}`], importSpace(servers).env);
  await up.says(/Training five models/);
  assert.equal((await up.stop("SIGINT")).code, 0, up.err());
  assert.doesNotMatch(up.err(), /does not answer|\n\s+at /);
});
