import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import type {
  ContactStateAnswer,
  Line,
  ScoresAnswer,
  TimelineAnswer,
  TimelineCounts,
} from "../messages/timeline.ts";
import type { ErrorAnswer } from "../messages.ts";
import { timelineRoutes } from "../routes/timeline.ts";
import { serve } from "../server.ts";
import type { Circumstances } from "./contact-state.ts";
import { lineSources, pageSql } from "./sources.ts";
import { countTimeline, readTimeline } from "./timeline.ts";

const { postgres } = await testServers(["postgres"]);
const { pool, space } = await testSpace(postgres.url);

const circumstances: Circumstances = { profile: null, contacts: [], isBusy: false };
const serving = await serve({
  config: { port: 0, space },
  pool,
  registry: new Registry(),
  routes: [timelineRoutes(pool, async () => circumstances)],
  say: () => undefined,
});
after(() => serving.close());

const get = async <T>(path: string): Promise<{ status: number; body: T }> => {
  const response = await fetch(serving.url + path);
  return { status: response.status, body: (await response.json()) as T };
};

const obligation = {
  obligation_id: "OBL-1",
  product: "loan",
  instalment: 200,
  currency: "USD",
  due_rule: "day 12",
  next_due: "2030-01-12T00:00:00Z",
  days_past_due: 0,
};
const facts = { time_zone: "Europe/Prague", statuses: [], obligations: [obligation] };

const transaction = (id: string, more: Record<string, unknown> = {}) => {
  const row = {
    customer_id: "CUST-1",
    transaction_id: id,
    txn_time: "2026-06-10T10:00:00Z",
    amount: 62,
    currency: "USD",
    txn_type: "debit",
    category: "groceries",
    channel: "pos",
    is_failed: false,
    account_id: "canary-account",
    posted: true,
    source: "",
    ...more,
  };
  return insert("transactions", row);
};

const insert = async (table: string, row: Record<string, unknown>): Promise<void> => {
  await pool.query(`insert into ${table} select * from jsonb_populate_record(null::${table}, $1)`, [
    JSON.stringify(row),
  ]);
};

const score = (id: string, at: string, more: Record<string, unknown> = {}) =>
  insert("risk_scores", {
    prediction_id: id,
    customer_id: "CUST-1",
    risk_score: 0.75,
    risk_level: "HIGH",
    score_date: at,
    top_features: [{ feature: "salary_delay_days", reason: "Salary is 6 business days late" }],
    trigger: "failed_transaction",
    previous_score: 0.62,
    base_value: -1,
    contributions: {},
    model_version: "delinquency-1",
    model_hash: "h",
    feature_set: "2",
    policy_version: "scoring:delinquency:1",
    ...more,
  });

const step = async (id: string, status: string, at: string, more: Record<string, unknown> = {}) => {
  const { suppressed_by, not_before } = more;
  const id_ = { intervention_id: id, customer_id: more.customer_id ?? "CUST-1" };
  await insert("intervention_statuses", { ...id_, at, status, suppressed_by, not_before });
  const table = suppressed_by ? "suppressed_interventions" : "interventions";
  const row = {
    ...id_,
    intervention_type: "proactive_support",
    risk_level: "HIGH",
    risk_score: 0.7,
    message: "offer payment options",
    timestamp: at,
    status,
    top_risk_factors: [],
    prediction_id: "p-1",
    policy_version: "contact:default:1",
    arm: "champion",
    ...more,
  };
  await insert(table, row);
};

const fill = async () => {
  await insert("customers", {
    customer_id: "CUST-1",
    version: 3,
    base_currency: "USD",
    statuses: [],
    profile: { customer_id: "CUST-1", ...facts },
    updated_at: "2026-06-01T00:00:00Z",
  });
  const version = (version: number, at: string, said: object, personal: object = {}) =>
    insert("profile_versions", { customer_id: "CUST-1", version, at, facts: said, personal });
  const late = { ...obligation, days_past_due: 3 };
  await version(1, "2026-06-01T00:00:00Z", facts, { email: "aaaa" });
  await version(2, "2026-06-02T00:00:00Z", { ...facts, obligations: [late] }, { email: "aaaa" });
  const moved = { ...facts, statuses: ["hardship"], time_zone: "Europe/Berlin" };
  await version(3, "2026-06-03T00:00:00Z", { ...moved, obligations: [late] }, { email: "bbbb" });
  await transaction("t-failed", { is_failed: true });
  await transaction("t-bill", {
    category: "utilities",
    amount: 84.1,
    txn_time: "2026-06-09T09:12:00Z",
  });
  await transaction("t-html", {
    merchant_id: "<img src=x onerror=alert(1)>",
    txn_time: "2026-06-09T09:11:00Z",
  });
  await score("p-1", "2026-06-10T10:00:01Z");
  await score("p-2", "2026-06-08T00:00:00Z", { trigger: "salary_late", previous_score: null });
  await step("INT_1", "sent", "2026-06-10T10:00:02Z", { channel: "sms" });
  await step("INT_2", "deferred", "2026-06-10T10:00:03Z", {
    channel: "email",
    suppressed_by: "local_hours",
    not_before: "2026-06-11T06:00:00Z",
  });
  await step("INT_3", "suppressed", "2026-06-10T10:00:04Z", {
    channel: "sms",
    suppressed_by: "no_consent",
  });
  await insert("outcomes", {
    outcome_id: "o-1",
    customer_id: "CUST-1",
    outcome: "payment_missed",
    obligation_id: "OBL-1",
    amount: 200,
    currency: "USD",
    due_date: "2026-05-12T00:00:00Z",
    timestamp: "2026-05-15T00:00:00Z",
    learned_at: "2026-05-15T00:00:00Z",
  });
  await insert("reviews", {
    review_id: "r-1",
    decision_id: "p-1",
    customer_id: "CUST-1",
    asked_by: "ada",
    reason: "The salary came by another bank",
    asked_at: "2026-06-11T00:00:00Z",
    outcome: "wrong",
    answer: "It did",
    closed_by: "ben",
    closed_at: "2026-06-11T02:00:00Z",
  });
  await insert("case_decisions", {
    case_decision_id: "c-1",
    customer_id: "CUST-1",
    kind: "decided",
    decision: "payment_plan",
    reason_codes: ["plan_agreed"],
    made_by: "ada",
    role: "analyst",
    made_at: "2026-06-11T01:00:00Z",
    prediction_id: "p-1",
  });
};
await fill();

const said = ({ kind, says, detail }: Line): string =>
  `${kind}: ${says}${detail && ` (${detail})`}`;

test("given everything about a customer, then one list says it in plain words", async () => {
  const { status, body } = await get<TimelineAnswer>("/customers/CUST-1/timeline");
  assert.equal(status, 200);
  assert.deepEqual(body.lines.map(said), [
    "dues: Loan instalment falls due, 200.00 USD (day 12)",
    "people: ben reviewed it for ada: the decision was wrong (It did)",
    "people: ada decided: a payment plan (a plan is agreed)",
    "people: ada asked for a review (The salary came by another bank)",
    "holds: SMS not sent: there is no consent for this purpose and channel " +
      "(High risk · arm champion · policy default 1)",
    "holds: E-mail put off: it is outside the hours in which the customer may be contacted " +
      "(High risk · arm champion · policy default 1)",
    "contacts: SMS “offer payment options” was accepted " +
      "(High risk · arm champion · policy default 1)",
    "scores: Score 0.75, was 0.62 (A payment failed · Salary is 6 business days late)",
    "money: Card payment failed, 62.00 USD (Groceries · in a shop · booked all the same)",
    "money: Household bill, 84.10 USD (in a shop)",
    "money: Groceries, 62.00 USD (in a shop · <img src=x onerror=alert(1)>)",
    "timers: Salary expected, not seen (Salary is 6 business days late)",
    "scores: Score 0.75, the first " +
      "(Salary did not come (a timer) · Salary is 6 business days late)",
    "profile: Profile changed: now hardship, time zone Europe/Prague → Europe/Berlin, " +
      "e-mail address (version 3)",
    "dues: Loan instalment 3 days overdue, 200.00 USD",
    "profile: Profile: the first that is known (version 1)",
    "dues: Instalment not paid, 200.00 USD (due 12 May 2026 · OBL-1)",
    "dues: Instalment fell due, 200.00 USD (OBL-1)",
  ]);
  assert.equal(body.next, null);
  assert.ok(!JSON.stringify(body).includes("canary"), "no account stands in it");
  const [hold, failed] = [body.lines[5], body.lines[8]];
  assert.equal(hold.until, "2026-06-11T06:00:00.000Z");
  assert.deepEqual([hold.event, hold.prediction], ["INT_2", "p-1"]);
  assert.deepEqual([failed.event, failed.tone], ["t-failed", "bad"]);
  const [staff, profile] = [body.lines[2], body.lines.find(({ kind }) => kind === "profile")];
  assert.deepEqual([staff.event, profile?.event], ["c-1", "CUST-1@3"], "each has a journey");
});

test("given kinds, then only those come, and the counts agree with the lines", async () => {
  const { body } = await get<TimelineAnswer>("/customers/CUST-1/timeline?kinds=money,people");
  assert.deepEqual(
    body.lines.map(({ kind }) => kind),
    ["people", "people", "people", "money", "money", "money"],
  );
  const all = await get<TimelineAnswer>("/customers/CUST-1/timeline?limit=500");
  const { counts } = (await get<TimelineCounts>("/customers/CUST-1/timeline/counts")).body;
  for (const [kind, count] of Object.entries(counts))
    assert.equal(all.body.lines.filter((line) => line.kind === kind).length, count, kind);
});

test("given many lines of one moment, then pages bring each of them once, in order", async () => {
  const ids = Array.from({ length: 60 }, (_, n) => `t-${n % 30}-${n}`);
  for (const [n, id] of ids.entries())
    await transaction(id, {
      customer_id: "CUST-2",
      txn_time: n < 40 ? "2026-06-10T10:00:00.123456Z" : "2026-06-10T10:00:00.123457Z",
    });
  const seen: Line[] = [];
  let before: string | undefined;
  let pages = 0;
  do {
    const page = await readTimeline(pool, "CUST-2", { before, limit: 7 });
    seen.push(...page.lines);
    before = page.next ?? undefined;
    pages++;
  } while (before !== undefined);
  assert.equal(pages, 9);
  assert.equal(new Set(seen.map(({ id }) => id)).size, 60);
  const whole = await readTimeline(pool, "CUST-2", { limit: 100 });
  assert.deepEqual(seen, whole.lines);
  assert.equal((await countTimeline(pool, "CUST-2")).counts.money, 60);
});

test("given one id from two sources, then each has a line of its own", async () => {
  for (const source of ["core", "cards"])
    await transaction("t-1", { customer_id: "CUST-5", source });
  const first = await readTimeline(pool, "CUST-5", { limit: 1 });
  const second = await readTimeline(pool, "CUST-5", { before: first.next ?? undefined, limit: 1 });
  assert.deepEqual(
    [...first.lines, ...second.lines].map(({ id, event }) => [id, event]),
    [
      ["transaction:core t-1", "t-1"],
      ["transaction:cards t-1", "t-1"],
    ],
  );
});

type Plan = { Plans?: Plan[]; "Actual Rows": number; "Rows Removed by Filter"?: number };
/** The most rows that any step of a plan took in hand. */
const rowsIn = (plan: Plan): number =>
  Math.max(
    plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0),
    ...(plan.Plans ?? []).map(rowsIn),
  );

test("given a long history, then a page deep in it reads little more than itself", async () => {
  await pool.query(
    `insert into transactions
     select 'CUST-4', 't-' || n, timestamptz '2026-01-01' + n * interval '1 minute', 1, 'EUR',
       'debit', 'groceries', 'pos', null, false, 'a', null, true, null
     from generate_series(1, 30000) n`,
  );
  await pool.query(
    `insert into risk_scores
     select 'd-' || n, 'CUST-4', 0.4, 'MEDIUM', timestamptz '2026-01-01' + n * interval '3 minutes',
       '[]', case n % 100 when 0 then 'salary_late' else 'penalty' end, null, null, 0, '{}', 'm',
       'h', '2', 'v', null
     from generate_series(1, 10000) n`,
  );
  await pool.query(
    `insert into intervention_statuses
     select 'i-' || n, timestamptz '2026-01-01' + n * interval '3 minutes',
       case n % 100 when 0 then 'sent' else 'suppressed' end, 'CUST-4', null, null
     from generate_series(1, 10000) n`,
  );
  await pool.query("analyze");
  const values = ["CUST-4", "2026-01-11T00:00:00Z", "transaction:x", 101];
  const { rows } = await pool.query<{ "QUERY PLAN": { Plan: Plan }[] }>(
    `explain (analyze, format json) ${pageSql(lineSources)}`,
    values,
  );
  const most = rowsIn(rows[0]["QUERY PLAN"][0].Plan);
  assert.ok(most >= 101 && most < 300, `${most} rows were taken in hand`);
});

test("given what cannot be answered, then it is said in a sentence", async () => {
  const unknown = await get<ErrorAnswer>("/customers/NOBODY/timeline");
  assert.deepEqual([unknown.status, unknown.body.code], [404, "CUSTOMER_UNKNOWN"]);
  for (const path of ["scores", "contact"])
    assert.equal((await get(`/customers/NOBODY/${path}`)).status, 404);
  for (const query of ["before=junk", "kinds=wishes", "limit=501", "kinds=money;drop"]) {
    const { status, body } = await get<ErrorAnswer>(`/customers/CUST-1/timeline?${query}`);
    assert.deepEqual([status, body.code], [400, "REQUEST_WRONG"], query);
  }
  const forged = Buffer.from('["2026-01-01","x"]').toString("base64url");
  assert.equal((await get(`/customers/CUST-1/timeline?before=${forged}`)).status, 400);
  assert.equal((await get("/customers/CUST-1/scores?from=yesterday")).status, 400);
});

test("given thousands of scores, then few points keep the ends and every peak", async () => {
  await pool.query(
    `insert into risk_scores
     select 'm-' || n, 'CUST-3', case n when 4321 then 0.99 when 777 then 0.01 else 0.4 end,
       'MEDIUM', timestamptz '2026-03-01' + n * interval '10 minutes', '[]', 'atm_withdrawal',
       null, null, 0, '{}', case when n < 6000 then 'delinquency-1' else 'delinquency-2' end, 'h',
       '2', 'scoring:delinquency:1', null
     from generate_series(1, 10000) n`,
  );
  await insert("policies", {
    policy_key: "scoring:delinquency:1",
    kind: "scoring",
    name: "delinquency",
    version: "1",
    document: {
      kind: "scoring",
      name: "delinquency",
      version: "1",
      bands: { CRITICAL: 0.8, HIGH: 0.6, MEDIUM: 0.4 },
    },
  });
  const { body } = await get<ScoresAnswer>("/customers/CUST-3/scores?from=2026-01-01");
  assert.equal(body.scores, 10_000);
  assert.ok(body.points.length <= 500, `${body.points.length} points`);
  const ids = body.points.map(({ prediction_id }) => prediction_id);
  for (const id of ["m-1", "m-10000", "m-4321", "m-777"]) assert.ok(ids.includes(id), id);
  assert.deepEqual(
    body.points.map(({ at }) => at),
    body.points.map(({ at }) => at).sort(),
  );
  assert.deepEqual(
    body.marks.map(({ what, from, to, prediction_id }) => [what, from, to, prediction_id]),
    [["model", "delinquency-1", "delinquency-2", "m-6000"]],
  );
  assert.deepEqual(body.bands, {
    policy: "scoring:delinquency:1",
    CRITICAL: 0.8,
    HIGH: 0.6,
    MEDIUM: 0.4,
  });
  assert.equal(body.newest?.prediction_id, "m-10000");
  assert.equal(body.week_before?.prediction_id, `m-${10_000 - 7 * 144}`);
  const few = await get<ScoresAnswer>("/customers/CUST-1/scores");
  assert.deepEqual(
    few.body.points.map(({ prediction_id }) => prediction_id),
    ["p-2", "p-1"],
  );
});

test("given no contact policy, then channels are unknown, and that is said", async () => {
  const { body } = await get<ContactStateAnswer>("/customers/CUST-1/contact");
  assert.deepEqual(body.channels, []);
  assert.match(body.unknown[0], /No contact policy/);
});
