import type { Config } from "./config.ts";
import { deadLetters, lateEvents } from "./events/engine.ts";
import type { DryRun, Tried } from "./serve/desk/desk.ts";
import { AdminPort } from "./stream/admin.ts";
import { changelogNames } from "./stream/assignment.ts";
import { type Driver, openDriver } from "./stream/driver.ts";
import { partitionOf } from "./stream/partition.ts";
import type { Processor } from "./stream/processor.ts";
import { restore } from "./stream/restore.ts";
import { inSpace } from "./stream/space.ts";
import type { Topic } from "./stream/topic.ts";

/**
 * Runs one record through the processor that could not use it, in memory: with the policies that
 * are in force and the rows that the processor keeps under the record's key, read from its
 * changelogs. Nothing is written anywhere. Where a changelog is too long to look through, it runs
 * on empty state, and says so.
 */
export type DryRunOptions = {
  readonly config: Pick<Config, "space" | "recordMaxBytes" | "stateRowMaxBytes">;
  readonly bootstrap: string;
  readonly processors: readonly Processor[];
};

/** A changelog's partition with more records is not looked through for one row. */
const changelogMost = 300_000;

type Place = DryRunOptions & { admin: AdminPort; driver: Driver; processor: Processor };

const feedBroadcasts = async ({ processor, bootstrap, admin, driver, config }: Place) => {
  const topics = Object.values(processor.broadcast ?? {}).map(({ topic }) => topic);
  for (const topic of new Map(topics.map((one) => [one.name, one])).values()) {
    const found = new Map<string, Buffer>();
    const parts = Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: inSpace(config.space, topic.name),
      partition,
      apply: ({ key, value }: { key: Buffer | null; value: Buffer | null }) => {
        if (value === null) found.delete(String(key));
        else found.set(String(key), value);
      },
    }));
    await restore({ bootstrap, admin, parts });
    for (const [key, bytes] of found) driver.feed(topic, key, null, { bytes });
  }
};

/** True when every row of the key was put in its place, or there is none. */
const restoreRows = async (place: Place, key: string): Promise<boolean> => {
  const { processor, bootstrap, admin, driver, config } = place;
  const names = Object.values(processor.state ?? {}).map(({ name }) => name);
  const partition = partitionOf(Buffer.from(key), processor.reads[0].partitions);
  const rows = new Map<string, Buffer | null>();
  const parts = changelogNames(processor).map((name, at) => ({
    topic: inSpace(config.space, name),
    partition,
    apply: (message: { key: Buffer | null; value: Buffer | null }) => {
      if (String(message.key) === key) rows.set(names[at], message.value);
    },
  }));
  const [starts, ends] = [await admin.startOffsets(parts), await admin.endOffsets(parts)];
  const lengths = [...ends].map(([part, end]) => end - (starts.get(part) ?? 0));
  if (lengths.some((length) => length > changelogMost)) return false;
  await restore({ bootstrap, admin, parts });
  for (const [name, bytes] of rows)
    if (bytes !== null) driver.restoreRow(processor.name, name, key, bytes);
  return true;
};

const resultOf = (driver: Driver, processor: Processor, restored: boolean): Tried => {
  const written = processor.writes.flatMap((topic) =>
    driver.outputs(topic as Topic).map((one) => ({ topic, ...one })),
  );
  const late = driver.outputs(lateEvents as unknown as Topic);
  const [dead] = driver.outputs(deadLetters as unknown as Topic);
  const { reasons } = driver.counters(processor.name);
  return {
    state: restored ? "restored" : "empty",
    outcomes: [
      ...written.map(({ topic, key, value, time }) => ({ topic: topic.name, key, value, time })),
      ...late.map(({ key, value, time }) => ({ topic: lateEvents.name, key, value, time })),
    ],
    refusal: dead?.dead ? { reason: dead.dead.reason, detail: dead.dead.detail } : null,
    counts: [...reasons].map(([name, times]) => ({ name, times })),
  };
};

/** Answers nothing for a name that is no processor of the map, or does not read the topic. */
export const openDryRun =
  (options: DryRunOptions): DryRun =>
  async ({ processor: name, topic: topicName, key, value, header, appendTime }) => {
    const { config, bootstrap, processors } = options;
    const processor = processors.find((one) => one.name === name);
    const topic = processor?.reads.find((one) => one.name === topicName);
    if (processor === undefined || topic === undefined) return undefined;
    const driver = openDriver({
      processors: [processor],
      space: config.space,
      recordMaxBytes: config.recordMaxBytes,
      stateRowMaxBytes: config.stateRowMaxBytes,
      deadLetters: deadLetters as unknown as Topic,
      lateEvents: lateEvents as unknown as Topic,
    });
    const admin = AdminPort.open(bootstrap);
    try {
      const place = { ...options, admin, driver, processor };
      await feedBroadcasts(place);
      const restored = key === null || (await restoreRows(place, key));
      driver.feed(topic, key, null, {
        bytes: value ?? undefined,
        time: header?.eventTime,
        ingestTime: header?.ingestTime ?? appendTime,
        id: header?.id,
        origin: header?.origin,
      });
      return resultOf(driver, processor, restored);
    } finally {
      admin.close();
    }
  };
