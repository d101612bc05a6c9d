import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { readConfig } from "../src/config.ts";
import { openPool } from "../src/db.ts";
import { removeOutsideData } from "../src/embedded/postgres-home.ts";
import {
  anyPorts,
  type Servers,
  serverEnvironment,
  startServers,
} from "../src/embedded/servers.ts";
import { failure } from "../src/errors.ts";
import { Quantiles } from "../src/rules/quantiles.ts";
import { createTables } from "../src/space-setup.ts";
import { type Bench, launcher, logFolder, measureUndisturbed } from "./context.ts";
import { newSpace, prepareSpace, removeSpace, shelve } from "./line-setup.ts";
import { startedOn } from "./machine.ts";
import { lastWords, type Program, startProgram, usageOf } from "./program.ts";

/** Requests each second, of transactions each second, which the line works on meanwhile. */
const requestsPerS = 200;
const eventsPerS = 2_000;
const customersAsked = 1_000;
const waitMaxMs = 60_000;
/** The load tells of all its customers before it begins; its clients are cold for a moment. */
const loadWarmUpS = 5;

type Stand = {
  bench: Bench;
  pool: pg.Pool;
  env: Record<string, string>;
  /** Those that must not end. */
  programs: Program[];
};

const start = (stand: Stand, cpus: string | undefined, ...args: (string | number)[]): Program => {
  const name = args.slice(0, 2).join(" ");
  const log = join(logFolder, `bench-predict-${args[1]}.log`);
  return startProgram({ name, file: launcher, args, cpus, env: stand.env, log });
};

const waitFor = async <T>(
  { bench, programs }: Stand,
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> => {
  const until = Date.now() + waitMaxMs;
  for (;;) {
    bench.signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    const ended = programs.find((program) => program.hasEnded());
    if (ended) throw failure("FAILED", `${ended.name} ended: ${lastWords(ended)}`);
    if (Date.now() > until) throw failure("FAILED", `predict: no ${what} in time`);
    await delay(50);
  }
};

const post = (agent: Agent, url: string, customer: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(`${url}/predict`, { agent, method: "POST", headers }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    });
    sent.once("error", reject);
    sent.end(JSON.stringify({ customer_id: customer }));
  });

/** Asks at a steady rate, whatever comes back; times count from when each was meant to be sent. */
const ask = async (
  { bench }: Stand,
  url: string,
  customers: readonly string[],
  seconds: number,
): Promise<Record<string, number>> => {
  const agent = new Agent({ keepAlive: true });
  const times = new Quantiles();
  const statuses = new Map<number, number>();
  const under: Promise<void>[] = [];
  const total = requestsPerS * seconds;
  const began = performance.now();
  for (let sent = 0; sent < total; ) {
    bench.signal.throwIfAborted();
    const meant = began + (sent * 1_000) / requestsPerS;
    if (performance.now() < meant) {
      await delay(1);
      continue;
    }
    const asked = post(agent, url, customers[sent % customers.length]).catch(() => 0);
    const noted = asked.then((status) => {
      times.record(Math.round((performance.now() - meant) * 1_000));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    under.push(noted);
    sent++;
  }
  await Promise.all(under);
  agent.destroy();
  const answered = statuses.get(200) ?? 0;
  const ms = (q: number) => Math.round((times.at(q) ?? 0) / 10) / 100;
  return {
    sent: total,
    refused: total - answered,
    p50_ms: ms(0.5),
    p99_ms: ms(0.99),
    most_ms: ms(1),
  };
};

/** Of Postgres's log, what the warm-up and a round write, at least. */
const logMbFirst = 800;
const logMbPerRound = 400;

/**
 * Brings Postgres's log where it is on a server that has run for a while: its files are there and
 * are written anew, while on an empty one commits wait for each to be made.
 */
const fillLog = async (pool: pg.Pool, megabytes: number): Promise<void> => {
  for (let n = 0; n < megabytes; n++)
    await pool.query("select pg_logical_emit_message(false, 'bench', repeat('x', 1000000))");
  await pool.query("checkpoint");
};

const prepare = async (bench: Bench, servers: Servers, space: string): Promise<Stand> => {
  const shelf = shelve(bench.folder);
  await prepareSpace(bench.bootstrap, space, shelf, 15);
  const env = {
    ...serverEnvironment({ postgres: servers.postgres, redis: servers.redis }),
    KAFKA_BOOTSTRAP_SERVERS: bench.bootstrap,
    SPACE: space,
    PORT: "0",
    DATA_FOLDER: join(bench.folder, "state"),
    MODELS_FOLDER: shelf.folder,
  };
  const config = readConfig({}, env);
  await createTables(config, bench.say, bench.signal);
  const pool = openPool(config);
  await fillLog(pool, logMbFirst + logMbPerRound * bench.rounds);
  return { bench, pool, env, programs: [] };
};

const count = async (pool: pg.Pool, table: string): Promise<number> => {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return rows[0].n;
};

/** Waits until the load has run for its first seconds, by what it says of itself. */
const underWay = (stand: Stand, load: Program): Promise<true> =>
  waitFor(stand, "load", () => {
    const said = [...load.output().matchAll(/(\d+) sent, /g)].at(-1);
    return Number(said?.[1] ?? 0) >= loadWarmUpS * eventsPerS ? true : undefined;
  });

const round = async (stand: Stand, url: string, api: Program, seconds: number, seed: number) => {
  const { pool, bench } = stand;
  const size = ["--rate", eventsPerS, "--seconds", seconds + loadWarmUpS + 10, "--seed", seed];
  const load = start(stand, bench.pins.toolsOfOne, "load", "transactions", ...size, "--json");
  const customers = await waitFor(stand, "scored customer", async () => {
    const { rows } = await pool.query<{ id: string }>(
      "select customer_id as id from customer_features limit $1",
      [customersAsked],
    );
    return rows.length === customersAsked ? rows.map(({ id }) => id) : undefined;
  });
  await underWay(stand, load);
  const before = usageOf(api.pid);
  const figures = await ask(stand, url, customers, seconds);
  const { cpuS, maxRssMb } = usageOf(api.pid);
  await waitFor(stand, "empty outbox", async () =>
    (await count(pool, "outbox")) === 0 ? true : undefined,
  );
  await load.ended;
  return {
    ...figures,
    cpu_s: Math.round((cpuS - before.cpuS) * 100) / 100,
    max_rss_mb: Math.round(maxRssMb),
  };
};

/** `POST /predict` at a steady rate while the line works and the tables are written. */
export const measurePredict = async (bench: Bench): Promise<void> => {
  const { quick, rounds, say, pins } = bench;
  const folder = join(bench.folder, "predict");
  const config = readConfig({}, {});
  const need = ["postgres", "redis"] as const;
  const servers = await startedOn(pins.all, pins, () =>
    startServers({ config, folder, need, ports: anyPorts, say }),
  );
  const space = newSpace();
  const stand = await prepare(bench, servers, space);
  try {
    stand.programs.push(start(stand, pins.one, "run", "line"));
    stand.programs.push(start(stand, pins.all, "run", "out"));
    const api = start(stand, pins.all, "run", "api");
    stand.programs.push(api);
    const url = await waitFor(stand, "API", () => /http:\/\/[\d.]+:\d+/.exec(api.output())?.[0]);
    await round(stand, url, api, quick ? 5 : 60, 1);
    for (let number = 1; number <= rounds; number++)
      await measureUndisturbed(
        bench,
        { section: "predict", what: `${requestsPerS}/s`, who: "Bellwether", round: number },
        (attempt) => round(stand, url, api, quick ? 8 : 30, 1 + number + rounds * attempt),
      );
  } finally {
    for (const program of stand.programs.reverse()) await program.stop();
    await stand.pool.end();
    await servers.stop();
    removeOutsideData(folder);
    await removeSpace(bench.bootstrap, space);
  }
};
