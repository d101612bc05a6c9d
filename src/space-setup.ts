import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { processorsOf, sinksOf } from "./app.ts";
import { type Config, root } from "./config.ts";
import { migrate, openPool, patiently, postgresAddress } from "./db.ts";
import { failure } from "./errors.ts";
import { type PolicyDocument, policies, policyKey } from "./events/policy.ts";
import { topologyIn } from "./map.ts";
import { readPolicies } from "./policies.ts";
import { AdminPort } from "./stream/admin.ts";
import { changelogNames } from "./stream/assignment.ts";
import type { GroupTopics } from "./stream/lag.ts";
import type { Processor } from "./stream/processor.ts";
import { inSpace } from "./stream/space.ts";
import type { Topic } from "./stream/topic.ts";
import { openWriter } from "./stream/writer.ts";

/** Every topic of the product: those that are declared, and the changelogs that the map needs. */
export const topicsOf = (config: Config): readonly Topic[] => topologyIn(config).topics;

/** The groups of a space with full names, and what each must have read to be up to date. */
export const groupsOf = (config: Config): GroupTopics[] => {
  const { space } = config;
  const full = (topics: readonly Topic[]) =>
    topics.map(({ name, partitions }) => ({ name: inSpace(space, name), partitions }));
  const ofProcessors = processorsOf(config).map((p) => ({
    group: inSpace(space, p.group),
    topics: full([...p.reads, ...(p.ticks ? [p.ticks.topic as Topic] : [])]),
  }));
  const ofSinks = sinksOf(config)
    .filter(({ groupless }) => !groupless)
    .map(({ name, topics }) => ({
      group: inSpace(space, `${name}-group`),
      topics: full(topics),
    }));
  return [...ofProcessors, ...ofSinks];
};

/** Inputs are read together and rows kept by partition, so that their numbers must agree. */
const checkPartitions = async (admin: AdminPort, wanted: ReadonlyMap<string, Topic>) => {
  for (const { name, partitions } of await admin.describe([...wanted.keys()])) {
    const declared = wanted.get(name)?.partitions;
    if (partitions !== declared)
      throw failure(
        "TOPOLOGY_WRONG",
        `topic ${name} has ${partitions} partitions in Kafka, and ${declared} are needed. ` +
          "Work in another space with --space, or delete it and run ./bellwether topics create.",
      );
  }
};

/**
 * Looks whether the topics that these processors read and keep rows in, as far as they are there,
 * have as many partitions in Kafka as they need: else a processor would wait for ever for some.
 * Throws TOPOLOGY_WRONG, KAFKA_UNREACHABLE when the signal ends it.
 */
export const checkProcessorTopics = async (
  config: Config,
  bootstrap: string,
  processors: readonly Processor[],
  until: AbortSignal,
): Promise<void> => {
  const needed = new Set(
    processors.flatMap((each) => [
      ...[...each.reads, ...(each.ticks ? [each.ticks.topic] : [])].map(({ name }) => name),
      ...(each.clock ? [each.clock.name] : []),
      ...changelogNames(each),
    ]),
  );
  const topics = topicsOf(config).filter(({ name }) => needed.has(name));
  const admin = AdminPort.open(bootstrap, until);
  try {
    const named = topics.map((topic) => [inSpace(config.space, topic.name), topic] as const);
    await checkPartitions(admin, new Map(named));
  } finally {
    admin.close();
  }
};

/** Creates what is missing of the space's topics; returns how many. Throws TOPOLOGY_WRONG. */
export const createTopics = async (config: Config, bootstrap: string): Promise<number> => {
  const admin = AdminPort.open(bootstrap);
  try {
    const { space, replication } = config;
    const there = new Set(await admin.topicNames());
    const all = topicsOf(config).map((topic) => [inSpace(space, topic.name), topic] as const);
    await checkPartitions(admin, new Map(all.filter(([name]) => there.has(name))));
    const missing = all.filter(([name]) => !there.has(name));
    await Promise.all(missing.map(([name, topic]) => admin.create(name, topic, replication)));
    return missing.length;
  } finally {
    admin.close();
  }
};

const shippedPolicies = (): PolicyDocument[] => {
  const folder = join(root, "policies");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => policies.read(readFileSync(join(folder, name))) as PolicyDocument);
};

/**
 * Writes each shipped policy of which the space has no version; returns how many. An import that
 * trains its own models says so, and the shipped choice of a model is left out.
 */
export const seedPolicies = async (
  config: Config,
  bootstrap: string,
  ownModels = false,
): Promise<number> => {
  const keys = [...(await readPolicies(bootstrap, config.space)).keys()];
  const known = new Set(keys.map((key) => key.split(":").slice(0, 2).join(":")));
  const missing = shippedPolicies().filter(
    (each) => !known.has(`${each.kind}:${each.name}`) && !(ownModels && each.kind === "model"),
  );
  if (missing.length === 0) return 0;
  const writer = await openWriter({ bootstrap, space: config.space, source: "policies@1" });
  for (const document of missing) await writer.send(policies, policyKey(document), document);
  await writer.flush();
  await writer.close();
  return missing.length;
};

/** Brings the space's tables up to date. Waits for Postgres when it is away. */
export const createTables = async (
  config: Config,
  say: (sentence: string) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const pool = openPool(config);
  try {
    const address = postgresAddress(config);
    await patiently(() => migrate(pool, config.space), { address, say, signal });
  } finally {
    await pool.end();
  }
};
