import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../errors.ts";
import type { Tools } from "./jars.ts";
import { askRedis } from "./probe.ts";
import type { ServerPlan } from "./supervise.ts";

type RedisSite = { tools: Tools; folder: string; port: number; password?: string };

/** Without persistence: what Redis holds is a fast copy, refilled when it is found empty. */
const settings = ({ folder, port, password }: RedisSite): string => {
  const quoted = (value: string) => JSON.stringify(value);
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    "daemonize no",
    'save ""',
    "appendonly no",
    `dir ${quoted(join(folder, "data", "redis"))}`,
  ];
  if (password !== undefined) lines.push(`requirepass ${quoted(password)}`);
  return `${lines.join("\n")}\n`;
};

export const redisPlan = (site: RedisSite): Omit<ServerPlan, "onProcess"> => {
  const { tools, folder, port, password } = site;
  if (!tools.redisServer)
    throw failure(
      "PREREQUISITE_MISSING",
      `There is no Redis server for ${process.platform}-${process.arch}`,
      "Install redis-server, or set REDIS_HOST",
    );
  const data = join(folder, "data", "redis");
  mkdirSync(data, { recursive: true });
  const file = `${data}.conf`;
  writeFileSync(file, settings(site), { mode: 0o600 });
  return {
    name: "Redis",
    command: {
      file: tools.redisServer,
      args: [file],
      log: join(folder, "log", "redis.log"),
      stopSignal: "SIGTERM",
      env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" },
    },
    answers: async (pid) => (await askRedis({ host: "127.0.0.1", port, password }, 1_000)) === pid,
    startMaxMs: 20_000,
    stopMaxMs: 5_000,
  };
};
