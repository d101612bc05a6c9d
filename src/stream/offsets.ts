import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../errors.ts";
import { Consumer, type PartitionOffset } from "./kafka.ts";
import { partitionKey } from "./restore.ts";

const confirmMaxMs = 10_000;
const lookEveryMs = 50;

/**
 * Sets the offsets from which a group without members goes on. The broker refuses it for a group
 * that has members; so does this, with GROUP_BUSY, when they are not what they were set to in time.
 */
export const setOffsets = async (
  bootstrap: string,
  group: string,
  parts: readonly PartitionOffset[],
): Promise<void> => {
  const consumer = await Consumer.connect({ bootstrap, group });
  const wanted = new Map(parts.map((part) => [partitionKey(part), part.offset]));
  const until = performance.now() + confirmMaxMs;
  try {
    consumer.commit([...parts]);
    for (;;) {
      const found = await consumer.committed(
        parts.map(({ topic, partition }) => ({ topic, partition })),
      );
      if (found.every((part) => wanted.get(partitionKey(part)) === part.offset)) return;
      if (performance.now() > until) throw failure("GROUP_BUSY", group);
      await delay(lookEveryMs);
    }
  } finally {
    await consumer.close();
  }
};
