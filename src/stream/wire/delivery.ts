import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../../errors.ts";
import type { RawHeaders, TopicPartition } from "../kafka.ts";
import { codes, KafkaError } from "../kafka-error.ts";
import { partitionKey, partitionOf } from "../partition.ts";
import { BatchWriter } from "./batch-writer.ts";
import type { Cluster } from "./cluster.ts";
import { isPassing, movesLeader, refusal, refused, refusesRecords } from "./refusals.ts";
import { type ProducerId, produce } from "./transaction-requests.ts";

/**
 * A producer's records on their way. Each is encoded as it is handed over, into its partition's
 * batch. Batches are sent when asked for, all that go to one broker in one request; only a batch
 * that is full goes before that.
 *
 * One request to each broker is under way at a time. So batches arrive in the order of their
 * sequence numbers, and one whose answer was lost is sent again as it was: the broker knows its
 * number and does not store it twice.
 */
export type DeliveryOptions = {
  cluster: Cluster;
  /** Null outside of transactions. */
  transactionalId: string | null;
  producer: () => ProducerId;
  /** Makes partitions part of the transaction, before anything is written there. */
  admit?: (parts: readonly TopicPartition[]) => Promise<void>;
  /**
   * Told of records that no broker takes, however often they are sent, and how many they are: the
   * others go on without them. Where nobody is told, the delivery fails.
   */
  onRefused?: (records: number) => void;
  /** How long a batch may be on its way. */
  maxMs?: number;
  queueMaxBytes?: number;
};

type Part = TopicPartition & {
  batch: BatchWriter;
  /** Full, and waiting for its turn before `batch`. */
  full: BatchWriter[];
  /** Sequence number of the next record. */
  sequence: number;
  isAdmitted: boolean;
};
type Homeless = {
  partition: number;
  key: string | Buffer | null;
  value: Buffer | null;
  headers: RawHeaders | undefined;
};
/** A record that waits for its topic, as far as it counts: headers are few and short. */
const bytesOf = ({ key, value }: Homeless): number => (key?.length ?? 0) + (value?.length ?? 0);

type Parcel = TopicPartition & { part: Part; batch: Buffer; writer: BatchWriter };

const usualMaxMs = 10_000;
const unknownTopicMaxMs = 10_000;
const retryMs = 5;
const retryMaxMs = 200;
const usualQueueBytes = 131_072_000;
const sequenceEnd = 2 ** 31;
/** Below this, compressing costs more than it saves. */
const compressFromBytes = 16_384;
/** Writers kept for the next batches. */
const spareMost = 64;
/** A burst grows each writer to the size of its batches; so long after it their room is let go. */
const roomyMs = 2_000;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #topics = new Map<string, Part[]>();
  /** Records of topics of which the number of partitions is not known yet. */
  readonly #homeless = new Map<string, Homeless[]>();
  readonly #filled = new Set<Part>();
  readonly #admitted = new Set<Part>();
  readonly #spare: BatchWriter[] = [];
  #queuedBytes = 0;
  /** Records handed over of which it is not known that they arrived. */
  #pending = 0;
  #turn = 0;
  #last: Promise<void> = Promise.resolve();
  #isSendingFull = false;
  /** When a batch was last large; undefined: since then all room was let go. */
  #roomyAt: number | undefined;
  #failed: Error | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  get #maxMs(): number {
    return this.#options.maxMs ?? usualMaxMs;
  }

  /** Learns where the records of these topics go; of one that does not exist, later. */
  async learn(topics: readonly string[]): Promise<void> {
    const { cluster } = this.#options;
    await cluster.learn(topics);
    for (const topic of topics) {
      if (this.#topics.has(topic)) continue;
      const count = cluster.knownPartitions(topic);
      if (count === 0) continue;
      const parts = Array.from({ length: count }, (_, partition) => this.#part(topic, partition));
      this.#topics.set(topic, parts);
      const waiting = this.#homeless.get(topic) ?? [];
      this.#homeless.delete(topic);
      for (const one of waiting) this.#queuedBytes -= bytesOf(one);
      this.#pending -= waiting.length;
      for (const { partition, value, key, headers } of waiting)
        if (this.#add(parts, partition, value, key, headers) !== 0) this.#leave(1, topic);
    }
  }

  #part(topic: string, partition: number): Part {
    const batch = this.#writer();
    return { topic, partition, batch, full: [], sequence: 0, isAdmitted: false };
  }

  #writer(): BatchWriter {
    return this.#spare.pop() ?? new BatchWriter();
  }

  /** Copies a record. Returns 0, or `codes.queueFull`. */
  put(
    topic: string,
    partition: number,
    value: Buffer | null,
    key: string | Buffer | null,
    headers: RawHeaders | undefined,
  ): number {
    if (this.#queuedBytes > (this.#options.queueMaxBytes ?? usualQueueBytes))
      return codes.queueFull;
    const parts = this.#topics.get(topic);
    if (parts === undefined) {
      const waiting = this.#homeless.get(topic) ?? [];
      this.#homeless.set(topic, waiting);
      const one = { partition, value: value && Buffer.from(value), key, headers };
      waiting.push(one);
      this.#queuedBytes += bytesOf(one);
      this.#pending++;
      return 0;
    }
    return this.#add(parts, partition, value, key, headers);
  }

  #add(
    parts: Part[],
    partition: number,
    value: Buffer | null,
    key: string | Buffer | null,
    headers: RawHeaders | undefined,
  ): number {
    let at = partition;
    if (at < 0) at = key === null ? this.#turn++ % parts.length : partitionOf(key, parts.length);
    const part = parts[at];
    if (part === undefined) return refusal.unknownTopic;
    const now = Date.now();
    const before = part.batch.bytes;
    if (part.batch.add(key, value, headers, now)) {
      this.#queuedBytes += part.batch.bytes - before;
    } else {
      part.full.push(part.batch);
      part.batch = this.#writer();
      part.batch.add(key, value, headers, now);
      this.#queuedBytes += part.batch.bytes;
      this.#sendFull();
    }
    this.#filled.add(part);
    this.#pending++;
    return 0;
  }

  #sendFull(): void {
    if (this.#isSendingFull) return;
    this.#isSendingFull = true;
    this.#inTurn(async () => {
      this.#isSendingFull = false;
      await this.#send(false);
    }).catch(() => {});
  }

  /** Sends everything; throws what was refused now or before, until `forget`. */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#send(true));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(async () => {
      if (this.#failed) throw this.#failed;
      try {
        await work();
      } catch (thrown) {
        this.#failed = thrown as Error;
        throw thrown;
      }
    });
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #send(isAll: boolean): Promise<void> {
    if (this.#homeless.size > 0) await this.#house();
    // What comes meanwhile may wait for others: it goes when it is asked for, or full.
    const due = new Set(isAll ? this.#filled : []);
    for (;;) {
      const parcels = this.#pack(due);
      if (parcels.length === 0) break;
      await this.#deliver(parcels);
      for (const { writer } of parcels) {
        if (writer.bytes >= compressFromBytes) this.#roomyAt = performance.now();
        this.#queuedBytes -= writer.bytes;
        this.#pending -= writer.count;
        writer.reset();
        if (this.#spare.length < spareMost) this.#spare.push(writer);
      }
    }
    this.#letGo();
  }

  /** Writers that a burst made large give way to new ones, once the burst is over. */
  #letGo(): void {
    if (this.#roomyAt === undefined || performance.now() - this.#roomyAt < roomyMs) return;
    this.#roomyAt = undefined;
    this.#spare.length = 0;
    for (const parts of this.#topics.values())
      for (const part of parts)
        if (part.batch.count === 0 && part.batch.isRoomy) part.batch = new BatchWriter();
  }

  async #house(): Promise<void> {
    const until = performance.now() + Math.min(unknownTopicMaxMs, this.#maxMs);
    for (;;) {
      await this.learn([...this.#homeless.keys()]).catch((thrown) => {
        if (!isPassing(thrown)) throw thrown;
      });
      if (this.#homeless.size === 0) return;
      if (performance.now() > until) break;
      await delay(retryMaxMs);
    }
    const left = [...this.#homeless.values()].flat();
    const topics = [...this.#homeless.keys()].join(", ");
    this.#homeless.clear();
    for (const one of left) this.#queuedBytes -= bytesOf(one);
    this.#pending -= left.length;
    this.#leave(left.length, topics);
  }

  /** Goes on without records that have no place to go to. */
  #leave(records: number, topics: string): void {
    const { onRefused } = this.#options;
    if (onRefused === undefined) throw refused(refusal.unknownTopic, `produce to ${topics}`);
    onRefused(records);
  }

  /** One batch of each partition that has a full one, or else is due. */
  #pack(due: Set<Part>): Parcel[] {
    const parcels: Parcel[] = [];
    const { id: producerId, epoch: producerEpoch } = this.#options.producer();
    const isTransactional = this.#options.transactionalId !== null;
    for (const part of this.#filled) {
      let writer = part.full.shift();
      if (writer === undefined && due.delete(part) && part.batch.count > 0) {
        writer = part.batch;
        part.batch = this.#writer();
      }
      if (part.full.length === 0 && part.batch.count === 0) this.#filled.delete(part);
      if (writer === undefined) continue;
      const baseSequence = part.sequence;
      part.sequence = (baseSequence + writer.count) % sequenceEnd;
      const compress = writer.bytes >= compressFromBytes;
      const options = { producerId, producerEpoch, baseSequence, isTransactional, compress };
      const batch = writer.finish(options);
      if (isTransactional && !part.isAdmitted) this.#admitted.add(part);
      parcels.push({ part, topic: part.topic, partition: part.partition, batch, writer });
    }
    return parcels;
  }

  async #deliver(parcels: Parcel[]): Promise<void> {
    const fresh = [...this.#admitted].filter((part) => !part.isAdmitted);
    if (fresh.length > 0) await this.#options.admit?.(fresh);
    for (const part of fresh) part.isAdmitted = true;
    const until = performance.now() + this.#maxMs;
    let wait = retryMs;
    for (let left = parcels, isAgain = false; ; isAgain = true) {
      left = await this.#try(left, isAgain);
      if (left.length === 0) return;
      if (this.#failed) throw this.#failed;
      if (performance.now() > until) throw refused(refusal.timedOut, "produce");
      await delay(wait);
      wait = Math.min(2 * wait, retryMaxMs);
    }
  }

  /** Asks each broker once; returns what another broker, or the same one later, may take. */
  async #try(parcels: readonly Parcel[], isAgain: boolean): Promise<Parcel[]> {
    const { cluster } = this.#options;
    const byBroker = new Map<number, Parcel[]>();
    try {
      for (const parcel of parcels) {
        const broker = await cluster.leader(parcel.topic, parcel.partition);
        const own = byBroker.get(broker);
        if (own) own.push(parcel);
        else byBroker.set(broker, [parcel]);
      }
    } catch (thrown) {
      if (thrown instanceof KafkaError && thrown.isRetriable) return [...parcels];
      throw thrown;
    }
    const asked = [...byBroker].map(([broker, own]) => this.#ask(broker, own, isAgain));
    // What one broker refuses is told when all have answered: after that nothing is under way.
    await Promise.allSettled(asked);
    return (await Promise.all(asked)).flat();
  }

  async #ask(broker: number, own: Parcel[], isAgain: boolean): Promise<Parcel[]> {
    const { cluster, transactionalId } = this.#options;
    const again = new Set<string>();
    try {
      const connection = await cluster.connection(broker);
      for (const { error, ...part } of await produce(connection, transactionalId, own)) {
        if (error === 0 || (isAgain && error === refusal.duplicateSequence)) continue;
        if (refusesRecords(error)) this.#refuse(own, part, error);
        else if (!movesLeader(error)) throw refused(error, `produce to ${partitionKey(part)}`);
        else again.add(partitionKey(part));
      }
    } catch (thrown) {
      if (!(thrown instanceof KafkaError) || !thrown.isRetriable) throw thrown;
      cluster.forgetLeaders(own.map(({ topic }) => topic));
      return own;
    }
    if (again.size === 0) return [];
    cluster.forgetLeaders(own.map(({ topic }) => topic));
    return own.filter((part) => again.has(partitionKey(part)));
  }

  /** Its numbers go to the next batch: the broker has not counted them. */
  #refuse(own: readonly Parcel[], { topic, partition }: TopicPartition, error: number): void {
    const { onRefused } = this.#options;
    if (onRefused === undefined) throw failure("OUTPUT_REFUSED", topic, String(error));
    const parcel = own.find((one) => one.topic === topic && one.partition === partition) as Parcel;
    const { part, writer } = parcel;
    part.sequence = (part.sequence - writer.count + sequenceEnd) % sequenceEnd;
    onRefused(writer.count);
  }

  /** The transaction has ended well: the next one admits its partitions anew. */
  end(): void {
    for (const part of this.#admitted) part.isAdmitted = false;
    this.#admitted.clear();
  }

  /**
   * Drops everything, and returns how many records that were. Waits for what is under way; nothing
   * is sent any more until `restart`.
   */
  async forget(): Promise<number> {
    this.#failed ??= new Error("What was handed over was given up");
    await this.#last;
    this.end();
    const dropped = this.#pending;
    this.#homeless.clear();
    this.#filled.clear();
    this.#queuedBytes = 0;
    this.#pending = 0;
    for (const parts of this.#topics.values())
      for (const part of parts) {
        part.batch.reset();
        part.full.length = 0;
      }
    return dropped;
  }

  /** The producer has a new id or epoch, with which numbers begin anew. */
  renumber(): void {
    for (const parts of this.#topics.values()) for (const part of parts) part.sequence = 0;
  }

  /** Sends again, after `forget`. */
  restart(): void {
    this.#failed = undefined;
  }
}
