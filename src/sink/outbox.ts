import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { isUnreachable, type Say, schemaOf } from "../db.ts";
import { backoffMs, sentenceOf } from "../errors.ts";
import type { Prediction } from "../events/prediction.ts";
import { predictionsStream } from "../events/topics.ts";
import { AdminPort } from "../stream/admin.ts";
import { readHeader } from "../stream/header.ts";
import { partitionKey } from "../stream/partition.ts";
import { inSpace } from "../stream/space.ts";
import { orStopped } from "../stream/stopping.ts";
import { Fetcher } from "../stream/wire/fetcher.ts";
import { openWriter, type Writer } from "../stream/writer.ts";
import { riskScoresTable, scoreRow } from "./postgres/decisions.ts";
import { insertSql } from "./postgres/insert.ts";

/**
 * How predictions that were asked for reach Kafka. Whoever answers one writes it to `risk_scores`
 * and to table `outbox` in one Postgres transaction and never touches Kafka, so that answers do not
 * depend on it. One relay for each space publishes:
 *   1. claims the oldest rows, in Postgres;
 *   2. writes them to Kafka in one transaction;
 *   3. takes them out of the outbox.
 * If it dies between 2 and 3, rows are claimed of which nobody knows whether they were published.
 * The next relay opens the same transactional id, which ends the dead one's transaction one way or
 * the other and shuts it out; then it reads what was committed behind the offsets noted before the
 * claim, takes out the rows that it finds there, and publishes the others. So readers see each
 * prediction once. A lock in Postgres keeps a second relay waiting until the first one is gone.
 *
 * For one customer, places in the outbox have the order in which they become visible: a transaction
 * holds a lock on its customers, from before it takes places until it has ended.
 */
export type OutboxOptions = { bootstrap: string; space: string; pool: pg.Pool; say: Say };

const putSql = `
  with turns as materialized (
    select pg_advisory_xact_lock(turn) from (
      select distinct hashtextextended(customer_id, 0) as turn
      from json_to_recordset($2) as o(customer_id text) order by turn offset 0) ordered),
  asked as (
    select o.* from (select count(*) from turns) waited, json_to_recordset($2) as o(
      prediction_id text, customer_id text, prediction jsonb)),
  fresh as (${insertSql(riskScoresTable)} returning prediction_id)
  insert into outbox (prediction_id, customer_id, prediction)
  select asked.prediction_id, asked.customer_id, asked.prediction
  from asked join fresh using (prediction_id)
  returning prediction_id`;

/**
 * Stores predictions and has them published, in one transaction of one statement. Returns the ids
 * of those that were not there before.
 */
export const putPredictions = async (
  pool: Pick<pg.Pool, "query">,
  predictions: readonly Prediction[],
): Promise<Set<string>> => {
  const waiting = predictions.map((prediction) => ({
    prediction_id: prediction.prediction_id,
    customer_id: prediction.customer_id,
    prediction,
  }));
  const values = [JSON.stringify(predictions.map(scoreRow)), JSON.stringify(waiting)];
  const question = { name: "put predictions", text: putSql, values };
  const { rows } = await pool.query<{ prediction_id: string }>(question);
  return new Set(rows.map((row) => row.prediction_id));
};

const batchMaxRecords = 500;
const idleMs = 100;
const noteEveryMs = 30_000;
const lockRetryMs = 1_000;

type Waiting = { place: string; prediction: Prediction };

/** One life of the relay: one producer, until something fails. */
class Relay {
  readonly #options: OutboxOptions;
  readonly #admin: AdminPort;
  readonly #writer: Writer;
  readonly #parts: { topic: string; partition: number }[];
  #notedAt = 0;

  private constructor(options: OutboxOptions, admin: AdminPort, writer: Writer) {
    this.#options = options;
    this.#admin = admin;
    this.#writer = writer;
    const topic = inSpace(options.space, predictionsStream.name);
    const { partitions } = predictionsStream;
    this.#parts = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  }

  /** Shuts out any former relay, and finds out what became of its last claim. */
  static async open(options: OutboxOptions): Promise<Relay> {
    const { bootstrap, space } = options;
    const transactionalId = "outbox";
    const writer = await openWriter({ bootstrap, space, source: "outbox@1", transactionalId });
    const relay = new Relay(options, AdminPort.open(bootstrap), writer);
    try {
      await relay.#settle();
      return relay;
    } catch (thrown) {
      relay.close();
      throw thrown;
    }
  }

  async #settle(): Promise<void> {
    const { pool } = this.#options;
    const { rows } = await pool.query<{ prediction_id: string }>(
      "select prediction_id from outbox where claimed",
    );
    if (rows.length > 0) {
      const found = await this.#published(new Set(rows.map((row) => row.prediction_id)));
      await pool.query("delete from outbox where prediction_id = any($1)", [found]);
    }
    await this.#noteOffsets();
  }

  /** While nothing is in doubt: whatever is published from now on lies behind these offsets. */
  async #noteOffsets(): Promise<void> {
    this.#notedAt = performance.now();
    const { pool } = this.#options;
    const ends = await this.#admin.endOffsets(this.#parts);
    const noted = this.#parts.map((part) => ({
      ...part,
      next: ends.get(partitionKey(part)),
    }));
    await pool.query("update outbox set claimed = false where claimed");
    await pool.query(
      `insert into outbox_offsets (topic, partition, next)
       select * from json_to_recordset($1) as o(topic text, partition integer, next bigint)
       on conflict (topic, partition) do update set next = excluded.next`,
      [JSON.stringify(noted)],
    );
  }

  /** Which of these were committed behind the noted offsets. */
  async #published(ids: ReadonlySet<string>): Promise<string[]> {
    const { bootstrap, pool } = this.#options;
    const noted = await pool.query<{ partition: number; next: string }>(
      "select partition, next from outbox_offsets where topic = $1",
      [this.#parts[0].topic],
    );
    const starts = new Map(noted.rows.map((row) => [row.partition, Number(row.next)]));
    const ends = await this.#admin.endOffsets(this.#parts);
    const behind = this.#parts
      .map((part) => ({ ...part, offset: starts.get(part.partition) ?? 0 }))
      .filter((part) => part.offset < (ends.get(partitionKey(part)) ?? 0));
    const fetcher = new Fetcher({ bootstrap });
    const left = new Set(behind.map(({ partition }) => partition));
    const found: string[] = [];
    try {
      fetcher.add(behind);
      while (left.size > 0) {
        const batch = await fetcher.consume(batchMaxRecords, idleMs);
        for (const { headers } of batch.messages) {
          const id = readHeader(headers)?.id;
          if (id !== undefined && ids.has(id)) found.push(id);
        }
        for (const end of batch.ends)
          if (end.offset >= (ends.get(partitionKey(end)) ?? 0)) left.delete(end.partition);
      }
    } finally {
      fetcher.close();
    }
    return found;
  }

  /** Publishes the oldest rows; returns how many. */
  async publish(): Promise<number> {
    const { pool } = this.#options;
    if (performance.now() - this.#notedAt > noteEveryMs) await this.#noteOffsets();
    // Planned each time: a plan made while the table was small would read all of it, dead rows too.
    const { rows } = await pool.query<Waiting>(
      `update outbox set claimed = true
       where place = any(array(select place from outbox order by place limit ${batchMaxRecords}))
       returning place, prediction`,
    );
    if (rows.length === 0) return 0;
    rows.sort((a, b) => Number(a.place) - Number(b.place));
    for (const { prediction } of rows) {
      const id = prediction.prediction_id;
      await this.#writer.send(predictionsStream, prediction.customer_id, prediction, { id });
    }
    await this.#writer.commit();
    const places = rows.map((row) => row.place);
    await pool.query("delete from outbox where place = any($1)", [places]);
    return rows.length;
  }

  /** Does not wait: what is under way is settled by the next life. */
  close(): void {
    this.#admin.close();
    void this.#writer.close().catch(() => {});
  }
}

const relaying = async (options: OutboxOptions, signal: AbortSignal, works: () => void) => {
  const opening = Relay.open(options);
  const relay = await orStopped(opening, signal);
  if (relay === undefined) {
    opening.then(
      (late) => late.close(),
      () => {},
    );
    return;
  }
  works();
  try {
    while (!signal.aborted) {
      const published = await orStopped(relay.publish(), signal);
      // What comes meanwhile is claimed, published and taken out together.
      if ((published ?? 0) < batchMaxRecords)
        await delay(idleMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    relay.close();
  }
};

/** Holds the lock that one relay of a space holds, while `work` runs. */
const whileAlone = async (
  { pool, space }: OutboxOptions,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  const name = `bellwether outbox ${schemaOf(space)}`;
  try {
    while (!signal.aborted) {
      const { rows } = await client.query<{ mine: boolean }>(
        "select pg_try_advisory_lock(hashtextextended($1, 0)) as mine",
        [name],
      );
      if (rows[0].mine) return await work();
      await delay(lockRetryMs, undefined, { signal }).catch(() => {});
    }
  } catch (thrown) {
    broken = thrown as Error;
    throw thrown;
  } finally {
    // Ending the connection gives the lock back whatever state it is in.
    client.release(broken ?? true);
  }
};

/** Publishes what waits in the outbox until the signal, whatever is away in between. */
export const openOutbox = (
  options: OutboxOptions,
): { run: (signal: AbortSignal) => Promise<void> } => ({
  run: async (signal) => {
    const { say } = options;
    let failures = 0;
    const works = () => {
      if (failures > 0) say("Predictions that waited are being published again.");
      failures = 0;
    };
    while (!signal.aborted)
      try {
        await whileAlone(options, signal, () => relaying(options, signal, works));
      } catch (thrown) {
        if (signal.aborted) return;
        const why = isUnreachable(thrown) ? "Postgres is away" : sentenceOf(thrown);
        if (failures === 0) say(`Predictions wait in the outbox: ${why}`);
        await delay(backoffMs(failures++), undefined, { signal }).catch(() => {});
      }
  },
});
