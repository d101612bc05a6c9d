import { readFileSync } from "node:fs";
import { after } from "node:test";
import type pg from "pg";
import { customerUpdates } from "../../events/customer.ts";
import {
  type Notification,
  type NotificationResult,
  notifications,
} from "../../events/notification.ts";
import { isoTime } from "../../events/time.ts";
import type { Received } from "../../stream/reader.ts";
import type { Topic } from "../../stream/topic.ts";
import type { Answer, Channel } from "./channel.ts";
import { logChannel } from "./log.ts";
import { openIntake } from "./queue.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { openSimulatedProvider } from "./simulated-provider.ts";
import { smsChannel } from "./sms.ts";
import { readTemplates } from "./templates.ts";

export const templates = readTemplates({ sender: "Example Bank", contact: "0800 000 000" });
export const HOUR = 3_600_000;
/** A Wednesday, noon in Prague. */
export const noon = Date.parse("2026-06-10T12:00:00+02:00");
const shipped = JSON.parse(
  readFileSync(new URL("../../../policies/contact.json", import.meta.url), "utf8"),
);

/** A ledger of a test's own: its clock, its customers, a provider, and what was written down. */
export const openTestLedger = async (
  { pool, space }: { pool: pg.Pool; space: string },
  lateMs = HOUR,
) => {
  const clock = { now: noon };
  const said: string[] = [];
  const now = () => clock.now;
  const intake = openIntake({ pool, space, recordMaxBytes: 1_000_000, lateMs, now });
  await pool.query(
    `insert into policies (policy_key, kind, name, version, document)
     values ('contact:default:1', 'contact', 'default', '1', $1) on conflict do nothing`,
    [shipped],
  );
  const provider = await openSimulatedProvider();
  after(provider.close);
  let offset = 0;
  const record = (value: object | string): Received => ({
    topic: notifications as unknown as Topic,
    partition: 0,
    offset: offset++,
    key: (value as Notification).customer_id ?? "staff",
    value: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
    header: undefined,
    appendTime: clock.now,
  });
  const sender = (
    channels: readonly Channel[] = [smsFor(provider.url)],
    more: Partial<SenderOptions> = {},
  ) =>
    new Sender({
      pool,
      address: "the test's Postgres",
      channels: [...["phone", "sms", "email"].map((n) => logChannel(n, () => {})), ...channels],
      templates,
      name: `sender ${Math.random()}`,
      sendMaxMs: 30_000,
      drainMaxMs: 1_000,
      say: (sentence) => said.push(sentence),
      now,
      ...more,
    });
  const customer = async (id: string, more: object = {}) => {
    const profile = { ...customerUpdates.example, customer_id: id, ...more };
    const consent = ["phone", "sms", "email"].map((channel) => ({
      purpose: "service",
      channel,
      given: true,
      at: "2023-01-01T00:00:00Z",
    }));
    await pool.query(
      `insert into customers (customer_id, version, statuses, profile, updated_at)
       values ($1, 1, '[]', $2, now())
       on conflict (customer_id) do update set profile = excluded.profile`,
      [id, JSON.stringify({ ...profile, consent, ...more })],
    );
  };
  const cure = async (id: string) => {
    await pool.query(
      `insert into outcomes (outcome_id, customer_id, outcome, timestamp, learned_at)
       values ($1, $2, 'payment_cured', $3, $3)`,
      [`cured-${id}`, id, isoTime(clock.now)],
    );
  };
  const notify = async (id: string, more: Partial<Notification> = {}) => {
    const customer_id = `c-${id}`;
    await intake([record(intent(id, { customer_id, ...more }, clock.now))]);
  };
  const state = async (id: string) => {
    const sql = "select state from notifications where notification_id = $1";
    return (await pool.query<{ state: string }>(sql, [id])).rows[0]?.state;
  };
  const attempts = async (id: string) => {
    const sql = `select concat_ws(' ', state, reason, released_by) as said
      from notification_attempts where notification_id = $1 order by attempt`;
    return (await pool.query<{ said: string }>(sql, [id])).rows.map((row) => row.said);
  };
  const results = async () => {
    const sql = "select value from notification_outbox order by seq";
    return (await pool.query<{ value: NotificationResult }>(sql)).rows.map((row) => row.value);
  };
  const told = async () =>
    (await results()).map((r) => `${r.notification_id} ${r.status} ${r.reason ?? ""}`.trim());
  return {
    ...{ pool, space, clock, said, intake, record, provider, sender, customer, cure, notify },
    ...{ state, attempts, results, told },
  };
};

export const intent = (id: string, more: Partial<Notification>, now: number): Notification => ({
  notification_id: id,
  audience: "customer",
  intervention_id: `INT_${id}`,
  channel: "sms",
  priority: 2,
  purpose: "service",
  message: "offer payment options",
  expires_at: isoTime(now + 24 * HOUR),
  timestamp: isoTime(now),
  event_time: isoTime(now),
  ...more,
});

export const smsFor = (url: string, idempotent = false, timeoutMs = 20_000): Channel =>
  smsChannel({ url, token: "t", idempotent, timeoutMs });

/** A channel that a test answers for. */
export const channelOf = (answer: (id: string) => Promise<Answer> | Answer): Channel => ({
  ...logChannel("sms", () => {}),
  provider: "test",
  idempotent: false,
  send: async ({ id }) => answer(id),
});
