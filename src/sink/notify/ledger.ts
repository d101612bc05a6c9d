import type pg from "pg";
import type { NotificationResult, NotificationStatus } from "../../events/notification.ts";
import { isoTime } from "../../events/time.ts";
import { mintId } from "../../stream/ids.ts";
import type { Answer, Channel } from "./channel.ts";
import { type Queued, queuedSql } from "./queue.ts";

/**
 * The ledger: what was tried to tell somebody something, so that at most one send of it is taken.
 *
 *   reserved ──> accepted | rejected | unknown          nothing tried: expired | withdrawn
 *
 * An attempt is reserved, and the reservation committed, before a byte leaves the house. Unique
 * indexes let only one attempt of a notification, and of an intervention on a channel, be reserved,
 * accepted or unknown at a time. So whoever dies in between leaves a reservation that shuts out
 * every other attempt; when its time is up it becomes `unknown`, which shuts them out as well. It
 * is released by a named person, or by itself where the provider keeps idempotency keys: there the
 * next attempt bears the same key. Another notification of the intervention stays shut out. A
 * sender that was only slow may still say what became of its attempt, as long as nobody has
 * released it.
 *
 * Each end of a notification is written with its result into `notification_outbox`, in the same
 * transaction. While any attempt of a notification is unknown, no later one that fails can make it
 * more certain: it ends as `unknown`.
 */
export const byIdempotencyKey = "idempotency key";

type Ended = "accepted" | "rejected" | "expired" | "withdrawn" | "unknown";
export type End = {
  readonly queued: Queued;
  readonly attempt: number;
  readonly status: Ended;
  readonly reason: string | null;
  readonly simulated: boolean;
  /** When it went or ended, in ms: the time of the event, not of the news. */
  readonly at: number;
};

/** Certain ends are not certain while an earlier attempt may have been taken. */
const stateOf = ({ status, queued }: End): Ended =>
  queued.doubtful && status !== "accepted" ? "unknown" : status;

type Told = Pick<Queued, "notification_id" | "key" | "customer_id" | "intervention_id" | "channel">;
export type Result = Told & {
  attempt: number;
  status: NotificationStatus;
  reason: string | null;
  simulated: boolean;
  by: string | null;
  at: number;
};

/** Writes results into the outbox; the same result has the same id, however often it is told. */
export const putResults = async (
  client: pg.ClientBase,
  results: readonly Result[],
): Promise<void> => {
  const rows = results.map((one) => {
    const { notification_id, attempt, status, customer_id } = one;
    const result_id = mintId("notify", notification_id, 10 * attempt + ordinals[status]);
    const value: NotificationResult = {
      result_id,
      notification_id,
      attempt,
      customer_id,
      intervention_id: one.intervention_id,
      channel: one.channel,
      status,
      reason: one.reason,
      simulated: one.simulated,
      by: one.by,
      timestamp: isoTime(one.at),
      event_time: isoTime(one.at),
      event_type: "notification_result",
    };
    return { result_id, key: one.key, customer_id, value };
  });
  await client.query(
    `insert into notification_outbox (result_id, key, customer_id, value)
     select result_id, key, customer_id, value from json_to_recordset($1)
       as r(result_id text, key text, customer_id text, value jsonb)`,
    [JSON.stringify(rows)],
  );
};

const ordinals: Record<NotificationStatus, number> = {
  accepted: 0,
  rejected: 1,
  expired: 2,
  withdrawn: 3,
  unknown: 4,
  answered: 5,
  no_answer: 6,
};

const finish = async (client: pg.ClientBase, ends: readonly End[]): Promise<void> => {
  await client.query(
    `update notifications n set state = e.state
     from json_to_recordset($1) as e(id text, state text) where n.notification_id = e.id`,
    [JSON.stringify(ends.map((end) => ({ id: end.queued.notification_id, state: stateOf(end) })))],
  );
  await putResults(
    client,
    ends.map((end) => ({
      ...end.queued,
      attempt: end.attempt,
      status: stateOf(end),
      reason: end.reason,
      simulated: end.simulated,
      by: end.queued.asked_by === byIdempotencyKey ? null : end.queued.asked_by,
      at: end.at,
    })),
  );
};

const contacted = ({ audience, customer_id: id }: Queued) => (audience === "customer" ? id : null);

/** Ends notifications of which nothing was sent this time. */
export const conclude = async (
  client: pg.ClientBase,
  ends: readonly Omit<End, "attempt" | "simulated">[],
  now: number,
): Promise<void> => {
  if (ends.length === 0) return;
  const numbered = ends.map((end) => ({
    ...end,
    attempt: end.queued.attempts + 1,
    simulated: true,
  }));
  const rows = numbered.map(({ queued, attempt, status, reason }) => {
    const { notification_id, intervention_id, channel } = queued;
    const customer_id = contacted(queued);
    return { notification_id, attempt, customer_id, intervention_id, channel, status, reason };
  });
  await client.query(
    `insert into notification_attempts (notification_id, attempt, customer_id, intervention_id,
       channel, state, reason, reserved_at, settled_at)
     select notification_id, attempt, customer_id, intervention_id, channel, status, reason, $2, $2
     from json_to_recordset($1) as a(notification_id text, attempt integer, customer_id text,
       intervention_id text, channel text, status text, reason text)`,
    [JSON.stringify(rows), isoTime(now)],
  );
  await finish(client, numbered);
};

export type Reservation = {
  readonly queued: Queued;
  readonly channel: Channel;
  readonly attempt: number;
  readonly sender: string;
  /** When it was found that the message may go, in ms: whatever comes of it, it went then. */
  readonly reservedAt: number;
};

/** False: an attempt for this intervention and channel is going, was taken, or may have been. */
export const reserve = async (
  client: pg.ClientBase,
  { queued, channel, attempt, sender, reservedAt }: Reservation,
): Promise<boolean> => {
  const { rowCount } = await client.query({
    name: "reserve",
    text: `insert into notification_attempts (notification_id, attempt, customer_id,
        intervention_id, channel, provider, idempotent, simulated, state, sender, reserved_at)
      select $1, $2::int, $3, $4, $5, $6, $7::boolean, $8::boolean, 'reserved', $9, $10::timestamptz
      where not exists (
        select 1 from notification_attempts where intervention_id = $4 and channel = $5
          and notification_id <> $1 and state in ('reserved', 'accepted', 'unknown'))
      on conflict do nothing`,
    values: [
      queued.notification_id,
      attempt,
      contacted(queued),
      queued.intervention_id,
      queued.channel,
      channel.provider,
      channel.idempotent,
      channel.simulated,
      sender,
      isoTime(reservedAt),
    ],
  });
  if (rowCount === 0) return false;
  const values = [queued.notification_id];
  await client.query(
    "update notifications set state = 'reserved' where notification_id = $1",
    values,
  );
  return true;
};

/** Whether the attempt that shuts this one out is still on its way. */
export const isOnItsWay = async (client: pg.ClientBase, queued: Queued): Promise<boolean> => {
  const { rows } = await client.query(
    `select 1 from notification_attempts where state = 'reserved'
       and (notification_id = $1 or (intervention_id = $2 and channel = $3))`,
    [queued.notification_id, queued.intervention_id, queued.channel],
  );
  return rows.length > 0;
};

/**
 * Writes down what became of an attempt. False: the ledger knows better by now, or the customer was
 * erased. `nextAt` is when another attempt may be made where one may.
 */
export const settle = async (
  client: pg.ClientBase,
  { queued, channel, attempt, sender, reservedAt }: Reservation,
  answer: Answer,
  { now, nextAt }: { now: number; nextAt: number },
): Promise<boolean> => {
  const { said, reason = null, reference = null } = answer;
  const isReleased = said === "unknown" && channel.idempotent;
  const { rowCount } = await client.query({
    name: "settle",
    text: `update notification_attempts
      set state = $4, reason = $5, reference = $6, settled_at = $7, released_by = $8,
        released_at = case when $8::text is null then null else $7::timestamptz end
      where notification_id = $1 and attempt = $2 and sender = $3
        and released_by is null and state in ('reserved', 'unknown')`,
    values: [
      queued.notification_id,
      attempt,
      sender,
      said === "later" ? "rejected" : said,
      reason,
      reference,
      isoTime(now),
      isReleased ? byIdempotencyKey : null,
    ],
  });
  if (rowCount === 0) return false;
  if (said === "later" || isReleased) await putBack(client, [queued.notification_id], nextAt);
  else {
    const { simulated } = channel;
    await finish(client, [{ queued, attempt, status: said, reason, simulated, at: reservedAt }]);
  }
  return true;
};

const putBack = async (
  client: pg.ClientBase,
  ids: readonly string[],
  nextAt: number,
): Promise<void> => {
  await client.query(
    `update notifications set state = 'waiting', next_at = $2 where notification_id = any($1)`,
    [ids, isoTime(nextAt)],
  );
};

const sweepMost = 500;

/** What has expired unsent, ended at the time at which it did. Returns how many. */
export const expire = async (client: pg.ClientBase, now: number): Promise<number> => {
  const { rows } = await client.query<Queued>({
    name: "expire",
    text: `${queuedSql}
      where n.notification_id in (
        select notification_id from notifications
        where state = 'waiting' and expires_at <= $1 order by seq limit ${sweepMost}
        for update skip locked)
      order by n.seq`,
    values: [isoTime(now)],
  });
  const ends = rows.map((queued) => ({
    queued,
    status: "expired" as const,
    reason: null,
    at: Math.min(now, queued.expires_at.getTime()),
  }));
  await conclude(client, ends, now);
  return rows.length;
};

/** Ends what names a channel that there is not. Returns how many. */
export const rejectUnknown = async (
  client: pg.ClientBase,
  channels: readonly string[],
  now: number,
): Promise<number> => {
  const { rows } = await client.query<Queued>({
    name: "reject unknown",
    text: `${queuedSql}
      where n.notification_id in (
        select notification_id from notifications
        where state = 'waiting' and expires_at > $1 and channel <> all($2)
        limit ${sweepMost} for update skip locked)`,
    values: [isoTime(now), channels],
  });
  const end = { status: "rejected" as const, reason: "channel_unknown", at: now };
  await conclude(
    client,
    rows.map((queued) => ({ queued, ...end })),
    now,
  );
  return rows.length;
};

type Lost = Queued & {
  attempt: number;
  provider: string;
  idempotent: boolean;
  simulated: boolean;
  reserved_at: Date;
};

/** Reservations whose sender has not been heard of for too long. Returns how many. */
export const giveUpLost = async (
  client: pg.ClientBase,
  channels: ReadonlyMap<string, Channel>,
  { now, leaseMs }: { now: number; leaseMs: number },
): Promise<number> => {
  const { rows } = await client.query<Lost>({
    name: "give up lost",
    text: `with lost as (
        update notification_attempts set state = 'unknown', reason = 'sender_lost', settled_at = $1
        where (notification_id, attempt) in (
          select notification_id, attempt from notification_attempts
          where state = 'reserved' and reserved_at <= $2
          limit ${sweepMost} for update skip locked)
        returning notification_id, attempt, provider, idempotent, simulated, reserved_at)
      select q.*, l.attempt, l.provider, l.idempotent, l.simulated, l.reserved_at
      from lost l join (${queuedSql}) q using (notification_id)`,
    values: [isoTime(now), isoTime(now - leaseMs)],
  });
  const knows = (one: Lost) =>
    one.idempotent && channels.get(one.channel)?.provider === one.provider;
  const again = rows.filter(knows);
  await client.query(
    `update notification_attempts set released_by = $2, released_at = $3
     where state = 'unknown' and released_by is null and notification_id = any($1)`,
    [again.map((one) => one.notification_id), byIdempotencyKey, isoTime(now)],
  );
  await putBack(
    client,
    again.map((one) => one.notification_id),
    now,
  );
  const ends = rows.filter((one) => !knows(one)).map((one) => ({ ...one, queued: one as Queued }));
  await finish(
    client,
    ends.map(({ queued, attempt, simulated, reserved_at }) => ({
      queued,
      attempt,
      status: "unknown" as const,
      reason: "sender_lost",
      simulated,
      at: reserved_at.getTime(),
    })),
  );
  return rows.length;
};
