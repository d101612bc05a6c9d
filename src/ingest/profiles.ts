import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import type { Say } from "../db.ts";
import { sentenceOf } from "../errors.ts";
import { customerUpdates } from "../events/topics.ts";
import { openWriter, type Writer } from "../stream/writer.ts";
import { Tombstones } from "./tombstones.ts";

/**
 * The one writer of profiles in a space, until identities are joined: it carries out what people
 * ask of profiles through the table `profile_commands`. An erasure is the tombstone on
 * `customer-updates`, on which every processor and sink forgets.
 *
 * The tombstone is written a second time after a while, and not before every processor has read the
 * first: what was under way when the first came, such as a prediction that a sink had not seen yet,
 * or one that a processor makes which was away, is gone after the second.
 *
 * A command is done in one transaction that locks the table's rest out, and marked only once Kafka
 * has stored the tombstone. Whoever dies between the two leaves it to be done again, which changes
 * nothing.
 */
export type ProfileWriterOptions = {
  bootstrap: string;
  space: string;
  /** The groups of the processors that keep something of customers, without the space. */
  groups: readonly string[];
  pool: pg.Pool;
  say: Say;
  /** How long after the first tombstone the second follows. */
  repeatMs?: number;
};

export type ErasureAsked = {
  customer: string;
  by: string;
  reason: string;
  agreedBy?: string;
  /** One approval gives one command. */
  approvalId?: string;
};

const repeatMs = 60_000;
const lookEveryMs = 500;
const firstRetryMs = 1_000;

/** Notes that a customer is to be erased; returns the number of the command. */
export const askErasure = async (
  pool: pg.Pool,
  { customer, by, reason, agreedBy, approvalId }: ErasureAsked,
): Promise<number> => {
  const { rows } = await pool.query<{ seq: string }>(
    `insert into profile_commands (command, customer_id, asked_by, reason, agreed_by, approval_id)
     values ('erase', $1, $2, $3, $4, $5)
     on conflict (approval_id) do update set approval_id = excluded.approval_id returning seq`,
    [customer, by, reason, agreedBy, approvalId],
  );
  return Number(rows[0].seq);
};

type Due = { seq: string; customer_id: string; done_at: Date | null; first_to: string | null };

/** What carries out commands: it writes tombstones, and knows who has read them. */
export type Hands = { pool: pg.Pool; writer: Writer; tombstones: Tombstones };

/** Those whose turn it is: a second tombstone waits until the first was read by all. */
const ripe = async (due: readonly Due[], tombstones: Tombstones): Promise<Due[]> => {
  const seconds = due.filter(({ done_at, first_to }) => done_at !== null && first_to !== null);
  if (seconds.length === 0) return [...due];
  const offsets = new Map(seconds.map((each) => [each.customer_id, Number(each.first_to)]));
  const passed = await tombstones.passed(offsets);
  const waits = new Set(seconds.filter(({ customer_id }) => !passed.has(customer_id)));
  return due.filter((each) => !waits.has(each));
};

/** Carries out what is due; returns the number of tombstones written. */
export const carryOut = async (
  { pool, writer, tombstones }: Hands,
  repeatAfterMs = repeatMs,
): Promise<number> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtext('profiles ' || current_schema()))");
    const { rows } = await client.query<Due>(
      `select seq, customer_id, done_at, first_to from profile_commands
       where repeated_at is null and (done_at is null
         or done_at <= now() - $1 * interval '1 millisecond')
       order by done_at is not null, seq limit 1000`,
      [repeatAfterMs],
    );
    const due = await ripe(rows, tombstones);
    if (due.length > 0) {
      const time = Date.now();
      for (const { customer_id } of due)
        await writer.send(customerUpdates, customer_id, null, { time });
      await writer.flush();
      const ends = await tombstones.ends(due.map(({ customer_id }) => customer_id));
      const done = due.map(({ seq, customer_id }) => ({ seq, past: ends.get(customer_id) }));
      await client.query(
        `update profile_commands c set done_at = coalesce(done_at, now()),
           repeated_at = case when done_at is null then null else now() end,
           first_to = coalesce(first_to, d.past)
         from json_to_recordset($1) as d(seq bigint, past bigint) where c.seq = d.seq`,
        [JSON.stringify(done)],
      );
    }
    await client.query("commit");
    return due.length;
  } catch (thrown) {
    await client.query("rollback").catch((error: Error) => {
      broken = error;
    });
    throw thrown;
  } finally {
    client.release(broken);
  }
};

export const openProfileWriter = (bootstrap: string, space: string): Promise<Writer> =>
  openWriter({ bootstrap, space, source: "profiles@1" });

/** Carries out commands as they come, until the signal; waits while Postgres or Kafka is away. */
export const profileWriter = (options: ProfileWriterOptions) => ({
  run: async (signal: AbortSignal): Promise<void> => {
    const { bootstrap, space, groups, pool, say } = options;
    const tombstones = new Tombstones({ bootstrap, space, groups });
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
    let isAway = false;
    let writer: Writer | undefined;
    while (!signal.aborted)
      try {
        writer ??= await openProfileWriter(bootstrap, space);
        await carryOut({ pool, writer, tombstones }, options.repeatMs);
        if (isAway) say("The profile writer works again.");
        isAway = false;
        await pause(lookEveryMs);
      } catch (thrown) {
        if (!isAway) say(`The profile writer waits and tries again: ${sentenceOf(thrown)}`);
        isAway = true;
        await pause(firstRetryMs);
      }
    tombstones.close();
    await writer?.close();
  },
});
