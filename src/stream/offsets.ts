import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../errors.ts";
import type { PartitionOffset } from "./kafka.ts";
import { isAway, KafkaError } from "./kafka-error.ts";
import { GroupOffsets } from "./wire/group-offsets.ts";

const confirmMaxMs = 10_000;
const lookEveryMs = 50;

/**
 * Sets the offsets from which a group without members goes on. The broker refuses it for a group
 * that has members; so does this, with GROUP_BUSY, when they are not what they were set to in time.
 * Throws KAFKA_UNREACHABLE.
 */
export const setOffsets = async (
  bootstrap: string,
  group: string,
  parts: readonly PartitionOffset[],
): Promise<void> => {
  const offsets = new GroupOffsets(bootstrap, group);
  const refused = (thrown: unknown): [] => {
    if (isAway(thrown)) throw failure("KAFKA_UNREACHABLE", bootstrap, thrown.message);
    if (thrown instanceof KafkaError) return [];
    throw thrown;
  };
  const until = performance.now() + confirmMaxMs;
  try {
    for (;;) {
      const noted = await offsets.commit(parts).catch(refused);
      if (noted.length === parts.length) return;
      if (performance.now() > until) throw failure("GROUP_BUSY", group);
      await delay(lookEveryMs);
    }
  } finally {
    offsets.close();
  }
};
