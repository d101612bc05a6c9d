import { archiveFolder, type Config } from "../config.ts";
import { openPool } from "../db.ts";
import type { Contract } from "../events/contract.ts";
import { deadLetters } from "../events/engine.ts";
import { closeRedis, copyKey, copyKinds, openReadyRedis } from "../redis.ts";
import { customerOf, customersIn } from "../sink/archive/parquet.ts";
import { listFiles, topicFolder } from "../sink/archive/place.ts";
import { Tail } from "../sink/archive/tail.ts";
import { archivedTopics } from "../sink/archive/topics.ts";
import { erasableIn } from "../sink/postgres/erasable.ts";
import { topicsOf } from "../space-setup.ts";
import { partitionOf } from "../stream/partition.ts";
import { inSpace } from "../stream/space.ts";
import type { Topic } from "../stream/topic.ts";

/** What is still held of a customer, by place. Nothing that lies here is shown, only counted. */
export type Traces = {
  /** Rows by table. */
  postgres: Record<string, number>;
  redis: string[];
  /** Records by topic. */
  archive: Record<string, number>;
  kafka: KafkaTrace[];
  /** Whether an erasure is still to be carried out, or its second tombstone to be written. */
  under_way: boolean;
};
/** `gone_by`: when Kafka deletes the newest of them; null: at a compaction to come. */
export type KafkaTrace = { topic: string; records: number; gone_by: string | null };

/** Topics are deleted by whole segments, which are closed after a week at most. */
const segmentMs = 7 * 86_400_000;

export const tracesOf = async (
  config: Config,
  bootstrap: string,
  customer: string,
): Promise<Traces> => ({
  ...(await inPostgres(config, customer)),
  redis: await inRedis(config, customer),
  archive: await inArchive(config, customer),
  kafka: await inKafka(config, bootstrap, customer),
});

const inPostgres = async (
  config: Config,
  customer: string,
): Promise<Pick<Traces, "postgres" | "under_way">> => {
  const pool = openPool(config);
  try {
    const open = await pool.query(
      "select 1 from profile_commands where customer_id = $1 and repeated_at is null",
      [customer],
    );
    const found: Record<string, number> = {};
    for (const table of await erasableIn(pool)) {
      const { rows } = await pool.query<{ n: number }>(
        `select count(*)::int as n from ${table} where customer_id = $1`,
        [customer],
      );
      if (rows[0].n > 0) found[table] = rows[0].n;
    }
    return { postgres: found, under_way: open.rows.length > 0 };
  } finally {
    await pool.end();
  }
};

const inRedis = async (config: Config, customer: string): Promise<string[]> => {
  const redis = await openReadyRedis(config);
  try {
    const found: string[] = [];
    for (const kind of copyKinds)
      if ((await redis.exists(copyKey(kind, customer))) > 0) found.push(kind);
    return found;
  } finally {
    closeRedis(redis);
  }
};

const inArchive = async (config: Config, customer: string): Promise<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const { name } of archivedTopics)
    for (const { path } of await listFiles(topicFolder(archiveFolder(config), config.space, name)))
      for (const about of await customersIn(path))
        if (about.key === customer || about.customer === customer)
          found[name] = (found[name] ?? 0) + 1;
  return found;
};

const inKafka = async (
  config: Config,
  bootstrap: string,
  customer: string,
): Promise<KafkaTrace[]> => {
  const tail = await Tail.open(bootstrap);
  try {
    const found: KafkaTrace[] = [];
    for (const topic of topicsOf(config)) {
      const trace = await inTopic(tail, config.space, topic, customer);
      if (trace.records > 0) found.push(trace);
    }
    return found;
  } finally {
    await tail.close();
  }
};

/**
 * What is about a customer may lie under another key, or none; what the engine itself writes for
 * them shares their partition.
 */
const partitionsWith = (topic: Topic, customer: string): number[] => {
  const isAnywhere = [...archivedTopics, deadLetters].some(({ name }) => name === topic.name);
  return isAnywhere
    ? Array.from({ length: topic.partitions }, (_, partition) => partition)
    : [partitionOf(customer, topic.partitions)];
};

const inTopic = async (
  tail: Tail,
  space: string,
  topic: Topic,
  customer: string,
): Promise<KafkaTrace> => {
  let records = 0;
  let newest = 0;
  const parts = partitionsWith(topic, customer).map((partition) => ({
    topic: inSpace(space, topic.name),
    partition,
  }));
  const bounds = await tail.bounds(parts);
  for (const [n, part] of parts.entries()) {
    const { start, end } = bounds[n];
    for await (const piece of tail.read(part, { first: start, last: end - 1 }))
      for (const record of piece) {
        const isAbout =
          record.key === customer || customerOf(topic as Contract<unknown>, record) === customer;
        if (record.value === null || !isAbout) continue;
        records++;
        newest = Math.max(newest, record.appendTime);
      }
  }
  const goneBy = new Date(newest + topic.retentionMs + segmentMs).toISOString();
  return { topic: topic.name, records, gone_by: topic.compacted ? null : goneBy };
};
