import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../../errors.ts";
import { inTime } from "../in-time.ts";
import type { PartitionOffset, RawHeaders, TopicPartition } from "../kafka.ts";
import { codes, KafkaError } from "../kafka-error.ts";
import { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { Delivery } from "./delivery.ts";
import type { Place } from "./group-requests.ts";
import { movesCoordinator, refusal, refused } from "./refusals.ts";
import {
  addOffsets,
  addPartitions,
  commitOffsets,
  endTransaction,
  initProducerId,
  type ProducerId,
} from "./transaction-requests.ts";

/**
 * A transactional producer: what `Transaction` commits with. Kafka hears of a transaction when its
 * first partition is added; beginning one costs no question, nor does ending one that stayed empty.
 */
export type ProducerOptions = {
  bootstrap: string;
  transactionalId: string;
  /** So much may wait to be sent. */
  queueMaxBytes?: number;
  /** Its way to the brokers, when that is not to be an ordinary one. */
  cluster?: Cluster;
};

const transactionTimeoutMs = 10_000;
const answerMaxMs = 30_000;
const retryMs = 2;
const retryMaxMs = 200;
/** While the broker still ends the transaction before. */
const concurrentMaxMs = 16;

export class TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #id: string;
  readonly #delivery: Delivery;
  #producer: ProducerId = { id: -1, epoch: -1 };
  #isOpen = false;
  /** Whether the coordinator may know of the open transaction. */
  #isKnown = false;
  #isClosed = false;

  private constructor(options: ProducerOptions) {
    const { bootstrap, transactionalId, cluster, queueMaxBytes } = options;
    this.#cluster = cluster ?? new Cluster(bootstrap);
    this.#id = transactionalId;
    this.#delivery = new Delivery({
      cluster: this.#cluster,
      transactionalId,
      producer: () => this.#producer,
      admit: (parts) => this.#admit(parts),
      queueMaxBytes,
    });
  }

  /** Ends what a predecessor of the same id left open. Throws KAFKA_UNREACHABLE. */
  static async connect(options: ProducerOptions): Promise<TransactionalProducer> {
    const self = new TransactionalProducer(options);
    try {
      await self.#cluster.connection();
    } catch (thrown) {
      self.close();
      throw failure("KAFKA_UNREACHABLE", options.bootstrap, String((thrown as Error).message));
    }
    try {
      await self.#bounded("initTransactions", self.#init(undefined));
      return self;
    } catch (thrown) {
      self.close();
      throw thrown;
    }
  }

  async #init(now: ProducerId | undefined): Promise<void> {
    await this.#ask("initTransactions", async (connection) => {
      const given = await initProducerId(connection, this.#id, transactionTimeoutMs, now);
      if (given.error === 0) this.#producer = { id: given.id, epoch: given.epoch };
      return given.error;
    });
    this.#delivery.renumber();
  }

  /** Asks the transaction's coordinator, whoever that is, until it takes or refuses it. */
  #ask(doing: string, ask: (connection: Connection) => Promise<number>): Promise<void> {
    return this.#askOf("transaction", this.#id, doing, ask);
  }

  async #askOf(
    kind: "group" | "transaction",
    id: string,
    doing: string,
    ask: (connection: Connection) => Promise<number>,
  ): Promise<void> {
    for (let wait = retryMs; ; wait = Math.min(2 * wait, retryMaxMs)) {
      let error: number;
      try {
        error = await ask(await this.#cluster.coordinator(kind, id));
      } catch (thrown) {
        if (this.#isClosed || !(thrown instanceof KafkaError) || !thrown.isRetriable) throw thrown;
        error = refusal.notCoordinator;
      }
      if (error === 0) return;
      if (movesCoordinator(error)) this.#cluster.forgetCoordinator(kind, id);
      else if (error === refusal.concurrentTransactions) wait = Math.min(wait, concurrentMaxMs);
      else throw refused(error, doing);
      await delay(wait);
    }
  }

  /** Throws STUCK when there is no answer in time; a broker may need as long to come back. */
  #bounded<T>(doing: string, work: Promise<T>): Promise<T> {
    return inTime(work, answerMaxMs, () => {
      throw failure("STUCK", doing);
    });
  }

  /** Learns where the records of these topics go, so that the first of them need not wait. */
  learn(topics: readonly string[]): Promise<void> {
    return this.#delivery.learn(topics);
  }

  begin(): void {
    this.#isOpen = true;
  }

  /**
   * Hands a record over; its bytes are copied before this returns. A partition of -1 stands for
   * the key's own. Returns 0, or an error code (`codes.queueFull`: commit, then again).
   */
  produce(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: string | Buffer | null,
    headers?: RawHeaders,
  ): number {
    if (!this.#isOpen) return codes.noTransaction;
    return this.#delivery.put(topic, partition, value, key, headers);
  }

  async #admit(parts: readonly TopicPartition[]): Promise<void> {
    this.#isKnown = true;
    let left = [...parts];
    await this.#ask("addPartitions", async (connection) => {
      const answers = await addPartitions(connection, this.#id, this.#producer, left);
      // What was not looked at because another partition was refused is asked for again.
      const bad = answers.filter(({ error }) => error !== 0);
      left = bad;
      const worst = bad.find(({ error }) => error !== refusal.operationNotAttempted);
      return worst?.error ?? 0;
    });
  }

  /** Sends what was handed over, and waits until it arrived. */
  async flush(): Promise<void> {
    await this.#delivery.flush();
  }

  /** Sends what was handed over. Whether it arrived is for the commit to find out. */
  async hurry(): Promise<void> {
    await this.#delivery.flush().catch(() => {});
  }

  /** The inputs that this transaction has read, as a member of a group. */
  async sendOffsets(offsets: readonly PartitionOffset[], member: Place): Promise<void> {
    this.#isKnown = true;
    await this.#bounded("sendOffsets", this.#sendOffsets(offsets, member));
  }

  async #sendOffsets(offsets: readonly PartitionOffset[], member: Place): Promise<void> {
    const { group } = member;
    await this.#ask("addOffsets", (connection) =>
      addOffsets(connection, this.#id, this.#producer, group),
    );
    await this.#askOf("group", group, "sendOffsets", async (connection) => {
      const answers = await commitOffsets(connection, this.#id, this.#producer, member, offsets);
      return answers.find((answer) => answer.error !== 0)?.error ?? 0;
    });
  }

  /** Waits as long as the broker needs: a commit whose answer is lost is asked for again. */
  async commit(): Promise<void> {
    await this.#delivery.flush();
    if (this.#isKnown)
      await this.#ask("commitTransaction", (connection) =>
        endTransaction(connection, this.#id, this.#producer, true),
      );
    this.#isKnown = false;
    this.#isOpen = false;
    this.#delivery.end();
  }

  /**
   * Gives up what was handed over since `begin`. The producer goes on with a new epoch: which of
   * its batches arrived need not be known, as those numbers count no more.
   */
  async abort(): Promise<void> {
    await this.#delivery.forget();
    if (this.#isKnown) await this.#bounded("abortTransaction", this.#abort());
    this.#delivery.restart();
    this.#isKnown = false;
    this.#isOpen = false;
  }

  async #abort(): Promise<void> {
    await this.#ask("abortTransaction", async (connection) => {
      const error = await endTransaction(connection, this.#id, this.#producer, false);
      // Nothing had reached the coordinator yet.
      return error === refusal.invalidTransactionState ? 0 : error;
    });
    await this.#init(this.#producer);
  }

  close(): void {
    this.#isClosed = true;
    this.#cluster.close();
  }
}
