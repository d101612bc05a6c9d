import { parseArgs } from "node:util";
import type pg from "pg";
import { processorsOf } from "../app.ts";
import type { Config } from "../config.ts";
import { locateServers } from "../embedded/servers.ts";
import { eraseAct, erasers, erasureWish } from "../erasure.ts";
import { failure, sentenceOf } from "../errors.ts";
import { carryOut, openProfileWriter } from "../ingest/profiles.ts";
import { openRecord } from "../ingest/record.ts";
import { Tombstones } from "../ingest/tombstones.ts";
import { allow, type KeyHolder } from "../keys.ts";
import { AccessLog } from "../serve/access-log.ts";
import { Approvals } from "../serve/approvals.ts";
import { customerGroups } from "../sources.ts";
import { topicsOf } from "../space-setup.ts";
import { type Command, print } from "./command.ts";
import { holderOf, withTables } from "./keys.ts";
import { located } from "./run.ts";
import { type Traces, tracesOf } from "./traces.ts";

const usage =
  "erase <customer_id> --by <key> --reason <text>, then erase --agree <approval> --by <another " +
  "person's key>, or erase <customer_id> --check";

type Asked = {
  customer?: string;
  agree?: string;
  by?: string;
  reason?: string;
  check: boolean;
  json: boolean;
};

const askedOf = (args: string[]): Asked => {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean", default: false } as const;
    const options = { by: text, reason: text, agree: text, check: flag, json: flag };
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    const [customer, ...more] = positionals;
    if ((customer === undefined) === (values.agree !== undefined) && more.length === 0)
      return { customer, ...values };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `Use: ${usage}`);
  }
  throw failure("ARGUMENT_WRONG", "erase needs one customer, or --agree", `Use: ${usage}`);
};

/**
 * `erase`: erases a customer from everything, for good, once one person has asked for it and
 * another agrees, here or in the console. At once the tombstone goes out, on which processors,
 * tables, the fast copy and the archive forget; Kafka's own copies go with retention and
 * compaction, and it says by when. `--check` counts what is left.
 */
export const erase: Command = async (args, { config: given }) => {
  const asked = askedOf(args);
  const config = located(given);
  const { customer, agree } = asked;
  if (customer !== undefined && asked.check) return check(config, customer, asked.json);
  return withTables(config, async (pool) => {
    const holder = await holderOf(pool, asked.by ?? config.bellwetherKey);
    allow(holder, [...erasers, "admin"]);
    const { kafkaBootstrapServers: bootstrap, space } = config;
    const record = openRecord({ bootstrap, space });
    const log = new AccessLog((topic, value) => record.put(topic, [value]));
    const approvals = new Approvals(pool, [eraseAct(pool)], log.acted);
    try {
      return agree === undefined
        ? await ask({ pool, holder, approvals }, customer as string, asked)
        : await agreeTo({ pool, holder, approvals }, agree, { config, json: asked.json });
    } finally {
      await record.close();
    }
  });
};

type Located = ReturnType<typeof located>;

const check = async (config: Located, customer: string, json: boolean): Promise<number> => {
  locateServers(config, ["postgres", "redis"]);
  const traces = await tracesOf(config, config.kafkaBootstrapServers, customer);
  if (json) print(JSON.stringify(traces));
  else for (const line of traceLines(traces)) print(line);
  return 0;
};

type Place = { pool: pg.Pool; holder: KeyHolder; approvals: Approvals };

const ask = async (
  { pool, holder, approvals }: Place,
  customer: string,
  { reason = "", json }: Asked,
): Promise<number> => {
  if (reason.trim().length < 3)
    throw failure("ARGUMENT_WRONG", "An erasure needs a reason", `Use: ${usage}`);
  const wish = await erasureWish(pool, { customer, reason });
  const { approval_id: id, expires_at } = await approvals.ask(wish, holder);
  if (json) print(JSON.stringify({ approval_id: id, customer_id: customer, expires_at }));
  else {
    print(`Asked for, as ${id}: nothing is erased yet.`);
    print(`Until ${expires_at} another person may agree, under Approvals in the console, or by`);
    print(`./bellwether erase --agree ${id} --by <their key>`);
  }
  return 0;
};

const agreeTo = async (
  { pool, holder, approvals }: Place,
  id: string,
  { config, json }: { config: Located; json: boolean },
): Promise<number> => {
  const { state, outcome, asked_by } = await approvals.agree(id, holder);
  if (state !== "done") throw failure("FAILED", outcome ?? "It was not carried out.");
  const { kafkaBootstrapServers: bootstrap, space } = config;
  const groups = customerGroups(processorsOf(config));
  const tombstones = new Tombstones({ bootstrap, space, groups });
  const writer = await openProfileWriter(bootstrap, space);
  try {
    await carryOut({ pool, writer, tombstones });
  } finally {
    tombstones.close();
    await writer.close();
  }
  const { rows } = await pool.query<{ seq: string; customer_id: string }>(
    "select seq, customer_id from profile_commands where approval_id = $1",
    [id],
  );
  const [{ seq, customer_id }] = rows;
  const later = laterStep(config);
  const by = { by: asked_by, agreed_by: holder.name };
  if (json) print(JSON.stringify({ command: Number(seq), customer_id, ...by, ...later }));
  else {
    print(`Command ${seq}: the tombstone of ${customer_id} is written.`);
    print("Now: state, tables, the fast copy and the archive forget, as they read it.");
    print(`By ${later.gone_by}: Kafka's own copies are gone, by retention and compaction.`);
    print(`./bellwether erase ${customer_id} --check counts what is left.`);
  }
  return 0;
};

const weekMs = 7 * 86_400_000;

/** Segments close after a week at most, and are deleted as a whole. */
const laterStep = (config: Config) => {
  const kept = topicsOf(config).map(({ compacted, retentionMs }) => (compacted ? 0 : retentionMs));
  return { gone_by: new Date(Date.now() + Math.max(...kept) + weekMs).toISOString() };
};

const traceLines = ({ postgres, redis, archive, kafka, under_way }: Traces): string[] => {
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
    ...(under_way
      ? ["Under way: a second tombstone follows, once all processors read the first."]
      : []),
  ];
};
