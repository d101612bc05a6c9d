import { collectDefaultMetrics, Registry } from "prom-client";
import { noteAddress } from "./api-address.ts";
import type { App, Part } from "./app.ts";
import { openArchived } from "./archived-record.ts";
import { callDesk } from "./call-desk.ts";
import { archiveFolder } from "./config.ts";
import { openPool } from "./db.ts";
import { consoleFolder } from "./embedded/console.ts";
import { caseDecisions, topicsKept } from "./events/topics.ts";
import { HttpIngest } from "./ingest/http.ts";
import { openRecord } from "./ingest/record.ts";
import { figureMetrics } from "./metrics.ts";
import type { modelShelf } from "./models.ts";
import { openPeople } from "./people.ts";
import { openPredictor } from "./predictor.ts";
import { FEATURE_SET, featureRegistry } from "./process/delinquency/features.ts";
import { closeRedis, openRedis } from "./redis.ts";
import { openRepairs } from "./repairs.ts";
import { readPublished } from "./schema-record.ts";
import type { AccessLog } from "./serve/access-log.ts";
import { ArchitectureWatch } from "./serve/architecture.ts";
import { CaseDesk } from "./serve/cases.ts";
import { consoleRoute } from "./serve/console.ts";
import { openExchange } from "./serve/exchange.ts";
import { openLive } from "./serve/live/live.ts";
import { observedTables } from "./serve/observed.ts";
import { Observer } from "./serve/observer.ts";
import { type OwnPart, writerOf as writerIn } from "./serve/own-part.ts";
import type { Route } from "./serve/route.ts";
import { architectureRoutes } from "./serve/routes/architecture.ts";
import { callsRoutes } from "./serve/routes/calls.ts";
import { contractsRoutes } from "./serve/routes/contracts.ts";
import { decisionsRoutes } from "./serve/routes/decisions.ts";
import { eventsRoute } from "./serve/routes/events.ts";
import { type Registry as FeatureRegistry, featuresRoutes } from "./serve/routes/features.ts";
import { interventionsRoutes } from "./serve/routes/interventions.ts";
import { journeyRoute } from "./serve/routes/journey.ts";
import { predictRoute } from "./serve/routes/predict.ts";
import { queueRoutes } from "./serve/routes/queue.ts";
import { reviewsRoutes } from "./serve/routes/reviews.ts";
import { searchRoutes } from "./serve/routes/search.ts";
import { storiesRoute } from "./serve/routes/stories.ts";
import { timelineRoutes } from "./serve/routes/timeline.ts";
import { openTopics } from "./serve/routes/topics.ts";
import { serve } from "./serve/server.ts";
import type { TopicDeskOptions } from "./serve/topics/desk.ts";
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

const architectureOf = ({ config, bootstrap, own }: App, { pool }: Stores): Route => {
  const { space, platformFile } = config;
  const observer = () => new Observer({ bootstrap, space, own });
  const watch = new ArchitectureWatch({ own: own(), observer, tables: observedTables(pool) });
  return architectureRoutes({ own: own(), platformFile, watch });
};

type FrontOptions = { app: App; shelf: ReturnType<typeof modelShelf> };
type Within = { stores: Stores; ingest: HttpIngest; log: AccessLog };

const routesOf = ({ app, shelf }: FrontOptions, { stores, ingest, log }: Within): Route[] => [
  consoleRoute(consoleFolder),
  eventsRoute(ingest.accept),
  predictRoute(openPredictor({ config: app.config, shelf, ...stores })),
  featuresRoutes(stores, registry),
  decisionsRoutes(stores.pool),
  reviewsRoutes({ pool: stores.pool, log }),
  interventionsRoutes(stores.pool),
  storiesRoute(stores.pool),
  contractsRoutes({
    contracts: topicsKept(app.config.retentionDays),
    topology: app.topology(),
    published: readPublished(),
    bootstrap: app.bootstrap,
    space: app.config.space,
    groups: new Set(app.groups().map(({ group }) => group)),
  }),
  architectureOf(app, stores),
  timelineRoutes(stores.pool, circumstancesIn(stores.pool)),
  callsRoutes(callDesk(stores.pool, shippedTemplates(app.config)), log),
];

/** The picture is computed with the first question. */
const drawnWriter = ({ own }: App): TopicDeskOptions["writerOf"] => {
  let drawn: OwnPart | undefined;
  return (name, topic) => {
    drawn ??= own();
    return writerIn(drawn, name, topic);
  };
};

/** Resolves at the signal, also where it came before. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** The API: what comes in by HTTP, and what people and programs are answered. */
export const answer = (options: FrontOptions): Part[] => {
  const { config, bootstrap, say, figures, everything } = options.app;
  const run = async (signal: AbortSignal): Promise<void> => {
    const pool = openPool(config, { max: connections });
    const redis = openRedis(config, say);
    const metrics = new Registry();
    collectDefaultMetrics({ register: metrics });
    figureMetrics(metrics, everything);
    const { space, recordMaxBytes } = config;
    const ingest = new HttpIngest({ bootstrap, space, recordMaxBytes, pool });
    const people = openPeople({ config, bootstrap, pool, say });
    const { access } = people;
    const { topology, groups } = options.app;
    const writerOf = drawnWriter(options.app);
    const topics = openTopics({ bootstrap, space, topology, writerOf, groups, access });
    const cases = openRecord({ bootstrap, space });
    const desk = new CaseDesk(pool, (decided) => cases.put(caseDecisions, decided));
    const queue = queueRoutes({ pool, exchange: openExchange(pool, config.currency), desk });
    const live = openLive({ bootstrap, space, access, registry: metrics, say });
    const { record, log } = people;
    const repairs = openRepairs({ app: options.app, pool, topics, record });
    const archived = openArchived({ folder: archiveFolder(config), space });
    const journey = journeyRoute({ desk: topics.desk, pool, archived });
    const own = [live.route, ...people.routes, topics.route, journey, queue, searchRoutes(pool)];
    const within = { stores: { pool, redis }, ingest, log };
    const routes = [...own, ...repairs.routes, ...routesOf(options, within)];
    const serving = await serve({ config, pool, redis, registry: metrics, routes, access, say });
    say(`The API answers at ${serving.url}`);
    figures.api = { url: serving.url };
    await noteAddress(pool, serving.url);
    // It ends by itself, in its own time where the broker is away.
    void live.run(signal);
    await aborted(signal);
    await repairs.close();
    await topics.close();
    await serving.close();
    await ingest.close();
    await cases.close();
    await people.close();
    closeRedis(redis);
    await pool.end();
  };
  return [{ name: "api", run }];
};
