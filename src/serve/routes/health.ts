import Type from "typebox";
import { askHealth, type Check, isReady } from "../health.ts";
import { healthAnswer } from "../messages.ts";
import type { Route } from "../route.ts";

const liveAnswer = Type.Object({ status: Type.Literal("live") });
const response = { 200: healthAnswer, 503: healthAnswer };
const summary = "How every part of it is";
const readySummary = "Whether it can do its work; else 503";
const liveSummary = "That the process runs; asks nobody";

/** For people and probes: 503 means that the API cannot do its work; degraded still answers 200. */
export const healthRoutes =
  (checks: readonly Check[], space: string): Route =>
  (api) => {
    api.get("/health", { schema: { summary, response } }, async (_request, reply) => {
      const health = await askHealth(checks, space);
      return reply.code(health.status === "unhealthy" ? 503 : 200).send(health);
    });
    api.get(
      "/health/ready",
      { schema: { summary: readySummary, response } },
      async (_request, reply) => {
        const health = await askHealth(checks, space);
        return reply.code(isReady(health) ? 200 : 503).send(health);
      },
    );
    // The process runs: asks nobody, so that a lost server never gets us restarted.
    const live = { summary: liveSummary, response: { 200: liveAnswer } };
    api.get("/health/live", { schema: live }, async () => ({
      status: "live" as const,
    }));
  };
