import { failure } from "../errors.ts";
import { headerName, writeHeader } from "./header.ts";
import { ingestId, traceOf } from "./ids.ts";
import { Producer } from "./kafka.ts";
import { codes } from "./kafka-error.ts";
import { inSpace } from "./space.ts";
import type { Topic } from "./topic.ts";

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
  settings?: Record<string, string | number | boolean>;
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
const retryMs = 2;
const waitForRoom = () => new Promise<void>((resolve) => setTimeout(resolve, retryMs));

export class Writer {
  readonly #producer: Producer;
  readonly #options: WriterOptions;
  readonly #names = new Map<string, string>();
  #open = false;
  #lost = 0;
  sent = 0;

  private constructor(producer: Producer, options: WriterOptions) {
    this.#producer = producer;
    this.#options = options;
  }

  static async open(options: WriterOptions): Promise<Writer> {
    let self: Writer | undefined;
    const { transactionalId } = options;
    const producer = await Producer.connect({
      bootstrap: options.bootstrap,
      transactionalId: transactionalId && inSpace(options.space, transactionalId),
      settings: { "linger.ms": 5, "queue.buffering.max.kbytes": 32_768, ...options.settings },
      onLoss: () => {
        if (self) self.#lost++;
      },
    });
    self = new Writer(producer, options);
    return self;
  }

  /** Sends one record. A promise is returned only when the caller must wait before the next. */
  send<T>(
    topic: Topic<T>,
    key: string | null,
    value: T | null,
    more: SendOptions = {},
  ): undefined | Promise<void> {
    if (this.#options.transactionalId && !this.#open) {
      this.#open = true;
      return this.#producer.begin().then(() => this.#send(topic, key, value, more));
    }
    return this.#send(topic, key, value, more);
  }

  #send<T>(
    topic: Topic<T>,
    key: string | null,
    value: T | null,
    more: SendOptions,
  ): undefined | Promise<void> {
    const bytes = more.bytes ?? (value === null ? null : topic.write(value));
    const headers = topic.envelope ? this.#headers(topic, value, more) : undefined;
    const name = this.#name(topic.name);
    const put = () => this.#producer.produce(name, more.partition ?? -1, bytes, key, headers);
    this.sent++;
    const code = put();
    if (code === 0) return undefined;
    return this.#retry(put, code);
  }

  async #retry(put: () => number, code: number): Promise<void> {
    for (let last = code; last !== 0; last = put()) {
      if (last !== codes.queueFull) throw failure("FAILED", `A record was refused (code ${last}).`);
      await waitForRoom();
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
    await this.#producer.flush(flushMaxMs);
    if (this.#lost > 0) {
      const lost = this.#lost;
      this.#lost = 0;
      throw failure("FAILED", `Kafka did not take ${lost} records. Is the broker up?`);
    }
  }

  /** Makes everything sent since the last commit visible at once. */
  async commit(): Promise<void> {
    if (!this.#options.transactionalId) return this.flush();
    if (!this.#open) return;
    await this.#producer.commit();
    this.#open = false;
  }

  /** Takes back everything sent since the last commit. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    await this.#producer.abort();
    this.#open = false;
  }

  /** Waits so long for what is on its way outside of a transaction. */
  async close(waitMaxMs = flushMaxMs): Promise<void> {
    await this.#producer.close(this.#options.transactionalId ? undefined : waitMaxMs);
  }
}

export const openWriter = (options: WriterOptions): Promise<Writer> => Writer.open(options);
