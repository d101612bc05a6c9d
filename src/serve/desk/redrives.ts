import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { isUnreachable, type Say } from "../../db.ts";
import { Failure, failure, sentenceOf } from "../../errors.ts";
import { codes } from "../../stream/kafka-error.ts";
import { headersForRedrive } from "../../stream/redrive.ts";
import { inSpace } from "../../stream/space.ts";
import type { StretchReader } from "../../stream/stretch.ts";
import { IdempotentProducer } from "../../stream/wire/idempotent-producer.ts";
import type { RedriveAnswer } from "../messages/dead-letters.ts";
import { readingTables } from "../vectors.ts";
import { bareIn, type Cause, type LetterRow } from "./causes.ts";
import { type Letter, type LetterPlace, readLetters } from "./letters.ts";

/**
 * Puts dead letters back to the topic that they came from, for the one group that could not use
 * them, at a rate. Round by round:
 *   1. claim some in the table: a row that says `sending`, which only one redrive can insert;
 *   2. read their bytes, produce them, and wait until Kafka has them all;
 *   3. say `redriven`.
 * Who dies between 2 and 3 leaves rows that say `sending`: nobody knows whether those arrived, so
 * they are shown as such, and a person decides. They are at most one round. A receiver that knows
 * its events by their ids counts a second copy once.
 *
 * What is about somebody who was erased since stays where it is: put back, it would be newer than
 * the tombstone, and everybody would take it in.
 */
export type RedriveAsk = {
  readonly redriveId: string;
  readonly which: Cause | { readonly letter: Letter; readonly edited: Edited | undefined };
  readonly group: string;
  readonly perSecond: number;
  readonly most: number;
  readonly askedBy: string;
  readonly approvedBy: string | undefined;
};
/** What goes back in place of the bytes that came. */
export type Edited = { readonly key: Buffer | null; readonly value: Buffer };

/** Which of some records are about somebody who was erased after Kafka took them. */
export type ErasedAmong = (
  records: readonly Pick<Letter, "contract" | "key" | "value" | "appendTime">[],
) => Promise<readonly boolean[]>;

export type RedrivesOptions = LetterPlace & {
  readonly bootstrap: string;
  readonly erasedAmong: ErasedAmong;
  readonly pool: pg.Pool;
  readonly reader: StretchReader;
  readonly say: Say;
};

type Row = Omit<RedriveAnswer, "group" | "what" | "began_at" | "ended_at"> & {
  group_name: string;
  what: { says: string };
  began_at: Date;
  ended_at: Date | null;
};

const columns = `redrive_id, processor, group_name, what, edited, per_second, most, asked_by,
  approved_by, began_at, ended_at, state, done, left_out, why`;
const roundsPerSecond = 4;
const deliveryMaxMs = 30_000;
const closeMaxMs = 5_000;
const deadAfterS = 60;
export const ofSomebodyErased = "Its customer was erased after it came.";
const listMost = 20;

const answerOf = (row: Row): RedriveAnswer => {
  const { group_name: group, what, began_at, ended_at, ...rest } = row;
  return {
    ...rest,
    group,
    what: what.says,
    began_at: began_at.toISOString(),
    ended_at: ended_at?.toISOString() ?? null,
  };
};

export class Redrives {
  readonly #options: RedrivesOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: RedrivesOptions) {
    this.#options = options;
  }

  /**
   * Begins; the answer is how far it is, which for one record is the end. One that was begun under
   * this id before is not begun again.
   */
  async start(ask: RedriveAsk): Promise<RedriveAnswer> {
    const { redriveId, which, group, perSecond, most, askedBy, approvedBy } = ask;
    const one = "letter" in which;
    const processor = one ? which.letter.row.processor : which.processor;
    const says = one ? which.letter.row.origin : `${which.reason} from ${which.topic}`;
    const edited = one && which.edited !== undefined;
    const { rowCount } = await readingTables(() =>
      this.#options.pool.query(
        `insert into redrives (redrive_id, processor, group_name, what, edited, per_second, most,
           asked_by, approved_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict do nothing`,
        [redriveId, processor, group, { says }, edited, perSecond, most, askedBy, approvedBy],
      ),
    );
    if (rowCount === 1) {
      const run = this.#run(ask).finally(() => this.#running.delete(run));
      this.#running.add(run);
      if (one) await run;
    }
    return this.read(redriveId);
  }

  async read(id: string): Promise<RedriveAnswer> {
    const { rows } = await readingTables(() =>
      this.#options.pool.query<Row>(`select ${columns} from redrives where redrive_id = $1`, [id]),
    );
    if (rows.length === 0) throw failure("REDRIVE_UNKNOWN", id);
    return answerOf(rows[0]);
  }

  /** The newest; those whose process has died meanwhile are said to have failed. */
  async list(): Promise<RedriveAnswer[]> {
    const { pool } = this.#options;
    const { rows } = await readingTables(async () => {
      await pool.query(
        `update redrives set state = 'failed', ended_at = now(), why = 'The API ended midway.'
         where state = 'running' and beat_at < now() - make_interval(secs => ${deadAfterS})`,
      );
      return pool.query<Row>(
        `select ${columns} from redrives order by began_at desc limit ${listMost}`,
      );
    });
    return rows.map(answerOf);
  }

  /** Ends one after the records that are on their way. */
  async stop(id: string): Promise<RedriveAnswer> {
    await readingTables(() =>
      this.#options.pool.query(
        `update redrives set state = 'stopped', ended_at = now()
         where redrive_id = $1 and state = 'running'`,
        [id],
      ),
    );
    return this.read(id);
  }

  /** Lets what is on its way arrive, and begins nothing more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #run(ask: RedriveAsk): Promise<void> {
    let producer: IdempotentProducer | undefined;
    const losses: number[] = [];
    try {
      producer = await IdempotentProducer.connect({
        bootstrap: this.#options.bootstrap,
        deliveryMaxMs,
        onLoss: (records) => losses.push(records),
      });
      await this.#rounds(ask, producer, losses);
      await this.#end(ask, "done", null);
    } catch (thrown) {
      const why =
        thrown instanceof Failure
          ? sentenceOf(thrown)
          : isUnreachable(thrown)
            ? "The tables could not be written just then."
            : "Kafka did not take the records.";
      if (!(thrown instanceof Failure)) this.#options.say(`A redrive failed: ${why}`);
      await this.#end(ask, "failed", why).catch(() => undefined);
    } finally {
      await producer?.close(closeMaxMs);
    }
  }

  async #end({ redriveId }: RedriveAsk, state: string, why: string | null): Promise<void> {
    await this.#options.pool.query(
      `update redrives set state = $2, why = $3, ended_at = now()
       where redrive_id = $1 and state = 'running'`,
      [redriveId, state, why],
    );
  }

  async #rounds(ask: RedriveAsk, producer: IdempotentProducer, losses: number[]): Promise<void> {
    const { which, perSecond, most, redriveId } = ask;
    if ("letter" in which) {
      await this.#claimOne(which.letter.row, ask);
      await this.#send([which.letter], ask, producer, losses);
      return;
    }
    const size = Math.max(1, Math.round(perSecond / roundsPerSecond));
    const { pool } = this.#options;
    const { rows } = await pool.query<{ now: Date }>("select now()");
    const until = rows[0].now;
    const began = performance.now();
    let taken = 0;
    while (taken < most && !this.#stop.signal.aborted && (await this.#isWanted(redriveId))) {
      const claimed = await this.#claim(which, ask, Math.min(size, most - taken), until);
      if (claimed === undefined) return;
      const may = await this.#sendable(claimed, ask);
      await this.#send(may, ask, producer, losses);
      taken += claimed.length;
      const due = began + (taken / perSecond) * 1_000;
      const wait = Math.max(0, due - performance.now());
      await delay(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    if (this.#stop.signal.aborted) throw failure("FAILED", "The API was stopped midway.");
  }

  /** Those that may go back; the others are set aside, each with its reason. */
  async #sendable(claimed: readonly LetterRow[], ask: RedriveAsk): Promise<Letter[]> {
    const { letters, erased } = await this.#read(claimed, ask);
    const lost = claimed.filter((_, at) => letters[at] === undefined);
    await this.#leaveOut(lost, ask, "Kafka has its bytes no more.");
    const found = letters.filter((one) => one !== undefined);
    const gone = found.filter((_, at) => erased[at]).map(({ row }) => row);
    await this.#leaveOut(gone, ask, ofSomebodyErased);
    return found.filter((_, at) => !erased[at]);
  }

  /** Nothing was sent of what cannot be read: it waits again. */
  async #read(claimed: readonly LetterRow[], { redriveId }: RedriveAsk) {
    const { reader, erasedAmong } = this.#options;
    try {
      const letters = await readLetters(reader, claimed, this.#options);
      const erased = await erasedAmong(letters.filter((one) => one !== undefined));
      return { letters, erased };
    } catch (thrown) {
      await this.#options.pool.query(
        `delete from dead_letters_settled
         where origin = any($1) and processor = $2 and redrive_id = $3`,
        [claimed.map(({ origin }) => origin), claimed[0].processor, redriveId],
      );
      throw thrown;
    }
  }

  async #isWanted(redriveId: string): Promise<boolean> {
    const { rowCount } = await this.#options.pool.query(
      "update redrives set beat_at = now() where redrive_id = $1 and state = 'running'",
      [redriveId],
    );
    return rowCount === 1;
  }

  /** Some that wait, the oldest first; undefined when none does. */
  async #claim(
    { processor, reason, topic }: Cause,
    ask: RedriveAsk,
    most: number,
    until: Date,
  ): Promise<LetterRow[] | undefined> {
    const { pool, space } = this.#options;
    const full = inSpace(space, topic);
    for (;;) {
      const { rows } = await pool.query<LetterRow>(
        `select * from settled_dead_letters where state = 'open'
           and processor = $1 and reason = $2 and topic = $3 and at <= $4
         order by at, origin limit $5`,
        [processor, reason, full, until, most],
      );
      if (rows.length === 0) return undefined;
      const claimed = await this.#insertClaims(rows, ask);
      if (claimed.size > 0) return rows.filter(({ origin }) => claimed.has(origin));
    }
  }

  async #insertClaims(rows: readonly LetterRow[], ask: RedriveAsk): Promise<Set<string>> {
    const { rows: claimed } = await this.#options.pool.query<{ origin: string }>(
      `insert into dead_letters_settled (origin, processor, how, redrive_id, settled_by)
       select origin, $2, 'sending', $3, $4 from unnest($1::text[]) origin
       on conflict do nothing returning origin`,
      [rows.map(({ origin }) => origin), rows[0].processor, ask.redriveId, ask.askedBy],
    );
    return new Set(claimed.map(({ origin }) => origin));
  }

  /** Also one of which nobody knows whether it arrived, once whoever sent it has ended. */
  async #claimOne(row: LetterRow, ask: RedriveAsk): Promise<void> {
    const { pool } = this.#options;
    await pool.query(
      `delete from dead_letters_settled s where origin = $1 and processor = $2 and how = 'sending'
         and not exists (
           select from redrives r where r.redrive_id = s.redrive_id and r.state = 'running')`,
      [row.origin, row.processor],
    );
    const claimed = await this.#insertClaims([row], ask);
    if (claimed.size === 0) throw failure("DEAD_LETTER_SETTLED", row.origin);
  }

  async #send(
    letters: readonly Letter[],
    ask: RedriveAsk,
    producer: IdempotentProducer,
    losses: number[],
  ): Promise<void> {
    if (letters.length === 0) return;
    losses.length = 0;
    for (const letter of letters) await this.#produce(letter, ask, producer);
    await producer.flush();
    if (losses.length > 0) throw failure("BROKER_AWAY");
    const { pool } = this.#options;
    const origins = letters.map(({ row }) => row.origin);
    await pool.query(
      `update dead_letters_settled set how = 'redriven', settled_at = now()
       where origin = any($1) and processor = $2 and redrive_id = $3`,
      [origins, letters[0].row.processor, ask.redriveId],
    );
    await pool.query("update redrives set done = done + $2 where redrive_id = $1", [
      ask.redriveId,
      letters.length,
    ]);
  }

  async #produce(
    letter: Letter,
    { group, which }: RedriveAsk,
    producer: IdempotentProducer,
  ): Promise<void> {
    const edited = "letter" in which ? which.edited : undefined;
    const key = edited ? edited.key : letter.key;
    const value = edited ? edited.value : letter.value;
    const sameKey = key === letter.key || (letter.key !== null && key?.equals(letter.key) === true);
    const partition = sameKey ? (letter.partition ?? -1) : -1;
    const name = inSpace(this.#options.space, letter.topic);
    const headers = headersForRedrive(letter.headers, group, this.#placeOf(letter));
    for (;;) {
      const code = producer.produce(name, partition, value, key, headers);
      if (code === 0) return;
      if (code !== codes.queueFull) throw failure("BROKER_AWAY");
      await producer.flush();
    }
  }

  /** Where the letter lies, without the space; of a sink, that is where it came from. */
  #placeOf({ row }: Letter): string {
    return bareIn(this.#options.space, row.kept_at ?? row.origin);
  }

  /** They can never go back, and must not be tried for ever. */
  async #leaveOut(
    rows: readonly LetterRow[],
    { redriveId }: RedriveAsk,
    reason: string,
  ): Promise<void> {
    if (rows.length === 0) return;
    const { pool } = this.#options;
    await pool.query(
      `update dead_letters_settled set how = 'set_aside', reason = $4
       where origin = any($1) and processor = $2 and redrive_id = $3`,
      [rows.map(({ origin }) => origin), rows[0].processor, redriveId, reason],
    );
    await pool.query("update redrives set left_out = left_out + $2 where redrive_id = $1", [
      redriveId,
      rows.length,
    ]);
  }
}
