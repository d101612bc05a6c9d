import { createHash } from "node:crypto";
import { processorsOf } from "../app.ts";
import type { Config } from "../config.ts";
import { interventionsStream, predictionsStream } from "../events/topics.ts";
import type { ImportResult } from "../ingest/import/importer.ts";
import { AdminPort } from "../stream/admin.ts";
import { changelogNames } from "../stream/assignment.ts";
import { type RestorePart, restore } from "../stream/restore.ts";
import { inSpace } from "../stream/space.ts";
import type { Topic } from "../stream/topic.ts";

/** What came out of a replay. Two replays of one past have the same hashes. */
export type ReplayTotals = {
  space: string;
  state: ImportResult["state"];
  /** Records, ticks and profiles that the line was given. */
  events: number;
  predictions: number;
  decisions: number;
  /** SHA-256 over keys and values of each partition, in its order. */
  predictions_sha256: string;
  decisions_sha256: string;
  /** SHA-256 over every row and clock of every processor. */
  state_sha256: string;
};

type Read = (topics: readonly Topic[], apply: Apply) => Promise<void>;
type Apply = (topic: Topic, partition: number, key: string, value: Buffer | null) => void;

export const replayTotals = async (
  config: Config,
  bootstrap: string,
  { state, position }: ImportResult,
): Promise<ReplayTotals> => {
  const admin = AdminPort.open(bootstrap);
  const read: Read = async (topics, apply) => {
    const parts = topics.flatMap((topic) =>
      Array.from(
        { length: topic.partitions },
        (_, partition): RestorePart => ({
          topic: inSpace(config.space, topic.name),
          partition,
          apply: ({ key, value }) => apply(topic, partition, String(key), value),
        }),
      ),
    );
    await restore({ bootstrap, admin, parts });
  };
  try {
    const predictions = await outputsOf(read, predictionsStream as unknown as Topic);
    const decisions = await outputsOf(read, interventionsStream as unknown as Topic);
    return {
      space: config.space,
      state,
      events: position,
      predictions: predictions.count,
      decisions: decisions.count,
      predictions_sha256: predictions.sha256,
      decisions_sha256: decisions.sha256,
      state_sha256: await stateOf(read, config),
    };
  } finally {
    admin.close();
  }
};

const outputsOf = async (read: Read, topic: Topic) => {
  const hashes = Array.from({ length: topic.partitions }, () => createHash("sha256"));
  let count = 0;
  await read([topic], (_, partition, key, value) => {
    hashes[partition].update(`${key}\n`).update(value ?? "");
    count++;
  });
  const whole = createHash("sha256");
  for (const one of hashes) whole.update(one.digest());
  return { count, sha256: whole.digest("hex") };
};

const stateOf = async (read: Read, config: Config): Promise<string> => {
  const rows = new Map<string, Buffer>();
  const topics = processorsOf(config).flatMap((processor) =>
    changelogNames(processor).map(
      (name) => ({ name, partitions: processor.reads[0].partitions }) as Topic,
    ),
  );
  await read(topics, ({ name }, partition, key, value) => {
    const place = `${name} ${partition} ${key}`;
    if (value === null) rows.delete(place);
    else rows.set(place, Buffer.from(value));
  });
  const whole = createHash("sha256");
  for (const [place, bytes] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1)))
    whole.update(`${place}\n`).update(bytes);
  return whole.digest("hex");
};

export const totalLines = (totals: ReplayTotals): string[] => [
  `${totals.events} events were replayed into the space ${totals.space}` +
    `${totals.state === "already" ? " by an earlier run" : ""}.`,
  `${totals.predictions} predictions, SHA-256 ${totals.predictions_sha256}`,
  `${totals.decisions} decisions, SHA-256 ${totals.decisions_sha256}`,
  `State of the line, SHA-256 ${totals.state_sha256}`,
];
