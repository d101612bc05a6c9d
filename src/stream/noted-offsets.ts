import { inTime } from "./in-time.ts";
import type { Batch, PartitionOffset, TopicPartition } from "./kafka.ts";
import { partitionKey } from "./partition.ts";

/** Asks the group once, and answers which it has noted. */
type Commit = (offsets: readonly PartitionOffset[]) => Promise<readonly PartitionOffset[]>;

/** Offsets serve lag alone here, so not each batch needs to note them. */
const everyMs = 200;
const againMs = 1_000;
const lastMaxMs = 5_000;

/**
 * Notes in the background how far a group has read. A group refuses while it changes, and while its
 * broker is away, and no further record may come to ask with: so each offset is asked to be noted
 * until the group says that it is. One question is under way at a time.
 */
export class NotedOffsets {
  readonly #commit: Commit;
  readonly #waiting = new Map<string, PartitionOffset>();
  #asking: Promise<void> | undefined;
  #askedAt = 0;
  /** Whether there is more to note than was asked for. */
  #hasNews = false;

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  /** These were read. A partition's end lies behind the markers of transactions and counts too. */
  read({ messages, ends }: Batch): void {
    if (messages.length + ends.length > 0) this.#hasNews = true;
    for (const { topic, partition, offset } of messages)
      this.#waiting.set(partitionKey({ topic, partition }), {
        topic,
        partition,
        offset: offset + 1,
      });
    for (const { topic, partition, offset } of ends)
      this.#waiting.set(partitionKey({ topic, partition }), { topic, partition, offset });
    const waitMs = this.#hasNews ? everyMs : againMs;
    if (performance.now() - this.#askedAt >= waitMs) this.#ask();
  }

  /** Others read these now. */
  forget(parts: readonly TopicPartition[]): void {
    for (const part of parts) this.#waiting.delete(partitionKey(part));
  }

  #ask(): void {
    if (this.#asking || this.#waiting.size === 0) return;
    this.#askedAt = performance.now();
    this.#hasNews = false;
    this.#asking = this.#commit([...this.#waiting.values()])
      .then((noted) => this.#confirm(noted))
      .catch(() => {})
      .finally(() => {
        this.#asking = undefined;
      });
  }

  #confirm(noted: readonly PartitionOffset[]): void {
    for (const part of noted) {
      const key = partitionKey(part);
      if (this.#waiting.get(key)?.offset === part.offset) this.#waiting.delete(key);
    }
  }

  /** Asks once more for what is not noted; takes at most 5 s. */
  async end(): Promise<void> {
    const last = async () => {
      await this.#asking;
      this.#ask();
      await this.#asking;
    };
    await inTime(last(), lastMaxMs, () => {});
  }
}
