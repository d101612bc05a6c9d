import { failure } from "../../errors.ts";
import { AdminPort } from "../../stream/admin.ts";
import { Consumer, type RawMessage, type TopicPartition } from "../../stream/kafka.ts";
import { partitionKey } from "../../stream/partition.ts";
import type { LogRecord } from "./parquet.ts";
import type { Range } from "./place.ts";

const batchRecords = 5_000;
const waitMs = 100;

export const recordOf = (message: RawMessage): LogRecord => ({
  offset: message.offset,
  key: message.key === null ? null : message.key.toString("utf8"),
  value: message.value,
  headers: message.headers ?? [],
  appendTime: message.timestamp,
});

/**
 * Stretches of partitions in Kafka, committed records only. One client reads them all, a piece of
 * one at a time, so that many partitions can be read side by side in little memory.
 */
export class Tail {
  readonly #consumer: Consumer;
  readonly #admin: AdminPort;
  /** What the client is reading: the partition, and the next offset expected of it. */
  #at = "";

  private constructor(consumer: Consumer, admin: AdminPort) {
    this.#consumer = consumer;
    this.#admin = admin;
  }

  static async open(bootstrap: string): Promise<Tail> {
    const settings = { "queued.min.messages": batchRecords, "queued.max.messages.kbytes": 8_192 };
    const consumer = await Consumer.connect({ bootstrap, group: "history", settings });
    return new Tail(consumer, AdminPort.open(bootstrap));
  }

  async close(): Promise<void> {
    await this.#consumer.close();
    this.#admin.close();
  }

  /** What Kafka holds of these partitions: the first offset and the one behind the last. */
  async bounds(parts: readonly TopicPartition[]): Promise<{ start: number; end: number }[]> {
    const [starts, ends] = await Promise.all([
      this.#admin.startOffsets(parts),
      this.#admin.endOffsets(parts),
    ]);
    return parts.map((part) => {
      const key = partitionKey(part);
      return { start: starts.get(key) ?? 0, end: ends.get(key) ?? 0 };
    });
  }

  /**
   * The records of a stretch, piece by piece. Waits for transactions that are open within it.
   * Throws HISTORY_HOLE when Kafka deletes some of it meanwhile.
   */
  async *read(part: TopicPartition, { first, last }: Range): AsyncGenerator<LogRecord[]> {
    for (let next = first; next <= last; ) {
      const { records, reached } = await this.#piece(part, next, last);
      const [{ start }] = await this.#stillThere(part, next);
      if (start > next)
        throw failure("HISTORY_HOLE", partitionKey(part), `${next} to ${start - 1}`);
      next = reached;
      if (records.length > 0) yield records;
    }
  }

  /** A partition that is compacted or kept whole never begins later. */
  #stillThere(part: TopicPartition, next: number): Promise<{ start: number }[]> {
    return next === 0 ? Promise.resolve([{ start: 0 }]) : this.bounds([part]);
  }

  async #piece(
    { topic, partition }: TopicPartition,
    next: number,
    last: number,
  ): Promise<{ records: LogRecord[]; reached: number }> {
    const place = `${topic}/${partition}`;
    if (this.#at !== `${place}/${next}`)
      this.#consumer.assign([{ topic, partition, offset: next }]);
    const records: LogRecord[] = [];
    let reached = next;
    while (records.length < batchRecords && reached <= last) {
      const { messages, ends } = await this.#consumer.consume(batchRecords, waitMs);
      const isMine = (of: TopicPartition) => of.topic === topic && of.partition === partition;
      for (const message of messages) {
        if (!isMine(message) || message.offset < reached) continue;
        reached = message.offset + 1;
        if (message.offset <= last) records.push(recordOf(message));
      }
      for (const end of ends) if (isMine(end) && end.offset > reached) reached = end.offset;
    }
    this.#at = `${place}/${reached}`;
    return { records, reached };
  }
}
