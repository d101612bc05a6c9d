import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../../errors.ts";
import { inTime } from "../in-time.ts";
import type { RawHeaders } from "../kafka.ts";
import { Cluster } from "./cluster.ts";
import { Delivery } from "./delivery.ts";
import { isPassing, refused } from "./refusals.ts";
import { initProducerId, type ProducerId } from "./transaction-requests.ts";

/**
 * A producer outside of transactions: each record is stored once, in the order of its partition,
 * and visible as it arrives. Records wait for a moment so that many travel together, all partitions
 * of a broker in one request.
 *
 * A record that did not arrive in time may have arrived. It counts as lost, with whatever else
 * waited by then, and the producer goes on under a new id, since the numbers of the old one are in
 * doubt.
 */
export type IdempotentOptions = {
  bootstrap: string;
  /** How long a record waits for others to go with it. */
  lingerMs?: number;
  /** How long a record may be on its way, brokers that are away included. */
  deliveryMaxMs?: number;
  queueMaxBytes?: number;
  /** Told how many records did not arrive, or may not have. */
  onLoss: (records: number) => void;
  /** Its way to the brokers, when that is not to be an ordinary one. */
  cluster?: Cluster;
};

const usualLingerMs = 5;
const usualDeliveryMs = 120_000;
const answerMaxMs = 30_000;
const retryMs = 50;
/** Kafka ignores it without a transaction. */
const noTimeout = 0;

export class IdempotentProducer {
  readonly #options: IdempotentOptions;
  readonly #cluster: Cluster;
  readonly #delivery: Delivery;
  #producer: ProducerId = { id: -1, epoch: -1 };
  #timer: NodeJS.Timeout | undefined;
  #recovery: Promise<void> | undefined;
  #isClosed = false;

  private constructor(options: IdempotentOptions) {
    this.#options = options;
    this.#cluster = options.cluster ?? new Cluster(options.bootstrap);
    this.#delivery = new Delivery({
      cluster: this.#cluster,
      transactionalId: null,
      producer: () => this.#producer,
      onRefused: options.onLoss,
      maxMs: options.deliveryMaxMs ?? usualDeliveryMs,
      queueMaxBytes: options.queueMaxBytes,
    });
  }

  /** Throws KAFKA_UNREACHABLE, or STUCK when Kafka gives out no id. */
  static async connect(options: IdempotentOptions): Promise<IdempotentProducer> {
    const self = new IdempotentProducer(options);
    try {
      await self.#cluster.connection();
    } catch (thrown) {
      self.#close();
      throw failure("KAFKA_UNREACHABLE", options.bootstrap, String((thrown as Error).message));
    }
    try {
      await inTime(self.#init(), answerMaxMs, () => {
        throw failure("STUCK", "initProducerId");
      });
      return self;
    } catch (thrown) {
      self.#close();
      throw thrown;
    }
  }

  async #init(): Promise<void> {
    for (;;) {
      try {
        const connection = await this.#cluster.connection();
        const given = await initProducerId(connection, null, noTimeout, undefined);
        if (given.error !== 0) throw refused(given.error, "initProducerId");
        this.#producer = { id: given.id, epoch: given.epoch };
        this.#delivery.renumber();
        return;
      } catch (thrown) {
        if (this.#isClosed || !isPassing(thrown)) throw thrown;
      }
      await delay(retryMs);
    }
  }

  /**
   * Hands a record over; its bytes are copied before this returns. A partition of -1 stands for
   * the key's own. Returns 0, or an error code (`codes.queueFull`: flush, then again).
   */
  produce(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: string | Buffer | null,
    headers?: RawHeaders,
  ): number {
    const code = this.#delivery.put(topic, partition, value, key, headers);
    if (code === 0) this.#timer ??= setTimeout(this.#send, this.#options.lingerMs ?? usualLingerMs);
    return code;
  }

  readonly #send = (): void => {
    this.#timer = undefined;
    void this.flush();
  };

  /** Sends what was handed over, and waits until it arrived or `onLoss` was told. */
  async flush(): Promise<void> {
    try {
      await this.#delivery.flush();
    } catch {
      await (this.#recovery ??= this.#startOver().finally(() => {
        this.#recovery = undefined;
      }));
      // What was handed over meanwhile is not lost.
      if (!this.#isClosed) await this.flush();
    }
  }

  async #startOver(): Promise<void> {
    const lost = await this.#delivery.forget();
    if (lost > 0) this.#options.onLoss(lost);
    if (this.#isClosed) return;
    await this.#init().catch(() => {});
    this.#delivery.restart();
  }

  /** Waits so long for what is on its way. */
  async close(waitMaxMs: number): Promise<void> {
    await inTime(this.flush(), waitMaxMs, () => {});
    this.#close();
  }

  #close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#cluster.close();
  }
}
