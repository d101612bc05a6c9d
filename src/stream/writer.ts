import { failure } from "../errors.ts";
import { headerName, writeHeader } from "./header.ts";
import { ingestId, traceOf } from "./ids.ts";
import { inTime } from "./in-time.ts";
import { codes } from "./kafka-error.ts";
import { inSpace } from "./space.ts";
import type { Topic } from "./topic.ts";
import { IdempotentProducer } from "./wire/idempotent-producer.ts";
import { TransactionalProducer } from "./wire/transactional-producer.ts";

/**
 * How records enter Kafka from outside a processor: importers, simulators, HTTP, the clock.
 * Without a transactional id each record is delivered once (idempotent producer) and becomes
 * visible as it is sent; with one, everything since the last `commit` becomes visible together.
 */
export type WriterOptions = {
  bootstrap: string;
  space: string;
  /** Who writes, for the header: name@version. */
  source: string;
  transactionalId?: string;
  /** How long a record waits for others to go with it; in a transaction they wait for its end. */
  lingerMs?: number;
  /** How long a record may be on its way, brokers that are away included. */
  deliveryMaxMs?: number;
};

export type SendOptions = {
  /** Event time in ms; without it the topic's own reading of the value, else now. */
  time?: number;
  /** Without it a UUIDv7 is minted. */
  id?: string;
  /** `topic-partition-offset` or a name of the source's own; imports and replays keep it. */
  origin?: string;
  /** Without it the key decides (murmur2). */
  partition?: number;
  /** The value's bytes, when the caller has them already. */
  bytes?: Buffer;
  /** Further headers, such as who wrote it. */
  headers?: Readonly<Record<string, string>>;
};

const flushMaxMs = 120_000;
const queueMaxBytes = 32_000_000;

const lost = (records: number) =>
  failure("FAILED", `Kafka did not take ${records} records. Is the broker up?`);

export class Writer {
  readonly #options: WriterOptions;
  readonly #names = new Map<string, string>();
  /** One of the two is there. */
  #transactional: TransactionalProducer | undefined;
  #idempotent: IdempotentProducer | undefined;
  #open = false;
  #lost = 0;
  sent = 0;

  private constructor(options: WriterOptions) {
    this.#options = options;
  }

  static async open(options: WriterOptions): Promise<Writer> {
    const self = new Writer(options);
    const { bootstrap, space, transactionalId: id, lingerMs, deliveryMaxMs } = options;
    if (id === undefined)
      self.#idempotent = await IdempotentProducer.connect({
        bootstrap,
        lingerMs,
        deliveryMaxMs,
        queueMaxBytes,
        onLoss: (records) => {
          self.#lost += records;
        },
      });
    else
      self.#transactional = await TransactionalProducer.connect({
        bootstrap,
        transactionalId: inSpace(space, id),
        queueMaxBytes,
      });
    return self;
  }

  /** Sends one record. A promise is returned only when the caller must wait before the next. */
  send<T>(
    topic: Topic<T>,
    key: string | null,
    value: T | null,
    more: SendOptions = {},
  ): undefined | Promise<void> {
    if (this.#transactional && !this.#open) {
      this.#transactional.begin();
      this.#open = true;
    }
    const bytes = more.bytes ?? (value === null ? null : topic.write(value));
    const headers = topic.envelope ? this.#headers(topic, value, more) : undefined;
    const name = this.#name(topic.name);
    const put = () => this.#producer.produce(name, more.partition ?? -1, bytes, key, headers);
    this.sent++;
    const code = put();
    if (code === 0) return undefined;
    return this.#retry(put, code);
  }

  get #producer(): TransactionalProducer | IdempotentProducer {
    return this.#transactional ?? (this.#idempotent as IdempotentProducer);
  }

  async #retry(put: () => number, code: number): Promise<void> {
    for (let last = code; last !== 0; last = put()) {
      if (last !== codes.queueFull) throw failure("FAILED", `A record was refused (code ${last}).`);
      await this.#producer.flush();
    }
  }

  #headers<T>(topic: Topic<T>, value: T | null, more: SendOptions): Record<string, string>[] {
    const others = Object.entries(more.headers ?? {}).map(([name, text]) => ({ [name]: text }));
    return [this.#header(topic, value, more), ...others];
  }

  #header<T>(topic: Topic<T>, value: T | null, more: SendOptions): Record<string, string> {
    const now = Date.now();
    const id = more.id ?? ingestId(now);
    const text = writeHeader({
      id,
      type: value === null ? topic.name : topic.typeOf(value),
      source: this.#options.source,
      schema: topic.schema,
      origin: more.origin ?? id,
      eventTime: more.time ?? (value === null ? undefined : topic.timeOf(value)) ?? now,
      ingestTime: now,
      trace: traceOf(id),
    });
    return { [headerName]: text };
  }

  #name(name: string): string {
    let full = this.#names.get(name);
    if (full === undefined) {
      full = inSpace(this.#options.space, name);
      this.#names.set(name, full);
    }
    return full;
  }

  /** Waits until everything sent has been stored; throws when something could not be. */
  async flush(): Promise<void> {
    await inTime(this.#producer.flush(), flushMaxMs, () => {
      throw failure("FAILED", "Kafka did not take the records in time. Is the broker up?");
    });
    const records = this.#lost;
    this.#lost = 0;
    if (records > 0) throw lost(records);
  }

  /** Makes everything sent since the last commit visible at once. */
  async commit(): Promise<void> {
    if (this.#transactional === undefined) return this.flush();
    if (!this.#open) return;
    await this.#transactional.commit();
    this.#open = false;
  }

  /** Takes back everything sent since the last commit. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    await this.#transactional?.abort();
    this.#open = false;
  }

  /** Waits so long for what is on its way outside of a transaction. */
  async close(waitMaxMs = flushMaxMs): Promise<void> {
    this.#transactional?.close();
    await this.#idempotent?.close(waitMaxMs);
  }
}

export const openWriter = (options: WriterOptions): Promise<Writer> => Writer.open(options);
