import type { AdminPort } from "../src/stream/admin.ts";
import type { RawMessage } from "../src/stream/kafka.ts";
import { restore } from "../src/stream/restore.ts";
import { inSpace } from "../src/stream/space.ts";
import type { Topic } from "../src/stream/topic.ts";

/** Where a topic is read: any space, of a test or not. */
export type Space = {
  readonly bootstrap: string;
  readonly admin: AdminPort;
  readonly space: string;
};

/** Everything committed that a topic of the space holds, partition by partition. */
export const readTopic = async (
  { bootstrap, admin, space }: Space,
  { name, partitions }: { name: string; partitions: number },
): Promise<RawMessage[]> => {
  const found: RawMessage[] = [];
  const parts = Array.from({ length: partitions }, (_, partition) => ({
    topic: inSpace(space, name),
    partition,
    apply: (message: RawMessage) => void found.push(message),
  }));
  await restore({ bootstrap, admin, parts });
  return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
};

/** What a topic of the space holds, in the order of its partitions; tombstones are left out. */
export const valuesOf = async <T>(from: Space, topic: Topic<T>): Promise<T[]> =>
  (await readTopic(from, topic)).flatMap(({ value }) =>
    value === null ? [] : [topic.read(value)],
  );
