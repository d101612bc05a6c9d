import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import type { Say } from "../db.ts";
import { sentenceOf } from "../errors.ts";
import { customerUpdates } from "../events/topics.ts";
import { openWriter, type Writer } from "../stream/writer.ts";

/**
 * The one writer of profiles in a space, until identities are joined: it carries out what people
 * ask of profiles through the table `profile_commands`. An erasure is the tombstone on
 * `customer-updates`, on which every processor and sink forgets.
 *
 * The tombstone is written a second time after a while: what was under way when the first came,
 * such as a prediction that a sink had not seen yet, is gone after the second.
 *
 * A command is done in one transaction that locks the table's rest out, and marked only once Kafka
 * has stored the tombstone. Whoever dies between the two leaves it to be done again, which changes
 * nothing.
 */
export type ProfileWriterOptions = {
  bootstrap: string;
  space: string;
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

type Due = { seq: string; customer_id: string; done_at: Date | null };

/** Carries out what is due; returns the number of tombstones written. */
export const carryOut = async (
  pool: pg.Pool,
  writer: Writer,
  repeatAfterMs = repeatMs,
): Promise<number> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtext('profiles ' || current_schema()))");
    const { rows } = await client.query<Due>(
      `select seq, customer_id, done_at from profile_commands
       where repeated_at is null and (done_at is null
         or done_at <= now() - $1 * interval '1 millisecond')
       order by seq limit 1000`,
      [repeatAfterMs],
    );
    const time = Date.now();
    for (const { customer_id } of rows)
      await writer.send(customerUpdates, customer_id, null, { time });
    if (rows.length > 0) await writer.flush();
    await client.query(
      `update profile_commands set done_at = coalesce(done_at, now()),
         repeated_at = case when done_at is null then null else now() end
       where seq = any($1)`,
      [rows.map(({ seq }) => seq)],
    );
    await client.query("commit");
    return rows.length;
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
    const { bootstrap, space, pool, say } = options;
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
    let isAway = false;
    let writer: Writer | undefined;
    while (!signal.aborted)
      try {
        writer ??= await openProfileWriter(bootstrap, space);
        await carryOut(pool, writer, options.repeatMs);
        if (isAway) say("The profile writer works again.");
        isAway = false;
        await pause(lookEveryMs);
      } catch (thrown) {
        if (!isAway) say(`The profile writer waits and tries again: ${sentenceOf(thrown)}`);
        isAway = true;
        await pause(firstRetryMs);
      }
    await writer?.close();
  },
});
