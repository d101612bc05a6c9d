import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import type { CustomerUpdate } from "../../events/customer.ts";
import { customerUpdates } from "../../events/topics.ts";
import { type Circumstances, readContactState } from "./contact-state.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);

const shipped = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../policies/contact.json"), "utf8"),
);
await pool.query(
  "insert into policies values ('contact:default:1', 'contact', 'default', '1', $1, $2)",
  [null, shipped],
);

const given = (channel: "sms" | "email" | "phone", yes = true) => ({
  purpose: "service",
  channel,
  given: yes,
  at: "2026-01-01T00:00:00Z",
});
const profile = (more: Partial<CustomerUpdate> = {}): CustomerUpdate => ({
  ...(customerUpdates.example as CustomerUpdate),
  customer_id: "CUST-1",
  time_zone: "Europe/Prague",
  country: "CZ",
  consent: [given("email"), given("phone"), given("sms", false)],
  statuses: [],
  ...more,
});

await pool.query(
  "insert into customers values ('CUST-1', 1, 'CZ', 'Europe/Prague', 'CZK', '[]', $1, now())",
  [profile()],
);

/** Wednesday, ten in the morning in Prague. */
const now = Date.parse("2026-06-10T10:00+02:00");
const ask = async (known: Partial<Circumstances> = {}, at = now) => {
  const all: Circumstances = { profile: profile(), contacts: [], isBusy: false, ...known };
  return readContactState(pool, async () => all, "CUST-1", at);
};
const saidIn = async (known: Partial<Circumstances> = {}, at = now) =>
  (await ask(known, at)).channels.map(({ says }) => says);

test("given lawful hours, then consent decides, and until when is said", async () => {
  const { channels, time_zone, policy } = await ask();
  assert.equal(time_zone, "Europe/Prague");
  assert.equal(policy, "contact:default:1");
  assert.deepEqual(channels, [
    {
      channel: "email",
      may: "now",
      from: null,
      until: "2026-06-10T18:00:00.000Z",
      reason: null,
      says: "E-mail: now, until 20:00",
    },
    {
      channel: "phone",
      may: "now",
      from: null,
      until: "2026-06-10T18:00:00.000Z",
      reason: null,
      says: "Call: now, until 20:00",
    },
    {
      channel: "sms",
      may: "no",
      from: null,
      until: null,
      reason: "no_consent",
      says: "SMS: no, there is no consent for this purpose and channel",
    },
  ]);
});

test("given the night, then they may be reached from the opening on", async () => {
  const [email] = (await ask({}, Date.parse("2026-06-10T02:00+02:00"))).channels;
  assert.deepEqual([email.may, email.from], ["later", "2026-06-10T06:00:00.000Z"]);
  assert.equal(
    email.says,
    "E-mail: from 08:00, it is outside the hours in which the customer may be contacted",
  );
});

test("given a contact today, then the rule that objects longest is the reason", async () => {
  const { channels } = await ask({ contacts: [{ at: now - 3_600_000, channel: "sms" }] });
  assert.deepEqual([channels[0].may, channels[0].reason], ["later", "cool_off"]);
});

test("given a contact yesterday, then the cool-off comes first, and names the day", async () => {
  const contacts = [{ at: now - 20 * 3_600_000, channel: "email" }];
  const { channels, contacts_of_7_days } = await ask({ contacts });
  assert.equal(contacts_of_7_days, 1);
  assert.deepEqual([channels[0].may, channels[0].reason], ["later", "cool_off"]);
  assert.match(
    channels[0].says,
    /^E-mail: from Fri 12 Jun 14:00, the last contact was too recent$/,
  );
});

test("given a status, then it stops every channel or asks for a person", async () => {
  const dead = await saidIn({ profile: profile({ statuses: ["deceased"] }) });
  assert.ok(
    dead.every((one) => one.endsWith("no, the customer has died")),
    dead.join(),
  );
  const { channels, needs_person, statuses } = await ask({
    profile: profile({ statuses: ["hardship"] }),
  });
  assert.deepEqual([needs_person, statuses], [true, ["hardship"]]);
  assert.deepEqual(
    channels.map(({ channel, may, reason }) => [channel, may, reason]),
    [
      ["email", "no", "needs_person"],
      ["phone", "now", null],
      ["sms", "no", "no_consent"],
    ],
  );
  const none = await saidIn({ profile: null });
  assert.ok(none.every((one) => /nothing is known of how/.test(one)));
});

test("given an episode, then its day, step and arm are told while it lasts", async () => {
  const row = (table: string, id: string, level: string, at: string) =>
    pool.query(
      `insert into ${table} (intervention_id, customer_id, intervention_type, risk_level,
         risk_score, timestamp, status, top_risk_factors, episode_id, policy_version, arm)
       values ($1, 'CUST-1', 'x', $2, 0.5, $3, 'x', '[]', 'e-1', 'contact:default:1', 'champion')`,
      [id, level, at],
    );
  await row("suppressed_interventions", "i-0", "MEDIUM", "2026-06-07T08:00:00Z");
  await row("interventions", "i-1", "HIGH", "2026-06-08T08:00:00Z");
  await row("suppressed_interventions", "i-2", "CRITICAL", "2026-06-09T08:00:00Z");
  const { episode } = await ask();
  assert.deepEqual(episode, {
    episode_id: "e-1",
    since: "2026-06-07T08:00:00.000Z",
    day: 4,
    ends_at: "2026-06-21T08:00:00.000Z",
    arm: "champion",
    step: 2,
    steps: 3,
  });
  assert.equal((await ask({}, now + 20 * 86_400_000)).episode, null);
});

test("given a profile whose observation ended, then that is said", async () => {
  const ended = profile({ observed_until: "1998-12-31T00:00:00Z" });
  const { unknown } = await ask({ profile: ended });
  assert.deepEqual(unknown, ["Nothing is known of this customer after 1998-12-31."]);
});
