import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { readConfig } from "../src/config.ts";
import { openPool } from "../src/db.ts";
import { findChromium } from "../src/embedded/chromium.ts";
import { buildConsole } from "../src/embedded/console.ts";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import { anyPorts, serverEnvironment, startServers } from "../src/embedded/servers.ts";
import { failure } from "../src/errors.ts";
import { createTables } from "../src/space-setup.ts";
import { type Bench, launcher, logFolder } from "./context.ts";
import { newSpace, prepareSpace, removeSpace, shelve } from "./line-setup.ts";
import { startedOn } from "./machine.ts";
import { lastWords, type Program, startProgram } from "./program.ts";

const startMaxMs = 60_000;

/** What is measured in a browser: an API with tables of its own, and somebody signed in. */
export type ConsoleStage = {
  name: string;
  fill?: (pool: pg.Pool) => Promise<void>;
  work: (at: { url: string; browser: Browser; context: BrowserContext }) => Promise<void>;
};

const startApi = async (bench: Bench, env: Record<string, string>) => {
  const log = join(logFolder, "bench-console-api.log");
  const args = ["run", "api"];
  const cpus = bench.pins.broker;
  const api: Program = startProgram({ name: "api", file: launcher, args, cpus, env, log });
  const until = Date.now() + startMaxMs;
  for (;;) {
    const url = /http:\/\/[\d.]+:\d+/.exec(api.output())?.[0];
    if (url !== undefined) return { api, url };
    if (api.hasEnded() || Date.now() > until)
      throw failure("FAILED", `The API did not start: ${lastWords(api)}`);
    await delay(50);
  }
};

/** A browser in which somebody has signed in. */
const comeIn = async (browser: Browser, url: string, env: Record<string, string>) => {
  const args = ["sign-in", "--name", "bench", "--role", "viewer", "--json"];
  const told = execFileSync(launcher, args, { env: { ...process.env, ...env } });
  const viewport = { width: 1_280, height: 800 };
  const context = await browser.newContext({ viewport, baseURL: url });
  const page = await context.newPage();
  await page.goto((JSON.parse(told.toString()) as { url: string }).url);
  await page.waitForURL(/\/console\//);
  await page.close();
  return context;
};

const inBrowser = async (
  { pins }: Bench,
  stage: ConsoleStage,
  { url, env }: { url: string; env: Record<string, string> },
) => {
  const args = ["--no-sandbox", "--disable-gpu"];
  // A browser has a process for its page and others beside it: one core is no user's machine.
  const browser = await startedOn(pins.two ?? pins.all, pins, () =>
    chromium.launch({ executablePath: findChromium(), args }),
  );
  try {
    const context = await comeIn(browser, url, env);
    await stage.work({ url, browser, context });
  } finally {
    await browser.close();
  }
};

/** Measures the console in Chromium, on an API in a space of its own. */
export const inConsole = async (bench: Bench, stage: ConsoleStage): Promise<void> => {
  const { say } = bench;
  const folder = join(bench.folder, stage.name);
  const need = ["postgres", "redis"] as const;
  const config = readConfig({}, {});
  const servers = await startedOn(bench.pins.broker, bench.pins, () =>
    startServers({ config, folder, need, ports: anyPorts, say }),
  );
  const space = newSpace();
  await prepareSpace(bench.bootstrap, space, shelve(bench.folder), 15);
  const env = {
    ...serverEnvironment({ postgres: servers.postgres, redis: servers.redis }),
    KAFKA_BOOTSTRAP_SERVERS: bench.bootstrap,
    SPACE: space,
    PORT: "0",
    DATA_FOLDER: join(bench.folder, "state"),
  };
  const own = readConfig({}, env);
  await createTables(own, say, bench.signal);
  await buildConsole(say);
  const pool = openPool(own);
  let api: Program | undefined;
  try {
    await stage.fill?.(pool);
    const started = await startApi(bench, env);
    api = started.api;
    await inBrowser(bench, stage, { url: started.url, env });
  } finally {
    await api?.stop();
    await pool.end();
    await servers.stop();
    removeOutsideData(folder);
    await removeSpace(bench.bootstrap, space);
  }
};
