import { parseArgs } from "node:util";
import type pg from "pg";
import type { Config } from "../config.ts";
import { openPool, patiently, postgresAddress, schemaOf } from "../db.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure, sentenceOf } from "../errors.ts";
import { faultsOf } from "../ingest/simulate/faults.ts";
import { makePlan, type Plan } from "../ingest/simulate/planned.ts";
import { streamPlan } from "../ingest/simulate/stream-plan.ts";
import { DAY_MS } from "../rules/calendar.ts";
import { createTables, createTopics, seedPolicies } from "../space-setup.ts";
import { type Command, print, say } from "./command.ts";
import { orDrained, stopSignal } from "./up-stage.ts";

const usage =
  "For example: ./bellwether simulate transactions 100 1000, which sends 100 every second.";
/** The live space lives by the clock; a plan has a time of its own. */
const ownSpace = "simulated";
const sayEveryMs = 5_000;

const optionsOf = (args: string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: "boolean", default: false } },
    });
    const [what, batch, delayMs, ...more] = positionals;
    if (what !== "transactions" || delayMs === undefined || more.length > 0)
      throw new Error("simulate needs transactions, a batch and a delay in ms");
    const whole = (name: string, raw: string, low: number, high: number) => {
      if (/^\d+$/.test(raw) && +raw >= low && +raw <= high) return +raw;
      throw new Error(`${name} must be a whole number from ${low} to ${high}`);
    };
    return {
      batch: whole("The batch", batch, 1, 100_000),
      delayMs: whole("The delay", delayMs, 0, 86_400_000),
      json: values.json,
    };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), usage);
  }
};

/** One command at a time plans and streams in a space: the lock ends with the connection. */
const alone = async (pool: pg.Pool, space: string): Promise<pg.PoolClient> => {
  const client = await pool.connect();
  const name = `bellwether simulate ${schemaOf(space)}`;
  const { rows } = await client.query("select pg_try_advisory_lock(hashtext($1)) as mine", [name]);
  if (rows[0].mine) return client;
  client.release();
  throw failure("SPACE_BUSY", space);
};

/** Says a number at most every few seconds. */
const teller = (sentence: (count: number) => string) => {
  let told = performance.now();
  return (count: number): void => {
    if (performance.now() - told < sayEveryMs) return;
    told = performance.now();
    say(sentence(count));
  };
};

const planIn = (pool: pg.Pool, config: Config, signal: AbortSignal): Promise<Plan> => {
  const to = Date.now();
  const from = (Math.floor(to / DAY_MS) - config.simulatedHistoryDays) * DAY_MS;
  const { simulatedSeed: seed, simulatedCustomers: customers } = config;
  const { space } = config;
  const wish = { space, seed, customers, faults: faultsOf(config), from, to };
  const progress = teller((rows) => `${rows} rows of the plan are written …`);
  const address = postgresAddress(config);
  return patiently(() => makePlan(pool, wish, signal, progress), { address, say, signal });
};

/**
 * `simulate transactions <batch> <delay_ms>`: writes what happens to simulated people up to now to
 * the table `simulated_transactions` of a space, and streams it from there. An interrupted run is
 * continued where it stopped; a finished one goes on with what has happened since.
 */
export const simulate: Command = async (args, { config: given }) => {
  const { batch, delayMs, json } = optionsOf(args);
  const space = given.space === "live" ? ownSpace : given.space;
  const { kafka, postgres } = locateServers(given, ["kafka", "postgres"]);
  const { bootstrap } = kafka;
  const config: Config = { ...given, space, databaseUrl: postgres.url };
  const signal = stopSignal();
  return orDrained(signal, () => simulateIn(config, bootstrap, { batch, delayMs, json }, signal));
};

const simulateIn = async (
  config: Config,
  bootstrap: string,
  { batch, delayMs, json }: ReturnType<typeof optionsOf>,
  signal: AbortSignal,
): Promise<number> => {
  const { space } = config;
  await createTables(config, say, signal);
  await createTopics(config, bootstrap);
  await seedPolicies(config, bootstrap);
  const pool = openPool(config);
  try {
    const lock = await alone(pool, space);
    try {
      const plan = await planIn(pool, config, signal);
      if (!signal.aborted)
        say(`${plan.rows} rows in simulated_transactions of the space ${space}; streaming …`);
      const progress = teller((sent) => `${sent} of ${plan.rows} rows are sent …`);
      const options = { bootstrap, space, pool, plan, batch, delayMs, progress, say };
      const sent = signal.aborted ? 0 : await streamPlan(options, signal);
      if (json) print(JSON.stringify({ space, rows: plan.rows, sent, complete: plan.complete }));
      else if (signal.aborted && sent === 0) print("Stopped. The same command goes on from here.");
      else if (sent < plan.rows)
        print(`Stopped at ${sent} of ${plan.rows} rows. The same command goes on from here.`);
      else print(`All ${sent} rows are sent to the space ${space}.`);
      return 0;
    } finally {
      lock.release(true);
    }
  } finally {
    await pool.end();
  }
};
