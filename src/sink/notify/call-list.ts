import type pg from "pg";
import { transact } from "../../db.ts";
import { failure } from "../../errors.ts";
import type { CustomerUpdate } from "../../events/customer.ts";
import { isoTime } from "../../events/time.ts";
import { lastCheck, readCircumstances } from "./last-check.ts";
import { putResults, type Reservation, type Result } from "./ledger.ts";
import type { Templates } from "./templates.ts";

/**
 * Calls for people to make. A call is listed in the transaction that notes its notification as
 * accepted; one person at a time takes it; who took it says how it ended.
 */
export const listCall = async (
  client: pg.ClientBase,
  { queued, attempt }: Reservation,
  now: number,
): Promise<void> => {
  await client.query(
    `insert into calls (call_id, attempt, listed_at, expires_at) values ($1, $2, $3, $4)
     on conflict (call_id) do update set attempt = excluded.attempt, state = 'waiting',
       listed_at = excluded.listed_at, expires_at = excluded.expires_at,
       taken_by = null, taken_at = null, ended_at = null`,
    [queued.notification_id, attempt, isoTime(now), queued.expires_at.toISOString()],
  );
};

type CallRow = {
  call_id: string;
  attempt: number;
  state: string;
  taken_by: string | null;
  taken_at: Date | null;
  listed_at: Date;
  expires_at: Date;
  key: string;
  audience: "customer" | "staff";
  customer_id: string | null;
  recipient: string | null;
  intervention_id: string | null;
  channel: string;
  priority: number;
  purpose: string | null;
  message: string;
  policy_version: string | null;
  queued_at: Date;
};

/** A call as the list shows it: no personal data. */
export type ListedCall = {
  call_id: string;
  customer_id: string | null;
  intervention_id: string | null;
  priority: number;
  message: string;
  state: string;
  taken_by: string | null;
  taken_at: string | null;
  /** From then on anybody may take it, although somebody has it. */
  free_at: string | null;
  listed_at: string;
  expires_at: string;
};
/** A call for whoever took it: with the number, and what to say. */
export type TakenCall = ListedCall & { name: string | null; phone: string | null; script: string };

const callSql = `
  select c.*, n.key, n.audience, n.customer_id, n.recipient, n.intervention_id, n.channel,
    n.priority, n.purpose, n.message, n.policy_version, n.queued_at, n.notification_id
  from calls c join notifications n on n.notification_id = c.call_id`;

const listed = (row: CallRow): ListedCall => ({
  call_id: row.call_id,
  customer_id: row.customer_id,
  intervention_id: row.intervention_id,
  priority: row.priority,
  message: row.message,
  state: row.state,
  taken_by: row.taken_by,
  taken_at: row.taken_at?.toISOString() ?? null,
  free_at: row.taken_at && isoTime(row.taken_at.getTime() + takenMaxMs),
  listed_at: row.listed_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
});

/** A call that was taken and never ended is anybody's again after this time. */
const takenMaxMs = 30 * 60_000;
const listMost = 200;

export type CallList = {
  /** Open calls, the most urgent first. */
  open: () => Promise<ListedCall[]>;
  /** Throws CALL_UNKNOWN, CALL_TAKEN, CALL_ENDED, CALL_WITHDRAWN, CALL_NOT_NOW. */
  take: (id: string, person: string) => Promise<TakenCall>;
  /** Throws CALL_UNKNOWN, CALL_TAKEN, CALL_ENDED. */
  end: (id: string, person: string, how: "answered" | "no_answer") => Promise<ListedCall>;
};

const resultOf = (row: CallRow, status: Result["status"], by: string | null, at: number) => ({
  ...row,
  notification_id: row.call_id,
  status,
  reason: status === "expired" ? "not_called" : null,
  simulated: false,
  by,
  at,
});

/** Calls that nobody made in time. Returns how many ended. */
export const expireCalls = async (client: pg.ClientBase, now: number): Promise<number> => {
  const { rows } = await client.query<CallRow>({
    name: "expire calls",
    text: `with gone as (
        update calls set state = 'expired', ended_at = $1
        where call_id in (
          select call_id from calls where state in ('waiting', 'taken') and expires_at <= $1
            and (taken_at is null or taken_at <= $2) limit 500 for update skip locked)
        returning call_id)
      ${callSql} join gone on gone.call_id = c.call_id`,
    values: [isoTime(now), isoTime(now - takenMaxMs)],
  });
  const results = rows.map((row) => resultOf(row, "expired", null, row.expires_at.getTime()));
  if (results.length > 0) await putResults(client, results);
  return rows.length;
};

const lock = async (client: pg.ClientBase, id: string): Promise<CallRow> => {
  const { rows } = await client.query<CallRow>(`${callSql} where c.call_id = $1 for update of c`, [
    id,
  ]);
  if (rows.length === 0) throw failure("CALL_UNKNOWN", id);
  return rows[0];
};

export const openCallList = (options: {
  pool: pg.Pool;
  templates: Templates;
  now?: () => number;
}): CallList => {
  const { pool, templates, now: clock = Date.now } = options;

  const withdraw = async (client: pg.ClientBase, row: CallRow, reason: string, now: number) => {
    const sql = "update calls set state = 'withdrawn', ended_at = $2 where call_id = $1";
    await client.query(sql, [row.call_id, isoTime(now)]);
    await putResults(client, [{ ...resultOf(row, "withdrawn", null, now), reason }]);
  };

  const isFree = ({ state, taken_by, taken_at }: CallRow, person: string, now: number): boolean =>
    state === "waiting" || taken_by === person || now - (taken_at?.getTime() ?? 0) > takenMaxMs;

  const taken = (row: CallRow, profile: CustomerUpdate | null): TakenCall => {
    const name = profile?.name ?? null;
    const text = templates.render(row.message, "phone", profile?.language, { name });
    const phone = row.recipient ?? profile?.phone ?? null;
    return { ...listed(row), name, phone, script: text?.text ?? row.message };
  };

  return {
    open: async () => {
      const { rows } = await pool.query<CallRow>(
        `${callSql} where c.state in ('waiting', 'taken') and c.expires_at > $1
         order by n.priority, n.seq limit ${listMost}`,
        [isoTime(clock())],
      );
      return rows.map(listed);
    },

    take: async (id, person) => {
      const now = clock();
      const done = await transact(pool, async (client) => {
        const row = await lock(client, id);
        if (row.state !== "waiting" && row.state !== "taken") return failure("CALL_ENDED", id);
        if (!isFree(row, person, now)) return failure("CALL_TAKEN", id);
        if (row.expires_at.getTime() <= now) return failure("CALL_ENDED", id);
        const asked = { ...row, notification_id: id };
        const known = await readCircumstances(client, asked, now);
        const verdict = lastCheck(asked, known, now);
        if (verdict.is === "wait") return failure("CALL_NOT_NOW", isoTime(verdict.until));
        if (verdict.is === "withdraw") {
          await withdraw(client, row, verdict.reason, now);
          return failure("CALL_WITHDRAWN", verdict.reason);
        }
        await client.query(
          "update calls set state = 'taken', taken_by = $2, taken_at = $3 where call_id = $1",
          [id, person, isoTime(now)],
        );
        const mine = { ...row, state: "taken", taken_by: person, taken_at: new Date(now) };
        return taken(mine, known.profile);
      });
      // A withdrawal must be kept, so the failure is thrown behind the transaction.
      if (done instanceof Error) throw done;
      return done;
    },

    end: (id, person, how) =>
      transact(pool, async (client) => {
        const now = clock();
        const row = await lock(client, id);
        if (row.state === how && row.taken_by === person) return listed(row);
        if (row.state !== "taken" && row.state !== "waiting") throw failure("CALL_ENDED", id);
        if (row.taken_by !== person) throw failure("CALL_TAKEN", id);
        await client.query("update calls set state = $2, ended_at = $3 where call_id = $1", [
          id,
          how,
          isoTime(now),
        ]);
        // The customer was called after it was found that they may be.
        const called = row.taken_at?.getTime() ?? now;
        await putResults(client, [resultOf(row, how, person, called)]);
        return listed({ ...row, state: how });
      }),
  };
};
