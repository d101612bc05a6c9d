import type { PartitionOffset, RawHeaders } from "./kafka.ts";
import { codes } from "./kafka-error.ts";
import { inSpace } from "./space.ts";
import type { Task } from "./task.ts";
import type { Topic } from "./topic.ts";
import type { GroupConsumer } from "./wire/group-consumer.ts";
import type { TransactionalProducer } from "./wire/transactional-producer.ts";

/** How clocks are kept, and told to the next hop: those that moved at least so far. */
export type Clocks = { keep: boolean; topic: Topic<number> | undefined; stepMs: number };

/** Called between the numbered steps; tests use it to kill the process in each gap. */
export type Gap = "taken" | "ran" | "sent" | "offsets" | "committed";

export class OutputRefused extends Error {
  readonly code: number;
  constructor(topic: string, code: number) {
    super(`${topic} refused a record (code ${code})`);
    this.code = code;
  }
}

/** No row bears it: a record without a key is not admitted. */
const clockKey = "";
/** Releases before used this one, which a row can bear as well. */
const formerClockKey = "\u0000clock";
const clockLength = 8;

/**
 * The commit, in six steps. Everything that this product promises about "exactly once" hangs on
 * them, so here they are, with what happens to the work when the process dies in each gap.
 *
 *   1  take a batch, bounded in records and in time
 *   2  run each record on mutable rows; what a row was at the last commit is kept as its image
 *   3  hand the client outputs as they are made, then one changelog record for each touched row
 *   4  have these delivered, while the input offsets are added to the same transaction, together
 *      with the group's metadata
 *   5  commit
 *   6  forget the images
 *
 * Kafka binds 3 and 4 into one atom: outputs, state changes, dead letters and the claim "these
 * inputs are done" become visible together or not at all. So records and offsets need no order
 * between them. In an open transaction neither counts, and each is a question to the broker that
 * may be held up by itself; asked side by side, a commit waits for the slower one instead of for
 * both. The order that must hold is around them: 5 begins when both were answered, and refuses if
 * a record did not arrive; 6 comes when 5 has said yes. The rows in memory are a cache of the
 * changelog and may be lost at any time; whoever owns the partition next rebuilds them.
 *
 * Killed after 1 ("taken"): nothing was written. The next owner starts from the committed offsets
 * and reads the same batch.
 *
 * Killed after 2 ("ran"), within 3 or after it ("sent"): handed over is not delivered. What had
 * left the client by then, perhaps nothing, lies in the log in an open transaction. No reader with
 * `read_committed` sees it, and nobody reads past it until the transaction ends. It ends at once
 * when our slot starts again (`initTransactions` aborts what its predecessor left open), else after
 * `transaction.timeout.ms`. That is why a slot's id is stable.
 *
 * Killed within 4 or after it ("offsets"): as before, whichever of the two had arrived. Offsets in
 * an open transaction do not count as committed; a new owner that asks for them is made to wait
 * until the transaction has ended, so it cannot start from a place that is about to move.
 *
 * Killed within 5: the coordinator either logged the commit or did not. If it did, the outputs
 * become visible although we never heard of it; the offsets moved with them, so nobody runs these
 * inputs again. If it did not, it is the case above. When we live but the answer is lost, we ask
 * for the same commit again, as long as it takes: giving up here would mean not knowing. Only when
 * partitions are to change hands is there a bound, as others wait for them: then we give up knowing
 * it ourselves, end both clients, and read from Kafka what became of it, as after a kill.
 *
 * Killed after 5 ("committed"): the images die with the process. Nothing depended on them.
 *
 * Not killed but refused: when the group has moved on (another member joined while we worked), the
 * broker refuses the offsets or the commit and we abort. Then memory is ahead of the log, and the
 * images earn their keep: each touched row goes back to its image, each input back to its committed
 * offset, and the same records run again, in the same order, with the same ids. When another
 * process has taken over our very slot, the producer is fenced for good: nothing that we still hold
 * can be written any more, by anyone, which is what makes a zombie harmless.
 *
 * One transaction is open at a time. Overlapping two was measured and brings nothing on a saturated
 * core, and it would need two generations of images. What a commit costs is mostly sending, so the
 * next read is already under way while we work, and nothing is sent before 4, when it all goes in
 * one request to each broker.
 */
export class Transaction {
  readonly #producer: TransactionalProducer;
  readonly #space: string;
  readonly #names = new Map<string, string>();
  readonly #gap: (gap: Gap) => void;
  isOpen = false;
  /** Records and bytes that were sent since begin(). */
  outputs = 0;
  bytes = 0;

  constructor(producer: TransactionalProducer, space: string, gap: (gap: Gap) => void = () => {}) {
    this.#producer = producer;
    this.#space = space;
    this.#gap = gap;
  }

  begin(): void {
    if (this.isOpen) return;
    this.#producer.begin();
    this.isOpen = true;
    this.outputs = 0;
    this.bytes = 0;
    this.#gap("taken");
  }

  /** Step 3, called from within step 2: outputs are handed over as they are made. */
  readonly send = (
    topic: Topic,
    partition: number,
    key: string | Buffer | null,
    value: Buffer | null,
    headers: RawHeaders | undefined,
  ): void => {
    this.#produce(this.#name(topic.name), partition, key, value, headers);
  };

  #produce(
    topic: string,
    partition: number,
    key: string | Buffer | null,
    value: Buffer | null,
    headers: RawHeaders | undefined,
  ): void {
    const code = this.#producer.produce(topic, partition, value, key, headers);
    if (code !== 0) throw new OutputRefused(topic, code);
    this.outputs++;
    if (value !== null) this.bytes += value.length;
  }

  #name(name: string): string {
    let full = this.#names.get(name);
    if (full === undefined) {
      full = inSpace(this.#space, name);
      this.#names.set(name, full);
    }
    return full;
  }

  /** Steps 3 to 6. Throws what Kafka refused; then abort() must follow. */
  async commit(
    tasks: Iterable<Task>,
    changelogs: readonly string[],
    offsets: PartitionOffset[],
    consumer: Pick<GroupConsumer, "membership">,
    clocks: Clocks,
  ): Promise<{ rows: number }> {
    this.#gap("ran");
    let rows = 0;
    const all = [...tasks];
    for (const task of all) rows += this.#changelog(task, changelogs, clocks);
    this.#gap("sent");
    // Side by side: neither waits until the broker has the other.
    if (offsets.length > 0)
      await Promise.all([
        this.#producer.hurry(),
        this.#producer.sendOffsets(offsets, consumer.membership),
      ]);
    this.#gap("offsets");
    await this.#producer.commit();
    this.isOpen = false;
    this.#gap("committed");
    for (const task of all) task.commit();
    return { rows };
  }

  #changelog(task: Task, changelogs: readonly string[], clocks: Clocks): number {
    let rows = 0;
    for (let i = 0; i < task.tables.length; i++) {
      const { touched } = task.tables[i];
      rows += touched.length;
      for (const entry of touched)
        this.#produce(changelogs[i], task.partition, entry.key, entry.view, undefined);
    }
    if (clocks.keep && changelogs.length > 0 && task.clock !== task.clockCommitted)
      this.#produce(changelogs[0], task.partition, clockKey, clockBytes(task.clock), undefined);
    const { clock, clockTold } = task;
    if (clocks.topic && clock > clockTold && clock >= clockTold + clocks.stepMs) {
      task.clockTold = task.clock;
      const { name, write } = clocks.topic;
      this.#produce(this.#name(name), task.partition, "clock", write(task.clock), undefined);
    }
    return rows;
  }

  /** Gives up what was sent since begin(). The rows are rolled back by whoever owns them. */
  async abort(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.#producer.abort();
  }
}

const clockBytes = (clock: number): Buffer => {
  const bytes = Buffer.allocUnsafe(clockLength);
  bytes.writeDoubleBE(clock);
  return bytes;
};

/** The clock that a changelog record carries, or undefined when it carries a row. */
export const clockOf = (key: string, bytes: Buffer | null): number | undefined => {
  if (bytes?.length !== clockLength || (key !== clockKey && key !== formerClockKey))
    return undefined;
  const clock = bytes.readDoubleBE(0);
  // A row's first byte is its version, which no time in whole ms begins with.
  return key === clockKey || Number.isSafeInteger(clock) ? clock : undefined;
};

export const isQueueFull = (thrown: unknown): boolean =>
  thrown instanceof OutputRefused && thrown.code === codes.queueFull;
