import { channel } from "node:diagnostics_channel";
import type pg from "pg";
import { isUnreachable, patiently, type Say } from "../../db.ts";
import { Failure, failure } from "../../errors.ts";
import { openReader, type Received } from "../../stream/reader.ts";
import { deadLettersTable } from "./faults.ts";
import { Forgotten, noteForgotten } from "./forgotten.ts";
import { Inserter, isDataFault, type Placed } from "./insert.ts";
import { moveOffsets, type Part, placeKey, readOffsets, type Step } from "./offsets.ts";
import { type Fault, type Lane, type Plan, planOf } from "./plan.ts";
import type { Table } from "./table.ts";

/**
 * A Postgres sink writes rows and the offsets that they came from in one transaction, so each
 * record counts once whatever fails: sink, Postgres, or the answer to a commit.
 *
 * Each table has its own offset on each partition (a lane), kept in `sink_offsets`. A batch is
 *   1. sorted into rows; records that a lane has passed already are left out;
 *   2. guarded: every lane's offset moves from the value that the sink knows, or nothing happens;
 *   3. written: erasures, then rows (but those of customers erased since), then the places of
 *      records that could not be used;
 *   4. committed.
 * If 2 finds another value, another sink has written from there: this one is a zombie, or its own
 * last commit got through without an answer. Either way it rolls back, reads the offsets, leaves
 * out what has been written, and goes on. So two sinks on one partition can do no harm. An offset
 * that went *back* means that somebody wants it read again: the sink stops and is started anew.
 *
 * A new table of an old topic begins at the oldest record that Kafka still holds, since its lanes
 * have offsets of their own; the reader starts where the lane that is furthest behind stands.
 */
export type PostgresSinkOptions = {
  /** Names the sink in dead letters; its group is `<name>-group`. */
  name: string;
  tables: readonly Table[];
  space: string;
  /** Every table with rows of customers, whichever sink fills it: what an erasure empties. */
  erasable: readonly string[];
  pool: pg.Pool;
  /** Postgres's address, for messages. */
  address: string;
  /** The id that Kafka gave a topic, by its name in the space, when it was created. */
  topicId: (topic: string) => Promise<string>;
  recordMaxBytes: number;
  /** Topics that a processor reads as well: it has dead-lettered what cannot be read there. */
  readElsewhere: ReadonlySet<string>;
  say: Say;
};

/** Published after each commit: what was written of a batch. */
export type SinkWritten = { sink: string; rows: number; refused: number; erased: number };
export const sinkWritten = channel("bellwether.sink");

const batchMaxRecords = 2_000;
/** A table is at most so much behind: a transaction costs much the same for few rows and many. */
const restMs = 200;

export class PostgresSink {
  readonly #options: PostgresSinkOptions;
  readonly #inserters: readonly Inserter[];
  readonly #faults = new Inserter(deadLettersTable);
  readonly #forgotten: Forgotten;
  readonly #signal: AbortSignal | undefined;
  /** By topic, then partition. */
  readonly #lanes = new Map<string, Lane[][]>();
  readonly #topicIds = new Map<string, string>();
  /** A transaction ended without a clear answer: read the offsets before the next. */
  #unsure = false;

  constructor(options: PostgresSinkOptions, signal?: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#inserters = options.tables.map((table) => new Inserter(table));
    this.#forgotten = new Forgotten(options.space);
  }

  /** The offsets from which the reader has to start on partitions that it was given. */
  startAt = async (parts: Part[]): Promise<Map<string, number>> => {
    const { pool, address, say } = this.#options;
    for (const topic of new Set(parts.map((p) => p.topic)))
      this.#topicIds.set(topic, await this.#options.topicId(topic));
    const work = () => readOffsets(pool, this.#names(), parts, this.#topicIds);
    const known = await patiently(work, { address, say, signal: this.#signal });
    const start = new Map<string, number>();
    for (const part of parts) {
      const lanes = this.#open(part, known);
      const next = Math.min(...lanes.map((lane) => lane.next));
      start.set(`${part.topic}-${part.partition}`, next);
    }
    return start;
  };

  #names(): string[] {
    return this.#options.tables.map((table) => table.name);
  }

  #open({ topic, partition }: Part, known: ReadonlyMap<string, number>): Lane[] {
    const lanes = this.#inserters.flatMap((inserter) => {
      const { name, from } = inserter.table;
      const source = from.find((each) => each.topic.name === topic);
      const next = known.get(placeKey(name, topic, partition)) ?? 0;
      return source ? [{ inserter, source, topic, partition, next }] : [];
    });
    let ofTopic = this.#lanes.get(topic);
    if (ofTopic === undefined) this.#lanes.set(topic, (ofTopic = []));
    ofTopic[partition] = lanes;
    return lanes;
  }

  #lanesOf = (record: Received): Lane[] =>
    this.#lanes.get(record.topic.name)?.[record.partition] ?? [];

  /** Writes a batch. Throws a Failure that says whether trying again can help. */
  handle = async (batch: readonly Received[]): Promise<void> => {
    for (;;) {
      try {
        if (this.#unsure) await this.#catchUp(batch);
        const plan = planOf(batch, this.#lanesOf, this.#options);
        await this.#refuseRecreated(plan.passed);
        if (plan.ends.size === 0) return;
        this.#unsure = true;
        if (!(await this.#write(plan))) continue;
        this.#unsure = false;
        for (const [lane, end] of plan.ends) lane.next = end;
        return;
      } catch (thrown) {
        throw this.#failureOf(thrown);
      }
    }
  };

  #failureOf(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    const { address, name } = this.#options;
    if (isUnreachable(thrown)) return failure("POSTGRES_UNREACHABLE", address);
    // Postgres's own sentence may quote a value.
    const { code } = thrown as { code?: unknown };
    return failure("SINK_REFUSED", name, typeof code === "string" ? code : "none");
  }

  async #catchUp(batch: readonly Received[]): Promise<void> {
    const lanes = new Set(batch.flatMap(this.#lanesOf));
    const parts = [...lanes].map(({ topic, partition }) => ({ topic, partition }));
    const known = await readOffsets(this.#options.pool, this.#names(), parts, this.#topicIds);
    for (const lane of lanes) {
      const { topic, partition, inserter } = lane;
      const found = known.get(placeKey(inserter.table.name, topic, partition)) ?? 0;
      if (found < lane.next)
        throw failure("SINK_OFFSETS_MOVED", `${topic}-${partition}`, this.#options.name);
      lane.next = found;
    }
    this.#unsure = false;
  }

  /** Offsets that were passed already come again at a restart, or when a topic was made anew. */
  async #refuseRecreated(topics: ReadonlySet<string>): Promise<void> {
    for (const topic of topics)
      if ((await this.#options.topicId(topic)) !== this.#topicIds.get(topic))
        throw failure("TOPIC_RECREATED", topic, this.#options.name);
  }

  /** False: the offsets had moved, and nothing was written. */
  async #write(plan: Plan): Promise<boolean> {
    try {
      return await this.#transact(plan, false);
    } catch (thrown) {
      if (!isDataFault(thrown)) throw thrown;
      return this.#transact(plan, true);
    }
  }

  async #transact(plan: Plan, careful: boolean): Promise<boolean> {
    const client = await this.#options.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query("begin");
      const done = await moveOffsets(client, this.#steps(plan));
      const faults = done ? await this.#put(client, plan, careful) : [];
      await client.query(done ? "commit" : "rollback");
      if (done) this.#publish(plan, faults);
      return done;
    } catch (thrown) {
      await client.query("rollback").catch((error: Error) => {
        broken = error;
      });
      throw thrown;
    } finally {
      client.release(broken);
    }
  }

  #steps(plan: Plan): Step[] {
    return [...plan.ends].map(([lane, next]) => ({
      sink: lane.inserter.table.name,
      topic: lane.topic,
      topic_id: this.#topicIds.get(lane.topic) as string,
      partition: lane.partition,
      old: lane.next,
      next,
    }));
  }

  async #put(client: pg.ClientBase, plan: Plan, careful: boolean): Promise<Fault[]> {
    const faults = [...plan.faults];
    if (plan.erased.size > 0) await this.#erase(client, plan.erased);
    await this.#forgotten.refresh(client);
    for (const [inserter, all] of plan.rows) {
      const rows = all.filter(
        ({ row, appendTime }) => !this.#forgotten.has(row.customer_id, appendTime),
      );
      if (rows.length === 0) continue;
      if (!careful) await inserter.insert(client, rows);
      else
        for (const { code, ...rest } of await inserter.insertWhatFits(client, rows))
          faults.push({ topic: "", ...rest, reason: `value_refused_${code}` });
    }
    const { readElsewhere } = this.#options;
    const shown = faults.filter((f) => !readElsewhere.has(f.topic)).map((f) => this.#row(f));
    if (shown.length > 0) await this.#faults.insert(client, shown);
    return faults;
  }

  async #erase(client: pg.ClientBase, erased: ReadonlyMap<string, number>): Promise<void> {
    const { erasable, space } = this.#options;
    for (const name of erasable)
      await client.query(`delete from ${name} where customer_id = any($1)`, [[...erased.keys()]]);
    await noteForgotten(client, space, erased);
  }

  #row({ place, reason, appendTime }: Fault): Placed {
    const at = new Date(appendTime).toISOString();
    const row = { origin: place, processor: this.#options.name, reason, at, kept_at: null };
    return { row, gone: false, place, appendTime };
  }

  #publish(plan: Plan, faults: Fault[]): void {
    const { name } = this.#options;
    const refused = new Set(faults.map((f) => f.place)).size;
    if (refused > 0 && faults.some((f) => f.reason === "mapping_failed"))
      this.#options.say(`${name} could not make rows of some records: see table dead_letters.`);
    if (!sinkWritten.hasSubscribers) return;
    const rows = [...plan.rows.values()].reduce((sum, each) => sum + each.length, 0);
    const written: SinkWritten = { sink: name, rows, refused, erased: plan.erased.size };
    sinkWritten.publish(written);
  }
}

export type PostgresSinkPlace = { bootstrap: string; slot?: number };

/** Fills tables from their topics until the signal; waits for Postgres whenever it is away. */
export const openPostgresSink = (
  options: PostgresSinkOptions & PostgresSinkPlace,
): { run: (signal: AbortSignal) => Promise<void> } => ({
  run: async (signal) => {
    const { name, tables, bootstrap, space, slot, say } = options;
    const sink = new PostgresSink(options, signal);
    const topics = new Map(tables.flatMap((t) => t.from.map((s) => [s.topic.name, s.topic])));
    const reader = openReader({
      bootstrap,
      space,
      group: `${name}-group`,
      topics: [...topics.values()],
      slot,
      startAt: sink.startAt,
      handle: sink.handle,
      maxBatch: batchMaxRecords,
      restMs,
      say,
    });
    try {
      await reader.run(signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  },
});
