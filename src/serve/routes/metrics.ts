import type { Registry } from "prom-client";
import type { Route } from "../route.ts";

/** Everything that was measured, in Prometheus's text format. */
export const metricsRoute =
  (registry: Registry): Route =>
  (api) => {
    api.get("/metrics", async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
  };
