import { readHeader } from "../stream/header.ts";
import type { RawMessage } from "../stream/kafka.ts";
import { partitionKey } from "../stream/partition.ts";
import { Fetcher } from "../stream/wire/fetcher.ts";

/** The span of a partition to look at: its newest offsets. */
export type NewestSpan = {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly end: number;
};

/** What the newest records of a partition say. Times are ms since 1970. */
export type NewestRecords = {
  readonly records: number;
  /** How many offsets they lie over: the markers of transactions have offsets too. */
  readonly span: number;
  readonly newestAt: number | null;
  readonly newestOffset: number | null;
  /** By the name in the header, without its version: how many, and when the newest was appended. */
  readonly sources: ReadonlyMap<string, { readonly records: number; readonly at: number }>;
};

const lookMaxMs = 1_500;
const batchSize = 500;

type Found = {
  records: number;
  span: number;
  newestAt: number | null;
  newestOffset: number | null;
  sources: Map<string, Source>;
};
type Source = { records: number; at: number };

/**
 * Reads the newest records of many partitions at once, headers only, for at most 1.5 s; partitions
 * that were not reached to their end are left out. Belongs to no group and commits nothing.
 */
export class NewestReader {
  readonly #bootstrap: string;
  #fetcher: Fetcher | undefined;

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
  }

  async read(spans: readonly NewestSpan[]): Promise<Map<string, NewestRecords>> {
    try {
      return spans.length === 0 ? new Map() : await this.#read(spans);
    } catch (thrown) {
      // The next look begins anew.
      this.close();
      throw thrown;
    }
  }

  async #read(spans: readonly NewestSpan[]): Promise<Map<string, NewestRecords>> {
    const done = new Map<string, NewestRecords>();
    this.#fetcher ??= new Fetcher({ bootstrap: this.#bootstrap, partMaxBytes: 65_536 });
    const fetcher = this.#fetcher;
    const open = new Map<string, Found>();
    const ends = new Map(spans.map((span) => [partitionKey(span), span.end]));
    for (const span of spans)
      open.set(partitionKey(span), {
        records: 0,
        span: span.end - span.from,
        newestAt: null,
        newestOffset: null,
        sources: new Map(),
      });
    fetcher.add(spans.map(({ topic, partition, from }) => ({ topic, partition, offset: from })));
    const finish = (key: string): void => {
      const found = open.get(key);
      if (found) done.set(key, found);
      open.delete(key);
    };
    const until = performance.now() + lookMaxMs;
    while (open.size > 0 && performance.now() < until) {
      const batch = await fetcher.consume(batchSize, 50);
      for (const message of batch.messages) {
        const key = partitionKey(message);
        const found = open.get(key);
        if (found === undefined) continue;
        add(found, message, readHeader(message.headers)?.source);
        if (message.offset + 1 >= (ends.get(key) ?? 0)) finish(key);
      }
      for (const part of batch.ends) finish(partitionKey(part));
    }
    fetcher.remove(spans);
    return done;
  }

  close(): void {
    this.#fetcher?.close();
    this.#fetcher = undefined;
  }
}

const add = (found: Found, { timestamp: at, offset }: RawMessage, source?: string): void => {
  found.records++;
  found.newestOffset = Math.max(found.newestOffset ?? 0, offset);
  found.newestAt = Math.max(found.newestAt ?? 0, at);
  if (source === undefined) return;
  const name = source.split("@")[0];
  const before = found.sources.get(name);
  found.sources.set(name, {
    records: (before?.records ?? 0) + 1,
    at: Math.max(before?.at ?? 0, at),
  });
};
