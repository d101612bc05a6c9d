import { failure } from "../errors.ts";
import { Counters } from "./counters.ts";
import { readHeader } from "./header.ts";
import type { RawHeaders, RawMessage } from "./kafka.ts";
import { Merge } from "./merge.ts";
import type { Processor } from "./processor.ts";
import { MustRewind, Task, type TaskSettings, TooManyFailures } from "./task.ts";
import type { Topic } from "./topic.ts";

/**
 * A record that a processor made, before it has a place in a log. Partition -1: the key decides.
 */
export type Made = {
  readonly topic: Topic;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer>[] | undefined;
};

/** What was delivered to one partition and is not committed yet; the last list holds the ticks. */
type Lane = {
  readonly task: Task;
  readonly inboxes: RawMessage[][];
  readonly ends: number[];
  committed: number[];
  making: Made[];
  made: Made[];
};

const commitRecords = 10_000;
const clockStepMs = 1_000;

/** One processor in memory, with all its partitions: the driver's stand-in for the runner. */
export class Stage {
  readonly processor: Processor;
  readonly counters = new Counters();
  readonly #lanes: Lane[];
  readonly #waiting = new Set<number>();

  constructor(
    processor: Processor,
    partitions: number,
    views: Record<string, unknown>,
    settings: TaskSettings,
  ) {
    this.processor = processor;
    this.#lanes = Array.from({ length: partitions }, (_, partition) =>
      this.#lane(partition, views, settings),
    );
  }

  #lane(partition: number, views: Record<string, unknown>, settings: TaskSettings): Lane {
    const sources = this.processor.reads.length + 1;
    const out = (
      topic: Topic,
      to: number,
      key: string | Buffer | null,
      value: Buffer | null,
      headers: RawHeaders | undefined,
    ) => {
      lane.making.push({
        topic,
        partition: to,
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        headers: headers?.map(asBytes),
      });
    };
    const lane: Lane = {
      task: new Task(this.processor, partition, views, settings, out, this.counters),
      inboxes: Array.from({ length: sources }, () => []),
      ends: new Array(sources).fill(0),
      committed: new Array(sources).fill(-1),
      making: [],
      made: [],
    };
    lane.task.start(lane.committed);
    return lane;
  }

  get tasks(): Task[] {
    return this.#lanes.map((lane) => lane.task);
  }
  /** Whether something was delivered that has not run. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** A record of an input; as the last input, a tick. */
  deliver(input: number, raw: RawMessage): void {
    const lane = this.#lanes[raw.partition];
    lane.inboxes[input].push(raw);
    lane.ends[input] = raw.offset + 1;
    this.#waiting.add(raw.partition);
  }

  /** Runs what was delivered to its end, and returns what was made in order of event time. */
  advance(): Made[] {
    const lanes = [...this.#waiting].sort((a, b) => a - b).map((at) => this.#lanes[at]);
    this.#waiting.clear();
    for (const lane of lanes) this.#runToEnd(lane);
    const lists = lanes.map((lane) => lane.made).filter((list) => list.length > 0);
    for (const lane of lanes) lane.made = [];
    return lists.length < 2 ? (lists[0] ?? []) : inOrder(lists);
  }

  #runToEnd(lane: Lane): void {
    const { task } = lane;
    this.#offer(lane);
    for (;;)
      try {
        if (task.unboundTick !== undefined) task.boundTick(lane.ends.slice(0, -1));
        const ran = task.step(commitRecords);
        this.#commit(lane);
        if (ran === 0 && task.unboundTick === undefined) return;
      } catch (thrown) {
        if (thrown instanceof TooManyFailures)
          throw failure("BAD_RELEASE", this.processor.name, String(thrown.count), thrown.message);
        if (!(thrown instanceof MustRewind)) throw thrown;
        lane.making = [];
        this.counters.rollBack();
        task.rewind(lane.committed);
        this.#offer(lane);
      }
  }

  #offer({ task, inboxes, ends }: Lane): void {
    const inputs = this.processor.reads.length;
    for (let input = 0; input < inputs; input++) {
      for (const raw of inboxes[input]) task.offer(input, raw);
      task.end(input, ends[input]);
    }
    for (const raw of inboxes[inputs]) task.offerTick(raw);
  }

  #commit(lane: Lane): void {
    const { task, inboxes } = lane;
    lane.committed = inboxes.map((_, input) => task.committable(input));
    inboxes.forEach((inbox, input) => {
      const kept = inbox.findIndex((raw) => raw.offset >= lane.committed[input]);
      inbox.splice(0, kept < 0 ? inbox.length : kept);
    });
    this.#tellClock(lane);
    if (lane.made.length === 0) lane.made = lane.making;
    else for (const one of lane.making) lane.made.push(one);
    lane.making = [];
    task.commit();
    this.counters.commit();
  }

  #tellClock({ task, making }: Lane): void {
    const { clock: topic } = this.processor;
    if (topic === undefined || task.clock === task.clockCommitted) return;
    if (task.clock < task.clockTold + clockStepMs) return;
    task.clockTold = task.clock;
    const value = Buffer.from(topic.write(task.clock));
    const { partition } = task;
    const key = Buffer.from("clock");
    making.push({ topic: topic as Topic, partition, key, value, headers: undefined });
  }
}

const asBytes = (header: Record<string, Buffer | string>): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(header).map(([name, value]) => [name, Buffer.from(value)]));

/** Several partitions' records by event time; each partition's own order stays. */
const inOrder = (lists: readonly Made[][]): Made[] => {
  const merge = new Merge<{ time: number; offset: number; bytes: number; made: Made }>(
    lists.length,
  );
  lists.forEach((list, input) => {
    list.forEach((made, offset) => {
      merge.offer(input, { time: timeOf(made), offset, bytes: 0, made });
    });
    merge.end(input, list.length);
  });
  const ordered: Made[] = [];
  for (let input = merge.next(); input >= 0; input = merge.next())
    ordered.push(merge.take(input).made);
  return ordered;
};

const timeOf = ({ headers }: Made): number =>
  readHeader(headers)?.eventTime ?? Number.NEGATIVE_INFINITY;
