import type { Redis } from "ioredis";
import type pg from "pg";
import { inTime } from "../stream/in-time.ts";
import type { ComponentAnswer, HealthAnswer } from "./messages.ts";

/** A component that is asked how it is whenever somebody asks us. */
export type Check = {
  name: string;
  /** Without a needed one that is up the API is not ready. */
  needed: boolean;
  ask: () => Promise<Pick<ComponentAnswer, "state" | "detail">>;
};

const answerMaxMs = 2_000;
const down = (detail: string) => ({ state: "down", detail }) as const;

export const postgresCheck = (pool: pg.Pool): Check => ({
  name: "postgres",
  needed: true,
  ask: async () => {
    await pool.query("select 1");
    return { state: "up" };
  },
});

export const redisCheck = (redis: Redis): Check => ({
  name: "redis",
  needed: false,
  ask: async () => {
    await redis.ping();
    return { state: "up" };
  },
});

const askOne = async ({ name, needed, ask }: Check): Promise<[string, ComponentAnswer]> => {
  const question = ask().catch(() => down("It does not answer."));
  const found = await inTime(question, answerMaxMs, () =>
    down(`It did not answer in ${answerMaxMs / 1_000} s.`),
  );
  return [name, { ...found, needed }];
};

/** Asks every component at once; none is waited for longer than two seconds. */
export const askHealth = async (checks: readonly Check[], space: string): Promise<HealthAnswer> => {
  const components = Object.fromEntries(await Promise.all(checks.map(askOne)));
  const all = Object.values(components);
  const lost = all.some((c) => c.needed && c.state === "down");
  const whole = all.every((c) => c.state === "up");
  return { status: lost ? "unhealthy" : whole ? "healthy" : "degraded", space, components };
};

/** Whether the API can do its work: every needed component has come up. */
export const isReady = ({ components }: HealthAnswer): boolean =>
  Object.values(components).every(
    ({ needed, state }) => !needed || state === "up" || state === "degraded",
  );
