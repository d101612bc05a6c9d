import type { ProcessName } from "../app.ts";
import { type Config, environmentOf } from "../config.ts";
import { buildConsole } from "../embedded/console.ts";
import { type Servers, serverEnvironment, startServers } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { takeSlot } from "../stream/slot.ts";
import type { SupervisedProcesses } from "./up-processes.ts";

/** What faces users stops first, then what feeds the line, then the line, then what drains it. */
const stopOrder: ProcessName[][] = [["front", "source"], ["line"], ["side", "out"]];
const stopWithinMs = 7_000;
/** From Ctrl-C to the end of all, servers included: those that are slower are killed. */
const endWithinMs = 9_500;
const serversMinMs = 1_000;

/** Aborts at Ctrl-C or SIGTERM; a second Ctrl-C ends at once. */
export const stopSignal = (): AbortSignal => {
  const stop = new AbortController();
  const end = () => (stop.signal.aborted ? process.exit(1) : stop.abort());
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  return stop.signal;
};

export const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

export const stopInOrder = async (processes: SupervisedProcesses): Promise<void> => {
  const until = performance.now() + stopWithinMs;
  for (const names of stopOrder)
    await processes.stop(names, Math.max(500, until - performance.now()));
};

export type Stage = {
  config: Config;
  servers: Servers;
  bootstrap: string;
  env: Record<string, string>;
  close: () => Promise<void>;
};

/** The servers and the space's lock: what every way of running `up` needs first. */
export const openStage = async (
  config: Config,
  say: (sentence: string) => void,
  stop: AbortSignal,
): Promise<Stage> => {
  let endBy: number | undefined;
  void aborted(stop).then(() => {
    endBy = performance.now() + endWithinMs;
  });
  const lock = spaceLock(config);
  try {
    await buildConsole(say);
    const servers = await startServers({ config, say });
    const env = { ...environmentOf(config), ...serverEnvironment(servers) };
    const { kafka, postgres, redis } = servers;
    say(
      `Kafka ${kafka.bootstrap} · Postgres ${hidden(postgres.url)} · Redis ` +
        `${redis.host}:${redis.port}`,
    );
    const located: Config = {
      ...config,
      kafkaBootstrapServers: kafka.bootstrap,
      databaseUrl: postgres.url,
      redisHost: redis.host,
      redisPort: redis.port,
      redisPassword: redis.password,
    };
    const close = async () => {
      const leftMs = (by: number) => Math.max(serversMinMs, by - performance.now());
      await servers.stop(endBy === undefined ? undefined : leftMs(endBy));
      lock.release();
    };
    return { config: located, servers, bootstrap: kafka.bootstrap, env, close };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
};

const spaceLock = (config: Config) => {
  try {
    return takeSlot(config.dataFolder, `up-${config.space}`, 0);
  } catch {
    throw failure("SPACE_BUSY", config.space);
  }
};

const hidden = (url: string): string => url.replace(/:[^:@/]*@/, ":***@");
