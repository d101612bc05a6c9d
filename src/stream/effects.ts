import { hash } from "node:crypto";
import { sentenceOf } from "../errors.ts";
import type { Counters } from "./counters.ts";
import { headerName, writeHeader } from "./header.ts";
import { mintId, traceOf } from "./ids.ts";
import { type Dead, type Item, traceHeader } from "./intake.ts";
import type { RawHeaders, RawMessage } from "./kafka.ts";
import type { Outcome, Processor, Timer } from "./processor.ts";
import type { DeadReason, Topic } from "./topic.ts";

/** Where outputs go: a transaction, or the driver's memory. Partition -1: the key decides. */
export type Out = (
  topic: Topic,
  partition: number,
  key: string | Buffer | null,
  value: Buffer | null,
  headers: RawHeaders | undefined,
) => void;

export type EffectTopics = { deadLetters: Topic; lateEvents: Topic };

type Emit = Extract<Outcome, { kind: "emit" }>;

/** The largest output that a topic takes; above it the record that caused it is dead-lettered. */
const outputMaxBytes = 11_900_000;

/**
 * The largest record of which a dead letter keeps the bytes. A larger one was read because it came
 * compressed; as it is no topic takes it, and a refused dead letter would stop the partition.
 */
const deadMaxBytes = 12_500_000;
const deadKeyMaxBytes = 1_000_000;
const detailMaxLength = 2_000;

/** An output that no topic would take, or that is no bytes. Its cause is aborted, dead-lettered. */
export class BadOutput extends Error {
  readonly reason: DeadReason;
  constructor(reason: DeadReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/**
 * Turns outcomes into records: what a processor emits, late events, dead letters. It holds the
 * cause in hand, from which ids and headers follow, so that a replay makes the same ones.
 */
export class Effects {
  readonly #processor: Processor;
  readonly #source: string;
  readonly #topics: EffectTopics;
  readonly #out: Out;
  readonly #counters: Counters;
  readonly #writes: ReadonlySet<Topic>;
  #cause = "";
  #origin = "";
  #time = 0;
  #ingestTime = 0;
  #trace = "";
  #traceparent: string | undefined;
  #ordinal = 0;

  constructor(
    processor: Processor,
    release: string,
    topics: EffectTopics,
    out: Out,
    counters: Counters,
  ) {
    this.#processor = processor;
    this.#source = `${processor.name}@${release}`;
    this.#topics = topics;
    this.#out = out;
    this.#counters = counters;
    this.#writes = new Set(processor.writes);
  }

  /** What follows is caused by this record. */
  byRecord(item: Item, place: string): void {
    const { header, raw } = item;
    this.#cause = header?.id ?? place;
    this.#origin = place;
    this.#time = item.time;
    this.#ingestTime = header?.ingestTime ?? raw.timestamp;
    this.#trace = header?.trace ?? "";
    this.#traceparent = item.traceparent;
    this.#ordinal = 0;
  }

  /**
   * What follows is caused by this timer; `since` is when what moved the clock came in.
   * Returns the timer's place, as a record has one.
   */
  byTimer(timer: Timer, since: number): string {
    this.#origin = `timer-${timer.table}-${timer.key}-${timer.time}`;
    this.#cause = this.#origin;
    this.#time = timer.time;
    this.#ingestTime = since;
    this.#trace = "";
    this.#traceparent = undefined;
    this.#ordinal = 0;
    return this.#origin;
  }

  readonly mint = (ordinal: number): string => mintId(this.#processor.name, this.#cause, ordinal);

  get ingestTime(): number {
    return this.#ingestTime;
  }

  apply(outcomes: Outcome | readonly Outcome[] | undefined, item: Item | undefined): void {
    if (outcomes === undefined) return;
    if ("kind" in outcomes) this.#applyOne(outcomes, item);
    else for (const outcome of outcomes) this.#applyOne(outcome, item);
  }

  #applyOne(outcome: Outcome, item: Item | undefined): void {
    if (outcome.kind === "emit") {
      if (!this.#writes.has(outcome.topic))
        throw new BadOutput("processor_failed", `${outcome.topic.name} is not among its writes`);
      this.#emit(outcome);
    } else if (outcome.kind === "drop") this.#counters.count("drop", outcome.reason);
    else if (outcome.kind === "count") this.#counters.count("count", outcome.name);
    else if (outcome.kind === "late") this.#late(outcome.reason, item);
  }

  #emit(outcome: Emit): void {
    const { topic, key, value } = outcome;
    const bytes = value === null ? null : bytesOf(topic, value);
    if (bytes !== null && bytes.length > outputMaxBytes)
      throw new BadOutput("output_too_large", `${bytes.length} bytes for ${topic.name}`);
    const headers: RawHeaders | undefined = topic.envelope ? [this.#header(outcome)] : undefined;
    if (this.#traceparent !== undefined) headers?.push({ [traceHeader]: this.#traceparent });
    this.#ordinal++;
    this.#counters.emitted++;
    this.#out(topic, -1, key, bytes, headers);
  }

  #header(outcome: Emit): Record<string, string> {
    const { topic, value } = outcome;
    const text = writeHeader({
      id: outcome.id ?? mintId(this.#processor.name, this.#cause, -1 - this.#ordinal),
      type: value === null ? topic.name : topic.typeOf(value),
      source: this.#source,
      schema: topic.schema,
      origin: this.#origin,
      eventTime: outcome.time ?? this.#time,
      ingestTime: this.#ingestTime,
      trace: this.#trace === "" ? traceOf(this.#cause) : this.#trace,
    });
    return { [headerName]: text };
  }

  #late(reason: string, item: Item | undefined): void {
    this.#counters.count("late", reason);
    if (item === undefined) return;
    const value = {
      processor: this.#processor.name,
      reason,
      origin: item.header?.origin ?? this.#origin,
      key: item.key,
      event_time: new Date(item.time).toISOString(),
      event: item.value,
    };
    this.#emit({ kind: "emit", topic: this.#topics.lateEvents, key: item.key, value });
  }

  /**
   * The original bytes and headers go to dead letters, and why beside them. Of a record that is too
   * large for that only its size and hash go, and where it lies.
   */
  deadRecord(raw: RawMessage, { reason, detail }: Dead): void {
    this.#counters.count("dead", reason);
    const { topic, partition, offset, timestamp, key, value } = raw;
    const why = {
      reason,
      detail: detail.slice(0, detailMaxLength),
      ...this.#who(),
      topic,
      partition,
      offset,
      append_time: timestamp,
    };
    const bytes = recordBytes(raw);
    if (bytes <= deadMaxBytes) {
      const headers: RawHeaders = [...(raw.headers ?? []), { dead: JSON.stringify(why) }];
      this.#out(this.#topics.deadLetters, -1, key, value, headers);
      return;
    }
    const sha256 = hash("sha256", value ?? nothing);
    const headers: RawHeaders = [{ dead: JSON.stringify({ ...why, bytes, sha256 }) }];
    const shortKey = (key?.length ?? 0) <= deadKeyMaxBytes ? key : null;
    // Empty, not null: put back, a null would be a tombstone and erase.
    this.#out(this.#topics.deadLetters, -1, shortKey, nothing, headers);
  }

  deadTimer(timer: Timer, { reason, detail }: Dead): void {
    this.#counters.count("dead", reason);
    const why = { reason, detail: detail.slice(0, detailMaxLength), ...this.#who(), timer };
    const headers: RawHeaders = [{ dead: JSON.stringify(why) }];
    this.#out(this.#topics.deadLetters, -1, timer.key, null, headers);
  }

  #who(): { processor: string; group: string } {
    return { processor: this.#processor.name, group: this.#processor.group };
  }
}

const nothing = Buffer.alloc(0);

const recordBytes = ({ key, value, headers }: RawMessage): number => {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers ?? [])
    for (const name in header) bytes += name.length + header[name].length;
  return bytes;
};

const bytesOf = (topic: Topic, value: unknown): Buffer => {
  try {
    return topic.write(value);
  } catch (thrown) {
    throw new BadOutput("processor_failed", `${topic.name}: ${sentenceOf(thrown)}`);
  }
};
