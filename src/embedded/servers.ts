import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { type Failure, failure } from "../errors.ts";
import {
  holderOf,
  identify,
  isAlive,
  type ProcessId,
  takeLock,
  thisProcess,
  waitForLock,
} from "../stream/lock.ts";
import { ensureTools } from "./jars.ts";
import { kafkaPlan } from "./kafka.ts";
import { freePort } from "./ports.ts";
import { ensureDatabase, postgresPlan, postgresUrl } from "./postgres.ts";
import { askKafka, askPostgres, askRedis } from "./probe.ts";
import { redisPlan } from "./redis.ts";
import { type Say, type ServerPlan, type Supervised, supervise } from "./supervise.ts";

export type ServerName = "kafka" | "postgres" | "redis";
export const serverNames: readonly ServerName[] = ["kafka", "postgres", "redis"];

export type Addresses = {
  kafka: { bootstrap: string; embedded: boolean; pid?: number };
  postgres: { url: string; embedded: boolean; pid?: number };
  redis: { host: string; port: number; password?: string; embedded: boolean; pid?: number };
};

export type Servers = Addresses & {
  /** Ends, with the reason, when an embedded server can no longer be kept running. */
  failed: Promise<Failure>;
  /** Stops what this process started, in time; servers that it attached to go on. */
  stop: (withinMs?: number) => Promise<void>;
};

/** What `servers.json` holds: who runs the servers, which they are, and whether all answer. */
type Running = {
  owner: ProcessId;
  ready: boolean;
  processes: Partial<Record<ServerName, ProcessId>>;
  addresses: Partial<Addresses>;
};

const runningFile = (folder: string): string => join(folder, "servers.json");

const readRunning = (folder: string): Running | undefined => {
  try {
    return JSON.parse(readFileSync(runningFile(folder), "utf8"));
  } catch {
    return undefined;
  }
};

const writeRunning = (folder: string, running: Running): void => {
  const draft = `${runningFile(folder)}.draft`;
  writeFileSync(draft, JSON.stringify(running, undefined, 2), { mode: 0o600 });
  renameSync(draft, runningFile(folder));
};

/** The servers that the settings name; what is left out is to be embedded. */
export const configuredAddresses = (config: Config): Partial<Addresses> => {
  const { kafkaBootstrapServers, databaseUrl, postgresHost, redisHost } = config;
  const addresses: Partial<Addresses> = {};
  if (kafkaBootstrapServers !== undefined)
    addresses.kafka = { bootstrap: kafkaBootstrapServers, embedded: false };
  const url =
    databaseUrl ??
    (postgresHost && postgresUrl(postgresLogin(config, config.postgresPort), postgresHost));
  if (url) addresses.postgres = { url, embedded: false };
  if (redisHost !== undefined) {
    const { redisPort: port, redisPassword: password } = config;
    addresses.redis = { host: redisHost, port, password, embedded: false };
  }
  return addresses;
};

const postgresLogin = (config: Config, port: number) => ({
  port,
  user: config.postgresUser,
  password: config.postgresPassword,
  database: config.postgresDb,
});

/** The same addresses as the environment of a child process. */
export const serverEnvironment = (addresses: Partial<Addresses>): Record<string, string> => {
  const { kafka, postgres, redis } = addresses;
  return {
    ...(kafka && { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrap }),
    ...(postgres && { DATABASE_URL: postgres.url }),
    ...(redis && { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) }),
    ...(redis?.password !== undefined && { REDIS_PASSWORD: redis.password }),
  };
};

/** Whether the server at this address answers by its own protocol. */
export const serverAnswers = async (
  name: ServerName,
  addresses: Partial<Addresses>,
): Promise<boolean> => {
  const { kafka, postgres, redis } = addresses;
  if (name === "kafka" && kafka) return (await askKafka(kafka.bootstrap)) !== undefined;
  if (name === "redis" && redis) return (await askRedis(redis)) !== undefined;
  if (name !== "postgres" || !postgres) return false;
  const answer = await askPostgres(postgres.url);
  return answer !== undefined && "dataFolder" in answer;
};

/** What `up` runs in this folder at this moment; undefined when nothing does. */
export const runningServers = (folder: string): Partial<Addresses> | undefined => {
  const running = readRunning(folder);
  return running?.ready && isAlive(running.owner) ? running.addresses : undefined;
};

const variables: Record<ServerName, [name: string, variable: string]> = {
  kafka: ["Kafka", "KAFKA_BOOTSTRAP_SERVERS"],
  postgres: ["Postgres", "DATABASE_URL"],
  redis: ["Redis", "REDIS_HOST"],
};

/**
 * Where the servers are, for a command that uses but does not start them: configured, or run by
 * `up` in this folder. Throws SERVER_MISSING for one of `need` that is neither.
 */
export const locateServers = <N extends ServerName>(
  config: Config,
  need: readonly N[],
): Pick<Addresses, N> => {
  const found = { ...runningServers(config.dataFolder), ...configuredAddresses(config) };
  for (const name of need) if (!found[name]) throw failure("SERVER_MISSING", ...variables[name]);
  return found as Pick<Addresses, N>;
};

const never = new Promise<Failure>(() => undefined);
const answerMaxMs = 60_000;

/**
 * The addresses of another process's servers once they answer. While it sets up and starts them
 * this waits, as it has limits of its own; undefined when it lets go of them instead.
 */
const awaitServers = async (
  folder: string,
  owner: ProcessId,
  wanted: ServerName[],
  say: Say,
): Promise<Partial<Addresses> | undefined> => {
  const holds = () => {
    const holder = holderOf(folder, "servers");
    return holder?.pid === owner.pid && holder.started === owner.started;
  };
  let readySince: number | undefined;
  for (let said = false; holds(); await delay(100)) {
    const running = readRunning(folder);
    const ours = running?.ready && running.owner.pid === owner.pid ? running.addresses : undefined;
    if (ours === undefined) {
      if (!said) say(`Process ${owner.pid} starts the servers; waiting for it.`);
      said = true;
      readySince = undefined;
      continue;
    }
    readySince ??= performance.now();
    const answers = await Promise.all(wanted.map((name) => serverAnswers(name, ours)));
    const absent = wanted.find((name) => !ours[name]);
    if (absent) throw failure("SERVER_MISSING", ...variables[absent]);
    if (answers.every(Boolean)) return ours;
    if (performance.now() - readySince > answerMaxMs)
      throw failure(
        "FAILED",
        `The servers of process ${owner.pid} do not answer. Stop that process and try again.`,
      );
  }
  return undefined;
};

/** Joins the servers of another process, and ends when that process does. */
const attach = (
  found: Partial<Addresses>,
  owner: ProcessId,
  configured: Partial<Addresses>,
): Servers => {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<Failure>((resolve) => {
    const look = () => {
      if (isAlive(owner)) return;
      clearInterval(timer);
      resolve(failure("FAILED", `Process ${owner.pid}, which ran the servers, has ended.`));
    };
    timer = setInterval(look, 1_000).unref();
  });
  const stop = async () => clearInterval(timer);
  return { ...(found as Addresses), ...configured, failed, stop };
};

const leftoverMaxMs = 12_000;

/** Servers whose owner was killed are being stopped by their guards; waits until they are gone. */
const awaitLeftovers = async (folder: string, say: Say): Promise<void> => {
  const left = Object.values(readRunning(folder)?.processes ?? {});
  const alive = () => left.filter(isAlive);
  if (alive().length > 0) say("Waiting for the servers of an earlier run to end …");
  const deadline = performance.now() + leftoverMaxMs;
  while (alive().length > 0 && performance.now() < deadline) await delay(50);
  for (const { pid } of alive()) process.kill(pid, "SIGKILL");
  while (alive().length > 0) await delay(50);
};

export type Ports = Record<ServerName, number>;
export const defaultPorts: Ports = { kafka: 9092, postgres: 5432, redis: 6379 };
/** Any free ones, as the system gives them. */
export const anyPorts: Ports = { kafka: 0, postgres: 0, redis: 0 };

const choosePorts = async (
  wanted: ServerName[],
  ports: Ports,
  say: Say,
): Promise<Ports & { controller: number }> => {
  const taken = new Set<number>();
  const chosen = { ...ports, controller: 0 };
  const choose = async (first: number): Promise<number> => {
    const port = await freePort(first, taken);
    taken.add(port);
    return port;
  };
  for (const name of wanted) {
    chosen[name] = await choose(ports[name]);
    if (ports[name] !== 0 && chosen[name] !== ports[name])
      say(`Port ${ports[name]} is taken; ${variables[name][0]} uses ${chosen[name]}.`);
  }
  if (wanted.includes("kafka")) chosen.controller = await choose(ports.kafka && ports.kafka + 1);
  return chosen;
};

type Start = {
  config: Config;
  /** Where data, logs and `servers.json` are kept; one owner at a time. */
  folder?: string;
  say: Say;
  need?: readonly ServerName[];
  ports?: Ports;
};

/** Starts each wanted server; `address` tells where it is, `plan` how it is run. */
const startOwn = async (
  { config, folder, say, ports = defaultPorts }: Start & { folder: string },
  wanted: ServerName[],
  running: Running,
): Promise<Map<ServerName, Supervised>> => {
  const jarred = wanted.includes("kafka") || wanted.includes("redis");
  const tools = jarred ? await ensureTools(say) : undefined;
  const chosen = await choosePorts(wanted, ports, say);
  const login = postgresLogin(config, chosen.postgres);
  const password = config.redisPassword;
  const host = "127.0.0.1";
  const plans: Record<ServerName, () => Promise<Omit<ServerPlan, "onProcess">>> = {
    kafka: () => {
      const { kafka: port, controller: controllerPort } = chosen;
      return kafkaPlan({ tools: tools!, folder, port, controllerPort }, say);
    },
    postgres: () => postgresPlan({ folder, ...login }),
    redis: async () => redisPlan({ tools: tools!, folder, port: chosen.redis, password }),
  };
  running.addresses = {
    kafka: { bootstrap: `${host}:${chosen.kafka}`, embedded: true },
    postgres: { url: postgresUrl(login), embedded: true },
    redis: { host, port: chosen.redis, password, embedded: true },
  };
  for (const name of serverNames) if (!wanted.includes(name)) delete running.addresses[name];
  const started = new Map<ServerName, Supervised>();
  const start = async (name: ServerName): Promise<void> => {
    const onProcess = (pid: number) => {
      running.processes[name] = identify(pid);
      const address = running.addresses[name];
      if (address) address.pid = pid;
      writeRunning(folder, running);
    };
    started.set(name, await supervise({ ...(await plans[name]()), onProcess }, say));
    if (name === "postgres") await ensureDatabase({ folder, ...login });
  };
  const results = await Promise.allSettled(wanted.map(start));
  const refused = results.find((result) => result.status === "rejected");
  if (!refused) return started;
  await Promise.all([...started.values()].map((server) => server.stop()));
  throw refused.reason;
};

/**
 * One start at a time for each user of the machine: a port that is found free is taken only when
 * its server listens, and until then another start would find it free too.
 */
const portsFolder = (): string => join(tmpdir(), `bellwether-ports-${userInfo().uid}`);

/**
 * Makes Kafka, Postgres and Redis available: at the configured address, which is not looked at;
 * else run by another process in this folder; else started here, in parallel, each on its own port
 * or the next free one, restarted when it dies and never outliving this process. Data is kept in
 * `<folder>/data`. Throws SERVER_NOT_STARTED and PREREQUISITE_MISSING.
 */
export const startServers = async (start: Start): Promise<Servers> => {
  const { config, say, need = serverNames, folder = config.dataFolder } = start;
  const configured = configuredAddresses(config);
  const wanted = need.filter((name) => !configured[name]);
  const stop = async () => undefined;
  if (wanted.length === 0) return { ...(configured as Addresses), failed: never, stop };
  mkdirSync(folder, { recursive: true });
  const lock = takeLock(folder, "servers");
  if ("heldBy" in lock) {
    const found = await awaitServers(folder, lock.heldBy, wanted, say);
    return found ? attach(found, lock.heldBy, configured) : startServers(start);
  }
  const running: Running = { owner: thisProcess(), ready: false, processes: {}, addresses: {} };
  try {
    await awaitLeftovers(folder, say);
    writeRunning(folder, running);
    const choosing = await waitForLock(portsFolder(), "ports", () => undefined);
    const started = await startOwn({ ...start, folder }, wanted, running).finally(choosing.release);
    running.ready = true;
    writeRunning(folder, running);
    return {
      ...(running.addresses as Addresses),
      ...configured,
      failed: Promise.race([...started.values()].map((server) => server.failed)),
      stop: async (withinMs) => {
        await Promise.all([...started.values()].map((server) => server.stop(withinMs)));
        running.processes = {};
        running.ready = false;
        if (existsSync(folder)) writeRunning(folder, running);
        lock.release();
      },
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
};
