import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, sentenceOf } from "../../errors.ts";
import { AdminPort } from "../../stream/admin.ts";
import type { TopicPartition } from "../../stream/kafka.ts";
import { NotedOffsets } from "../../stream/noted-offsets.ts";
import { partitionKey } from "../../stream/partition.ts";
import { takeSlot } from "../../stream/slot.ts";
import { inSpace } from "../../stream/space.ts";
import { Fetcher } from "../../stream/wire/fetcher.ts";
import { GroupOffsets } from "../../stream/wire/group-offsets.ts";
import { Archive, type ArchiveOptions, type Arrived } from "./archive.ts";

export type KeepArchiveOptions = Omit<ArchiveOptions, "startOffsets"> & {
  bootstrap: string;
  /** How often hours that are over are looked for. */
  lookEveryMs?: number;
};

const batchMaxRecords = 1_000;
/** It reads many partitions and is never in a hurry: what it has fetched ahead may be little. */
const fetch = {
  aheadMaxBytes: 4_000_000,
  partMaxBytes: 262_144,
  restMs: 200,
};
const waitMs = 200;
const lookEveryMs = 5_000;
const lockEveryMs = 1_000;

/**
 * Archives until the signal. A folder has one writer for each space, which holds a lock there: it
 * reads all partitions by itself, and the group's offsets say only how far it has read. Another
 * process waits, and takes over when the first is gone.
 */
export const keepArchive = async (
  options: KeepArchiveOptions,
  signal: AbortSignal,
): Promise<void> => {
  const lock = await taken(options, signal);
  if (lock === undefined) return;
  const admin = AdminPort.open(options.bootstrap, signal);
  try {
    for (let attempt = 0; !signal.aborted; attempt++)
      try {
        await keepWhileAble(options, admin, signal, () => {
          attempt = 0;
        });
      } catch (thrown) {
        if ((thrown as { retryable?: boolean }).retryable === false) throw thrown;
        if (attempt === 1) options.say(`The archive waits and tries again: ${sentenceOf(thrown)}`);
        await pause(backoffMs(attempt), signal);
      }
  } finally {
    admin.close();
    lock.release();
  }
};

const pause = (ms: number, signal: AbortSignal) =>
  delay(ms, undefined, { signal }).catch(() => undefined);

const taken = async ({ folder, space }: KeepArchiveOptions, signal: AbortSignal) => {
  while (!signal.aborted)
    try {
      return takeSlot(folder, `archive-${space}`, 0);
    } catch {
      await pause(lockEveryMs, signal);
    }
  return undefined;
};

/** One life: from what the files say to the first failure. */
const keepWhileAble = async (
  options: KeepArchiveOptions,
  admin: AdminPort,
  signal: AbortSignal,
  onBatch: () => void,
): Promise<void> => {
  const { bootstrap, space } = options;
  const bare = new Map(options.topics.map(({ name }) => [inSpace(space, name), name]));
  const inKafka = <P extends TopicPartition>(part: P): P => ({
    ...part,
    topic: inSpace(space, part.topic),
  });
  const startOffsets = async (topic: string, partitions: number): Promise<number[]> => {
    const parts = Array.from({ length: partitions }, (_, partition) =>
      inKafka({ topic, partition }),
    );
    const found = await admin.startOffsets(parts);
    return parts.map((part) => found.get(partitionKey(part)) ?? 0);
  };
  const archive = await Archive.open({ ...options, startOffsets });
  const starts = (await archive.startAt()).map(inKafka);
  const group = new GroupOffsets(bootstrap, inSpace(space, "archive-group"));
  const offsets = new NotedOffsets((read) => group.commit(read));
  const fetcher = new Fetcher({ bootstrap, ...fetch });
  try {
    fetcher.add(starts);
    let looked = performance.now();
    while (!signal.aborted) {
      const { messages, ends } = await fetcher.consume(batchMaxRecords, waitMs);
      const batch = messages.map(
        ({ topic, partition, offset, key, value, headers = [], timestamp }): Arrived => ({
          topic: bare.get(topic) ?? topic,
          partition,
          offset,
          key: key === null ? null : key.toString("utf8"),
          value,
          headers,
          appendTime: timestamp,
        }),
      );
      const ended = ends.map((end) => ({ ...end, topic: bare.get(end.topic) ?? end.topic }));
      await archive.handle(batch, ended);
      offsets.read({ messages, ends });
      if (batch.length > 0) onBatch();
      if (performance.now() - looked < (options.lookEveryMs ?? lookEveryMs)) continue;
      looked = performance.now();
      await archive.closeOver();
    }
    await offsets.end();
  } finally {
    fetcher.close();
    group.close();
  }
};
