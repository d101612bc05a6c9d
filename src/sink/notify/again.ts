import type pg from "pg";
import { transact } from "../../db.ts";
import { failure } from "../../errors.ts";
import { isoTime, timeMs } from "../../events/time.ts";

/** A line of the ledger. */
type Tried = {
  attempt: number;
  state: string;
  reason: string | null;
  provider: string | null;
  idempotent: boolean;
  simulated: boolean;
  reserved_at: string;
  settled_at: string | null;
  released_by: string | null;
};

/** A notification of which nobody knows whether it was sent, for the person who has to decide. */
export type Doubt = {
  notification_id: string;
  customer_id: string | null;
  intervention_id: string | null;
  channel: string;
  priority: number;
  message: string;
  attempt: number;
  provider: string | null;
  reason: string | null;
  since: string;
  expires_at: string;
  /** Everything that was tried, the oldest first. */
  attempts: Tried[];
};

const listMost = 200;

/** What waits for a person, the oldest first. */
export const listUnknown = async (pool: pg.Pool): Promise<Doubt[]> => {
  const { rows } = await pool.query<Doubt & { since: Date; expires_at: Date }>(
    `select n.notification_id, n.customer_id, n.intervention_id, n.channel, n.priority::int,
       n.message, a.attempt, a.provider, a.reason, a.settled_at as since, n.expires_at,
       (select jsonb_agg(t order by t.attempt) from (
          select attempt, state, reason, provider, idempotent, simulated, reserved_at, settled_at,
            released_by
          from notification_attempts t where t.notification_id = n.notification_id
          order by attempt desc limit 20) t) as attempts
     from notifications n
     join lateral (select * from notification_attempts a
       where a.notification_id = n.notification_id order by attempt desc limit 1) a on true
     where n.state = 'unknown' order by n.seq limit ${listMost}`,
  );
  return rows.map((row) => ({
    ...row,
    since: isoTime(row.since.getTime()),
    expires_at: isoTime(row.expires_at.getTime()),
    attempts: row.attempts.map((tried) => ({
      ...tried,
      reserved_at: isoTime(timeMs(tried.reserved_at)),
      settled_at: tried.settled_at && isoTime(timeMs(tried.settled_at)),
    })),
  }));
};

/**
 * A person, named in the ledger, takes it upon themselves that a message may arrive twice: the
 * notification goes back into the queue. Throws NOTIFICATION_UNKNOWN; NOTIFICATION_SETTLED for one
 * that is not unknown, or has expired.
 */
export const sendAgain = (
  pool: pg.Pool,
  { id, person, now }: { id: string; person: string; now: number },
): Promise<void> =>
  transact(pool, async (client) => {
    const { rows } = await client.query<{ state: string; expires_at: Date }>(
      "select state, expires_at from notifications where notification_id = $1 for update",
      [id],
    );
    if (rows.length === 0) throw failure("NOTIFICATION_UNKNOWN", id);
    const [{ state, expires_at }] = rows;
    if (state !== "unknown") throw failure("NOTIFICATION_SETTLED", id, state);
    if (expires_at.getTime() <= now) throw failure("NOTIFICATION_SETTLED", id, "expired by now");
    await client.query(
      `update notification_attempts set released_by = $2, released_at = $3
       where notification_id = $1 and attempt =
         (select max(attempt) from notification_attempts where notification_id = $1)`,
      [id, person, isoTime(now)],
    );
    await client.query(
      `update notification_attempts set released_by = $2, released_at = $3
       where notification_id = $1 and state = 'unknown' and released_by is null`,
      [id, person, isoTime(now)],
    );
    await client.query(
      "update notifications set state = 'waiting', next_at = $2 where notification_id = $1",
      [id, isoTime(now)],
    );
  });
