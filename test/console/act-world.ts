import { readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { readConfig, root } from "../../src/config.ts";
import { openPool } from "../../src/db.ts";
import { locateServers, serverEnvironment } from "../../src/embedded/servers.ts";
import { customerUpdates } from "../../src/events/customer.ts";
import { isoTime } from "../../src/events/time.ts";
import { atEnd } from "../space.ts";
import { consolePlace } from "./browser.ts";

const hourMs = 3_600_000;
let rows = 0;
const nameOf = (what: string): string => `${what}-${process.pid}-${++rows}`;

/** The tables of the `up` that the screens are tested on. */
export const openTables = async (): Promise<pg.Pool> => {
  const { folder } = await consolePlace();
  const config = readConfig({}, { DATA_FOLDER: folder });
  const servers = locateServers(config, ["postgres"]);
  const pool = openPool(readConfig({}, { ...serverEnvironment(servers), DATA_FOLDER: folder }));
  atEnd(() => pool.end());
  return pool;
};

/** A contact policy under which customers may be reached on any day and at any hour. */
const alwaysAllowed = async (pool: pg.Pool): Promise<string> => {
  const shipped = JSON.parse(readFileSync(join(root, "policies", "contact.json"), "utf8"));
  const day = "00:00-23:59";
  const hours = { weekdays: day, saturday: day, sunday: day };
  const document = { ...shipped, name: "always", hours, closed_days: [] };
  await pool.query(
    `insert into policies (policy_key, kind, name, version, document)
     values ('contact:always:1', 'contact', 'always', '1', $1) on conflict do nothing`,
    [document],
  );
  return "contact:always:1";
};

/** A zone in which it is not the last minute of a day now. */
const zoneNow = (): string => (new Date().getUTCHours() === 23 ? "Asia/Tokyo" : "UTC");

type Person = { name?: string; phone?: string; statuses?: string[] };

const givenCustomer = async (pool: pg.Pool, person: Person): Promise<string> => {
  const id = nameOf("ACT");
  const consent = ["phone", "sms"].map((channel) => ({
    purpose: "service",
    channel,
    given: true,
    at: "2023-01-01T00:00:00Z",
  }));
  const profile = {
    ...customerUpdates.example,
    ...{ customer_id: id, language: "en", time_zone: zoneNow(), country: null, consent },
    ...person,
  };
  await pool.query(
    `insert into customers (customer_id, version, statuses, profile, updated_at)
     values ($1, 1, '[]', $2, now())`,
    [id, JSON.stringify(profile)],
  );
  return id;
};

type Sent = { channel: string; message: string; state: string };

const givenNotification = async (pool: pg.Pool, customer: string, { channel, ...sent }: Sent) => {
  const id = nameOf("act");
  const now = Date.now();
  await pool.query(
    `insert into notifications (notification_id, key, audience, customer_id, intervention_id,
       channel, priority, purpose, message, policy_version, decided_at, queued_at, next_at,
       expires_at, state)
     values ($1, $2, 'customer', $2, $3, $4, 1, 'service', $5, $6, $7, $7, $7, $8, $9)`,
    [
      ...[id, customer, `INT_${id}`, channel, sent.message, await alwaysAllowed(pool)],
      ...[isoTime(now - hourMs), isoTime(now + 20 * hourMs), sent.state],
    ],
  );
  await pool.query(
    `insert into notification_attempts (notification_id, attempt, customer_id, intervention_id,
       channel, provider, state, reason, reserved_at, settled_at)
     values ($1, 1, $2, $3, $4, 'test provider', $5, $6, $7, $7)`,
    [
      ...[id, customer, `INT_${id}`, channel, sent.state],
      ...[sent.state === "unknown" ? "timed_out" : null, isoTime(now - hourMs)],
    ],
  );
  return id;
};

/** A call that waits on the list, for a customer of its own. */
export const givenCall = async (pool: pg.Pool, person: Person = {}) => {
  const customer = await givenCustomer(pool, person);
  const sent = { channel: "phone", message: "immediate contact required", state: "accepted" };
  const id = await givenNotification(pool, customer, sent);
  await pool.query(
    `insert into calls (call_id, attempt, listed_at, expires_at)
     values ($1, 1, now(), now() + interval '20 hours')`,
    [id],
  );
  return { id, customer };
};

/** A message of which nobody knows whether it was sent. */
export const givenDoubt = async (pool: pg.Pool) => {
  const customer = await givenCustomer(pool, {});
  const sent = { channel: "sms", message: "offer payment options", state: "unknown" };
  return { id: await givenNotification(pool, customer, sent), customer };
};

/** A step that was stopped, and one that was put off, for a customer of its own. */
export const givenDecisions = async (pool: pg.Pool) => {
  const customer = await givenCustomer(pool, {});
  const policy = await alwaysAllowed(pool);
  const steps = [
    ["suppressed", "no_consent", null],
    ["deferred", "local_hours", isoTime(Date.now() + hourMs)],
  ] as const;
  const ids = steps.map(() => nameOf("INT"));
  for (const [n, [status, reason, until]] of steps.entries()) {
    const at = isoTime(Date.now() - (n + 1) * 1_000);
    await pool.query(
      `insert into suppressed_interventions (intervention_id, customer_id, intervention_type,
         channel, risk_level, risk_score, message, timestamp, status, suppressed_by, not_before,
         top_risk_factors, policy_version, arm)
       values ($1, $2, 'proactive_support', 'sms', 'HIGH', 0.72, 'offer payment options', $3,
         $4, $5, $6, '[]', $7, 'champion')`,
      [ids[n], customer, at, status, reason, until, policy],
    );
    await pool.query(
      `insert into intervention_statuses (intervention_id, at, status, customer_id, suppressed_by,
         not_before)
       values ($1, $2, $3, $4, $5, $6)`,
      [ids[n], at, status, customer, reason, until],
    );
  }
  return { customer, stopped: ids[0], delayed: ids[1] };
};

/** Two arms whose episodes began 40 days ago: how many, and in how many a payment was missed. */
export const givenArms = async (
  pool: pg.Pool,
  arms: readonly { arm: string; episodes: number; missed: number }[],
): Promise<void> => {
  const began = isoTime(Date.now() - 40 * 24 * hourMs);
  for (const { arm, episodes, missed } of arms) {
    const name = nameOf("ARM");
    await pool.query(
      `insert into interventions (intervention_id, customer_id, intervention_type, channel,
         risk_level, risk_score, timestamp, status, top_risk_factors, episode_id, arm)
       select $1 || '-' || n, $1 || '-' || n, 'gentle_reminder', 'email', 'MEDIUM', 0.5, $2,
         'closed', '[]', $1 || '-' || n, $3
       from generate_series(1, $4::int) n`,
      [name, began, arm, episodes],
    );
    await pool.query(
      `insert into outcomes (outcome_id, customer_id, outcome, timestamp, learned_at)
       select $1 || '-' || n, $1 || '-' || n, 'payment_missed',
         $2::timestamptz + interval '5 days', $2::timestamptz + interval '6 days'
       from generate_series(1, $3::int) n`,
      [name, began, missed],
    );
  }
};
