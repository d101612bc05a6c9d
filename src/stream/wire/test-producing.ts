import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { AdminPort } from "../admin.ts";
import type { RawMessage } from "../kafka.ts";
import { partitionKey } from "../partition.ts";
import { topic } from "../topic.ts";
import { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { Fetcher } from "./fetcher.ts";

/** Makes topics of a test's own on these brokers, each with what has been committed there. */
export const topicMaker = (bootstrap: string) => {
  const admin = AdminPort.open(bootstrap);
  after(() => admin.close());
  return (partitions = 3, config: Record<string, string> = {}) =>
    makeTopic({ bootstrap, admin }, partitions, config);
};

type Place = { bootstrap: string; admin: AdminPort };
const makeTopic = async (
  { bootstrap, admin }: Place,
  partitions: number,
  config: Record<string, string>,
) => {
  const name = `test-${randomBytes(4).toString("hex")}`;
  await admin.create(name, topic(name, { partitions, config }) as never, 1);
  /** Everything committed, in the order of each partition. */
  const stored = async (): Promise<RawMessage[]> => {
    const fetcher = new Fetcher({ bootstrap });
    const parts = Array.from({ length: partitions }, (_, partition) => ({
      topic: name,
      partition,
    }));
    const highest = await admin.endOffsets(parts);
    fetcher.add(parts.map((part) => ({ ...part, offset: -1 })));
    const all: RawMessage[] = [];
    const open = new Set(parts.map(({ partition }) => partition));
    // A commit is answered before its markers are written: what is read ends behind them.
    while (open.size > 0) {
      const { messages, ends } = await fetcher.consume(500, 100);
      all.push(...messages);
      for (const end of ends)
        if (end.offset >= (highest.get(partitionKey(end)) ?? 0)) open.delete(end.partition);
    }
    fetcher.close();
    return all;
  };
  const texts = async () => (await stored()).map(({ value }) => String(value)).sort();
  return { name, stored, texts };
};

/** A way to the brokers whose connections may break at any time. */
export class Frail extends Cluster {
  readonly #used = new Set<Connection>();
  override async connection(broker?: number): Promise<Connection> {
    const connection = await super.connection(broker);
    this.#used.add(connection);
    return connection;
  }
  break(): void {
    for (const connection of this.#used) connection.close();
    this.#used.clear();
  }
}

export const bytes = (text: string) => Buffer.from(text);

/** A seed of its own for each run, said so that the run can be had again. */
export const someSeed = (): number => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  return seed;
};
