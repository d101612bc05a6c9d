import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type pg from "pg";
import { type Config, readConfig } from "../src/config.ts";
import { openPool, schemaOf } from "../src/db.ts";
import { type Addresses, serverEnvironment } from "../src/embedded/servers.ts";
import { createTables, createTopics, groupsOf, seedPolicies } from "../src/space-setup.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { LagWatch, noneBehind } from "../src/stream/lag.ts";
import { inSpace } from "../src/stream/space.ts";
import { openWriter, type Writer } from "../src/stream/writer.ts";
import { until } from "./launch.ts";

/** A space with its topics, policies and tables; removed with all it holds after the file. */
export type Stage = {
  config: Config;
  space: string;
  bootstrap: string;
  /** For the processes that work in the space. */
  env: Record<string, string>;
  pool: pg.Pool;
  admin: AdminPort;
  writer: Writer;
  /** For a test that takes the broker away, which may leave the writer stuck. */
  reopenWriter: () => Promise<void>;
};

/** A name that no other run of the tests uses at the same time. */
const spaceName = (): string => `e2e${randomBytes(4).toString("hex")}`;

/** Undone after the file, the last first: hooks of their own would run side by side. */
const undo: (() => unknown)[] = [];
/** Adds what is to be done after the file, before everything that was added earlier. */
export const atEnd = (step: () => unknown): void => void undo.push(step);
after(async () => {
  for (const step of undo.reverse()) await step();
});

export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "bellwether-e2e-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** `env` goes to the processes alone, as for a server that they reach on another way. */
export const openStage = async (
  servers: Addresses,
  env: Record<string, string> = {},
): Promise<Stage> => {
  const space = spaceName();
  const { bootstrap } = servers.kafka;
  const own = { ...serverEnvironment(servers), DATA_FOLDER: newFolder(), SPACE: space, PORT: "0" };
  const config = readConfig({}, own);
  await createTopics(config, bootstrap);
  await seedPolicies(config, bootstrap);
  await createTables(config, () => undefined);
  const pool = openPool(config);
  const admin = AdminPort.open(bootstrap);
  const open = () => openWriter({ bootstrap, space, source: "test@1" });
  const stage: Stage = {
    config,
    space,
    bootstrap,
    env: { ...own, ...env },
    pool,
    admin,
    writer: await open(),
    reopenWriter: async () => {
      void stage.writer.close();
      stage.writer = await open();
    },
  };
  atEnd(async () => {
    await stage.writer.close();
    await clearSpace(pool, admin, space);
    admin.close();
    await pool.end();
  });
  return stage;
};

/** A name alone, for a command that makes the space; what it made is removed after the file. */
export const givenSpace = (servers: Addresses, env: Record<string, string>) => {
  const space = spaceName();
  const admin = AdminPort.open(servers.kafka.bootstrap);
  const pool = openPool(readConfig({}, { ...serverEnvironment(servers), SPACE: space }));
  atEnd(async () => {
    await clearSpace(pool, admin, space);
    admin.close();
    await pool.end();
  });
  return { space, admin, env: { ...env, SPACE: space } };
};

const clearSpace = async (pool: pg.Pool, admin: AdminPort, space: string): Promise<void> => {
  await pool.query(`drop schema if exists ${schemaOf(space)} cascade`).catch(() => undefined);
  const names = await admin.topicNames().catch(() => []);
  try {
    for (const name of names) if (name.startsWith(`${space}.`)) await admin.remove(name);
  } catch {
    // The broker was the file's own and is gone, and its data with it.
  }
};

/** Waits until these groups have read everything, several times in a row. */
export const caughtUp = async (stage: Stage, names: readonly string[]): Promise<void> => {
  const { config, bootstrap, admin, space } = stage;
  const wanted = new Set(names.map((name) => inSpace(space, name)));
  const groups = groupsOf(config).filter(({ group }) => wanted.has(group));
  if (groups.length !== names.length) throw new Error(`Not all are groups: ${names.join(", ")}`);
  const watch = new LagWatch(bootstrap, admin);
  let clear = 0;
  let behind: unknown;
  try {
    await until("the groups catch up", async () => {
      const lags = await watch.read(groups, Date.now()).catch(() => undefined);
      behind = lags?.filter(({ records }) => records > 0);
      clear = lags && noneBehind(groups, lags) ? clear + 1 : 0;
      return clear >= 3;
    });
  } catch (thrown) {
    throw new Error(`${(thrown as Error).message}: ${JSON.stringify(behind)}`);
  } finally {
    await watch.close();
  }
};

/** The names of the groups of the line and of what roles `sink` and `archive` write. */
export const lineGroups = ["feature-processor-group", "intervention-service-group"];
const otherGroups = ["overview-group", "notify-group"];
export const sinkGroups = (config: Config): string[] =>
  groupsOf(config)
    .map(({ group }) => group.slice(inSpace(config.space, "").length))
    .filter((name) => !lineGroups.includes(name) && !otherGroups.includes(name));
