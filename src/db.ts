import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Config } from "./config.ts";
import { backoffMs, Failure, failure, sentenceOf } from "./errors.ts";

export type Say = (sentence: string) => void;

type Addressed = Pick<
  Config,
  | "databaseUrl"
  | "postgresHost"
  | "postgresPort"
  | "postgresDb"
  | "postgresUser"
  | "postgresPassword"
  | "space"
>;

/** Each space has a schema of its own; the live space has the one that users look into first. */
export const schemaOf = (space: string): string => (space === "live" ? "public" : `space_${space}`);

const defaultPort = 5432;
const connectMaxMs = 5_000;
const idleMaxMs = 30_000;

/** host:port of the configured Postgres, without its secrets. */
export const postgresAddress = (config: Addressed): string => {
  if (config.databaseUrl === undefined)
    return `${config.postgresHost ?? "127.0.0.1"}:${config.postgresPort}`;
  try {
    const { hostname, port, searchParams } = new URL(config.databaseUrl);
    return `${hostname || searchParams.get("host") || "localhost"}:${port || defaultPort}`;
  } catch {
    return "the address in DATABASE_URL";
  }
};

/**
 * A pool whose every connection works in the space's schema and reads times without a zone as UTC.
 * Losing Postgres never ends the process: an idle connection that breaks is dropped, and whoever
 * asks next gets an error that `isUnreachable` knows.
 */
export const openPool = (config: Addressed, options: pg.PoolConfig = {}): pg.Pool => {
  const { databaseUrl, postgresHost, postgresPort, postgresDb } = config;
  const where =
    databaseUrl === undefined
      ? {
          host: postgresHost ?? "127.0.0.1",
          port: postgresPort,
          database: postgresDb,
          user: config.postgresUser,
          password: config.postgresPassword,
        }
      : { connectionString: databaseUrl };
  const schema = schemaOf(config.space);
  const pool = new pg.Pool({
    ...where,
    application_name: "bellwether",
    max: 5,
    keepAlive: true,
    connectionTimeoutMillis: connectMaxMs,
    // A session whose client vanished without a word must not hold its locks for ever.
    idle_in_transaction_session_timeout: idleMaxMs,
    onConnect: async (client) => {
      await client.query(`set search_path = ${schema}; set timezone = 'UTC'`);
    },
    ...options,
  });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
};

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
const lostConnection = /terminated|not queryable|timeout|closed|ended/i;

/**
 * Whether Postgres was away, starting, stopping or full, so that trying again can help: classes 08,
 * 53, 57P and code 25P03 of SQLSTATE, errors of the network, and what the driver says of a broken
 * connection.
 */
export const isUnreachable = (thrown: unknown): boolean => {
  if (thrown instanceof Failure) return thrown.code === "POSTGRES_UNREACHABLE";
  const { code, errors } = thrown as { code?: string; errors?: unknown[] };
  if (errors?.some(isUnreachable)) return true;
  if (code === undefined) return thrown instanceof Error && lostConnection.test(thrown.message);
  return networkCodes.has(code) || /^(08|53|57P0|25P03)/.test(code);
};

/** What `patiently` needs to know to wait for Postgres. */
export type Patience = { address: string; say: Say; signal?: AbortSignal };

/**
 * Does `work`, again and again with growing pauses while Postgres is away: said in one line when it
 * is lost and one when it is back. Throws POSTGRES_UNREACHABLE when the signal ends the waiting.
 */
export const patiently = async <T>(work: () => Promise<T>, patience: Patience): Promise<T> => {
  const { address, say, signal } = patience;
  for (let attempt = 0; ; attempt++) {
    try {
      const result = await work();
      if (attempt > 0) say(`Postgres answers again at ${address}.`);
      return result;
    } catch (thrown) {
      if (!isUnreachable(thrown)) throw thrown;
      const away = failure("POSTGRES_UNREACHABLE", address);
      if (attempt === 0) say(`${away.message} Trying again until it does.`);
      await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
      if (signal?.aborted) throw away;
    }
  }
};

/** Runs `work` in one transaction, which counts as a whole or, when it throws, not at all. */
export const transact = async <T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (thrown) {
    await client.query("rollback").catch((error: Error) => {
      broken = error;
    });
    throw thrown;
  } finally {
    client.release(broken);
  }
};

/** The folder with the numbered files of the read model. */
export const sqlFolder = fileURLToPath(new URL("../sql", import.meta.url));

type SqlFile = { name: string; text: string; hash: string };

const readSqlFiles = (folder: string): SqlFile[] =>
  readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      return { name, text, hash: hash("sha256", text, "hex") };
    });

/**
 * Brings a space's schema up to date: creates it, and applies the files of `folder` that it has not
 * seen, in order, each in a transaction of its own, while no other process does. A file that was
 * changed after it had been applied is refused. Returns the names of the files applied now.
 */
export const migrate = async (
  pool: pg.Pool,
  space: string,
  folder: string = sqlFolder,
): Promise<string[]> => {
  const schema = schemaOf(space);
  const files = readSqlFiles(folder);
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("select pg_advisory_lock(hashtext($1))", [`bellwether ${schema}`]);
    await client.query(`create schema if not exists ${schema}`);
    await client.query(
      `create table if not exists applied_sql (
         file text primary key, hash text not null, applied_at timestamptz not null default now())`,
    );
    const seen = await client.query<{ file: string; hash: string }>(
      "select file, hash from applied_sql order by file",
    );
    const todo = pending(files, new Map(seen.rows.map((r) => [r.file, r.hash])), schema);
    for (const file of todo) await apply(client, file);
    return todo.map((file) => file.name);
  } catch (thrown) {
    broken = thrown as Error;
    throw thrown;
  } finally {
    if (!broken) await client.query("select pg_advisory_unlock_all()").catch(() => {});
    client.release(broken);
  }
};

const pending = (files: SqlFile[], applied: Map<string, string>, schema: string): SqlFile[] => {
  const known = new Set(files.map((file) => file.name));
  for (const name of applied.keys())
    if (!known.has(name)) throw failure("MIGRATION_UNKNOWN", `sql/${name}`, schema);
  return files.filter((file) => {
    const before = applied.get(file.name);
    if (before !== undefined && before !== file.hash)
      throw failure("MIGRATION_CHANGED", `sql/${file.name}`, schema);
    return before === undefined;
  });
};

const apply = async (client: pg.PoolClient, file: SqlFile): Promise<void> => {
  try {
    await client.query("begin");
    await client.query(file.text);
    await client.query("insert into applied_sql (file, hash) values ($1, $2)", [
      file.name,
      file.hash,
    ]);
    await client.query("commit");
  } catch (thrown) {
    if (isUnreachable(thrown)) throw thrown;
    await client.query("rollback").catch(() => {});
    throw failure("MIGRATION_FAILED", `sql/${file.name}`, sentenceOf(thrown));
  }
};
