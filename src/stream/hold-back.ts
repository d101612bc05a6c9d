import type { TopicPartition } from "./kafka.ts";
import { partitionKey } from "./partition.ts";
import type { GroupConsumer } from "./wire/group-consumer.ts";

const highRecords = 5_000;
const lowRecords = 1_000;
const highBytes = 8_000_000;
const lowBytes = 2_000_000;

type Buffers = {
  inputs: readonly string[];
  tasks: ReadonlyMap<
    number,
    { buffered: (input: number) => number; bufferedBytes: (input: number) => number }
  >;
};

/**
 * Holds back an input whose buffer has grown long while it waits for another. A client remembers
 * a pause for as long as it lives, also of a partition that it loses and is given back later, so
 * before partitions change hands everything that is held back is let go.
 */
export class HoldBack {
  readonly #consumer: Pick<GroupConsumer, "pause" | "resume">;
  readonly #held = new Map<string, TopicPartition>();

  constructor(consumer: Pick<GroupConsumer, "pause" | "resume">) {
    this.#consumer = consumer;
  }

  look({ tasks, inputs }: Buffers): void {
    for (const [partition, task] of tasks)
      for (let input = 0; input < inputs.length; input++) {
        const part = { topic: inputs[input], partition };
        const records = task.buffered(input);
        const bytes = task.bufferedBytes(input);
        const key = partitionKey(part);
        if (records > highRecords || bytes > highBytes) {
          if (this.#held.has(key)) continue;
          this.#held.set(key, part);
          this.#consumer.pause([part]);
        } else if (records < lowRecords && bytes < lowBytes && this.#held.delete(key))
          this.#consumer.resume([part]);
      }
  }

  letGo(): void {
    if (this.#held.size > 0) this.#consumer.resume([...this.#held.values()]);
    this.#held.clear();
  }
}
