import { hash } from "node:crypto";
import { failure } from "../errors.ts";
import type { Counters } from "./counters.ts";
import { type Header, headerName, readHeader, writeHeader } from "./header.ts";
import { mintId, traceOf } from "./ids.ts";
import type { RawMessage } from "./kafka.ts";
import { partitionOf } from "./partition.ts";
import type { BroadcastSpec, Processor } from "./processor.ts";
import { inSpace } from "./space.ts";
import { type Made, Stage } from "./stage.ts";
import { type Topic, topic } from "./topic.ts";
import { checkProcessors, inFlowOrder } from "./topology.ts";

/**
 * Processors in memory, without Kafka: the values that the engine runs, on the same tasks, with the
 * same merge, timers, headers, checks and dead letters; what one writes, the next one reads. Values
 * travel as bytes, and partitions are those that Kafka would choose. Given the same records it
 * makes the same outputs and the same state, always: nothing here reads a clock.
 */
export type DriverOptions = {
  processors: readonly Processor[];
  /** The number of partitions of every topic; without it each topic's own. */
  partitions?: number;
  /** Taken off event time before a deadline counts as reached; 0, as in imports. */
  disorderMs?: number;
  recordMaxBytes?: number;
  stateRowMaxBytes?: number;
  space?: string;
  /** The version in the header's `source`. */
  release?: string;
  deadLetters?: Topic;
  lateEvents?: Topic;
  /** False: outputs are only told to those that `listen`, for runs larger than memory. */
  keepsOutputs?: boolean;
};

export type FeedOptions = {
  /** Event time in ms; without it the topic's own reading of the value. */
  time?: number;
  id?: string;
  origin?: string;
  /** When it came in, ms; without it the event time. */
  ingestTime?: number;
  partition?: number;
  /** Bytes in place of the value's own, such as broken ones. */
  bytes?: Buffer;
};
/** A record to feed. The value is the topic's; it is checked when it is read. */
export type Feed = FeedOptions & { topic: Topic; key: string | null; value: unknown };

/** A record that a processor made, as a reader of its topic sees it. Times in ms. */
export type Output<T> = {
  readonly key: string | null;
  readonly value: T | null;
  readonly time: number;
  readonly header: Header | undefined;
  /** Why it was dead-lettered, where it was. */
  readonly dead: { reason: string; detail: string; processor: string } | undefined;
  readonly partition: number;
  readonly offset: number;
};

const rawTopic = topic<Buffer>("dead-letters", {
  read: (bytes) => bytes,
  write: (bytes) => bytes,
  tombstones: true,
});

type Input = { stage: Stage; input: number };
type View = { name: string; spec: BroadcastSpec<unknown>; views: Record<string, unknown> };

export class Driver {
  readonly #options: DriverOptions;
  readonly #stages: Stage[];
  readonly #inputs = new Map<string, Input[]>();
  readonly #views = new Map<string, View[]>();
  readonly #entries = new Map<string, Map<string, unknown>>();
  /** The next offset of each partition, by topic. */
  readonly #offsets = new Map<string, number[]>();
  readonly #outputs = new Map<string, RawMessage[]>();
  readonly #listeners = new Map<string, ((raw: RawMessage) => void)[]>();
  readonly #clocks: ReadonlySet<string>;
  #missing: string | undefined;
  #fed = 0;
  #now = 0;

  constructor(options: DriverOptions) {
    this.#options = options;
    checkProcessors(options.processors);
    this.#clocks = new Set(options.processors.flatMap(({ clock }) => (clock ? [clock.name] : [])));
    this.#stages = inFlowOrder(options.processors).map((each) => this.#stageOf(each));
    this.#missing = this.#waitsFor();
  }

  #stageOf(processor: Processor): Stage {
    const options = this.#options;
    const views: Record<string, unknown> = {};
    for (const [name, spec] of Object.entries(processor.broadcast ?? {})) {
      this.#put(this.#views, spec.topic.name, { name, spec, views });
      views[name] = spec.view(new Map());
    }
    const stage = new Stage(processor, this.#partitionsOf(processor.reads[0]), views, {
      release: options.release ?? "1",
      disorderMs: options.disorderMs ?? 0,
      recordMaxBytes: options.recordMaxBytes ?? 1_000_000,
      stateRowMaxBytes: options.stateRowMaxBytes ?? 524_288,
      deadLetters: options.deadLetters ?? (rawTopic as Topic),
      lateEvents: options.lateEvents ?? topic("late-events"),
    });
    processor.reads.forEach(({ name }, input) => {
      this.#put(this.#inputs, name, { stage, input });
    });
    const { ticks } = processor;
    if (ticks) this.#put(this.#inputs, ticks.topic.name, { stage, input: processor.reads.length });
    return stage;
  }

  #put<T>(map: Map<string, T[]>, name: string, one: T): void {
    const list = map.get(name);
    if (list) list.push(one);
    else map.set(name, [one]);
  }

  #partitionsOf({ partitions }: { readonly partitions: number }): number {
    return this.#options.partitions ?? partitions;
  }

  /** Appends one record and runs everything that follows from it, as in a quiet live system. */
  feed<T>(to: Topic<T>, key: string | null, value: NoInfer<T> | null, more?: FeedOptions): void {
    this.#append({ ...more, topic: to as Topic, key, value });
    this.#settle();
  }

  /**
   * Appends all records, then runs: each processor reads its whole inputs merged by event time
   * before the next begins, as in a replay.
   */
  run(records: Iterable<Feed>): void {
    for (const record of records) this.#append(record);
    this.#settle();
  }

  /** Tells every partition what time it is, as the clock does in quiet hours. */
  tick(time: number): void {
    const topics = this.#stages.flatMap(({ processor: { ticks } }) => (ticks ? [ticks.topic] : []));
    const outer = new Map(topics.map((each) => [each.name, each]));
    for (const [name, each] of outer)
      for (let at = 0; at < this.#partitionsOf(each) && !this.#clocks.has(name); at++)
        this.#append({ topic: each as Topic, key: "clock", value: time, partition: at, time });
    this.#settle();
  }

  #append(record: Feed): void {
    const { topic: to, key, value } = record;
    if (!this.#inputs.has(to.name) && !this.#views.has(to.name))
      throw failure("TOPOLOGY_WRONG", `no processor here reads ${to.name}.`);
    if (this.#missing !== undefined && !this.#views.has(to.name))
      throw failure("FAILED", `${this.#missing} Feed that first.`);
    const bytes = record.bytes ?? (value === null ? null : Buffer.from(to.write(value)));
    const time = record.time ?? (value === null ? undefined : to.timeOf(value)) ?? this.#now;
    const ingestTime = record.ingestTime ?? time;
    this.#now = time;
    const header = to.envelope ? this.#header(record, time, ingestTime) : undefined;
    this.#deliver(
      {
        topic: to,
        partition: record.partition ?? -1,
        key: key === null ? null : Buffer.from(key),
        value: bytes,
        headers: header && [{ [headerName]: header }],
      },
      ingestTime,
    );
  }

  #header(record: Feed, eventTime: number, ingestTime: number): Buffer {
    const { topic: to, value } = record;
    const id = record.id ?? mintId("driver", to.name, this.#fed++);
    const type = value === null ? to.name : to.typeOf(value);
    const { schema } = to;
    const origin = record.origin ?? id;
    const trace = traceOf(id);
    const source = "driver@1";
    return Buffer.from(
      writeHeader({ id, type, source, schema, origin, eventTime, ingestTime, trace }),
    );
  }

  /** Gives a record its place in the log of its topic and hands it to those that read it. */
  #deliver(made: Made, timestamp: number): RawMessage {
    const { name } = made.topic;
    let offsets = this.#offsets.get(name);
    if (offsets === undefined) {
      offsets = new Array<number>(this.#partitionsOf(made.topic)).fill(0);
      this.#offsets.set(name, offsets);
    }
    const { key, value, headers } = made;
    let { partition } = made;
    // Without a key Kafka chooses at random; here the number of records so far chooses.
    if (partition < 0)
      partition =
        key === null
          ? offsets.reduce((sum, next) => sum + next, 0) % offsets.length
          : partitionOf(key, offsets.length);
    const offset = offsets[partition]++;
    const full = inSpace(this.#options.space ?? "live", name);
    const raw = { topic: full, partition, offset, key, value, headers, timestamp };
    for (const { stage, input } of this.#inputs.get(name) ?? []) stage.deliver(input, raw);
    if (this.#views.has(name)) this.#fold(made.topic, raw);
    return raw;
  }

  #fold({ name, read }: Topic, { key, value }: RawMessage): void {
    const entries = this.#entries.get(name) ?? new Map<string, unknown>();
    this.#entries.set(name, entries);
    const at = key?.toString("utf8") ?? "";
    if (value === null) entries.delete(at);
    else
      try {
        entries.set(at, read(value));
      } catch {
        // A document that breaks its contract never replaces one that keeps it.
      }
    for (const { name: view, spec, views } of this.#views.get(name) ?? [])
      views[view] = spec.view(entries);
    this.#missing = this.#waitsFor();
  }

  #waitsFor(): string | undefined {
    for (const { processor } of this.#stages)
      for (const [name, spec] of Object.entries(processor.broadcast ?? {})) {
        const own = this.#views.get(spec.topic.name)?.find((view) => view.spec === spec);
        const missing = spec.waitsFor?.(own?.views[name]);
        if (missing !== undefined) return `${processor.name} waits: ${missing}.`;
      }
    return undefined;
  }

  #settle(): void {
    const { keepsOutputs = true } = this.#options;
    for (;;) {
      const stage = this.#stages.find((each) => each.isWaiting);
      if (stage === undefined) return;
      for (const made of stage.advance()) {
        const raw = this.#deliver(made, readHeader(made.headers)?.ingestTime ?? this.#now);
        const { name } = made.topic;
        if (keepsOutputs) this.#put(this.#outputs, name, raw);
        for (const listener of this.#listeners.get(name) ?? []) listener(raw);
      }
    }
  }

  /** What processors have written to a topic so far, in the order in which it was made. */
  outputs<T>(of: Topic<T>): Output<T>[] {
    return (this.#outputs.get(of.name) ?? []).map((raw) => read(of, raw));
  }

  /** Hands on each output of a topic when it is made. */
  listen<T>(of: Topic<T>, listener: (output: Output<T>) => void): void {
    this.#put(this.#listeners, of.name, (raw: RawMessage) => listener(read(of, raw)));
  }

  #named(processor: string): Stage {
    const found = this.#stages.find((stage) => stage.processor.name === processor);
    if (found) return found;
    throw failure("TOPOLOGY_WRONG", `no processor here is called ${processor}.`);
  }

  counters(processor: string): Counters {
    return this.#named(processor).counters;
  }

  /** How often a record of one input came after its turn, over all processors. */
  get mergeLate(): number {
    const tasks = this.#stages.flatMap((stage) => stage.tasks);
    return tasks.reduce((sum, task) => sum + task.mergeLate, 0);
  }

  /** The row of a key, opened from a copy of its bytes; undefined: there is none. */
  row(processor: string, table: string, key: string): unknown {
    for (const { tables } of this.#named(processor).tasks) {
      const found = tables.find(({ spec }) => spec.name === table);
      const view = found?.entries.get(key)?.view;
      if (found && view) return found.spec.codec.open(Buffer.from(view), key);
    }
    return undefined;
  }

  /** Puts a row in its place, as a restore from the changelog does; feed records after it. */
  restoreRow(processor: string, table: string, key: string, bytes: Buffer): void {
    const { tasks } = this.#named(processor);
    const task = tasks[partitionOf(Buffer.from(key), tasks.length)];
    const found = task.tables.find(({ spec }) => spec.name === table);
    if (found === undefined) throw failure("TOPOLOGY_WRONG", `${processor} has no table ${table}.`);
    found.restore(key, bytes);
    found.restored();
  }

  /** SHA-256 over every row and clock of every processor: equal states have equal hashes. */
  stateHash(): string {
    const parts: string[] = [];
    const byName = this.#stages.toSorted((a, b) => (a.processor.name < b.processor.name ? -1 : 1));
    for (const { processor, tasks } of byName)
      for (const { partition, clock, tables } of tasks) {
        parts.push(JSON.stringify([processor.name, partition, String(clock)]));
        for (const { spec, entries } of tables)
          for (const key of [...entries.keys()].sort()) {
            const bytes = entries.get(key)?.view;
            if (bytes) parts.push(JSON.stringify([spec.name, key, hash("sha256", bytes)]));
          }
      }
    return hash("sha256", parts.join("\n"));
  }
}

const read = <T>(of: Topic<T>, raw: RawMessage): Output<T> => {
  const { key, value, headers, partition, offset, timestamp } = raw;
  const header = readHeader(headers);
  const why = headers?.find((one) => "dead" in one)?.dead.toString("utf8");
  const plain = value === null ? null : of.read(value);
  return {
    key: key?.toString("utf8") ?? null,
    value: plain,
    time: (plain === null ? undefined : of.timeOf(plain)) ?? header?.eventTime ?? timestamp,
    header,
    dead: why === undefined ? undefined : JSON.parse(why),
    partition,
    offset,
  };
};

export const openDriver = (options: DriverOptions): Driver => new Driver(options);
