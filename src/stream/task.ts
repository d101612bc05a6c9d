import { failure, sentenceOf } from "../errors.ts";
import { admitTick } from "./admit.ts";
import type { Counters } from "./counters.ts";
import { BadOutput, Effects, type EffectTopics, type Out } from "./effects.ts";
import { type Dead, type Item, takeIn } from "./intake.ts";
import type { RawMessage } from "./kafka.ts";
import { Merge } from "./merge.ts";
import type { Incoming, Outcome, Processor, Timer } from "./processor.ts";
import { Table } from "./table.ts";

/**
 * One partition of one processor: its inputs, its rows, its clock. Everything here is synchronous
 * and knows no Kafka; the runner (and, in memory, the driver) feeds records in and takes outputs.
 */
export type TaskSettings = EffectTopics & {
  /** The version in the header's `source`. */
  release: string;
  disorderMs: number;
  recordMaxBytes: number;
  stateRowMaxBytes: number;
};

type Tick = { time: number; offset: number; appended: number; need: number[] | undefined };
type BadTick = { raw: RawMessage; dead: Dead };

/** Ticks that nobody can use, waiting for their turn; more are counted and not kept. */
const badTicksMax = 1_000;
/** A timer that fires so often at one time of one key would do so for ever. */
const firesAtOnceMax = 100;

/** A processor stops working: more failures than a good release makes. */
export class TooManyFailures extends Error {
  readonly count: number;
  constructor(count: number, last: string) {
    super(last);
    this.count = count;
  }
}

/** Everything since the last commit has to be taken back and run again. */
export class MustRewind extends Error {}

export class Task {
  readonly partition: number;
  readonly tables: Table[];
  readonly #processor: Processor;
  readonly #settings: TaskSettings;
  readonly #counters: Counters;
  readonly #effects: Effects;
  readonly #context: Record<string, unknown>;
  readonly #names: string[];
  /** Records whose outputs no topic takes, by place: dead-lettered when they come again. */
  readonly #refused = new Map<string, Dead>();
  #merge: Merge<Item>;
  /** Event time up to which every deadline of this partition has been met. */
  clock = Number.NEGATIVE_INFINITY;
  clockCommitted = Number.NEGATIVE_INFINITY;
  /** The clock that the next hop was told last. */
  clockTold = Number.NEGATIVE_INFINITY;
  #ticks: Tick[] = [];
  #badTicks: BadTick[] = [];
  #tickPosition = 0;
  #firedKey = "";
  #firedTime = Number.NaN;
  #firedAgain = 0;
  /** Records and timers that ran since the last commit. */
  ran = 0;
  /** The first record that came from before what was read: its topic was made anew. */
  wentBack: RawMessage | undefined;

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
    this.#counters = counters;
    this.#effects = new Effects(processor, settings.release, settings, out, counters);
    this.#merge = new Merge(processor.reads.length);
    this.#names = Object.keys(processor.state ?? {});
    const state = processor.state ?? {};
    this.tables = this.#names.map((name) => new Table(state[name], settings.stateRowMaxBytes));
    this.#context = Object.assign(Object.create(views), { mint: this.#effects.mint });
  }

  /** Begins at these offsets: the inputs in order, then the ticks; below 0: from the beginning. */
  start(offsets: readonly number[]): void {
    const inputs = this.#processor.reads.length;
    this.#merge = new Merge(inputs);
    for (let input = 0; input < inputs; input++) this.#merge.start(input, offsets[input]);
    this.#tickPosition = Math.max(0, offsets[inputs] ?? 0);
    this.#ticks = [];
    this.#badTicks = [];
    this.ran = 0;
  }

  /** Back to the last commit: rows, clock and inputs. */
  rewind(offsets: readonly number[]): void {
    for (const each of this.tables) each.rollBack();
    this.clock = this.clockCommitted;
    // What was told with the aborted work was never seen; telling it again does no harm.
    this.clockTold = Number.NEGATIVE_INFINITY;
    this.start(offsets);
  }

  restoreClock(clock: number): void {
    this.clock = clock;
    this.clockCommitted = clock;
  }

  /** A record of an input, as it was read from the log. */
  offer(input: number, raw: RawMessage): void {
    if (!this.#merge.expects(input, raw.offset)) {
      this.wentBack ??= raw;
      return;
    }
    const topic = this.#processor.reads[input];
    this.#merge.offer(input, takeIn(topic, raw, input, this.#settings.recordMaxBytes));
  }
  end(input: number, offset: number): void {
    this.#merge.end(input, offset);
  }

  /** Runs up to `most` records and timers; returns how many ran (0: nothing can run now). */
  step(most: number): number {
    let done = 0;
    while (done < most) {
      const input = this.#merge.next();
      if (input < 0) break;
      const item = this.#merge.peek(input);
      const until = this.#clockAt(item.time);
      if (this.#fire(until, item.header?.ingestTime ?? item.raw.timestamp)) {
        done++;
        continue;
      }
      if (until > this.clock) this.clock = until;
      const late = this.#merge.mergeLate;
      const taken = this.#merge.take(input);
      if (this.#merge.mergeLate > late) this.#counters.count("late", "merge_late");
      this.#run(taken);
      done++;
    }
    while (done < most && (this.#buryTick() || this.#followTick())) done++;
    this.ran += done;
    return done;
  }

  #clockAt(time: number): number {
    return time - this.#settings.disorderMs;
  }

  /** Runs the earliest timer that is due at `until`, if any; `since`: when that became known. */
  #fire(until: number, since: number): boolean {
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
    this.#noteFire(first, this.#names[at]);
    this.tables[at].disarm(first.key);
    this.#runTimer({ key: first.key, table: this.#names[at], time: first.time }, since);
    return true;
  }

  /** Throws TIMER_STUCK for a key whose `due` leaves a deadline where it was. */
  #noteFire({ key, time }: { key: string; time: number }, table: string): void {
    if (time !== this.#firedTime || key !== this.#firedKey) this.#firedAgain = 0;
    this.#firedKey = key;
    this.#firedTime = time;
    if (++this.#firedAgain > firesAtOnceMax)
      throw failure("TIMER_STUCK", this.#processor.name, table, String(time));
  }

  /** Dead-letters a tick that nobody can use, once those before it have counted. */
  #buryTick(): boolean {
    const bad = this.#badTicks[0];
    if (bad === undefined || bad.raw.offset > (this.#ticks[0]?.offset ?? Infinity)) return false;
    this.#badTicks.shift();
    this.#effects.deadRecord(bad.raw, bad.dead);
    return true;
  }

  /** A tick moves the clock in quiet hours. See `unboundTick` for when it counts. */
  #followTick(): boolean {
    const tick = this.#ticks[0];
    if (tick === undefined) return false;
    const exact = this.#processor.ticks?.exact === true;
    const until = exact ? tick.time : this.#clockAt(tick.time);
    if (until > this.clock) {
      if (tick.need === undefined || !this.#merge.empty) return false;
      if (tick.need.some((need, input) => this.#merge.position(input) < need)) return false;
      if (this.#fire(until, tick.appended)) return true;
      this.clock = until;
    }
    this.#ticks.shift();
    return true;
  }

  /** A tick, as it was read from the log. */
  offerTick(raw: RawMessage): void {
    const { ticks } = this.#processor;
    const { offset, timestamp } = raw;
    if (ticks === undefined || offset < this.#tickPosition) return;
    this.#tickPosition = offset + 1;
    const admitted = admitTick(ticks.topic, raw.value, timestamp);
    if (admitted.reason !== undefined) {
      if (this.#badTicks.length < badTicksMax) this.#badTicks.push({ raw, dead: admitted });
      else this.#counters.count("dead", admitted.reason);
      return;
    }
    if (this.#ticks.length === 2) this.#ticks.pop();
    this.#ticks.push({ time: admitted.time, offset, appended: timestamp, need: undefined });
  }
  endOfTicks(offset: number): void {
    if (offset > this.#tickPosition) this.#tickPosition = offset;
  }

  /**
   * A tick counts only once every input was read to the high watermark that was asked for after the
   * tick arrived: what was appended before it must run before it. The offset of a tick to ask for.
   */
  get unboundTick(): number | undefined {
    const tick = this.#ticks[0];
    return tick?.need === undefined ? tick?.offset : undefined;
  }
  /** The bounds of the tick that was `asked` for; one that came since needs later ones. */
  boundTick(need: number[], asked = this.unboundTick): void {
    const tick = this.#ticks[0];
    if (tick?.offset === asked) tick.need ??= need;
  }

  #run(item: Item): void {
    const { raw, key } = item;
    this.#counters.records++;
    this.#counters.newestMs = raw.timestamp;
    const place = `${raw.topic}-${raw.partition}-${raw.offset}`;
    this.#effects.byRecord(item, place);
    if (item.redriveFor !== undefined && item.redriveFor !== this.#processor.group) {
      this.#counters.count("drop", "redrive_for_another");
      return;
    }
    const dead = item.dead ?? (this.#refused.size > 0 ? this.#refused.get(place) : undefined);
    if (dead) {
      if (dead !== item.dead) this.#tallyRefused(dead);
      this.#effects.deadRecord(raw, dead);
      return;
    }
    const record: Incoming = {
      topic: this.#processor.reads[item.input],
      key,
      value: item.value,
      time: item.time,
      ingestTime: this.#effects.ingestTime,
      id: item.header?.id ?? place,
      origin: item.header?.origin ?? place,
    };
    let outcomes: Outcome | readonly Outcome[] | undefined;
    let refusal: Dead | undefined;
    try {
      this.#take(key);
      outcomes = this.#processor.run(record as never, this.#context as never);
      refusal = this.#settle(outcomes);
    } catch (thrown) {
      this.#failed(thrown);
      const detail = sentenceOf(thrown);
      this.#effects.deadRecord(raw, { reason: "processor_failed", detail });
      return;
    }
    if (refusal) this.#effects.deadRecord(raw, refusal);
    else this.#apply(place, outcomes, item);
  }

  #runTimer(timer: Timer, since: number): void {
    this.#counters.timers++;
    const place = this.#effects.byTimer(timer, since);
    const dead = this.#refused.get(place);
    if (dead) {
      this.#tallyRefused(dead);
      this.#effects.deadTimer(timer, dead);
      return;
    }
    let outcomes: readonly Outcome[] | undefined;
    let refusal: Dead | undefined;
    try {
      this.#take(timer.key);
      outcomes = this.#processor.due?.(timer, this.#context as never);
      refusal = this.#settle(outcomes);
    } catch (thrown) {
      this.#failed(thrown);
      this.#effects.deadTimer(timer, { reason: "timer_failed", detail: sentenceOf(thrown) });
      return;
    }
    if (refusal) this.#effects.deadTimer(timer, refusal);
    else this.#apply(place, outcomes, undefined);
  }

  /** An output that no topic takes: everything is taken back, and its cause dead-lettered next. */
  #apply(
    place: string,
    outcomes: Outcome | readonly Outcome[] | undefined,
    item: Item | undefined,
  ): void {
    try {
      this.#effects.apply(outcomes, item);
    } catch (thrown) {
      if (!(thrown instanceof BadOutput)) throw thrown;
      this.#refused.set(place, { reason: thrown.reason, detail: thrown.message });
      throw new MustRewind(thrown.message);
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
    this.#tally(sentenceOf(thrown));
  }
  #tally(detail: string): void {
    const count = this.#counters.failed();
    if (count > 0) throw new TooManyFailures(count, detail);
  }
  /** What was taken back with its work is tallied where it counts: as it is dead-lettered. */
  #tallyRefused({ reason, detail }: Dead): void {
    if (reason === "processor_failed") this.#tally(detail);
  }

  /** Keeps the rows, or puts them back and says why the cause has to be dead-lettered. */
  #settle(outcomes: Outcome | readonly Outcome[] | undefined): Dead | undefined {
    const dead = firstOf("dead", outcomes);
    if (dead) {
      this.#putBack();
      return { reason: dead.reason, detail: dead.detail };
    }
    if (firstOf("forget", outcomes)) for (const each of this.tables) each.forget();
    for (const each of this.tables) {
      if (each.seal()) continue;
      this.#putBack();
      return { reason: "state_too_large", detail: `The row in ${each.spec.name} grew too large` };
    }
    for (const each of this.tables) each.keep();
    return undefined;
  }

  /** The first offset that has not run, of an input or (after the last input) of the ticks. */
  committable(input: number): number {
    const isTicks = input === this.#processor.reads.length;
    if (isTicks)
      return Math.min(
        this.#ticks[0]?.offset ?? this.#tickPosition,
        this.#badTicks[0]?.raw.offset ?? this.#tickPosition,
      );
    return this.#merge.committable(input);
  }
  buffered(input: number): number {
    return this.#merge.buffered(input);
  }
  bufferedBytes(input: number): number {
    return this.#merge.bufferedBytes(input);
  }
  get mergeLate(): number {
    return this.#merge.mergeLate;
  }
  commit(): void {
    for (const each of this.tables) each.commit();
    this.#refused.clear();
    this.clockCommitted = this.clock;
    this.ran = 0;
  }
}

const firstOf = <K extends Outcome["kind"]>(
  kind: K,
  outcomes: Outcome | readonly Outcome[] | undefined,
): Extract<Outcome, { kind: K }> | undefined => {
  if (outcomes === undefined) return undefined;
  const found = "kind" in outcomes ? outcomes : outcomes.find((outcome) => outcome.kind === kind);
  return found?.kind === kind ? (found as Extract<Outcome, { kind: K }>) : undefined;
};
