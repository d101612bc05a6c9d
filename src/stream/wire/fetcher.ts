import { setTimeout as delay } from "node:timers/promises";
import type { Batch, PartitionOffset, RawMessage, TopicPartition } from "../kafka.ts";
import { KafkaError } from "../kafka-error.ts";
import { partitionKey } from "../partition.ts";
import { at, readInt64 } from "./batch-format.ts";
import { PartitionRecords } from "./batch-reader.ts";
import { Cluster } from "./cluster.ts";
import { type Fetched, fetchRecords, logStart, offsetsAt, type Wanted } from "./fetch-requests.ts";
import { movesLeader, refusal } from "./refusals.ts";

/**
 * Reads partitions, committed records only, in the order of each one's log. Of every broker one
 * question is under way: for all partitions of which little is left to hand out. What was fetched
 * stays packed until it is handed out, so a bound on bytes is a bound on memory.
 */
export type FetchOptions = {
  bootstrap: string;
  /** How long a broker waits for the next record, ms. A commit wakes a question that waits. */
  waitMs?: number;
  /**
   * How long a broker is left alone after an answer that told all there was, ms: what comes
   * meanwhile comes together.
   */
  restMs?: number;
  /** Fetched and not yet handed out, over all partitions. */
  aheadMaxBytes?: number;
  partMaxBytes?: number;
};

type Part = TopicPartition & {
  /** Where the next question goes on; -1 or less: at the beginning, wherever that is. */
  offset: number;
  packed: PartitionRecords[];
  /** Where the log ended for a reader of committed records, when it was asked last. */
  end: number;
  /** The last end that was told. */
  toldEnd: number;
  isPaused: boolean;
  isAsked: boolean;
  /** Since when its leader says that the log does not reach so far. */
  strayedAt: number | undefined;
};

/** Partitions that a question leaves out, because enough of them is here, run low meanwhile. */
const waitForSomeMs = 10;
const retryMs = 20;
const retryMaxMs = 1_000;
/** A broker that hung takes this long at most to find out that it leads no more. */
const strayMaxMs = 3_000;

/** The offset behind the last whole batch; the last batch of an answer may be cut off. */
const offsetBehind = (batches: Buffer, from: number): number => {
  let behind = from;
  for (let begin = 0; begin + at.records <= batches.length; ) {
    const next = begin + at.leaderEpoch + batches.readInt32BE(begin + at.length);
    if (next <= begin || next > batches.length) break;
    const delta = batches.readInt32BE(begin + at.lastOffsetDelta);
    behind = Math.max(behind, readInt64(batches, begin + at.baseOffset) + delta + 1);
    begin = next;
  }
  return behind;
};

/** Whether all of it was handed out that was there when it was last asked for, as was not told. */
const isNewEnd = ({ offset, end, toldEnd }: Part): boolean => offset >= end && offset !== toldEnd;

export class Fetcher {
  readonly #cluster: Cluster;
  readonly #waitMs: number;
  readonly #restMs: number;
  readonly #aheadMaxBytes: number;
  readonly #partMaxBytes: number;
  readonly #parts = new Map<string, Part>();
  /** The order in which partitions are handed out; turns, so that none waits for ever. */
  #order: Part[] = [];
  #turn = 0;
  readonly #asking = new Set<number>();
  #isSeeking = false;
  #failed: Error | undefined;
  #isClosed = false;
  /** Those who wait for something to come. */
  readonly #waiting = new Set<() => void>();

  constructor(options: FetchOptions) {
    this.#cluster = new Cluster(options.bootstrap);
    this.#waitMs = options.waitMs ?? 200;
    this.#restMs = options.restMs ?? 0;
    this.#aheadMaxBytes = options.aheadMaxBytes ?? 8_000_000;
    this.#partMaxBytes = options.partMaxBytes ?? 1_000_000;
  }

  /** Starts reading there; an offset below 0 stands for the beginning. */
  add(parts: readonly PartitionOffset[]): void {
    for (const { topic, partition, offset } of parts) {
      const part: Part = {
        topic,
        partition,
        offset,
        packed: [],
        end: Number.POSITIVE_INFINITY,
        toldEnd: -1,
        isPaused: false,
        isAsked: false,
        strayedAt: undefined,
      };
      this.#parts.set(partitionKey(part), part);
    }
    this.#order = [...this.#parts.values()];
    this.#ask();
  }

  remove(parts: readonly TopicPartition[]): void {
    for (const part of parts) this.#parts.delete(partitionKey(part));
    this.#order = [...this.#parts.values()];
  }

  /** Goes on from there; what was fetched and not handed out is dropped. */
  seek(part: PartitionOffset): void {
    const isPaused = this.#parts.get(partitionKey(part))?.isPaused === true;
    this.add([part]);
    if (isPaused) this.pause([part]);
  }

  pause(parts: readonly TopicPartition[]): void {
    for (const part of parts) this.#set(part, true);
  }
  resume(parts: readonly TopicPartition[]): void {
    for (const part of parts) this.#set(part, false);
    this.#ask();
  }
  #set(part: TopicPartition, isPaused: boolean): void {
    const own = this.#parts.get(partitionKey(part));
    if (own) own.isPaused = isPaused;
  }

  /**
   * Up to `most` records, what is ready; only when nothing is, it waits up to `waitMs`. A partition
   * whose end was reached stands in `ends`, once for each end.
   */
  async consume(most: number, waitMs: number): Promise<Batch> {
    // Sockets and timers have their turn in between, also where records never run out.
    await new Promise((resolve) => setImmediate(resolve));
    const ready = this.take(most);
    if (ready.messages.length > 0 || ready.ends.length > 0) return ready;
    await this.#arrival(waitMs);
    return this.take(most);
  }

  #arrival(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, waitMs);
      this.#waiting.add(end);
    });
  }

  #wake(): void {
    for (const end of this.#waiting) end();
  }

  /** What is ready now. */
  take(most: number): Batch {
    if (this.#failed) throw this.#failed;
    const messages: RawMessage[] = [];
    const ends: PartitionOffset[] = [];
    const parts = this.#order;
    for (let n = 0; n < parts.length && messages.length < most; n++) {
      const part = parts[this.#turn++ % parts.length];
      if (!part.isPaused) this.#takeOf(part, messages, ends, most);
    }
    this.#ask();
    return { messages, ends };
  }

  #takeOf(part: Part, messages: RawMessage[], ends: PartitionOffset[], most: number): void {
    const { packed, topic, partition } = part;
    while (packed.length > 0 && messages.length < most) {
      packed[0].take(messages, most - messages.length);
      if (!packed[0].isDone) return;
      packed.shift();
    }
    if (packed.length > 0 || !isNewEnd(part)) return;
    part.toldEnd = part.offset;
    ends.push({ topic, partition, offset: part.offset });
  }

  /** Asks each broker that is not being asked for what runs low. */
  #ask(): void {
    if (this.#isClosed || this.#failed) return;
    const low: Part[] = [];
    let ahead = 0;
    for (const part of this.#order) {
      let own = 0;
      for (const each of part.packed) own += each.bytesLeft;
      ahead += own;
      if (!part.isPaused && !part.isAsked && own < this.#partMaxBytes / 2) low.push(part);
    }
    if (low.length === 0 || ahead >= this.#aheadMaxBytes) return;
    const lost: Part[] = [];
    const byBroker = new Map<number, Part[]>();
    for (const part of low) {
      const broker = this.#cluster.knownLeader(part.topic, part.partition);
      if (broker === undefined || part.offset < 0) {
        lost.push(part);
        continue;
      }
      if (this.#asking.has(broker)) continue;
      const own = byBroker.get(broker);
      if (own) own.push(part);
      else byBroker.set(broker, [part]);
    }
    if (lost.length > 0) void this.#begin(lost);
    for (const [broker, own] of byBroker) void this.#fetch(broker, own);
  }

  async #fetch(broker: number, parts: Part[]): Promise<void> {
    this.#asking.add(broker);
    for (const part of parts) part.isAsked = true;
    // Only the first is sure to get a batch that is larger than the bounds: next time another is.
    this.#order.push(...this.#order.splice(this.#order.indexOf(parts[0]), 1));
    try {
      const connection = await this.#cluster.connection(broker);
      const bounds = {
        waitMs: this.#waitOf(parts, broker),
        minBytes: 1,
        maxBytes: this.#aheadMaxBytes,
        partMaxBytes: this.#partMaxBytes,
      };
      const wanted = parts.map((part) => this.#withEpoch(part));
      const answers = await fetchRecords(connection, wanted, bounds);
      for (const part of parts) part.isAsked = false;
      let hasMoved = false;
      const own = new Map(parts.map((part) => [partitionKey(part), part]));
      for (const answer of answers) {
        const part = own.get(partitionKey(answer));
        // Another place since: it was removed, or sought anew.
        if (part && this.#parts.get(partitionKey(part)) === part && !this.#arrive(part, answer))
          hasMoved = true;
      }
      if (hasMoved) await this.#forget(parts);
    } catch (thrown) {
      for (const part of parts) part.isAsked = false;
      await this.#fail(thrown, parts);
    }
    if (parts.some((part) => part.packed.length > 0 || isNewEnd(part))) this.#wake();
    if (this.#restMs > 0 && parts.every(({ offset, end }) => offset >= end))
      await delay(this.#restMs, undefined, { ref: false });
    this.#asking.delete(broker);
    this.#ask();
  }

  #waitOf(parts: readonly Part[], broker: number): number {
    // Where a partition ends is told at once, also where nothing comes.
    if (parts.some(({ end }) => end === Number.POSITIVE_INFINITY)) return 0;
    const led = this.#order.filter(
      ({ topic, partition }) => this.#cluster.knownLeader(topic, partition) === broker,
    );
    return led.length === parts.length ? this.#waitMs : Math.min(waitForSomeMs, this.#waitMs);
  }

  #withEpoch({ topic, partition, offset }: Part): Wanted {
    return { topic, partition, offset, epoch: this.#cluster.leaderEpoch(topic, partition) };
  }

  /** False: another broker is to be asked. */
  #arrive(part: Part, answer: Fetched): boolean {
    const { topic, partition, error, end, aborted, records } = answer;
    if (error === refusal.offsetOutOfRange) {
      part.strayedAt ??= performance.now();
      // Only a leader that goes on saying so knows: one that hung lacks what was written since.
      if (performance.now() - part.strayedAt < strayMaxMs) return false;
      part.offset = -1;
      part.strayedAt = undefined;
      return true;
    }
    if (movesLeader(error)) return false;
    if (error !== 0)
      throw new KafkaError(
        { code: error, message: `error ${error}` },
        `fetch ${partitionKey(part)}`,
      );
    part.strayedAt = undefined;
    part.end = end;
    if (records.length === 0) return true;
    const packed = new PartitionRecords(topic, partition, records, part.offset, aborted, true);
    part.offset = offsetBehind(records, part.offset);
    part.packed.push(packed);
    return true;
  }

  async #forget(parts: readonly Part[]): Promise<void> {
    this.#cluster.forgetLeaders(parts.map(({ topic }) => topic));
    await delay(retryMs);
  }

  async #fail(thrown: unknown, parts: readonly Part[]): Promise<void> {
    if (this.#isClosed) return;
    if (thrown instanceof KafkaError && thrown.isRetriable) await this.#forget(parts);
    else this.#failed = thrown as Error;
  }

  /** Learns who leads, and where partitions begin that have no place yet. */
  async #begin(parts: readonly Part[]): Promise<void> {
    if (this.#isSeeking) return;
    this.#isSeeking = true;
    for (let wait = retryMs; !this.#isClosed; wait = Math.min(2 * wait, retryMaxMs))
      try {
        for (const { topic, partition } of parts) await this.#cluster.leader(topic, partition);
        await this.#seekBeginning(parts.filter(({ offset }) => offset < 0));
        break;
      } catch (thrown) {
        if (!(thrown instanceof KafkaError) || !thrown.isRetriable) {
          this.#failed = thrown as Error;
          break;
        }
        if (parts.every((part) => this.#parts.get(partitionKey(part)) !== part)) break;
        await delay(wait);
      }
    this.#isSeeking = false;
    this.#ask();
  }

  async #seekBeginning(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      const connection = await this.#cluster.connection(
        await this.#cluster.leader(part.topic, part.partition),
      );
      const [{ error, offset }] = await offsetsAt(connection, [this.#withEpoch(part)], logStart);
      if (movesLeader(error)) {
        this.#cluster.forgetLeaders([part.topic]);
        throw new KafkaError({ code: error, isRetriable: true }, "listOffsets");
      }
      if (error !== 0) throw new KafkaError({ code: error }, "listOffsets");
      part.offset = offset;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cluster.close();
    this.#wake();
  }
}
