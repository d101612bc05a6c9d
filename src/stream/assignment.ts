import type { AdminPort } from "./admin.ts";
import { inTurns } from "./in-turns.ts";
import type { PartitionOffset, Rebalance } from "./kafka.ts";
import type { Processor } from "./processor.ts";
import { restore } from "./restore.ts";
import { inSpace } from "./space.ts";
import type { Task } from "./task.ts";
import { clockOf } from "./transaction.ts";
import type { GroupConsumer } from "./wire/group-consumer.ts";

/**
 * Which partitions this process works on. The group distributes the partitions of the first input
 * only; the same partition of every other input (and of the ticks) is added by hand, so that
 * co-partitioned inputs cannot end up in different processes, which no sticky assignor promises.
 *
 * The order on gaining a partition matters: first the committed offsets (the broker makes us wait
 * while a predecessor's transaction is open), then the end of the changelog, then the restore up to
 * that end, and only then is the partition read. The other way round, a predecessor's last commit
 * could fall between the two.
 */
export type AssignmentOptions = {
  bootstrap: string;
  space: string;
  processor: Processor;
  admin: AdminPort;
  newTask: (partition: number) => Task;
  progress?: (done: number, total: number) => void;
};

export class Assignment {
  readonly tasks = new Map<number, Task>();
  /** Full names: the inputs in order, then the ticks. */
  readonly inputs: string[];
  readonly ticks: string | undefined;
  readonly changelogs: string[];
  readonly #options: AssignmentOptions;
  /** The offsets that stand committed, by partition and input (ticks last). */
  readonly #committed = new Map<number, number[]>();

  constructor(options: AssignmentOptions) {
    const { processor, space } = options;
    this.#options = options;
    this.inputs = processor.reads.map((topic) => inSpace(space, topic.name));
    this.ticks = processor.ticks && inSpace(space, processor.ticks.topic.name);
    this.changelogs = changelogNames(processor).map((name) => inSpace(space, name));
  }

  get #topics(): string[] {
    return this.ticks === undefined ? this.inputs : [...this.inputs, this.ticks];
  }

  #partsOf(partition: number): { topic: string; partition: number }[] {
    return this.#topics.map((topic) => ({ topic, partition }));
  }

  /** Takes partitions over: offsets, state, then reading. */
  async gain(rebalance: Rebalance, consumer: GroupConsumer): Promise<number> {
    const gained = rebalance.parts.map((p) => p.partition);
    if (gained.length === 0) {
      consumer.add([]);
      return 0;
    }
    const { admin, bootstrap, newTask, progress } = this.#options;
    const committed = await consumer.committed(gained.flatMap((p) => this.#partsOf(p)));
    const fresh = new Map(gained.map((partition) => [partition, newTask(partition)]));
    const restored = await restore({
      bootstrap,
      admin,
      progress,
      parts: gained.flatMap((partition) =>
        this.changelogs.map((topic, i) => ({
          topic,
          partition,
          apply: applyTo(fresh.get(partition) as Task, i),
        })),
      ),
    });
    for (const [partition, task] of fresh) {
      // Without heartbeats meanwhile the group would give the partition to another.
      for (const table of task.tables) await inTurns(table.restoring());
      const offsets = this.#topics.map(
        (topic) =>
          committed.find((c) => c.topic === topic && c.partition === partition)?.offset ?? -1,
      );
      this.#committed.set(partition, offsets);
      task.start(offsets);
      this.tasks.set(partition, task);
    }
    consumer.add(committed);
    return restored;
  }

  /** Gives partitions up; their rows are dropped. The caller has committed or aborted. */
  lose(rebalance: Rebalance, consumer: GroupConsumer): void {
    const lost = rebalance.parts.map((p) => p.partition);
    const held = lost.filter((partition) => this.tasks.has(partition));
    for (const partition of lost) {
      this.tasks.delete(partition);
      this.#committed.delete(partition);
    }
    const extra = this.#topics.slice(1);
    consumer.remove([
      ...rebalance.parts,
      ...held.flatMap((partition) => extra.map((topic) => ({ topic, partition }))),
    ]);
  }

  /** Where each input stands now, as far as that differs from what was committed last. */
  offsets(): PartitionOffset[] {
    const changed: PartitionOffset[] = [];
    for (const [partition, task] of this.tasks) {
      const committed = this.#committed.get(partition) as number[];
      const topics = this.#topics;
      for (let input = 0; input < topics.length; input++) {
        const offset = task.committable(input);
        if (offset > committed[input]) changed.push({ topic: topics[input], partition, offset });
      }
    }
    return changed;
  }

  /** Whether there is anything to commit though nothing ran: offsets, or a clock to be told. */
  hasNews(): boolean {
    if (this.offsets().length > 0) return true;
    if (this.#options.processor.clock === undefined) return false;
    return [...this.tasks.values()].some((task) => task.clock > task.clockTold);
  }

  /** Notes what has just been committed. */
  committed(offsets: readonly PartitionOffset[]): void {
    const topics = this.#topics;
    for (const { topic, partition, offset } of offsets) {
      const of = this.#committed.get(partition);
      if (of) of[topics.indexOf(topic)] = offset;
    }
  }

  /** After an abort: every task and every input goes back to the last commit. */
  rewind(consumer: GroupConsumer): void {
    const topics = this.#topics;
    for (const [partition, task] of this.tasks) {
      const offsets = this.#committed.get(partition) as number[];
      task.rewind(offsets);
      for (let input = 0; input < topics.length; input++)
        consumer.seek({ topic: topics[input], partition, offset: offsets[input] });
    }
  }
}

const applyTo =
  (task: Task, table: number) => (message: { key: Buffer | null; value: Buffer | null }) => {
    const key = message.key?.toString("utf8") ?? "";
    const clock = clockOf(key, message.value);
    if (clock === undefined) task.tables[table].restore(key, message.value);
    else task.restoreClock(clock);
  };

/** `<group>-<table>-changelog`, one for each table of a processor. */
export const changelogNames = (processor: Processor): string[] =>
  Object.values(processor.state ?? {}).map((spec) => `${processor.group}-${spec.name}-changelog`);

/** Every topic that a processor may write to, and those that it shares with all others. */
export const writtenNames = (
  processor: Processor,
  shared: readonly { name: string }[],
): string[] => {
  const { writes, clock } = processor;
  const topics = [...writes, ...shared, ...(clock ? [clock] : [])];
  return [...topics.map(({ name }) => name), ...changelogNames(processor)];
};
