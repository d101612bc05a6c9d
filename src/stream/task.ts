import { sentenceOf } from "../errors.ts";
import type { Counters } from "./counters.ts";
import { type Header, headerName, readHeader, writeHeader } from "./header.ts";
import { mintId, traceOf } from "./ids.ts";
import type { RawHeaders, RawMessage } from "./kafka.ts";
import { Merge } from "./merge.ts";
import type { Incoming, Outcome, Processor, Timer } from "./processor.ts";
import { Table } from "./table.ts";
import { type DeadReason, reasonOf, type Topic } from "./topic.ts";

/**
 * One partition of one processor: its inputs, its rows, its clock. Everything here is synchronous
 * and knows no Kafka; the runner (and, in memory, the driver) feeds records in and takes outputs.
 */
export type Out = (
  topic: Topic,
  partition: number,
  key: string | Buffer | null,
  value: Buffer | null,
  headers: RawHeaders | undefined,
) => void;

export type TaskSettings = {
  /** The version in the header's `source`. */
  release: string;
  disorderMs: number;
  recordMaxBytes: number;
  stateRowMaxBytes: number;
  deadLetters: Topic;
  lateEvents: Topic;
};

/** A record that was read, in the order of its input. `dead` stands for one that cannot run. */
type Item = {
  time: number;
  offset: number;
  input: number;
  raw: RawMessage;
  value: unknown;
  header: Header | undefined;
  dead: { reason: DeadReason; detail: string } | undefined;
};

type Tick = { time: number; offset: number; need: number[] | undefined };

const dayMs = 86_400_000;

/** Why a processor stopped working on a partition: more failures than a good release makes. */
export class TooManyFailures extends Error {
  readonly count: number;
  constructor(count: number, last: string) {
    super(last);
    this.count = count;
  }
}

export class Task {
  readonly partition: number;
  readonly tables: Table[];
  readonly #processor: Processor;
  readonly #settings: TaskSettings;
  readonly #out: Out;
  readonly #counters: Counters;
  #merge: Merge<Item>;
  readonly #context: Record<string, unknown>;
  readonly #names: string[];
  readonly #source: string;
  /** Event time up to which every deadline of this partition has been met. */
  clock = Number.NEGATIVE_INFINITY;
  clockCommitted = Number.NEGATIVE_INFINITY;
  /** The clock that the next hop was told last. */
  clockTold = Number.NEGATIVE_INFINITY;
  #ticks: Tick[] = [];
  #tickPosition = 0;
  /** Records and timers that ran since the last commit. */
  ran = 0;
  // The cause in hand, for ids and headers of what it makes.
  #cause = "";
  #origin = "";
  #causeTime = 0;
  #ingestTime = 0;
  #trace = "";
  #ordinal = 0;

  constructor(
    processor: Processor,
    partition: number,
    views: Record<string, unknown>,
    settings: TaskSettings,
    out: Out,
    counters: Counters,
  ) {
    this.partition = partition;
    this.#processor = processor;
    this.#settings = settings;
    this.#out = out;
    this.#counters = counters;
    this.#merge = new Merge(processor.reads.length);
    this.#names = Object.keys(processor.state ?? {});
    this.#source = `${processor.name}@${settings.release}`;
    const state = processor.state ?? {};
    this.tables = this.#names.map((name) => new Table(state[name], settings.stateRowMaxBytes));
    const mint = (ordinal: number) => mintId(processor.name, this.#cause, ordinal);
    this.#context = Object.assign(Object.create(views), { mint });
  }

  /** Begins at these offsets: the inputs in order, then the ticks; below 0: from the beginning. */
  start(offsets: readonly number[]): void {
    const inputs = this.#processor.reads.length;
    this.#merge = new Merge(inputs);
    for (let input = 0; input < inputs; input++) this.#merge.start(input, offsets[input]);
    this.#tickPosition = Math.max(0, offsets[inputs] ?? 0);
    this.#ticks = [];
    this.ran = 0;
  }

  /** Back to the last commit: rows, clock and inputs. */
  rewind(offsets: readonly number[]): void {
    for (const each of this.tables) each.rollBack();
    this.clock = this.clockCommitted;
    this.start(offsets);
  }

  restoreClock(clock: number): void {
    this.clock = clock;
    this.clockCommitted = clock;
  }

  /** A record of an input, as it was read from the log. */
  offer(input: number, raw: RawMessage): void {
    if (!this.#merge.expects(input, raw.offset)) return;
    this.#merge.offer(input, this.#item(input, raw));
  }
  end(input: number, offset: number): void {
    this.#merge.end(input, offset);
  }

  #item(input: number, raw: RawMessage): Item {
    const item: Item = {
      time: raw.timestamp,
      offset: raw.offset,
      input,
      raw,
      value: null,
      header: undefined,
      dead: undefined,
    };
    const dead = this.#read(item, this.#processor.reads[input]);
    if (dead) {
      item.dead = dead;
      item.time = Number.NEGATIVE_INFINITY;
    }
    return item;
  }

  /** Fills in value, header and event time; returns why the record cannot run, if it cannot. */
  #read(item: Item, topic: Topic): Item["dead"] {
    const { raw } = item;
    if (raw.key === null || raw.key.length === 0)
      return { reason: "key_missing", detail: `Records of ${topic.name} need a key` };
    if (topic.envelope && raw.headers !== undefined) {
      item.header = readHeader(raw.headers);
      if (item.header === undefined && raw.headers.some((h) => headerName in h))
        return { reason: "header_unreadable", detail: "The header bw is not in a known form" };
    }
    if (raw.value === null) {
      if (!topic.tombstones)
        return { reason: "tombstone", detail: `${topic.name} has no tombstones` };
      item.time = item.header?.eventTime ?? raw.timestamp;
      return undefined;
    }
    const { recordMaxBytes } = this.#settings;
    if (raw.value.length > recordMaxBytes)
      return {
        reason: "record_too_large",
        detail: `${raw.value.length} bytes; a record may have ${recordMaxBytes}`,
      };
    try {
      item.value = topic.read(raw.value);
      item.time = topic.timeOf(item.value) ?? item.header?.eventTime ?? raw.timestamp;
      if (topic.keyOf && topic.keyOf(item.value) !== raw.key.toString("utf8"))
        return { reason: "key_mismatch", detail: "The record's key differs from its value's" };
    } catch (thrown) {
      const reason = reasonOf(thrown);
      if (reason === undefined) return { reason: "processor_failed", detail: sentenceOf(thrown) };
      return { reason, detail: sentenceOf(thrown) };
    }
    const latest = (item.header?.ingestTime ?? raw.timestamp) + dayMs;
    if (!(item.time >= 0 && item.time <= latest))
      return {
        reason: "time_out_of_range",
        detail: "The event lies before 1970 or more than 24 hours after it was received",
      };
    return undefined;
  }

  /** Runs up to `most` records and timers; returns how many ran (0: nothing can run now). */
  step(most: number): number {
    let done = 0;
    while (done < most) {
      const input = this.#merge.next();
      if (input < 0) break;
      const until = this.#clockAt(this.#merge.peek(input).time);
      if (this.#fire(until)) {
        done++;
        continue;
      }
      if (until > this.clock) this.clock = until;
      this.#run(this.#merge.take(input));
      done++;
    }
    while (done < most && this.#followTick()) done++;
    this.ran += done;
    return done;
  }

  #clockAt(time: number): number {
    return time - this.#settings.disorderMs;
  }

  /** Runs the earliest timer that is due at `until`, if there is one. */
  #fire(until: number): boolean {
    if (this.#processor.due === undefined) return false;
    let at = -1;
    let first: { time: number; key: string } | undefined;
    for (let i = 0; i < this.tables.length; i++) {
      const next = this.tables[i].nextDeadline();
      if (next && next.time <= until && (first === undefined || next.time < first.time)) {
        first = next;
        at = i;
      }
    }
    if (first === undefined) return false;
    if (first.time > this.clock) this.clock = first.time;
    this.tables[at].disarm(first.key);
    this.#runTimer({ key: first.key, table: this.#names[at], time: first.time });
    return true;
  }

  /** A tick moves the clock in quiet hours. See `needsTickBounds` for when it counts. */
  #followTick(): boolean {
    const tick = this.#ticks[0];
    if (tick === undefined) return false;
    const exact = this.#processor.ticks?.exact === true;
    const until = exact ? tick.time : this.#clockAt(tick.time);
    if (until > this.clock) {
      if (tick.need === undefined || !this.#merge.empty) return false;
      if (tick.need.some((need, input) => this.#merge.position(input) < need)) return false;
      if (this.#fire(until)) return true;
      this.clock = until;
    }
    this.#ticks.shift();
    return true;
  }

  offerTick(time: number, offset: number): void {
    if (offset < this.#tickPosition) return;
    this.#tickPosition = offset + 1;
    if (this.#ticks.length === 2) this.#ticks.pop();
    this.#ticks.push({ time, offset, need: undefined });
  }
  endOfTicks(offset: number): void {
    if (offset > this.#tickPosition) this.#tickPosition = offset;
  }

  /**
   * A tick counts only once every input was read to the high watermark that was asked for after the
   * tick arrived: what was appended before it must run before it. True: please ask.
   */
  get needsTickBounds(): boolean {
    return this.#ticks.length > 0 && this.#ticks[0].need === undefined;
  }
  boundTick(need: number[]): void {
    if (this.#ticks.length > 0) this.#ticks[0].need ??= need;
  }

  #run(item: Item): void {
    const { raw, header } = item;
    this.#counters.records++;
    this.#counters.oldestMs = raw.timestamp;
    const place = `${raw.topic}-${raw.partition}-${raw.offset}`;
    this.#cause = header?.id ?? place;
    if (item.dead) {
      this.#deadLetter(item, item.dead.reason, item.dead.detail);
      return;
    }
    this.#origin = place;
    this.#causeTime = item.time;
    this.#ingestTime = header?.ingestTime ?? raw.timestamp;
    this.#trace = header?.trace ?? "";
    this.#ordinal = 0;
    const key = (raw.key as Buffer).toString("utf8");
    const record: Incoming = {
      topic: this.#processor.reads[item.input],
      key,
      value: item.value,
      time: item.time,
      ingestTime: this.#ingestTime,
      id: this.#cause,
      origin: header?.origin ?? place,
    };
    let outcomes: Outcome | readonly Outcome[] | undefined;
    try {
      this.#take(key);
      outcomes = this.#processor.run(record as never, this.#context as never);
    } catch (thrown) {
      this.#failed(thrown);
      this.#deadLetter(item, "processor_failed", sentenceOf(thrown));
      return;
    }
    const refusal = this.#settle(outcomes);
    if (refusal) this.#deadLetter(item, refusal.reason, refusal.detail);
    else this.#apply(outcomes, key, item);
  }

  #runTimer(timer: Timer): void {
    this.#counters.timers++;
    this.#origin = `timer-${timer.table}-${timer.key}-${timer.time}`;
    this.#cause = this.#origin;
    this.#causeTime = timer.time;
    this.#trace = "";
    this.#ordinal = 0;
    let outcomes: readonly Outcome[] | undefined;
    try {
      this.#take(timer.key);
      outcomes = this.#processor.due?.(timer, this.#context as never);
      const refusal = this.#settle(outcomes);
      if (refusal === undefined) this.#apply(outcomes, timer.key, undefined);
      else this.#deadTimer(timer, refusal.reason, refusal.detail);
    } catch (thrown) {
      this.#failed(thrown);
      this.#deadTimer(timer, "timer_failed", sentenceOf(thrown));
    }
  }

  #take(key: string): void {
    for (let i = 0; i < this.tables.length; i++)
      this.#context[this.#names[i]] = this.tables[i].take(key);
  }

  #putBack(): void {
    for (const each of this.tables) each.putBack();
  }

  /** A throw is a bug of ours: the rows go back to their bytes. Too many of them stop the task. */
  #failed(thrown: unknown): void {
    this.#putBack();
    const count = this.#counters.failed();
    if (count > 0) throw new TooManyFailures(count, sentenceOf(thrown));
  }

  /** Keeps the rows, or puts them back and says why the record has to be dead-lettered. */
  #settle(
    outcomes: Outcome | readonly Outcome[] | undefined,
  ): { reason: DeadReason; detail: string } | undefined {
    const list = outcomes === undefined ? [] : "kind" in outcomes ? undefined : outcomes;
    const dead = list
      ? list.find((o) => o.kind === "dead")
      : (outcomes as Outcome).kind === "dead"
        ? (outcomes as Outcome)
        : undefined;
    if (dead?.kind === "dead") {
      this.#putBack();
      return { reason: dead.reason, detail: dead.detail };
    }
    const forgets = list
      ? list.some((o) => o.kind === "forget")
      : (outcomes as Outcome).kind === "forget";
    if (forgets) for (const each of this.tables) each.forget();
    for (const each of this.tables) {
      if (each.seal()) continue;
      this.#putBack();
      return { reason: "state_too_large", detail: `The row in ${each.spec.name} grew too large` };
    }
    for (const each of this.tables) each.keep();
    return undefined;
  }

  #apply(
    outcomes: Outcome | readonly Outcome[] | undefined,
    key: string,
    item: Item | undefined,
  ): void {
    if (outcomes === undefined) return;
    if ("kind" in outcomes) this.#applyOne(outcomes, key, item);
    else for (const outcome of outcomes) this.#applyOne(outcome, key, item);
  }

  #applyOne(outcome: Outcome, key: string, item: Item | undefined): void {
    if (outcome.kind === "emit") this.#emit(outcome);
    else if (outcome.kind === "drop") this.#counters.count("drop", outcome.reason);
    else if (outcome.kind === "count") this.#counters.count("count", outcome.name);
    else if (outcome.kind === "late") this.#late(outcome.reason, key, item);
  }

  #emit(outcome: Extract<Outcome, { kind: "emit" }>): void {
    const { topic, key, value } = outcome;
    const bytes = value === null ? null : topic.write(value);
    let headers: RawHeaders | undefined;
    if (topic.envelope) headers = [this.#header(outcome)];
    this.#ordinal++;
    this.#counters.emitted++;
    this.#out(topic, -1, key, bytes, headers);
  }

  #header(outcome: Extract<Outcome, { kind: "emit" }>): Record<string, string> {
    const { topic, value } = outcome;
    const text = writeHeader({
      id: outcome.id ?? mintId(this.#processor.name, this.#cause, -1 - this.#ordinal),
      type: value === null ? topic.name : topic.typeOf(value),
      source: this.#source,
      schema: topic.schema,
      origin: this.#origin,
      eventTime: outcome.time ?? this.#causeTime,
      ingestTime: this.#ingestTime,
      trace: this.#trace === "" ? traceOf(this.#cause) : this.#trace,
    });
    return { [headerName]: text };
  }

  #late(reason: string, key: string, item: Item | undefined): void {
    this.#counters.count("late", reason);
    if (item === undefined) return;
    const { topic, partition, offset } = item.raw;
    this.#emit({
      kind: "emit",
      topic: this.#settings.lateEvents,
      key,
      value: {
        origin: `${topic}-${partition}-${offset}`,
        topic: this.#processor.reads[item.input].name,
        processor: this.#processor.name,
        reason,
        event: item.value,
      },
    });
  }

  /** The original bytes and header go to dead letters, and why beside them. */
  #deadLetter(item: Item, reason: DeadReason, detail: string): void {
    const { raw } = item;
    this.#counters.count("dead", reason);
    const why = {
      reason,
      detail,
      processor: this.#processor.name,
      group: this.#processor.group,
      topic: raw.topic,
      partition: raw.partition,
      offset: raw.offset,
      append_time: raw.timestamp,
    };
    const headers: RawHeaders = [...(raw.headers ?? []), { dead: JSON.stringify(why) }];
    this.#out(this.#settings.deadLetters, -1, raw.key, raw.value, headers);
  }

  #deadTimer(timer: Timer, reason: DeadReason, detail: string): void {
    this.#counters.count("dead", reason);
    const { name, group } = this.#processor;
    const why = { reason, detail, processor: name, group, timer };
    const headers: RawHeaders = [{ dead: JSON.stringify(why) }];
    this.#out(this.#settings.deadLetters, -1, timer.key, null, headers);
  }

  /** The first offset that has not run, of an input or (after the last input) of the ticks. */
  committable(input: number): number {
    const isTicks = input === this.#processor.reads.length;
    if (isTicks) return this.#ticks[0]?.offset ?? this.#tickPosition;
    return this.#merge.committable(input);
  }
  buffered(input: number): number {
    return this.#merge.buffered(input);
  }
  get mergeLate(): number {
    return this.#merge.mergeLate;
  }
  commit(): void {
    for (const each of this.tables) each.commit();
    this.clockCommitted = this.clock;
    this.ran = 0;
  }
}
