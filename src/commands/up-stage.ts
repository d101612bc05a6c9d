import { setTimeout as delay } from "node:timers/promises";
import type { ProcessName } from "../app.ts";
import { type Config, environmentOf } from "../config.ts";
import { buildConsole } from "../embedded/console.ts";
import {
  type Servers,
  serverAnswers,
  serverEnvironment,
  startServers,
} from "../embedded/servers.ts";
import { Failure, failure } from "../errors.ts";
import { takeSlot } from "../stream/slot.ts";
import { isGivenUp, orStopped } from "../stream/stopping.ts";
import type { SupervisedProcesses } from "./up-processes.ts";

/** What faces users stops first, then what feeds the line, then the line, then what drains it. */
const stopOrder: ProcessName[][] = [["front", "source"], ["line"], ["side", "out"]];
const stopWithinMs = 7_000;
/** From Ctrl-C to the end of all, servers included: those that are slower are killed. */
const endWithinMs = 9_500;
const serversMinMs = 1_000;
/** What is being shown or asked at the end is waited for so long. */
export const lastWordsMs = 1_000;

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

/** What `work` resolves with, or 0 where Ctrl-C cut it short. */
export const orDrained = async (
  stop: AbortSignal,
  work: () => Promise<number>,
): Promise<number> => {
  try {
    return await work();
  } catch (thrown) {
    if (isGivenUp(thrown, stop)) return 0;
    throw thrown;
  }
};

/** Stops all of these within one bound, however many supervisors they have. */
export const stopInOrder = async (...all: readonly SupervisedProcesses[]): Promise<void> => {
  const until = performance.now() + stopWithinMs;
  for (const names of stopOrder) {
    const leftMs = Math.max(500, until - performance.now());
    await Promise.all(all.map((processes) => processes.stop(names, leftMs)));
  }
};

export type Stage = {
  config: Config;
  servers: Servers;
  bootstrap: string;
  kafkaAnswers: () => Promise<boolean>;
  env: Record<string, string>;
  close: () => Promise<void>;
};

/**
 * The servers, as far as they can be had before Ctrl-C. Those that were on their way by then are
 * stopped once they are there; what is not there in time ends with this process.
 */
const openServers = async (
  config: Config,
  say: (sentence: string) => void,
  stop: AbortSignal,
  leftMs: () => number,
): Promise<Servers> => {
  await orStopped(buildConsole(say), stop);
  stop.throwIfAborted();
  const starting = startServers({ config, say });
  const servers = await orStopped(starting, stop);
  if (servers) return servers;
  say("Stopping …");
  const stopped = starting.then((late) => late.stop(leftMs())).catch(() => {});
  await Promise.race([stopped, delay(leftMs())]);
  throw stop.reason;
};

/**
 * The servers and the space's lock: what every way of running `up` needs first. Throws the signal's
 * reason where Ctrl-C came before they were there.
 */
export const openStage = async (
  config: Config,
  say: (sentence: string) => void,
  stop: AbortSignal,
): Promise<Stage> => {
  let endBy: number | undefined;
  void aborted(stop).then(() => {
    endBy = performance.now() + endWithinMs;
  });
  const leftMs = () => Math.max(serversMinMs, (endBy ?? 0) - performance.now());
  const lock = spaceLock(config);
  try {
    const servers = await openServers(config, say, stop, leftMs);
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
      await servers.stop(endBy === undefined ? undefined : leftMs());
      lock.release();
    };
    const kafkaAnswers = () => serverAnswers("kafka", servers);
    return { config: located, servers, bootstrap: kafka.bootstrap, kafkaAnswers, env, close };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
};

const spaceLock = (config: Config) => {
  try {
    return takeSlot(config.dataFolder, `up-${config.space}`, 0);
  } catch (thrown) {
    const isTaken = thrown instanceof Failure && thrown.code === "SLOT_TAKEN";
    throw isTaken ? failure("SPACE_BUSY", config.space) : thrown;
  }
};

const hidden = (url: string): string => url.replace(/:[^:@/]*@/, ":***@");
