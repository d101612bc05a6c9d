import type { Registry } from "prom-client";
import Type from "typebox";
import type { Route } from "../route.ts";

const summary = "Everything that was measured, in Prometheus's text format";
const response = { 200: Type.String() };

/** Everything that was measured, in Prometheus's text format. */
export const metricsRoute =
  (registry: Registry): Route =>
  (api) => {
    api.get("/metrics", { schema: { summary, response } }, async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
  };
