import { once } from "node:events";
import { Redis } from "ioredis";
import type { Config } from "./config.ts";
import type { Say } from "./db.ts";
import { failure } from "./errors.ts";

/** What Redis holds of a customer, each the newest event of its topic as it travelled. */
export const copyKinds = ["customer", "features", "score"] as const;
export type CopyKind = (typeof copyKinds)[number];
export const copyKey = (kind: CopyKind, customerId: string): string => `${kind}:${customerId}`;

type Addressed = Pick<Config, "redisHost" | "redisPort" | "redisPassword" | "space">;

export const redisAddress = (config: Addressed): string =>
  `${config.redisHost ?? "127.0.0.1"}:${config.redisPort}`;

const connectMaxMs = 2_000;
const answerMaxMs = 5_000;

/**
 * A connection whose keys all bear the space's prefix. While Redis is away every command fails at
 * once, and the connection comes back by itself; both are said in one line.
 */
export const openRedis = (config: Addressed, say: Say = () => {}): Redis => {
  const address = redisAddress(config);
  const redis = new Redis({
    host: config.redisHost ?? "127.0.0.1",
    port: config.redisPort,
    password: config.redisPassword,
    keyPrefix: config.space === "live" ? "" : `${config.space}:`,
    connectionName: "bellwether",
    connectTimeout: connectMaxMs,
    commandTimeout: answerMaxMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(2_000, 50 * 2 ** times),
  });
  let away = false;
  redis.on("error", () => {});
  redis.on("ready", () => {
    if (away) say(`Redis answers again at ${address}.`);
    away = false;
  });
  redis.on("close", () => {
    if (!away) say(failure("REDIS_UNREACHABLE", address).message);
    away = true;
  });
  return redis;
};

/** Ends the connection without a word: a close that was asked for is not a loss. */
export const closeRedis = (redis: Redis): void => {
  redis.removeAllListeners("close");
  redis.disconnect();
};

/** As `openRedis`, once it answers. Throws REDIS_UNREACHABLE when it does not within seconds. */
export const openReadyRedis = async (config: Addressed, say?: Say): Promise<Redis> => {
  const redis = openRedis(config, say);
  try {
    if (redis.status !== "ready")
      await once(redis, "ready", { signal: AbortSignal.timeout(answerMaxMs) });
    return redis;
  } catch {
    closeRedis(redis);
    throw failure("REDIS_UNREACHABLE", redisAddress(config));
  }
};
