import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { isUnreachable } from "../../db.ts";
import { backoffMs, Failure, failure, sentenceOf } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import {
  customerUpdates,
  importProgress,
  outcomes,
  simulationTruth,
  ticks,
  transactionsStream,
} from "../../events/topics.ts";
import { codes, KafkaError } from "../../stream/kafka-error.ts";
import { openWriter, type Writer } from "../../stream/writer.ts";
import { readSpace } from "../import/progress.ts";
import { type Plan, type PlannedRow, readRows } from "./planned.ts";
import { type PlanPosition, planRecord, readBegun } from "./position.ts";

export type StreamOptions = {
  bootstrap: string;
  space: string;
  pool: pg.Pool;
  plan: Plan;
  /** Rows in one transaction of Kafka. */
  batch: number;
  /** From one batch to the next. */
  delayMs: number;
  /** Told after each batch how many rows of the plan are sent. */
  progress?: (sent: number) => void;
  say: (sentence: string) => void;
  /** Of this machine, unless a test has its own. */
  clock?: Clock;
};

type Clock = {
  /** ms since some moment. */
  now: () => number;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
};
const ownClock: Clock = {
  now: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};

const topics = new Map<string, Contract<unknown>>(
  ([transactionsStream, customerUpdates, outcomes, simulationTruth] as Contract<unknown>[]).map(
    (topic) => [topic.name, topic],
  ),
);
const tickEveryMs = 3_600_000;
const readAhead = 2_000;

/**
 * Streams a plan from Postgres into its space, batch by batch, from where the last run stopped.
 * Rows, an hour's ticks and the position are committed together, so that a run that was killed
 * anywhere leaves nothing half done; opening the writer shuts out a run that still lives. While
 * Kafka or Postgres is away it waits. Returns how many rows are sent in all.
 *
 * Throws SPACE_TOLD when something else has begun the space, FENCED when another run took over.
 */
export const streamPlan = async (options: StreamOptions, signal: AbortSignal): Promise<number> => {
  const stream = new PlanStream(options);
  for (let attempt = 0; !signal.aborted; attempt++) {
    const before = stream.sent;
    try {
      await stream.run(signal);
      break;
    } catch (thrown) {
      if (isFenced(thrown)) throw failure("FENCED", "the plan of this space");
      if (!canRetry(thrown)) throw thrown;
      if (signal.aborted) break;
      if (stream.sent > before) attempt = 0;
      if (attempt === 1) options.say(`Streaming waits and tries again: ${sentenceOf(thrown)}`);
      await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
    }
  }
  return stream.sent;
};

const isFenced = (thrown: unknown): boolean =>
  thrown instanceof KafkaError && thrown.code === codes.fenced;
const canRetry = (thrown: unknown): boolean =>
  thrown instanceof KafkaError ||
  isUnreachable(thrown) ||
  (thrown instanceof Failure && thrown.code !== "SPACE_TOLD");

class PlanStream {
  readonly #options: StreamOptions;
  #writer!: Writer;
  sent = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { bootstrap, space, plan, batch, delayMs, clock = ownClock } = this.#options;
    // Whole batches: what is left of one reading would else be sent as a smaller one.
    const ahead = batch * Math.ceil(readAhead / batch);
    this.#writer = await openWriter({
      bootstrap,
      space,
      source: "simulate@1",
      transactionalId: "simulate-transactions",
    });
    try {
      let position = await this.#begin(signal);
      this.sent = position.sent;
      for (let rows: PlannedRow[] = []; this.sent < plan.rows && !signal.aborted; ) {
        if (rows.length === 0) rows = await readRows(this.#options.pool, this.sent, ahead);
        const due = clock.now() + delayMs;
        position = await this.#send(rows.splice(0, batch), position);
        const wait = due - clock.now();
        if (this.sent < plan.rows && wait > 0) await clock.wait(wait, signal);
      }
    } finally {
      await this.#writer.abort().catch(() => {});
      await this.#writer.close();
    }
  }

  /** Where to go on, after the space was found to be this plan's or nobody's. */
  async #begin(signal: AbortSignal): Promise<PlanPosition> {
    const { bootstrap, space, plan } = this.#options;
    const { simulated, planned } = await readBegun(bootstrap, space, signal);
    const cure = "Give another space with --space.";
    if (simulated) throw failure("SPACE_TOLD", space, "the simulator of `up`", cure);
    if (planned && planned.plan !== plan.id)
      throw failure("SPACE_TOLD", space, "another plan, whose table is gone", cure);
    const { clock } = await readSpace(bootstrap, space, signal);
    if (!planned && clock !== undefined && clock >= plan.from)
      throw failure("SPACE_TOLD", space, "something with a clock of its own", cure);
    return planned ?? { plan: plan.id, sent: 0, newest: plan.from, done: false };
  }

  async #send(rows: readonly PlannedRow[], from: PlanPosition): Promise<PlanPosition> {
    const { plan, progress } = this.#options;
    let { newest } = from;
    for (const { topic: name, key, value, time, id, sendAt } of rows) {
      for (let at = hourAfter(newest); at <= sendAt; at += tickEveryMs) await this.#tick(at);
      newest = sendAt;
      const topic = topics.get(name) as Contract<unknown>;
      const bytes = Buffer.from(value);
      const wait = this.#writer.send(topic, key, emptyValue, { time, id, bytes });
      if (wait) await wait;
    }
    // Rows of a customer who was erased since are gone: positions have gaps, also at the end.
    const last = rows.at(-1);
    const sent = last === undefined ? plan.rows : last.position + 1;
    const done = sent === plan.rows;
    if (done) {
      for (let at = hourAfter(newest); at < plan.to; at += tickEveryMs) await this.#tick(at);
      newest = plan.to;
      await this.#tick(newest);
    }
    const position = { plan: plan.id, sent, newest, done };
    const record = planRecord(position);
    await this.#writer.send(importProgress, record.sha256, record);
    await this.#writer.commit();
    this.sent = sent;
    progress?.(sent);
    return position;
  }

  async #tick(time: number): Promise<void> {
    for (let partition = 0; partition < ticks.partitions; partition++)
      await this.#writer.send(ticks, String(partition), time, { partition });
  }
}

const hourAfter = (time: number): number => (Math.floor(time / tickEveryMs) + 1) * tickEveryMs;
/** The writer sends the bytes; it asks the value only for its type, the same for all of a topic. */
const emptyValue = {};
