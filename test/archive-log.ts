import type { Contract } from "../src/events/contract.ts";
import { customerUpdates, transactionsStream } from "../src/events/topics.ts";
import type { ArchiveOptions, Arrived, PartEnd } from "../src/sink/archive/archive.ts";
import { headerName, writeHeader } from "../src/stream/header.ts";
import { partKey } from "../src/stream/reader.ts";
import { profileOf, transactionOf } from "./events.ts";

const topics = [transactionsStream, customerUpdates] as unknown as Contract<unknown>[];
const hourMs = 3_600_000;
const begin = Date.UTC(2026, 0, 1, 22);

/** mulberry32: a small generator, so that a seed gives the same log. */
const randomOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const headersOf = (n: number, at: number): Record<string, Buffer>[] => {
  const header = writeHeader({
    id: `id-${n}`,
    type: "transaction",
    source: "test@1",
    schema: "1",
    origin: `origin|${n}`,
    eventTime: at,
    ingestTime: at,
    trace: "0".repeat(32),
  });
  return [{ [headerName]: Buffer.from(header) }];
};

/** What a record may be: good, broken, empty, without key, with further headers, a tombstone. */
const made = (topic: Contract<unknown>, n: number, at: number, random: () => number) => {
  const customer = `C${Math.floor(random() * 9)}`;
  const isProfile = topic.name === customerUpdates.name;
  const good = Buffer.from(
    JSON.stringify(isProfile ? profileOf(customer, at) : transactionOf(customer, `t${n}`, at)),
  );
  const headers = headersOf(n, at);
  const dice = random();
  if (dice < 0.03) return { key: customer, value: Buffer.from([0xff, 0, 0x80]), headers: [] };
  if (dice < 0.06) return { key: customer, value: Buffer.alloc(0), headers };
  if (dice < 0.09) return { key: null, value: good, headers };
  if (dice < 0.12) return { key: "", value: good, headers: [] };
  if (dice < 0.15 && !isProfile) return { key: customer, value: null, headers };
  if (dice < 0.2)
    return { key: customer, value: good, headers: [...headers, { other: Buffer.from([0, 255]) }] };
  return { key: customer, value: good, headers };
};

/** A log of two topics, some hours long, with the gaps that transactions leave in offsets. */
export const archiveLog = (seed: number, records = 400): Arrived[] => {
  const random = randomOf(seed);
  const next = new Map<string, number>();
  const log: Arrived[] = [];
  let appendTime = begin;
  for (let n = 0; n < records; n++) {
    appendTime += Math.floor(random() ** 4 * hourMs);
    const topic = topics[random() < 0.7 ? 0 : 1];
    const partition = Math.floor(random() * 3);
    const part = partKey(topic.name, partition);
    const offset = (next.get(part) ?? 0) + (random() < 0.2 ? 1 + Math.floor(random() * 2) : 0);
    next.set(part, offset + 1);
    const record = made(topic, n, appendTime - 1_000, random);
    log.push({ topic: topic.name, partition, offset, appendTime, ...record });
  }
  return log;
};

/** The log with the erasure of a customer behind it. */
export const withTombstone = (log: readonly Arrived[], customer: string): Arrived[] => {
  const topic = customerUpdates.name;
  const before = log.filter((one) => one.topic === topic && one.partition === 0);
  const offset = Math.max(-1, ...before.map((one) => one.offset)) + 1;
  const appendTime = Math.max(...log.map((one) => one.appendTime)) + 1;
  const headers = headersOf(-1, appendTime);
  return [...log, { topic, partition: 0, offset, key: customer, value: null, headers, appendTime }];
};

/** The ends of the partitions, a marker behind the last record. */
export const logEnds = (log: readonly Arrived[]): PartEnd[] =>
  [...Map.groupBy(log, ({ topic, partition }) => partKey(topic, partition)).values()].map(
    (records) => {
      const { topic, partition, offset } = records[records.length - 1];
      return { topic, partition, offset: offset + 2 };
    },
  );

export const logTopics = topics;

export const logOptions = (folder: string): ArchiveOptions => ({
  folder,
  space: "test",
  topics,
  erasures: customerUpdates.name,
  topicId: async (topic) => `id of ${topic}`,
  startOffsets: async (_topic, partitions) => new Array<number>(partitions).fill(0),
  fileMaxBytes: 8_000,
  now: () => begin + 10_000 * hourMs,
  say: () => undefined,
});
