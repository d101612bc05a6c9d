import { collectDefaultMetrics, Registry } from "prom-client";
import type { App, Part } from "./app.ts";
import { callDesk } from "./call-desk.ts";
import { openPool } from "./db.ts";
import { consoleFolder } from "./embedded/console.ts";
import { HttpIngest } from "./ingest/http.ts";
import { keyOf } from "./keys.ts";
import { figureMetrics } from "./metrics.ts";
import type { modelShelf } from "./models.ts";
import { openPredictor } from "./predictor.ts";
import { FEATURE_SET, featureRegistry } from "./process/delinquency/features.ts";
import { closeRedis, openRedis } from "./redis.ts";
import { consoleRoute } from "./serve/console.ts";
import type { Route } from "./serve/route.ts";
import { callsRoutes } from "./serve/routes/calls.ts";
import { decisionsRoutes } from "./serve/routes/decisions.ts";
import { eventsRoute } from "./serve/routes/events.ts";
import { type Registry as FeatureRegistry, featuresRoutes } from "./serve/routes/features.ts";
import { interventionsRoutes } from "./serve/routes/interventions.ts";
import { predictRoute } from "./serve/routes/predict.ts";
import { timelineRoutes } from "./serve/routes/timeline.ts";
import { serve } from "./serve/server.ts";
import { sessionOf } from "./serve/sessions.ts";
import type { Stores } from "./serve/vectors.ts";
import { readCircumstances } from "./sink/notify/last-check.ts";
import { shippedTemplates } from "./sink/notify/templates.ts";

/** The features of every domain, as the API lists them. */
const registry: FeatureRegistry = { feature_set: FEATURE_SET, features: [...featureRegistry] };

const connections = 20;

/** What the sender would look at if it were to send now; no notification is left out. */
const circumstancesIn = (pool: Stores["pool"]) => (customer: string, now: number) =>
  readCircumstances(
    pool,
    { customer_id: customer, notification_id: "", policy_version: null },
    now,
  );

type FrontOptions = { app: App; shelf: ReturnType<typeof modelShelf> };

const routesOf = ({ app, shelf }: FrontOptions, stores: Stores, ingest: HttpIngest): Route[] => [
  consoleRoute(consoleFolder),
  eventsRoute(ingest.accept),
  predictRoute(openPredictor({ config: app.config, shelf, ...stores })),
  featuresRoutes(stores, registry),
  decisionsRoutes(stores.pool),
  interventionsRoutes(stores.pool),
  timelineRoutes(stores.pool, circumstancesIn(stores.pool)),
  callsRoutes(callDesk(stores.pool, shippedTemplates(app.config))),
];

/** The API: what comes in by HTTP, and what people and programs are answered. */
export const answer = (options: FrontOptions): Part[] => {
  const { config, bootstrap, say, everything } = options.app;
  const run = async (signal: AbortSignal): Promise<void> => {
    const pool = openPool(config, { max: connections });
    const redis = openRedis(config, say);
    const metrics = new Registry();
    collectDefaultMetrics({ register: metrics });
    figureMetrics(metrics, everything);
    const { space, recordMaxBytes } = config;
    const ingest = new HttpIngest({ bootstrap, space, recordMaxBytes, pool });
    const routes = routesOf(options, { pool, redis }, ingest);
    const required = config.apiKeysRequired === "yes";
    const access = {
      required,
      keyOf: (secret: string) => keyOf(pool, secret),
      sessionOf: (token: string) => sessionOf(pool, token),
    };
    const serving = await serve({ config, pool, redis, registry: metrics, routes, access, say });
    say(`The API answers at ${serving.url}`);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await serving.close();
    await ingest.close();
    closeRedis(redis);
    await pool.end();
  };
  return [{ name: "api", run }];
};
