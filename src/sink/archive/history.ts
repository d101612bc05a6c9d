import { failure } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { partKey } from "../../stream/reader.ts";
import { inSpace } from "../../stream/space.ts";
import { Forgotten } from "./forgotten.ts";
import { type LogRecord, readParquet } from "./parquet.ts";
import { listFiles, ofPartition, type Stretch, stretches, topicFolder } from "./place.ts";
import { Tail } from "./tail.ts";

/**
 * What happened: the archive and what Kafka holds beyond it, as one stream for each partition, each
 * offset once. It stands beside the archive because it reads the same files; who replays, exports
 * or compares is handed it by a command.
 *
 * The archive is asked first, Kafka for what no file answers for: the tail, and files that somebody
 * has lost within the time that Kafka keeps. Offsets that neither has are refused. Those who were
 * erased are left out of both.
 */
export type HistoryOptions = {
  folder: string;
  space: string;
  bootstrap: string;
};

export class History {
  readonly #options: HistoryOptions;
  readonly #forgotten: Forgotten;
  readonly #tail: Tail;

  private constructor(options: HistoryOptions, forgotten: Forgotten, tail: Tail) {
    this.#options = options;
    this.#forgotten = forgotten;
    this.#tail = tail;
  }

  static async open(options: HistoryOptions): Promise<History> {
    const forgotten = await Forgotten.open(options.folder, options.space);
    return new History(options, forgotten, await Tail.open(options.bootstrap));
  }

  close(): Promise<void> {
    return this.#tail.close();
  }

  get space(): string {
    return this.#options.space;
  }

  /** Several topics as they are now. */
  async inputsOf(topics: readonly Contract<unknown>[]): Promise<HistoryInput[]> {
    const inputs: HistoryInput[] = [];
    for (const topic of topics) inputs.push({ topic, parts: await this.partitionsOf(topic) });
    return inputs;
  }

  /**
   * The partitions of a topic up to what is their end now. Throws HISTORY_HOLE at once when any has
   * a hole. `begins` is the first offset of each that is known at all: 0, unless Kafka had deleted
   * records before there was an archive.
   */
  async partitionsOf(topic: Contract<unknown>): Promise<HistoryPart[]> {
    const { folder, space } = this.#options;
    const files = await listFiles(topicFolder(folder, space, topic.name));
    const parts = Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: inSpace(space, topic.name),
      partition,
    }));
    const bounds = await this.#tail.bounds(parts);
    return parts.map((part, partition) => {
      const { start, end } = bounds[partition];
      const own = ofPartition(files, partition);
      const begins = Math.min(start, own[0]?.first ?? start);
      const plan = stretches(own, begins);
      const next = (plan.at(-1)?.last ?? begins - 1) + 1;
      if (end > next) plan.push({ first: next, last: end - 1, file: undefined });
      for (const { file, first, last } of plan)
        if (file === undefined && first < start)
          throw failure(
            "HISTORY_HOLE",
            partKey(topic.name, partition),
            `${first} to ${Math.min(last, start - 1)}`,
          );
      const ends = (plan.at(-1)?.last ?? begins - 1) + 1;
      return { begins, ends, read: () => this.#read(topic, part, plan) };
    });
  }

  async *#read(
    topic: Contract<unknown>,
    part: { topic: string; partition: number },
    plan: readonly Stretch[],
  ): AsyncGenerator<LogRecord[]> {
    for (const { file, first, last } of plan) {
      if (file === undefined)
        for await (const records of this.#tail.read(part, { first, last }))
          yield this.#remembered(topic, records);
      else {
        const records = await readParquet(file.path);
        const own = records.filter(({ offset }) => offset >= first && offset <= last);
        yield this.#remembered(topic, own);
      }
    }
  }

  #remembered(topic: Contract<unknown>, records: LogRecord[]): LogRecord[] {
    return records.filter((record) => !this.#forgotten.coversRecord(topic, record));
  }
}

export type HistoryPart = {
  /** The first offset that is known, and the one behind the last. */
  readonly begins: number;
  readonly ends: number;
  readonly read: () => AsyncGenerator<LogRecord[]>;
};
export type HistoryInput = {
  readonly topic: Contract<unknown>;
  readonly parts: readonly HistoryPart[];
};

/** Where History begins later than its topic did, in a sentence for each such partition. */
export const lateBeginnings = (inputs: readonly HistoryInput[]): string[] =>
  inputs.flatMap(({ topic, parts }) =>
    parts.flatMap(({ begins }, partition) =>
      begins > 0
        ? [
            `History of ${partKey(topic.name, partition)} begins at offset ${begins}: what lay ` +
              "before it was deleted before there was an archive.",
          ]
        : [],
    ),
  );
