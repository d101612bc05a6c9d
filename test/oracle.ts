import assert from "node:assert/strict";
import { processorsOf } from "../src/app.ts";
import { policies } from "../src/events/policy.ts";
import {
  customerUpdates,
  interventionsStream,
  predictionsStream,
  transactionsStream,
} from "../src/events/topics.ts";
import { type Feed, openDriver } from "../src/stream/driver.ts";
import { readHeader } from "../src/stream/header.ts";
import type { Topic } from "../src/stream/topic.ts";
import { readTopic } from "./read-topic.ts";
import type { Stage } from "./space.ts";

/** What lies in a topic, as the driver takes it: the same bytes, ids, times and partitions. */
const feedOf = async (stage: Stage, topic: Topic): Promise<Feed[]> =>
  (await readTopic(stage, topic)).map(({ key, value, headers, partition, timestamp }) => {
    const header = readHeader(headers);
    const ingestTime = header?.ingestTime ?? timestamp;
    const { id, origin, eventTime: time } = header ?? {};
    const bytes = value ?? undefined;
    const given = value === null ? null : topic.read(value);
    const text = key?.toString("utf8") ?? null;
    return { topic, key: text, value: given, bytes, id, origin, time, ingestTime, partition };
  });

const byKey = <T>(records: readonly { key: string | null; value: T | null }[]) =>
  Map.groupBy(records, ({ key }) => key ?? "");

/**
 * Recomputes, in memory and from the input topics alone, what the processors must have written, and
 * compares: each key has the same records, in the same order, each of them once. Resolves with how
 * many there were.
 */
export const checkOutputs = async (stage: Stage): Promise<Record<string, number>> => {
  const { config, space } = stage;
  const driver = openDriver({
    processors: processorsOf(config),
    space,
    disorderMs: config.disorderMs,
  });
  for (const topic of [policies, customerUpdates, transactionsStream] as Topic[])
    driver.run(await feedOf(stage, topic));
  const counts: Record<string, number> = {};
  for (const topic of [predictionsStream, interventionsStream] as Topic[]) {
    const raw = await readTopic(stage, topic);
    const found = raw.map(({ key, value, headers }) => ({
      key: String(key),
      value: { id: readHeader(headers)?.id, ...(topic.read(value as Buffer) as object) },
    }));
    const due = driver.outputs(topic).map(({ key, value, header }) => ({
      key,
      value: { id: header?.id, ...(value as object) },
    }));
    assert.equal(found.length, due.length, `${topic.name}: as many as are due`);
    const expected = byKey(due);
    for (const [key, records] of byKey(found))
      assert.deepEqual(records, expected.get(key), `${topic.name}: ${key}`);
    counts[topic.name] = found.length;
  }
  return counts;
};
