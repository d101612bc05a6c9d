import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { failure } from "../errors.ts";
import { type PostgresHome, postgresHome } from "./postgres-home.ts";
import { askPostgres } from "./probe.ts";
import { tryRun } from "./step.ts";
import type { ServerPlan } from "./supervise.ts";

const run = promisify(execFile);
const host = "127.0.0.1";
const cleanEnv = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };

export type PostgresSite = {
  folder: string;
  port: number;
  user: string;
  password: string;
  database: string;
};

export const postgresUrl = (site: Omit<PostgresSite, "folder">, at = host): string => {
  const [user, password] = [site.user, site.password].map(encodeURIComponent);
  return `postgres://${user}:${password}@${at}:${site.port}/${encodeURIComponent(site.database)}`;
};

/** What initdb derives from the size of a segment, at the sizes of Postgres's own default. */
const walSizes = { min_wal_size: "80MB", max_wal_size: "4GB", wal_buffers: "4MB" };

const settings = (port: number): string[] =>
  Object.entries({
    listen_addresses: host,
    port,
    unix_socket_directories: "",
    wal_level: "logical",
    max_replication_slots: 8,
    max_wal_senders: 8,
    shared_buffers: "64MB",
    ...walSizes,
    maintenance_work_mem: "16MB",
    timezone: "UTC",
    log_timezone: "UTC",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);

/** Makes the cluster beside its folder and renames, so that a half-made one is never met. */
const makeCluster = async (home: PostgresHome, site: PostgresSite): Promise<void> => {
  const { uid, gid } = home;
  const draft = `${home.data}.draft`;
  const passwordFile = `${home.data}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, site.password, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined)
    for (const path of [draft, passwordFile]) chownSync(path, uid, gid);
  try {
    const options = { uid, gid, env: cleanEnv, cwd: "/" };
    const access = ["-U", site.user, "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
    const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
    // Until the first are used again, each segment is filled with zeros while all commits wait: a
    // stall of 80 ms for the usual 16 MB.
    const rest = ["--wal-segsize=1", "--encoding=UTF8", "--no-sync", "--no-instructions"];
    const args = ["-D", draft, ...access, ...locale, ...rest];
    await run(join(home.programs, "initdb"), args, options);
  } catch (thrown) {
    const { stderr = "", message } = thrown as Error & { stderr?: string };
    const why = stderr.trim().split("\n").at(-1) || message;
    throw failure("FAILED", `Postgres's folder ${home.data} could not be made: ${why}.`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, home.data);
};

/**
 * A kill -9 leaves postmaster.pid behind, and Postgres refuses to start while the pid in it lives,
 * whoever has it by now. It is removed when that process is not a Postgres of this folder.
 */
const removeStalePid = async (data: string): Promise<void> => {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
  let folder: string | undefined;
  try {
    folder = readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    const command = existsSync("/proc/self/cwd")
      ? ""
      : tryRun("ps", ["-o", "args=", "-p", `${pid}`]);
    if (command.includes(data)) folder = realpathSync(data);
  }
  if (folder !== realpathSync(data)) rmSync(file, { force: true });
};

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Makes the configured database where it is missing. */
export const ensureDatabase = async (site: PostgresSite): Promise<void> => {
  const { Client } = (await import("pg")).default;
  const client = new Client({ connectionString: postgresUrl({ ...site, database: "postgres" }) });
  await client.connect();
  try {
    const asked = "select 1 from pg_database where datname = $1";
    const { rowCount } = await client.query(asked, [site.database]);
    if (rowCount === 0) await client.query(`create database ${quoted(site.database)}`);
  } finally {
    await client.end();
  }
};

export const postgresPlan = async (site: PostgresSite): Promise<Omit<ServerPlan, "onProcess">> => {
  const home = postgresHome(site.folder);
  const { uid, gid, data } = home;
  mkdirSync(dirname(data), { recursive: true });
  if (!existsSync(join(data, "PG_VERSION"))) await makeCluster(home, site);
  chmodSync(data, 0o700);
  const own = realpathSync(data);
  const url = postgresUrl({ ...site, database: "postgres" });
  return {
    name: "Postgres",
    command: {
      file: join(home.programs, "postgres"),
      args: ["-D", data, ...settings(site.port)],
      log: join(site.folder, "log", "postgres.log"),
      // Fast shutdown: SIGTERM would wait for every client to leave.
      stopSignal: "SIGINT",
      env: cleanEnv,
      cwd: "/",
      uid,
      gid,
    },
    beforeStart: () => removeStalePid(data),
    answers: async () => {
      const answer = await askPostgres(url, 1_000);
      if (answer && "refused" in answer && /^(28|3D)/.test(answer.code))
        throw failure(
          "FAILED",
          "The embedded Postgres was made for another user or password " +
            `(${answer.refused}). Set POSTGRES_USER and POSTGRES_PASSWORD as they were, or ` +
            "run ./bellwether reset.",
        );
      return answer !== undefined && "dataFolder" in answer && answer.dataFolder === own;
    },
    startMaxMs: 60_000,
    stopMaxMs: 20_000,
  };
};
