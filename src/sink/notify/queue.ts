import type pg from "pg";
import type { Notification } from "../../events/notification.ts";
import { isHistory, isoTime, timeMs } from "../../events/time.ts";
import { admit } from "../../stream/admit.ts";
import type { Header } from "../../stream/header.ts";
import { partKey, type Received } from "../../stream/reader.ts";
import { inSpace } from "../../stream/space.ts";
import { Forgotten } from "../postgres/forgotten.ts";
import { isDataFault } from "../postgres/insert.ts";

/** A notification as the ledger knows it. Times are Dates. */
export type Queued = {
  notification_id: string;
  key: string;
  audience: Notification["audience"];
  customer_id: string | null;
  recipient: string | null;
  intervention_id: string | null;
  channel: string;
  priority: number;
  purpose: string | null;
  message: string;
  policy_version: string | null;
  queued_at: Date;
  expires_at: Date;
  /** The attempts made so far. */
  attempts: number;
  /** Nobody knows what became of an earlier attempt. */
  doubtful: boolean;
  /** Who asked for another attempt although one is unknown. */
  asked_by: string | null;
};

type Row = { row: object; place: string; at: string };
type Refusal = { origin: string; reason: string; at: string };

const columns =
  "notification_id text, key text, audience text, customer_id text, recipient text, " +
  "intervention_id text, channel text, priority smallint, purpose text, message text, " +
  "policy_version text, decided_at timestamptz, queued_at timestamptz, next_at timestamptz, " +
  "expires_at timestamptz, state text";
const names = columns.replace(/ \w+(?=,|$)/g, "");
const insertSql =
  `insert into notifications (${names}) select ${names} from json_to_recordset($1) ` +
  `as n(${columns}) on conflict (notification_id) do nothing`;

/** What history would have sent was over when it came in. */
const expiryOf = (value: Notification, header: Header | undefined, lateMs: number): number => {
  const expiry = timeMs(value.expires_at);
  return header && isHistory(header, lateMs) ? Math.min(expiry, header.ingestTime) : expiry;
};

type Times = { now: number; lateMs: number };

const rowOf = (value: Notification, { key, header }: Received, { now, lateMs }: Times): object => ({
  ...value,
  key,
  priority: Math.round(value.priority),
  decided_at: isoTime(timeMs(value.event_time)),
  queued_at: isoTime(now),
  next_at: isoTime(value.not_before ? timeMs(value.not_before) : now),
  expires_at: isoTime(expiryOf(value, header, lateMs)),
  // No sender looks at it, so nobody hears of it either: when it would, would be chance.
  state: lateMs === 0 ? "expired" : "waiting",
});

/**
 * Takes notifications off their topic into the ledger. One that comes again is there already. What
 * cannot be read or stored is noted in `dead_letters`; its bytes stay in Kafka.
 */
export const openIntake = (options: {
  pool: pg.Pool;
  space: string;
  recordMaxBytes: number;
  /**
   * What comes in so long after it happened, ms, is history, because of which nothing is sent.
   * 0: all is, and contact is told nothing of it.
   */
  lateMs: number;
  now: () => number;
}): ((batch: readonly Received[]) => Promise<void>) => {
  const { pool, space, recordMaxBytes, lateMs, now } = options;
  const insert = async (rows: readonly Row[], refused: Refusal[]): Promise<void> => {
    if (rows.length === 0) return;
    try {
      await pool.query(insertSql, [JSON.stringify(rows.map(({ row }) => row))]);
    } catch (thrown) {
      if (!isDataFault(thrown)) throw thrown;
      if (rows.length === 1) {
        const code = String((thrown as { code?: string }).code);
        refused.push({ origin: rows[0].place, reason: `value_refused_${code}`, at: rows[0].at });
        return;
      }
      const half = rows.length >> 1;
      await insert(rows.slice(0, half), refused);
      await insert(rows.slice(half), refused);
    }
  };
  const forgotten = new Forgotten(space);
  return async (batch) => {
    await forgotten.refresh(pool);
    const rows: Row[] = [];
    const refused: Refusal[] = [];
    for (const record of batch) {
      const { topic, partition, offset, appendTime } = record;
      const place = partKey(partKey(inSpace(space, topic.name), partition), offset);
      const at = isoTime(appendTime);
      const admission = admit(topic, record, recordMaxBytes);
      if (admission.reason !== undefined)
        refused.push({ origin: place, reason: admission.reason, at });
      else {
        const value = admission.value as Notification;
        if (forgotten.has(value.customer_id, appendTime)) continue;
        rows.push({ row: rowOf(value, record, { now: now(), lateMs }), place, at });
      }
    }
    await insert(rows, refused);
    if (refused.length === 0) return;
    await pool.query(
      `insert into dead_letters (origin, processor, reason, at)
       select origin, 'notify', reason, at from json_to_recordset($1)
         as d(origin text, reason text, at timestamptz)
       on conflict do nothing`,
      [JSON.stringify(refused)],
    );
  };
};

/** What the ledger asks of a notification besides its own columns. */
export const queuedSql = `
  select n.*, coalesce(a.attempts, 0)::int as attempts, coalesce(a.doubtful, false) as doubtful,
    a.asked_by
  from notifications n
  left join lateral (
    select max(attempt) as attempts, bool_or(state = 'unknown') as doubtful,
      (array_agg(released_by order by attempt desc))[1] as asked_by
    from notification_attempts a where a.notification_id = n.notification_id) a on true`;

/** The most urgent notification that is due on one of the channels, locked; undefined: none is. */
export const nextDue = async (
  client: pg.ClientBase,
  channels: readonly string[],
  now: number,
): Promise<Queued | undefined> => {
  const { rows } = await client.query<Queued>({
    name: "next due",
    text: `${queuedSql}
      where n.notification_id = (
        select notification_id from notifications
        where state = 'waiting' and next_at <= $1 and channel = any($2)
        order by priority, seq limit 1 for update skip locked)`,
    values: [isoTime(now), channels],
  });
  return rows[0];
};

/** Puts a notification off. */
export const postpone = async (
  client: pg.ClientBase,
  { notification_id: id }: Queued,
  until: number,
): Promise<void> => {
  const values = [id, isoTime(until)];
  await client.query("update notifications set next_at = $2 where notification_id = $1", values);
};
