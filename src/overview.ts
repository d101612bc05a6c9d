import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import type { App, Part } from "./app.ts";
import { openPool } from "./db.ts";
import { type DashboardUpdate, dashboardUpdates } from "./events/dashboard.ts";
import { deadLetters } from "./events/engine.ts";
import type { RiskLevel } from "./events/prediction.ts";
import { isoTime } from "./events/time.ts";
import type { Figures, LiveFigures } from "./figures.ts";
import { addTo, newOverview, type Overview, overviewTopics } from "./process/overview/fold.ts";
import { LagCourse } from "./process/overview/lag.ts";
import { Panels } from "./process/overview/panels.ts";
import { contactedOf } from "./serve/contacted.ts";
import { AdminPort } from "./stream/admin.ts";
import { awaitKafka } from "./stream/await-kafka.ts";
import { LagWatch } from "./stream/lag.ts";
import { openReader, partKey } from "./stream/reader.ts";
import { inSpace } from "./stream/space.ts";
import { openWriter } from "./stream/writer.ts";

/**
 * What the console and the terminal show of a space as it runs: what came out of it since midnight,
 * how long it takes, how far behind it is, and what waits for a person. Bands are known of every
 * customer: those that were scored before midnight are taken from the tables.
 */
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const beatMs = 250;
const secondMs = 1_000;
const askEveryMs = 2_000;
const seedRows = 5_000;
const queryMaxMs = 3_000;
/** What the figures were a moment ago is worth no longer wait. */
const closeMaxMs = 1_000;

const midnight = (now: number): number => now - (now % dayMs);

type Lagged = Pick<LiveFigures, "lag" | "lags">;

const liveFigures = (overview: Overview, { lag, lags }: Lagged): LiveFigures => {
  const { predictions, interventions, deadLetters, bands, statuses, newest } = overview;
  const now = Date.now();
  const ms = (of: Overview["predictionUs"], q: number) => {
    const us = of.at(q, now);
    return us === null ? null : us / 1_000;
  };
  return {
    predictions,
    interventions,
    deadLetters,
    bands,
    statuses,
    newest,
    lag,
    lags,
    predictionP50Ms: ms(overview.predictionUs, 0.5),
    predictionP99Ms: ms(overview.predictionUs, 0.99),
    interventionP50Ms: ms(overview.interventionUs, 0.5),
    interventionP99Ms: ms(overview.interventionUs, 0.99),
  };
};

/**
 * Reads what came out since midnight, and no less than an hour; of dead letters, all. When Kafka
 * hands the partitions out anew, each goes on where it was: nothing may count twice.
 */
const readInto = (overview: Overview, { config, bootstrap, say }: App, admin: AdminPort) => {
  const { space } = config;
  const reached = new Map<string, number>();
  return openReader({
    bootstrap,
    space,
    say,
    group: "overview-group",
    topics: overviewTopics,
    startAt: async (parts) => {
      const now = Date.now();
      const full = parts.map((part) => ({ ...part, topic: inSpace(space, part.topic) }));
      const since = Math.min(midnight(now), now - hourMs);
      const offsets = await admin.offsetsAt(full, since);
      return new Map(
        parts.map(({ topic, partition }) => {
          const key = partKey(topic, partition);
          const found = offsets.get(`${inSpace(space, topic)}/${partition}`) ?? 0;
          return [key, reached.get(key) ?? (topic === deadLetters.name ? 0 : found)];
        }),
      );
    },
    handle: async (batch) => {
      addTo(overview, batch, (decision) => contactedOf(decision.risk_level, decision).why);
      for (const { topic, partition, offset } of batch)
        reached.set(partKey(topic.name, partition), offset + 1);
    },
  });
};

/** Everybody's newest band of before today. */
const seed = async ({ customers }: Overview, pool: pg.Pool, before: number): Promise<void> => {
  for (let after = ""; ; ) {
    const { rows } = await pool.query<{ id: string; level: RiskLevel; at: Date }>(
      `select f.customer_id as id, s.risk_level as level, s.score_date as at
       from customer_features f cross join lateral (
         select risk_level, score_date from risk_scores r
         where r.customer_id = f.customer_id and score_date < $2
         order by score_date desc limit 1) s
       where f.customer_id > $1 order by f.customer_id limit ${seedRows}`,
      [after, new Date(before)],
    );
    for (const { id, level, at } of rows) customers.note(id, level, at.getTime());
    if (rows.length < seedRows) return;
    after = rows[rows.length - 1].id;
  }
};

type Waiting = { queue: number; calls: number; unknown_sends: number; approvals: number };

const waitingSql = `select
  (select waiting from queue_waiting) as queue,
  (select count(*)::int from calls
   where state in ('waiting', 'taken') and expires_at > now()) as calls,
  (select count(*)::int from notifications where state = 'unknown') as unknown_sends,
  (select count(*)::int from approvals where state = 'open' and expires_at > now())
    + (select count(*)::int from reviews where closed_at is null) as approvals`;

const reasonsSql = "select reason, count(*)::int as n from open_dead_letters group by reason";

/** What waits for a person, as the tables have it. */
const askTables = async (pool: pg.Pool, panels: Panels) => {
  const [waiting, reasons] = await Promise.all([
    pool.query<Waiting>(waitingSql),
    pool.query<{ reason: string; n: number }>(reasonsSql),
  ]);
  const now = Date.now();
  const at = isoTime(now);
  const total = reasons.rows.reduce((sum, { n }) => sum + n, 0);
  const counts = Object.fromEntries(reasons.rows.map(({ reason, n }) => [reason, n]));
  return [
    ...panels.stands("dead_letters", now, { at, total, reasons: counts }),
    ...panels.stands("attention", now, { at, ...waiting.rows[0], dead_letters: total }),
  ];
};

type Shown = {
  app: App;
  overview: Overview;
  panels: Panels;
  pool: pg.Pool;
  put: (updates: readonly DashboardUpdate[]) => Promise<void>;
  signal: AbortSignal;
};

/** Does something now and then until the signal; a failure is left, the next time may succeed. */
const every = async (ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> => {
  while (!signal.aborted) {
    await work().catch(() => {});
    await delay(ms, undefined, { signal }).catch(() => {});
  }
};

const eventsTaken = ({ processors }: Figures): number | undefined =>
  processors["feature-processor"]?.records;

const beat = ({ app, panels, put, signal }: Shown): Promise<void> => {
  let second = 0;
  return every(beatMs, signal, async () => {
    const now = Date.now();
    await put(panels.changed(now));
    if (Math.floor(now / secondMs) === second) return;
    second = Math.floor(now / secondMs);
    await put(panels.second(now, { events: eventsTaken(app.everything()) }));
  });
};

/** Asks the tables; what they lack just now is asked for again. */
const ask = ({ overview, panels, pool, put, signal }: Shown): Promise<void> =>
  every(askEveryMs, signal, async () => {
    if (!panels.bandsKnown) await seed(overview, pool, midnight(Date.now()));
    panels.bandsKnown = true;
    await put(await askTables(pool, panels));
  });

const watchLag = async ({ app, put, signal }: Shown, admin: AdminPort, into: Lagged) => {
  const { bootstrap, config } = app;
  const watch = new LagWatch(bootstrap, admin);
  const course = new LagCourse();
  const prefix = inSpace(config.space, "").length;
  const groups = app.groups();
  await every(askEveryMs, signal, async () => {
    const lags = await watch.read(groups, Date.now());
    const now = Date.now();
    const value = course.read(lags, now, (group) => group.slice(prefix));
    const { seconds } = value;
    const records = value.groups.reduce((sum, one) => sum + one.records, 0);
    into.lag = seconds === null ? undefined : { seconds, records };
    into.lags = Object.fromEntries(value.groups.map(({ group, ...lag }) => [group, lag]));
    await put([{ panel: "lag", id: isoTime(now - (now % secondMs)), value }]);
  });
  await watch.close();
};

const show = async (
  app: App,
  overview: Overview,
  into: Lagged,
  admin: AdminPort,
  signal: AbortSignal,
): Promise<void> => {
  const { bootstrap, config } = app;
  const pool = openPool(config, { max: 2, statement_timeout: queryMaxMs });
  const open = () => openWriter({ bootstrap, space: config.space, source: "overview@1" });
  // The reader beside it says that Kafka is away.
  const writer = await awaitKafka(open, { bootstrap, say: () => {}, signal });
  const put = async (updates: readonly DashboardUpdate[]): Promise<void> => {
    for (const update of updates) await writer.send(dashboardUpdates, update.panel, update);
  };
  const shown = { app, overview, panels: new Panels(overview), pool, put, signal };
  try {
    await Promise.all([beat(shown), ask(shown), watchLag(shown, admin, into)]);
  } finally {
    await writer.close(closeMaxMs);
    await pool.end();
  }
};

/** Reads what comes out of a space, and says on topic `dashboard-updates` what there is to see. */
export const oversee = (app: App): Part[] => {
  const overview = newOverview();
  const lagged: Lagged = { lag: undefined };
  Object.defineProperty(app.figures, "live", {
    enumerable: true,
    get: () => liveFigures(overview, lagged),
  });
  const run = async (signal: AbortSignal): Promise<void> => {
    const admin = AdminPort.open(app.bootstrap, signal);
    const reader = readInto(overview, app, admin);
    try {
      await Promise.all([reader.run(signal), show(app, overview, lagged, admin, signal)]);
    } finally {
      admin.close();
    }
  };
  return [{ name: "overview", run }];
};
