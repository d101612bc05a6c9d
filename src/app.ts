import { join } from "node:path";
import { archiveFolder, type Config, version } from "./config.ts";
import { openPool, patiently, postgresAddress } from "./db.ts";
import { failure } from "./errors.ts";
import { accessLog } from "./events/access.ts";
import { caseDecisions } from "./events/case.ts";
import { customerUpdates } from "./events/customer.ts";
import { dashboardUpdates } from "./events/dashboard.ts";
import { deadLetters, importProgress, lateEvents, ticks } from "./events/engine.ts";
import { customerFeatures } from "./events/features.ts";
import { notificationResults, notifications } from "./events/notification.ts";
import { outcomes } from "./events/outcome.ts";
import { policies } from "./events/policy.ts";
import { predictionsStream } from "./events/prediction.ts";
import { simulationTruth } from "./events/simulation.ts";
import { transactionsStream } from "./events/transaction.ts";
import type { Figures } from "./figures.ts";
import { answer } from "./front.ts";
import { httpTopics } from "./ingest/http.ts";
import { modelShelf } from "./models.ts";
import { oversee } from "./overview.ts";
import { intervene } from "./process/contact/intervene.ts";
import { assess } from "./process/delinquency/assess.ts";
import { overviewTopics } from "./process/overview/fold.ts";
import { closeRedis, openRedis, redisAddress } from "./redis.ts";
import type { OwnPart } from "./serve/own-part.ts";
import { keepArchive } from "./sink/archive/keep-archive.ts";
import { archivedTopics } from "./sink/archive/topics.ts";
import { channelsFor } from "./sink/notify/channels.ts";
import { notifyParts } from "./sink/notify/notify.ts";
import { shippedTemplates } from "./sink/notify/templates.ts";
import { openOutbox } from "./sink/outbox.ts";
import { erasableIn } from "./sink/postgres/erasable.ts";
import { openPostgresSink } from "./sink/postgres/sink.ts";
import { sinkTables } from "./sink/postgres/tables.ts";
import { openRedisSink } from "./sink/redis.ts";
import { openTopicIds } from "./sink/topic-ids.ts";
import { simulate, tick, writeProfiles } from "./sources.ts";
import type { GroupTopics } from "./stream/lag.ts";
import type { Processor } from "./stream/processor.ts";
import { Runner } from "./stream/runner.ts";
import { takeSlot } from "./stream/slot.ts";
import { inSpace } from "./stream/space.ts";
import { isGivenUp } from "./stream/stopping.ts";
import type { Topic } from "./stream/topic.ts";
import type { Topology } from "./stream/topology.ts";

/**
 * THE MAP. Every role of the product: what it reads, what it writes, and how it is run. Topics,
 * groups and the picture in ARCHITECTURE.md are computed from here, and the engine lets a processor
 * write nowhere else.
 * Data flows downwards: ingest, process, sink, serve.
 */
export type App = {
  config: Config;
  bootstrap: string;
  slot: number | undefined;
  /** The roles of this process. */
  names: readonly string[];
  /** Resolved when the source in this process has told its history. */
  present: PromiseWithResolvers<void>;
  /** One sentence for a person. */
  say: (sentence: string) => void;
  /** What this process measures; roles add to it. */
  figures: Figures;
  /** What all processes measure together, where a role shows it. */
  everything: () => Figures;
  /** This map as it is seen from outside: handed on, because what it runs cannot import it. */
  topology: () => Topology;
  /** The processors of the map, to try records on. */
  processors: () => readonly Processor[];
  /** The space's groups and what each reads, by full names. */
  groups: () => readonly GroupTopics[];
  /** The product's own part of the architecture, as it is drawn. */
  own: () => OwnPart;
};

/** Something that runs until the signal. */
export type Part = { name: string; run: (signal: AbortSignal) => Promise<void> };
/** What lies beside Kafka: taken from by ingests, written by sinks, asked by what serves. */
export const storeNames = ["postgres", "redis", "archive", "channels"] as const;
export type StoreName = (typeof storeNames)[number];
export type Flow = {
  name: string;
  topics: readonly Topic[];
  /** The names in the headers of what it writes, where they are not its own; `*` ends a prefix. */
  sources?: readonly string[];
  stores?: readonly StoreName[];
  /** Every process of the role reads all of it, without a group. */
  groupless?: boolean;
};

export type Role = {
  /** Which of the five processes of `up` runs it. */
  process: "line" | "side" | "out" | "front" | "source";
  processors?: (config: Config) => readonly Processor[];
  ingests?: readonly Flow[];
  sinks?: (config: Config) => readonly Flow[];
  /** What answers people, and from where. */
  serves?: readonly { name: string; stores: readonly StoreName[] }[];
  /** The parts besides its processors. */
  parts?: (app: App) => readonly Part[];
};

const modelFolders = ({ config }: { config: Config }) => [
  config.modelsFolder,
  join(config.dataFolder, "models", config.space),
];

const fill = (app: App): Part[] => {
  const { config, bootstrap, slot, say } = app;
  const { space, recordMaxBytes } = config;
  const sinks = sinkTables(config.currency);
  const readElsewhere = new Set(processorsOf(config).flatMap((p) => p.reads.map((t) => t.name)));
  const run = async (signal: AbortSignal): Promise<void> => {
    const pool = openPool(config);
    const topicIds = openTopicIds(bootstrap, space);
    const address = postgresAddress(config);
    const erasable = await patiently(() => erasableIn(pool), { address, say, signal });
    const shared = { space, erasable, pool, address, recordMaxBytes, readElsewhere, say };
    const open = sinks.map((sink) =>
      openPostgresSink({ ...shared, ...sink, topicId: topicIds.of, bootstrap, slot }),
    );
    try {
      await together(open, signal);
    } finally {
      topicIds.close();
      await pool.end();
    }
  };
  return [{ name: "postgres", run }];
};

const copy = ({ config, bootstrap, slot, say }: App): Part[] => {
  const run = async (signal: AbortSignal): Promise<void> => {
    const redis = openRedis(config, say);
    const topicIds = openTopicIds(bootstrap, config.space, signal);
    const address = redisAddress(config);
    const { space, recordMaxBytes } = config;
    const topicId = topicIds.of;
    const options = { bootstrap, space, slot, redis, address, topicId, recordMaxBytes, say };
    try {
      await openRedisSink(options).run(signal);
    } finally {
      topicIds.close();
      closeRedis(redis);
    }
  };
  return [{ name: "redis", run }];
};

const archive = ({ config, bootstrap, say }: App): Part[] => {
  const run = async (signal: AbortSignal): Promise<void> => {
    const { space, archiveFileMaxBytes: fileMaxBytes } = config;
    const topicIds = openTopicIds(bootstrap, space, signal);
    const folder = archiveFolder(config);
    const erasures = customerUpdates.name;
    const kept = { space, topics: archivedTopics, erasures, topicId: topicIds.of };
    try {
      await keepArchive({ ...kept, folder, fileMaxBytes, bootstrap, say }, signal);
    } finally {
      topicIds.close();
    }
  };
  return [{ name: "archive", run }];
};

const tell = ({ config, bootstrap, slot, say }: App): Part[] => {
  const templates = shippedTemplates(config);
  const channels = channelsFor(config, say);
  const run = async (signal: AbortSignal): Promise<void> => {
    const pool = openPool(config, { max: 16 });
    const address = postgresAddress(config);
    const place = { bootstrap, slot, pool, address, templates, channels, say };
    try {
      const lateMs = config.lateAfterMinutes * 60_000;
      await together(notifyParts({ ...config, ...place, lateMs }), signal);
    } finally {
      await pool.end();
    }
  };
  return [{ name: "notify", run }];
};

const relay = ({ config, bootstrap, say }: App): Part[] => {
  const run = async (signal: AbortSignal): Promise<void> => {
    const pool = openPool(config, { max: 3 });
    try {
      await openOutbox({ bootstrap, space: config.space, pool, say }).run(signal);
    } finally {
      await pool.end();
    }
  };
  return [{ name: "outbox", run }];
};

export const roles = {
  simulator: {
    process: "source",
    ingests: [
      {
        name: "simulator",
        sources: ["simulator", "simulate", "load"],
        topics: [
          transactionsStream,
          customerUpdates,
          outcomes,
          simulationTruth,
          ticks,
          importProgress,
        ],
      },
    ],
    parts: simulate,
  },
  clock: { process: "source", ingests: [{ name: "clock", topics: [ticks] }], parts: tick },
  /** Run by `import` and `up --import` in place of the simulator; `run` has nothing to start. */
  importer: {
    process: "source",
    ingests: [
      {
        name: "importer",
        sources: ["import-*"],
        topics: [transactionsStream, customerUpdates, outcomes, ticks, importProgress],
      },
    ],
  },
  "profile-writer": {
    process: "source",
    ingests: [
      {
        name: "profile-writer",
        topics: [customerUpdates],
        sources: ["profiles"],
        stores: ["postgres"],
      },
    ],
    parts: writeProfiles,
  },
  /** What people write by typing; `run` has nothing to start. */
  commands: {
    process: "source",
    ingests: [
      { name: "command-line", topics: [policies], sources: ["policies", "policy", "import-*"] },
    ],
  },
  "feature-processor": {
    process: "line",
    processors: (config) => [assess(modelShelf(modelFolders({ config })), config.currency)],
  },
  "intervention-worker": { process: "line", processors: () => [intervene] },
  sink: {
    process: "out",
    sinks: (config) => [
      ...sinkTables(config.currency).map(({ name, tables }) => ({
        name,
        topics: [...new Set(tables.flatMap((t) => t.from.map((source) => source.topic)))],
        stores: ["postgres"] as const,
      })),
      {
        name: "redis-sink",
        topics: [customerUpdates, customerFeatures, predictionsStream],
        stores: ["redis"],
      },
    ],
    parts: (app) => [...fill(app), ...copy(app)],
  },
  archive: {
    process: "side",
    sinks: () => [{ name: "archive", topics: archivedTopics, stores: ["archive"] }],
    parts: archive,
  },
  notify: {
    process: "out",
    ingests: [
      {
        name: "notification-results-relay",
        topics: [notificationResults],
        sources: ["notify"],
        stores: ["postgres"],
      },
    ],
    sinks: () => [{ name: "notify", topics: [notifications], stores: ["postgres", "channels"] }],
    parts: tell,
  },
  overview: {
    process: "side",
    ingests: [{ name: "dashboard", topics: [dashboardUpdates], sources: ["overview"] }],
    sinks: () => [{ name: "overview", topics: overviewTopics, stores: ["postgres"] }],
    parts: oversee,
  },
  outbox: {
    process: "out",
    ingests: [{ name: "outbox", topics: [predictionsStream], stores: ["postgres"] }],
    parts: relay,
  },
  api: {
    process: "front",
    ingests: [
      { name: "http", topics: httpTopics },
      // What people do in the console: nobody may write it by hand.
      { name: "people", topics: [accessLog, caseDecisions], sources: ["http", "console"] },
    ],
    sinks: () => [{ name: "live", topics: [dashboardUpdates], groupless: true }],
    serves: [{ name: "api", stores: ["postgres", "redis"] }],
    parts: (app) => answer({ app, shelf: modelShelf(modelFolders(app)) }),
  },
} satisfies Record<string, Role>;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as RoleName[];
export const processNames = ["line", "side", "out", "front", "source"] as const;
export type ProcessName = (typeof processNames)[number];

/** The roles that a name stands for: itself, or those of a process of `up`. */
export const rolesNamed = (name: string): RoleName[] => {
  const found = roleNames.filter((role) => role === name || roles[role].process === name);
  if (found.length === 0)
    throw failure(
      "ARGUMENT_WRONG",
      `There is no role "${name}"`,
      `Give one of ${[...roleNames, ...processNames].join(", ")}.`,
    );
  return found;
};

const role = (name: RoleName): Role => roles[name];

export const processorsOf = (config: Config): Processor[] =>
  roleNames.flatMap((name) => role(name).processors?.(config) ?? []);
export const sinksOf = (config: Config): Flow[] =>
  roleNames.flatMap((name) => role(name).sinks?.(config) ?? []);

/** The parts of a role, processors included, ready to run. */
export const partsOf = (name: RoleName, app: App): Part[] => [
  ...(role(name).processors?.(app.config) ?? []).map((processor) => runnerPart(processor, app)),
  ...(role(name).parts?.(app) ?? []),
];

const runnerPart = (processor: Processor, app: App): Part => ({
  name: processor.name,
  run: async (signal) => {
    const { config, bootstrap, say } = app;
    const slot = takeSlot(config.dataFolder, inSpace(config.space, processor.group), app.slot);
    const runner = new Runner({
      ...config,
      processor,
      bootstrap,
      slot,
      task: { ...config, release: version, deadLetters, lateEvents },
      say,
    });
    try {
      await runner.run(signal);
    } finally {
      slot.release();
    }
  },
});

const stopMaxMs = 10_000;

/**
 * Runs several parts; the first that fails stops the others, and is thrown once they have ended, or
 * after ten seconds: one that waits for a lost broker must not keep the process.
 */
export const together = async (
  parts: readonly { run: (signal: AbortSignal) => Promise<void> }[],
  signal: AbortSignal,
): Promise<void> => {
  const stop = new AbortController();
  const all = AbortSignal.any([signal, stop.signal]);
  const failed = Promise.withResolvers<never>();
  let late: NodeJS.Timeout | undefined;
  const runs = parts.map(async (part) => {
    try {
      await part.run(all);
    } catch (thrown) {
      if (isGivenUp(thrown, all)) return;
      late ??= setTimeout(() => failed.reject(thrown), stopMaxMs);
      stop.abort();
      throw thrown;
    }
  });
  try {
    const results = await Promise.race([Promise.allSettled(runs), failed.promise]);
    const first = results.find((result) => result.status === "rejected");
    if (first) throw first.reason;
  } finally {
    clearTimeout(late);
  }
};
