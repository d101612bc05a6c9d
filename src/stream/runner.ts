import { channel } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, Failure, failure, sentenceOf } from "../errors.ts";
import { AdminPort } from "./admin.ts";
import { Assignment, writtenNames } from "./assignment.ts";
import { Broadcasts } from "./broadcast.ts";
import { isCommitDue } from "./commit-due.ts";
import { Counters } from "./counters.ts";
import { HoldBack } from "./hold-back.ts";
import { inTime } from "./in-time.ts";
import { Jobs } from "./jobs.ts";
import type { Batch, RawMessage } from "./kafka.ts";
import { codes, KafkaError } from "./kafka-error.ts";
import { ensureOwned, type OwnershipOptions } from "./ownership.ts";
import { partitionKey } from "./partition.ts";
import type { Processor } from "./processor.ts";
import { progressOf } from "./restore.ts";
import type { Slot } from "./slot.ts";
import { inSpace } from "./space.ts";
import { isGivenUp } from "./stopping.ts";
import { MustRewind, Task, type TaskSettings, TooManyFailures } from "./task.ts";
import { type Gap, isQueueFull, Transaction } from "./transaction.ts";
import { GroupConsumer } from "./wire/group-consumer.ts";
import { TransactionalProducer } from "./wire/transactional-producer.ts";

/**
 * Runs one processor in one slot until it is stopped. A *life* is the time of one pair of clients:
 * it connects, joins the group, restores what it is given and loops. When a client is beyond repair
 * the life ends and the next one rebuilds everything from the changelog; when another process owns
 * our slot, or the release is bad, the runner ends for good.
 */
export type RunnerOptions = {
  processor: Processor;
  bootstrap: string;
  space: string;
  slot: Slot;
  task: TaskSettings;
  commitMinIntervalMs: number;
  commitMaxIntervalMs: number;
  commitMaxRecords: number;
  drainMaxMs: number;
  /** One sentence about something that a person should know. */
  say: (sentence: string) => void;
  /** Called between the steps of a commit, for tests that kill the process there. */
  gap?: (gap: Gap) => void;
};

/** Published on `bellwether.commit` after each commit. */
export type CommitEvent = {
  processor: string;
  records: number;
  rows: number;
  outputs: number;
  ms: number;
  lagMs: number;
  counters: Counters;
};
export const commitChannel = channel("bellwether.commit");

const batchRecords = 500;
const sliceRecords = 1_000;
const idleWaitMs = 10;
/** While records run, the next hop is told of a clock this seldom; when they pause, all of it. */
const clockStepMs = 1_000;
/** Twice what the broker gives a transaction: then others wait for our partitions no longer. */
const revokeMaxMs = 20_000;

type Life = {
  consumer: GroupConsumer;
  producer: TransactionalProducer;
  admin: AdminPort;
  broadcasts: Broadcasts;
  transaction: Transaction;
  assignment: Assignment;
  holdBack: HoldBack;
  jobs: Jobs;
};

export class Runner {
  readonly #options: RunnerOptions;
  readonly #id: string;
  readonly counters = new Counters();
  #lastCommit = 0;
  #commitTook = 0;
  #firstRecord = 0;
  #maxRecords: number;
  #boundsAsked = false;
  #attempt = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#id = `${inSpace(options.space, options.processor.group)}-${options.slot.number}`;
    this.#maxRecords = options.commitMaxRecords;
  }

  /** Ends when the signal aborts, with everything that ran committed; throws a Failure else. */
  async run(signal: AbortSignal): Promise<void> {
    const { say, slot, processor } = this.#options;
    for (this.#attempt = 0; !signal.aborted; this.#attempt++) {
      try {
        await this.#live(signal);
        return;
      } catch (thrown) {
        this.counters.rollBack();
        if (isGivenUp(thrown, signal)) return;
        if (thrown instanceof TooManyFailures)
          throw failure("BAD_RELEASE", processor.name, String(thrown.count), thrown.message);
        if (isFencing(thrown) && (!slot.held() || thrown.code === codes.fencedInstance))
          throw failure("FENCED", this.#id);
        if (thrown instanceof Failure && !thrown.retryable) throw thrown;
        if (this.#attempt < 1) say(`${processor.name} starts over: ${sentenceOf(thrown)}`);
        await delay(backoffMs(this.#attempt), undefined, { signal }).catch(() => {});
      }
    }
  }

  async #live(signal: AbortSignal): Promise<void> {
    const life = await this.#connect(signal);
    const over = new AbortController();
    let ensuring: Promise<void> | undefined;
    try {
      if (!(await this.#ready(life, signal))) return;
      const [topic] = life.assignment.inputs;
      life.consumer.subscribe([topic]);
      ensuring = ensureOwned(this.#group(topic, life.admin), over.signal);
      await this.#loop(life, signal);
    } finally {
      over.abort();
      await life.consumer.close();
      life.producer.close();
      await life.broadcasts.close();
      life.admin.close();
      await ensuring;
    }
  }

  #group(topic: string, admin: AdminPort): OwnershipOptions {
    const { processor, bootstrap, space } = this.#options;
    const group = inSpace(space, processor.group);
    return { bootstrap, admin, group, topic };
  }

  async #connect(signal: AbortSignal): Promise<Life> {
    const { processor, bootstrap, space, say } = this.#options;
    const admin = AdminPort.open(bootstrap, signal);
    const jobs = new Jobs();
    const broadcasts = new Broadcasts(processor);
    const opened: { close(): unknown }[] = [admin];
    try {
      const transactionalId = this.#id;
      const producer = await TransactionalProducer.connect({ bootstrap, transactionalId });
      opened.push(producer);
      const { deadLetters, lateEvents } = this.#options.task;
      const written = writtenNames(processor, [deadLetters, lateEvents]);
      await producer.learn(written.map((name) => inSpace(space, name)));
      await broadcasts.open(bootstrap, space, admin);
      opened.push(broadcasts);
      const transaction = new Transaction(producer, space, this.#options.gap);
      const consumer = await GroupConsumer.connect({
        bootstrap,
        group: inSpace(space, processor.group),
        instance: this.#id,
        onRebalance: jobs.add,
      });
      const progress = progressOf(processor.name, say);
      const newTask = (partition: number) => {
        const { task } = this.#options;
        const { views } = broadcasts;
        return new Task(processor, partition, views, task, transaction.send, this.counters);
      };
      const assignment = new Assignment({ bootstrap, space, processor, admin, newTask, progress });
      const holdBack = new HoldBack(consumer);
      return { consumer, producer, admin, broadcasts, transaction, assignment, holdBack, jobs };
    } catch (thrown) {
      for (const each of opened.reverse()) await each.close();
      throw thrown;
    }
  }

  /** Waits until no broadcast is missing anything; false when stopped before. */
  async #ready(life: Life, signal: AbortSignal): Promise<boolean> {
    let said = "";
    for (;;) {
      if (life.broadcasts.broken !== undefined) throw life.broadcasts.broken;
      const missing = life.broadcasts.waitsFor;
      if (missing === undefined || signal.aborted) return !signal.aborted;
      if (missing !== said) this.#options.say(`${this.#options.processor.name} waits: ${missing}`);
      said = missing;
      await delay(100, undefined, { signal }).catch(() => {});
    }
  }

  async #loop(life: Life, signal: AbortSignal): Promise<void> {
    const { consumer, jobs, broadcasts } = life;
    let inFlight: Promise<Batch> | undefined;
    while (!signal.aborted) {
      if (jobs.wait && inFlight === undefined) await this.#rebalance(life);
      inFlight ??= this.#read(consumer, idleWaitMs);
      const batch = await inFlight;
      // It waited for one record; what came while the last commit went on is ready behind it.
      const room = batchRecords - batch.messages.length;
      if (room > 0) addTo(batch, consumer.take(room));
      // What is read next waits in the background, but never across a change of partitions.
      const untilDue = batch.messages.length > 0 ? this.#options.commitMinIntervalMs : idleWaitMs;
      const wait = Math.min(untilDue, idleWaitMs);
      inFlight = jobs.wait ? undefined : this.#read(consumer, Math.max(1, wait));
      if (broadcasts.broken !== undefined) throw broadcasts.broken;
      this.#route(life, batch);
      const rewound = await this.#guarded(life, async () => {
        await this.#work(life);
        const idle = batch.messages.length < batchRecords;
        if (this.#due(life, idle)) await this.#commit(life);
      });
      if (rewound) {
        await inFlight;
        inFlight = undefined;
        life.assignment.rewind(consumer);
      }
    }
    await inFlight;
    await this.#drain(life);
  }

  #read(consumer: GroupConsumer, waitMs: number): Promise<Batch> {
    const batch = consumer.consume(batchRecords, waitMs);
    batch.catch(() => {});
    return batch;
  }

  /** Hands records to the tasks, and holds back an input whose buffer has grown long. */
  #route({ assignment, holdBack }: Life, batch: Batch): void {
    const { tasks, inputs, ticks } = assignment;
    const [first] = inputs;
    for (const message of batch.messages) {
      const task = tasks.get(message.partition);
      if (task === undefined) continue;
      if (message.topic === first) task.offer(0, message);
      else if (message.topic !== ticks) task.offer(inputs.indexOf(message.topic), message);
      else task.offerTick(message);
    }
    for (const end of batch.ends) {
      const task = tasks.get(end.partition);
      if (end.topic === ticks) task?.endOfTicks(end.offset);
      else task?.end(inputs.indexOf(end.topic), end.offset);
    }
    if (inputs.length > 1) holdBack.look(assignment);
  }

  async #work(life: Life): Promise<void> {
    const { transaction, assignment } = life;
    transaction.begin();
    for (;;) {
      let ran = 0;
      for (const task of assignment.tasks.values()) {
        if (task.wentBack !== undefined) throw anew(task.wentBack);
        if (task.unboundTick !== undefined) void this.#boundTicks(life);
        ran += task.step(sliceRecords);
      }
      if (ran === 0) return;
      if (this.#firstRecord === 0) this.#firstRecord = performance.now();
      if (this.#due(life, false)) {
        await this.#commit(life);
        transaction.begin();
      }
    }
  }

  /** Asks once for all partitions how far the inputs reach, now that ticks have arrived. */
  async #boundTicks({ assignment, admin }: Life): Promise<void> {
    if (this.#boundsAsked) return;
    this.#boundsAsked = true;
    const { inputs, tasks } = assignment;
    const waiting = [...tasks].flatMap(([partition, task]) => {
      const tick = task.unboundTick;
      return tick === undefined ? [] : [{ partition, task, tick }];
    });
    const parts = waiting.flatMap(({ partition }) => inputs.map((topic) => ({ topic, partition })));
    try {
      const ends = await admin.endOffsets(parts);
      for (const { partition, task, tick } of waiting) {
        const endOf = (topic: string) => ends.get(partitionKey({ topic, partition })) ?? 0;
        task.boundTick(inputs.map(endOf), tick);
      }
    } catch {
      // Asked again with the next batch.
    } finally {
      this.#boundsAsked = false;
    }
  }

  #due(life: Life, idle: boolean): boolean {
    const { assignment, transaction } = life;
    const { commitMinIntervalMs, commitMaxIntervalMs } = this.#options;
    let records = 0;
    for (const task of assignment.tasks.values()) records += task.ran;
    const bounds = { commitMinIntervalMs, commitMaxIntervalMs, commitMaxRecords: this.#maxRecords };
    const done = {
      records,
      bytes: transaction.bytes,
      isIdle: idle,
      lastCommitMs: this.#lastCommit,
      commitTookMs: this.#commitTook,
      firstRecordMs: this.#firstRecord,
      hasNews: () => assignment.hasNews(),
    };
    return isCommitDue(bounds, done, performance.now());
  }

  async #commit(life: Life): Promise<void> {
    const { transaction, assignment, consumer } = life;
    const { processor } = this.#options;
    const began = performance.now();
    let records = 0;
    for (const task of assignment.tasks.values()) records += task.ran;
    const offsets = assignment.offsets();
    const clocks = {
      keep: processor.due !== undefined,
      topic: processor.clock,
      stepMs: records === 0 ? 0 : clockStepMs,
    };
    const { tasks, changelogs } = assignment;
    const committing = transaction.commit(tasks.values(), changelogs, offsets, consumer, clocks);
    // As long as it takes, unless others come to wait for our partitions.
    const { rows } = await inTime(committing, revokeMaxMs, giveUp, life.jobs.pressing);
    assignment.committed(offsets);
    this.counters.commit();
    this.#lastCommit = performance.now();
    this.#commitTook = this.#lastCommit - began;
    this.#firstRecord = 0;
    this.#attempt = 0;
    this.#maxRecords = this.#options.commitMaxRecords;
    this.#publish(records, rows, transaction.outputs, this.#commitTook);
  }

  #publish(records: number, rows: number, outputs: number, ms: number): void {
    if (!commitChannel.hasSubscribers) return;
    const { name } = this.#options.processor;
    const lagMs = records > 0 ? Math.max(0, Date.now() - this.counters.newestMs) : 0;
    const { counters } = this;
    const event: CommitEvent = { processor: name, records, rows, outputs, ms, lagMs, counters };
    commitChannel.publish(event);
  }

  /** Runs work that may be refused; true when it was aborted and everything must be rewound. */
  async #guarded(life: Life, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return false;
    } catch (thrown) {
      if (isQueueFull(thrown)) this.#maxRecords = Math.max(1_000, this.#maxRecords >> 1);
      else if (!mustAbort(thrown)) throw thrown;
      await life.transaction.abort();
      this.counters.rollBack();
      return true;
    }
  }

  async #rebalance(life: Life): Promise<void> {
    const { jobs, assignment, consumer, transaction } = life;
    life.holdBack.letGo();
    for (let job = jobs.next(); job; job = jobs.next()) {
      const lost = job.kind === "revoke" && job.lost;
      const rewound = await this.#guarded(life, async () => {
        if (lost) await transaction.abort();
        else if (transaction.isOpen) await inTime(this.#commit(life), revokeMaxMs, giveUp);
      });
      if (job.kind === "assign") await assignment.gain(job, consumer);
      else assignment.lose(job, consumer);
      if (lost) this.counters.rollBack();
      if (rewound || lost) assignment.rewind(consumer);
    }
  }

  /** The last commit, within bounds: what cannot be finished in time is left to the next start. */
  async #drain(life: Life): Promise<void> {
    if (!life.transaction.isOpen) return;
    const done = this.#guarded(life, () => this.#commit(life));
    await inTime(done, this.#options.drainMaxMs, () => {});
  }
}

const addTo = (batch: Batch, more: Batch): void => {
  batch.messages.push(...more.messages);
  batch.ends.push(...more.ends);
};

const anew = ({ topic, offset }: RawMessage) => failure("TOPIC_ANEW", topic, String(offset));

/** Whether the commit counts is found out by the next life, which ends it either way. */
const giveUp = (): never => {
  throw failure("STUCK", "the commit before partitions change hands");
};

const mustAbort = (thrown: unknown): boolean =>
  thrown instanceof MustRewind || (thrown instanceof KafkaError && thrown.requiresAbort);

const isFencing = (thrown: unknown): thrown is KafkaError =>
  thrown instanceof KafkaError &&
  (thrown.code === codes.fenced || thrown.code === codes.fencedInstance);
