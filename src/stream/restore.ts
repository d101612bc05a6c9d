import type { AdminPort } from "./admin.ts";
import type { RawMessage, TopicPartition } from "./kafka.ts";
import { partitionKey } from "./partition.ts";
import { Fetcher } from "./wire/fetcher.ts";

/**
 * Reads partitions of compacted topics from the start to what was their end when asked, committed
 * records only. The end is the high watermark, behind any open transaction: a predecessor's last
 * commit is waited for, never missed.
 */
export type RestorePart = TopicPartition & {
  apply: (message: RawMessage) => void;
};

export type RestoreOptions = {
  bootstrap: string;
  admin: AdminPort;
  parts: readonly RestorePart[];
  /** Told now and then how many records were read, of about how many. */
  progress?: (done: number, total: number) => void;
};

const batchRecords = 2_000;
const waitMs = 50;

/** Returns the number of records read. */
export const restore = async (options: RestoreOptions): Promise<number> => {
  const { parts, admin, progress } = options;
  const ends = await admin.endOffsets(parts);
  const waiting = new Map(
    parts.filter((p) => (ends.get(partitionKey(p)) ?? 0) > 0).map((p) => [partitionKey(p), p]),
  );
  if (waiting.size === 0) return 0;
  const byKey = new Map(waiting);
  const total = [...byKey.keys()].reduce((sum, key) => sum + (ends.get(key) ?? 0), 0);
  const fetcher = new Fetcher({ bootstrap: options.bootstrap });
  let done = 0;
  try {
    fetcher.add(
      [...byKey.values()].map(({ topic, partition }) => ({ topic, partition, offset: -1 })),
    );
    while (waiting.size > 0) {
      const batch = await fetcher.consume(batchRecords, waitMs);
      for (const message of batch.messages) byKey.get(partitionKey(message))?.apply(message);
      for (const end of batch.ends)
        if (end.offset >= (ends.get(partitionKey(end)) ?? 0)) waiting.delete(partitionKey(end));
      done += batch.messages.length;
      if (batch.messages.length > 0) progress?.(done, total);
    }
  } finally {
    fetcher.close();
  }
  return done;
};

/** Says now and then how far a restore is, where it takes long enough to be waited for. */
export const progressOf = (name: string, say: (sentence: string) => void) => {
  let next = Date.now() + 2_000;
  return (done: number, total: number) => {
    if (Date.now() < next) return;
    next = Date.now() + 2_000;
    say(`${name} restores its state: ${done} of about ${total} records`);
  };
};
