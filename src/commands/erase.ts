import { parseArgs } from "node:util";
import type pg from "pg";
import type { Config } from "../config.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure, sentenceOf } from "../errors.ts";
import { askErasure, carryOut, openProfileWriter } from "../ingest/profiles.ts";
import { allow } from "../keys.ts";
import type { Role } from "../serve/permissions.ts";
import { erasableIn } from "../sink/postgres/erasable.ts";
import { topicsOf } from "../space-setup.ts";
import { type Command, print } from "./command.ts";
import { holderOf, withTables } from "./keys.ts";
import { located } from "./run.ts";
import { type Traces, tracesOf } from "./traces.ts";

const usage = "erase <customer_id> --by <key> --reason <text>, or erase <id> --check";

const erasers: readonly Role[] = ["lead", "auditor", "admin"];

type Asked = { customer: string; by?: string; reason?: string; check: boolean; json: boolean };

const askedOf = (args: string[]): Asked => {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean", default: false } as const;
    const options = { by: text, reason: text, check: flag, json: flag };
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    const [customer, ...more] = positionals;
    if (customer && more.length === 0) return { customer, ...values };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `Use: ${usage}`);
  }
  throw failure("ARGUMENT_WRONG", "erase needs one customer", `Use: ${usage}`);
};

/**
 * `erase`: erases a customer from everything, for good. At once the tombstone goes out, on which
 * processors, tables, the fast copy and the archive forget; Kafka's own copies go with retention
 * and compaction, and it says by when. `--check` counts what is left.
 */
export const erase: Command = async (args, { config: given }) => {
  const asked = askedOf(args);
  const config = located(given);
  const bootstrap = config.kafkaBootstrapServers;
  if (asked.check) {
    locateServers(config, ["postgres", "redis"]);
    const traces = await tracesOf(config, bootstrap, asked.customer);
    if (asked.json) print(JSON.stringify(traces));
    else for (const line of traceLines(traces)) print(line);
    return 0;
  }
  const { customer, reason = "" } = asked;
  if (reason.trim().length < 3)
    throw failure("ARGUMENT_WRONG", "An erasure needs a reason", `Use: ${usage}`);
  return withTables(config, async (pool) => {
    const by = await personOf(pool, asked.by ?? config.bellwetherKey);
    await checkCustomer(pool, customer);
    const command = await askErasure(pool, { customer, by, reason });
    const writer = await openProfileWriter(bootstrap, config.space);
    try {
      await carryOut(pool, writer);
    } finally {
      await writer.close();
    }
    const later = laterStep(config);
    if (asked.json) print(JSON.stringify({ command, customer_id: customer, by, ...later }));
    else {
      print(`Command ${command}: the tombstone of ${customer} is written.`);
      print("Now: state, tables, the fast copy and the archive forget, as they read it.");
      print(`By ${later.gone_by}: Kafka's own copies are gone, by retention and compaction.`);
      print(`./bellwether erase ${customer} --check counts what is left.`);
    }
    return 0;
  });
};

/** The name of whoever has the key: one that may do all that its role may. */
const personOf = async (pool: pg.Pool, secret: string | undefined): Promise<string> => {
  const holder = await holderOf(pool, secret);
  allow(holder, erasers);
  return holder.name;
};

const checkCustomer = async (pool: pg.Pool, customer: string): Promise<void> => {
  for (const table of await erasableIn(pool)) {
    const { rowCount } = await pool.query(`select 1 from ${table} where customer_id = $1 limit 1`, [
      customer,
    ]);
    if (rowCount === 1) return;
  }
  throw failure("CUSTOMER_UNKNOWN", customer);
};

const weekMs = 7 * 86_400_000;

/** Segments close after a week at most, and are deleted as a whole. */
const laterStep = (config: Config) => {
  const kept = topicsOf(config).map(({ compacted, retentionMs }) => (compacted ? 0 : retentionMs));
  return { gone_by: new Date(Date.now() + Math.max(...kept) + weekMs).toISOString() };
};

const traceLines = ({ postgres, redis, archive, kafka }: Traces): string[] => {
  const counted = (of: Record<string, number>) =>
    Object.entries(of).map(([name, count]) => `${count} in ${name}`);
  const line = (place: string, found: string[]) =>
    `${place}: ${found.length === 0 ? "nothing" : found.join(", ")}`;
  return [
    line("Postgres", counted(postgres)),
    line("Redis", redis),
    line("Archive", counted(archive)),
    line(
      "Kafka",
      kafka.map(({ topic, records, gone_by }) =>
        gone_by === null
          ? `${records} in ${topic} until it is compacted`
          : `${records} in ${topic} until ${gone_by} at the latest`,
      ),
    ),
  ];
};
