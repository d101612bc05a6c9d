import Type from "typebox";
import { askHealth, type Check, isReady } from "../health.ts";
import { healthAnswer } from "../messages.ts";
import type { Route } from "../route.ts";

const liveAnswer = Type.Object({ status: Type.Literal("live") });
const answers = { response: { 200: healthAnswer, 503: healthAnswer } };

/** For people and probes: 503 means that the API cannot do its work; degraded still answers 200. */
export const healthRoutes =
  (checks: readonly Check[], space: string): Route =>
  (api) => {
    api.get("/health", { schema: answers }, async (_request, reply) => {
      const health = await askHealth(checks, space);
      return reply.code(health.status === "unhealthy" ? 503 : 200).send(health);
    });
    api.get("/health/ready", { schema: answers }, async (_request, reply) => {
      const health = await askHealth(checks, space);
      return reply.code(isReady(health) ? 200 : 503).send(health);
    });
    // The process runs: asks nobody, so that a lost server never gets us restarted.
    api.get("/health/live", { schema: { response: { 200: liveAnswer } } }, async () => ({
      status: "live" as const,
    }));
  };
