import client from "@confluentinc/kafka-javascript";
import { failure } from "../errors.ts";
import { endForSureAtExit } from "./ending.ts";
import { inTime } from "./in-time.ts";
import { codes, KafkaError, type RawError } from "./kafka-error.ts";
import { type Pulse, pulseMs, pulseOf } from "./pulse.ts";
import { Cluster } from "./wire/cluster.ts";

/**
 * The one place that knows the Kafka client. It speaks to the RdKafka-level API and, on the two hot
 * calls, to the binding under it: `consume` without the per-record event of the wrapper, `produce`
 * without its counters. Settings that were found by measurement are in docs/decisions/hot-loop.md.
 */
export type RawMessage = {
  topic: string;
  partition: number;
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
  /** Append time where the topic says LogAppendTime, as all of ours do. */
  timestamp: number;
  headers?: Record<string, Buffer>[];
};
export type PartitionEnd = { topic: string; partition: number; offset: number };
export type TopicPartition = { topic: string; partition: number };
export type PartitionOffset = TopicPartition & { offset: number };
export type Batch = { messages: RawMessage[]; ends: PartitionEnd[] };
export type RawHeaders = Record<string, Buffer | string>[];

type Callback<T> = (error: RawError | null | undefined, value: T) => void;
type Done = Callback<unknown>;

const call = <T = void>(doing: string, start: (done: Callback<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    try {
      start((error, value) => (error ? reject(new KafkaError(error, doing)) : resolve(value)));
    } catch (thrown) {
      reject(new KafkaError(thrown as RawError, doing));
    }
  });

const commonSettings = (bootstrap: string) => ({
  "bootstrap.servers": bootstrap,
  "topic.metadata.refresh.interval.ms": 30_000,
  "reconnect.backoff.ms": 50,
  "reconnect.backoff.max.ms": 2_000,
  "socket.nagle.disable": true,
  "statistics.interval.ms": pulseMs,
  log_level: 0,
});

type RawClient = {
  connect(options: { timeout: number }, done: Done): void;
  disconnect(done: Done): void;
  on(event: string, listener: (value: never) => void): void;
};

/** The client would wait for a broker with a thread, and Node for that thread when it ends. */
const seeAnswer = async (bootstrap: string): Promise<void> => {
  const cluster = new Cluster(bootstrap);
  try {
    await cluster.metadata([]);
  } catch (thrown) {
    throw failure("KAFKA_UNREACHABLE", bootstrap, String((thrown as Error).message));
  } finally {
    cluster.close();
  }
};

const connect = async (raw: RawClient, bootstrap: string): Promise<void> => {
  await seeAnswer(bootstrap);
  endForSureAtExit();
  raw.on("event.error", () => {});
  try {
    await call<unknown>("connect", (done) => raw.connect({ timeout: 5_000 }, done));
  } catch (thrown) {
    // A producer that never was connected throws at being parted.
    call<unknown>("disconnect", (done) => raw.disconnect(done)).catch(() => {});
    throw failure("KAFKA_UNREACHABLE", bootstrap, String((thrown as Error).message));
  }
};

// biome-ignore lint/suspicious/noExplicitAny: the client's own types lack what we call
type Untyped = any;

/** What a group tells its member. The member must answer with `add` or `remove`. */
export type Rebalance = { kind: "assign" | "revoke"; parts: TopicPartition[]; lost: boolean };

export type ConsumerOptions = {
  bootstrap: string;
  group: string;
  settings?: Record<string, string | number | boolean>;
};

const answerMaxMs = 10_000;
/** A wait is in pieces, because each holds a thread, which Node waits for when it ends. */
const flushStepMs = 500;

/** Waits for a goodbye, but not for ever. */
const leave = (goodbye: Promise<void>): Promise<void> =>
  inTime(
    goodbye.catch(() => {}),
    answerMaxMs,
    () => {},
  );

export class Consumer {
  readonly raw: Untyped;
  readonly #pulse: Pulse;
  #isClosing = false;

  private constructor(raw: Untyped) {
    this.raw = raw;
    this.#pulse = pulseOf(raw);
  }

  static async connect(options: ConsumerOptions): Promise<Consumer> {
    const raw: Untyped = new client.KafkaConsumer(
      {
        ...commonSettings(options.bootstrap),
        "group.id": options.group,
        "enable.auto.commit": false,
        "enable.auto.offset.store": false,
        "enable.partition.eof": true,
        "isolation.level": "read_committed",
        "fetch.wait.max.ms": 10,
        "queued.min.messages": 100_000,
        "queued.max.messages.kbytes": 32_768,
        "receive.message.max.bytes": 100_000_000,
        ...options.settings,
      } as Untyped,
      { "auto.offset.reset": "earliest" },
    );
    await connect(raw, options.bootstrap);
    return new Consumer(raw);
  }

  /**
   * Up to `most` records. What lies ready is drained without waiting; only when nothing does, it
   * waits up to `waitMs` for one record. (A wait that allows for more would add 1 ms a record.)
   * Throws STUCK once the client has lost its brokers for good.
   */
  async consume(most: number, waitMs: number): Promise<Batch> {
    const ready = await this.#consume(0, most);
    if (ready.messages.length > 0 || ready.ends.length > 0 || waitMs === 0) return ready;
    return this.#consume(waitMs, 1);
  }

  #consume(waitMs: number, most: number): Promise<Batch> {
    return new Promise((resolve, reject) => {
      if (this.#pulse.isLost) {
        reject(failure("STUCK", "consume"));
        return;
      }
      this.raw._client.consume(
        waitMs,
        most,
        false,
        (error: RawError | null, messages: RawMessage[], ends: PartitionEnd[]) =>
          error ? reject(new KafkaError(error, "consume")) : resolve({ messages, ends }),
      );
    });
  }

  /** Reads these partitions from these offsets. */
  assign(parts: PartitionOffset[]): void {
    this.raw.assign(parts);
  }
  pause(parts: TopicPartition[]): void {
    this.raw.pause(parts);
  }
  resume(parts: TopicPartition[]): void {
    this.raw.resume(parts);
  }
  /** Bounded also where the client does not come back. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    await leave(call("disconnect", (done) => this.raw.disconnect(done)));
  }
}

export type ProducerOptions = {
  bootstrap: string;
  transactionalId?: string;
  settings?: Record<string, string | number | boolean>;
  /** Called with the error code of each record that could not be delivered. */
  onLoss?: (code: number) => void;
};

export class Producer {
  readonly raw: Untyped;
  readonly #client: Untyped;
  readonly #pulse: Pulse;

  private constructor(raw: Untyped) {
    this.raw = raw;
    this.#client = raw._client;
    this.#pulse = pulseOf(raw);
  }

  static async connect(options: ProducerOptions): Promise<Producer> {
    const raw: Untyped = new client.Producer({
      ...commonSettings(options.bootstrap),
      ...(options.transactionalId
        ? { "transactional.id": options.transactionalId, "transaction.timeout.ms": 10_000 }
        : {}),
      "enable.idempotence": true,
      acks: "all",
      "compression.codec": "lz4",
      "linger.ms": 50,
      "retry.backoff.ms": 5,
      "retry.backoff.max.ms": 20,
      partitioner: "murmur2_random",
      "message.max.bytes": 13_000_000,
      "queue.buffering.max.messages": 500_000,
      "queue.buffering.max.kbytes": 131_072,
      ...(options.onLoss ? { dr_cb: true, "delivery.report.only.error": true } : {}),
      ...options.settings,
    } as Untyped);
    await connect(raw, options.bootstrap);
    const { onLoss } = options;
    if (onLoss)
      raw.on("delivery-report", (error: RawError | null) => {
        if (error) onLoss(error.code ?? -1);
      });
    raw.setPollInBackground(true);
    const self = new Producer(raw);
    if (options.transactionalId === undefined) return self;
    try {
      await self.#ask("initTransactions", (done) => raw.initTransactions(30_000, done));
      return self;
    } catch (thrown) {
      await self.close();
      throw thrown;
    }
  }

  /**
   * Hands a record to the send queue; key and value are copied before this returns. The binding
   * cuts a text off at its first NUL, so such a key goes as bytes.
   * Returns 0, or the client's error code (`codes.queueFull`: wait, then again).
   */
  produce(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: Buffer | string | null,
    headers?: RawHeaders,
  ): number {
    const whole = typeof key === "string" && key.includes("\0") ? Buffer.from(key) : key;
    return this.#client.produce(topic, partition, value, whole, null, undefined, headers);
  }
  /** What the client answers, or STUCK when it loses its brokers for good before that. */
  #ask(doing: string, start: (done: Callback<void>) => void): Promise<void> {
    return this.#pulse.orLost(call(doing, start), doing);
  }
  begin(): Promise<void> {
    return this.#ask("beginTransaction", (done) => this.raw.beginTransaction(done));
  }
  /** Waits as long as the broker needs: a commit whose answer is lost is asked for again. */
  async commit(): Promise<void> {
    for (;;) {
      try {
        return await this.#ask("commitTransaction", (done) => this.raw.commitTransaction(-1, done));
      } catch (thrown) {
        if (!(thrown instanceof KafkaError) || !thrown.isRetriable) throw thrown;
      }
    }
  }
  abort(): Promise<void> {
    return this.#ask("abortTransaction", (done) => this.raw.abortTransaction(30_000, done));
  }
  /** Waits until every record was delivered or told to `onLoss`. */
  async flush(timeoutMs = 30_000): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (!(await this.#flushes(Math.min(flushStepMs, timeoutMs))))
      if (performance.now() >= until)
        throw new KafkaError({ code: codes.timedOut, message: "timed out" }, "flush");
    // Losses wait in the same turn of the event loop, possibly behind the flush's own answer.
    await new Promise((resolve) => setImmediate(resolve));
  }
  async #flushes(ms: number): Promise<boolean> {
    try {
      await this.#ask("flush", (done) => this.raw.flush(ms, done));
      return true;
    } catch (thrown) {
      if (thrown instanceof KafkaError && thrown.code === codes.timedOut) return false;
      throw thrown;
    }
  }
  /** Waits so long for what is on its way. Bounded also where the client does not come back. */
  async close(flushMaxMs = 5_000): Promise<void> {
    await this.flush(flushMaxMs).catch(() => {});
    await leave(call("disconnect", (done) => this.raw.disconnect(0, done)));
  }
}
