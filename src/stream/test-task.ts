import { jsonCodec, table } from "./codec.ts";
import { Counters } from "./counters.ts";
import type { RawHeaders, RawMessage } from "./kafka.ts";
import { emit, type Incoming, type Outcome, type Processor, processor } from "./processor.ts";
import { Task, type TaskSettings } from "./task.ts";
import { type Topic, topic } from "./topic.ts";

/** A seeded source of numbers in [0, 1) for property tests (mulberry32). */
export const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

export const deadLetters = topic("dead-letters");
export const lateEvents = topic("late-events");

export type Sent = {
  topic: string;
  key: string | null;
  value: Buffer | null;
  headers: RawHeaders | undefined;
};

/** What a record says of itself beyond its key and value. */
export type Extra = { at?: number; headers?: RawMessage["headers"]; partition?: number };

/** A task without Kafka: records go in by hand, what it sends is kept. */
export const taskProbe = (
  processor: Processor,
  settings: Partial<TaskSettings> = {},
  views: Record<string, unknown> = {},
) => {
  const sent: Sent[] = [];
  const counters = new Counters();
  const task = new Task(
    processor,
    0,
    views,
    {
      release: "1",
      disorderMs: 0,
      recordMaxBytes: 1_000,
      stateRowMaxBytes: 1_000,
      deadLetters,
      lateEvents,
      ...settings,
    },
    (to, _partition, key, value, headers) => {
      const copy = value === null ? null : Buffer.from(value);
      sent.push({ topic: to.name, key: key === null ? null : String(key), value: copy, headers });
    },
    counters,
  );
  const inputs = processor.reads.length;
  const logs: RawMessage[][] = processor.reads.map(() => []);
  task.start(Array.from({ length: inputs + 1 }, () => -1));
  /** Appends to the log of an input and offers what was appended. */
  const put = (input: number, key: string | null, value: unknown, extra: Extra = {}) => {
    const raw: RawMessage = {
      topic: processor.reads[input].name,
      partition: 0,
      offset: logs[input].length,
      key: key === null ? null : Buffer.from(key),
      value: value === null || Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
      timestamp: extra.at ?? 1_000_000,
      headers: extra.headers,
    };
    logs[input].push(raw);
    task.offer(input, raw);
    return raw;
  };
  /** Offers a tick as it lies in its log, or bytes that are none. */
  const tick = (time: number | Buffer | null, offset: number, appended = 1_000_000) => {
    const value = typeof time === "number" ? Buffer.from(String(time)) : time;
    const key = Buffer.from("clock");
    const name = processor.ticks?.topic.name ?? "";
    task.offerTick({ topic: name, partition: 0, offset, key, value, timestamp: appended });
  };
  const reachEnd = () => {
    for (const [input, log] of logs.entries()) task.end(input, log.length);
  };
  /** Runs everything that can run. */
  const run = () => {
    reachEnd();
    let ran = 0;
    for (let done = task.step(1_000); done > 0; done = task.step(1_000)) ran += done;
    return ran;
  };
  /** Takes everything since the last commit back and offers the logs again from there. */
  const rewindTo = (offsets: readonly number[]) => {
    counters.rollBack();
    task.rewind(offsets);
    for (const [input, log] of logs.entries()) for (const raw of log) task.offer(input, raw);
  };
  const values = (of: Topic) =>
    sent
      .filter((one) => one.topic === of.name)
      .map((one) => (one.value === null ? null : JSON.parse(String(one.value))));
  /** Why each dead letter was one, in order. */
  const whys = () =>
    sent
      .filter((one) => one.topic === deadLetters.name)
      .map((one) => JSON.parse(String(one.headers?.at(-1)?.dead)));
  return { task, sent, counters, put, tick, run, rewindTo, values, whys, reachEnd };
};

/** A row that counts, with a deadline. */
export type Tally = { n: number; sum: number; deadline: number | null };

/** As JSON: encoded after each record. */
export const tallyJson = jsonCodec<Tally>({
  version: 7,
  create: () => ({ n: 0, sum: 0, deadline: null }),
  deadline: (row) => row.deadline ?? Number.POSITIVE_INFINITY,
});

export type In = { n: number; at?: number; customer?: string };
export const input = topic<In>("in", { timeOf: ({ at }) => at, keyOf: (v) => v.customer ?? "a" });
export const output = topic<unknown>("out", { typeOf: () => "made", schema: "4" });

type Do = (record: Incoming<In>, row: Tally, mint: (n: number) => string) => Outcome | Outcome[];
/** Adds up, then does what the test says. */
export const adding = (then: Do = (record, row) => emit(output, record.key, row)) =>
  processor({
    name: "adder",
    group: "adders",
    reads: [input],
    writes: [output],
    state: { tally: table("tally", tallyJson) },
    run: (record, { tally, mint }) => {
      tally.n++;
      tally.sum += record.value.n;
      return then(record as Incoming<In>, tally, mint);
    },
  });
