import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import type { Redis } from "ioredis";
import type pg from "pg";
import { Histogram, type Registry } from "prom-client";
import type { Config } from "../config.ts";
import type { Say } from "../db.ts";
import { failure } from "../errors.ts";
import { type AccessOptions, askForKeys } from "./access.ts";
import { type Check, postgresCheck, redisCheck } from "./health.ts";
import { noteRoutes } from "./openapi.ts";
import { refuseForeignHosts, refuseUnknown, refusing } from "./refusals.ts";
import type { Api, Route } from "./route.ts";
import { customersRoute } from "./routes/customers.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { openApiRoute } from "./routes/openapi.ts";

export type ServeOptions = {
  config: Pick<Config, "port" | "space">;
  pool: pg.Pool;
  redis?: Redis;
  /** Further components of `/health`, beside Postgres and Redis. */
  health?: readonly Check[];
  registry: Registry;
  /** Paths of other parts of the product. */
  routes?: readonly Route[];
  access?: AccessOptions;
  say: Say;
};

export type Serving = { url: string; port: number; close: () => Promise<void> };

const host = "127.0.0.1";
const portsTried = 20;
/** As large as a record may be in Kafka. */
const bodyMaxBytes = 12_000_000;
const pathPartMaxBytes = 2_000;
const requestMaxMs = 120_000;
/** A body is judged as it was sent: nothing is converted, filled in or taken away. */
const asSent = { coerceTypes: false, removeAdditional: false, useDefaults: false } as const;

/**
 * Answers HTTP on the loopback interface at the configured port, or the next free one, which is
 * said; 0 takes any. `close` lets requests in flight end.
 */
export const serve = async (options: ServeOptions): Promise<Serving> => {
  const { config, pool, redis, health = [], registry, routes = [], access, say } = options;
  const refuse = refusing(bodyMaxBytes, say);
  const api: Api = fastify({
    logger: false,
    bodyLimit: bodyMaxBytes,
    genReqId: () => randomUUID(),
    forceCloseConnections: "idle",
    // Only a proxy on this machine knows where somebody comes from.
    trustProxy: access?.publicUrl === undefined ? false : "loopback",
    requestTimeout: requestMaxMs,
    routerOptions: { maxParamLength: pathPartMaxBytes },
    // Marks that our schemas bear for masking and checking, not for JSON Schema.
    ajv: { customOptions: { keywords: ["personal", "money"], ...asSent } },
    frameworkErrors: refuse,
    // Programs offer HTTP/2 in this way too; they are answered as if they had not.
    http: { shouldUpgradeCallback: ({ headers }) => /^websocket$/i.test(headers.upgrade ?? "") },
  });
  api.setErrorHandler(refuse);
  let closing = false;
  api.addHook("preClose", async () => {
    closing = true;
  });
  api.addHook("onSend", async (request, reply) => {
    reply.header("x-request-id", request.id);
    // Else a connection that is kept alive would hold up the end.
    if (closing) reply.header("connection", "close");
  });
  refuseForeignHosts(api, access?.publicUrl);
  refuseUnknown(api);
  if (access) askForKeys(api, access);
  const described = noteRoutes(api);
  measure(api, registry);
  const checks = [postgresCheck(pool), ...(redis ? [redisCheck(redis)] : []), ...health];
  const { space } = config;
  healthRoutes(checks, space)(api);
  metricsRoute(registry)(api);
  customersRoute({ pool, redis, space })(api);
  for (const route of routes) route(api);
  openApiRoute(described)(api);
  const { address, port } = await listen(api, config.port, say);
  return { url: `http://${address}:${port}`, port, close: () => api.close() };
};

const measure = (api: Api, registry: Registry): void => {
  const seconds = new Histogram({
    name: "bellwether_http_request_seconds",
    help: "Time from a request's arrival to the end of its answer, by route and status",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  api.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    seconds.observe(labels, reply.elapsedTime / 1_000);
  });
};

/** Where it was bound: what is said of it is what is so. */
const listen = async (api: Api, wanted: number, say: Say): Promise<AddressInfo> => {
  for (let port = wanted; port < wanted + portsTried && port <= 65_535; port++) {
    try {
      await api.listen({ host, port });
      const bound = api.server.address() as AddressInfo;
      const { port: got } = bound;
      if (wanted !== 0 && got !== wanted) say(`Port ${wanted} is taken; the API uses ${got}.`);
      return bound;
    } catch (thrown) {
      if ((thrown as { code?: string }).code !== "EADDRINUSE") throw thrown;
    }
  }
  await api.close();
  const last = wanted + portsTried - 1;
  throw failure("FAILED", `The ports from ${wanted} to ${last} are taken. Choose one with --port.`);
};
