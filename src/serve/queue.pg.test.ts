import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { Failure } from "../errors.ts";
import type { CaseDecision } from "../events/case.ts";
import { customerUpdates } from "../events/topics.ts";
import { CaseDesk } from "./cases.ts";
import { openExchange } from "./exchange.ts";
import type { QueueQuery } from "./messages/queue.ts";
import { readQueue } from "./queue.ts";
import { dropView, listViews, saveView } from "./queue-views.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const hourMs = 3_600_000;
const now = Date.now();
const at = (ms: number) => new Date(ms).toISOString();

await pool.query(
  `insert into policies (policy_key, kind, name, version, document)
   values ('rates:default:1', 'rates', 'default', '1', $1)`,
  [
    {
      kind: "rates",
      name: "default",
      version: "1",
      base: "EUR",
      entries: [{ from: "2020-01-01", rates: { CZK: 25, USD: 1.25 } }],
    },
  ],
);
const exchange = openExchange(pool, "EUR");
const queue = (query: QueueQuery = {}, me = "ada") =>
  readQueue({ pool, exchange, keep: (_, ask) => ask() }, query, me);
const ids = async (query?: QueueQuery, me?: string) =>
  (await queue(query, me)).rows.map(({ customer_id }) => customer_id);

const bandOf = (score: number): string =>
  score >= 0.8 ? "CRITICAL" : score >= 0.6 ? "HIGH" : score >= 0.3 ? "MEDIUM" : "LOW";

type Given = { id: string; score: number; more?: Record<string, unknown> };
const give = async (...given: Given[]): Promise<void> => {
  for (const { id, score, more = {} } of given) {
    const columns = {
      customer_id: id,
      risk_score: score,
      risk_level: bandOf(score),
      scored_at: at(now),
      prediction_id: `p-${id}`,
      due: 100,
      due_currency: "EUR",
      ...more,
    };
    const names = Object.keys(columns);
    await pool.query(
      `insert into cases (${names}) values (${names.map((_, n) => `$${n + 1}`)})
       on conflict (customer_id) do update set ${names.map((n) => `${n} = excluded.${n}`)}`,
      Object.values(columns),
    );
  }
};

/** As the sink would write it. */
const write = async (decisions: readonly CaseDecision[]): Promise<void> => {
  for (const d of decisions)
    await pool.query(
      `insert into case_decisions values
       ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`,
      [
        ...[d.case_decision_id, d.customer_id, d.kind, d.decision, d.reason_codes, d.note],
        ...[d.rests_until, d.to, d.undoes, d.risk_level, d.risk_score, d.prediction_id],
        ...[d.by, d.role, d.timestamp],
      ],
    );
};
let clock = now;
const desk = new CaseDesk(pool, write, () => clock);
const ada = { name: "ada", role: "analyst" } as const;
const ben = { name: "ben", role: "analyst" } as const;
const lea = { name: "lea", role: "lead" } as const;
type Person = typeof ada | typeof ben | typeof lea;

const decide = (customers: string[], caller: Person = ada, more: object = {}) =>
  desk.act({
    customers,
    act: { kind: "decided", decision: "watch", reason_codes: ["small_amount"], ...more },
    caller,
    key: undefined,
    dryRun: false,
  });
const assign = (customers: string[], to: string | null, caller: Person = ada) =>
  desk.act({
    customers,
    act: to === null ? { kind: "released" } : { kind: "assigned", to },
    caller,
    key: undefined,
    dryRun: false,
  });

beforeEach(async () => {
  clock = now;
  await pool.query("truncate cases, case_decisions, customers, customer_features, risk_scores");
});

test("given scores and money in several currencies, then what is likely lost ranks", async () => {
  await give(
    { id: "small", score: 0.9, more: { due: 100 } },
    { id: "large", score: 0.6, more: { due: 1_000 } },
    { id: "crowns", score: 0.7, more: { due: 5_000, due_currency: "CZK" } },
    {
      id: "mixed",
      score: 0.8,
      more: { due: null, due_currency: null, dues: { EUR: 100, USD: 125 } },
    },
    { id: "nothing", score: 0.95, more: { due: null, due_currency: null } },
    { id: "strange", score: 0.65, more: { due: 9_999, due_currency: "XAF" } },
    { id: "low", score: 0.1, more: { due: 1_000_000 } },
    { id: "medium", score: 0.4, more: { due: 1_000_000 } },
  );
  const { rows, currency, summary } = await queue();
  assert.deepEqual(
    rows.map((r) => [r.customer_id, r.at_stake, r.expected_loss]),
    [
      ["large", 1_000, 600],
      ["mixed", 200, 160],
      ["crowns", 200, 140],
      ["small", 100, 90],
      ["nothing", null, 0],
      ["strange", null, 0],
    ],
  );
  assert.equal(currency, "EUR");
  assert.deepEqual(
    [summary?.customers, summary?.at_stake, summary?.expected_loss],
    [6, 1_500, 990],
  );
  assert.deepEqual(await ids({ band: "MEDIUM" }), ["medium"]);
});

test("given a customer's tables, then the row says change, next due, cover and contact", async () => {
  const day = (n: number) => at(now + n * 24 * hourMs).slice(0, 10);
  await give({
    id: "A",
    score: 0.75,
    more: {
      contact_status: "suppressed",
      contact_reason: "no_consent",
      contact_at: at(now - hourMs),
      reason: "Savings fell by 45 %",
      reason_code: "SAVINGS_FELL",
    },
  });
  const obligations = [{ obligation_id: "o", product: "loan", instalment: 200, next_due: day(4) }];
  await pool.query(
    `insert into customers (customer_id, version, base_currency, statuses, profile, updated_at)
     values ('A', 1, 'CZK', '[]', $1, now())`,
    [{ ...customerUpdates.example, obligations }],
  );
  await pool.query(
    `insert into customer_features values ('A', '1', '{"due_cover_ratio": 0.31}', '{}', now())`,
  );
  await pool.query(
    `insert into risk_scores
     select 'p-' || n, 'A', n / 100.0, 'LOW', $1::timestamptz - n * interval '1 day', '[]',
       'penalty', null, null, 0, '{}', 'm', 'h', '1', 'v', null from generate_series(5, 12) n`,
    [at(now)],
  );
  const [row] = (await queue()).rows;
  assert.equal(row.score_week_before, 0.07);
  assert.equal(row.cover, 0.31);
  assert.deepEqual(row.next_due, {
    product: "loan",
    amount: 200,
    currency: "CZK",
    due_at: `${day(4)}T00:00:00.000Z`,
  });
  assert.equal(row.contact.state, "stopped");
  assert.match(row.contact.says, /Not contacted: there is no consent/);
  assert.equal(row.reason, "Savings fell by 45 %");
});

test("given filters, then each count is by all the others", async () => {
  const of = (country: string, products: string[], contact_status: string | null) => ({
    more: { country, products, contact_status, reason_code: "PAST_DUE", simulated: true },
  });
  await give(
    { id: "a", score: 0.9, ...of("CZ", ["loan", "rent"], "sent") },
    { id: "b", score: 0.8, ...of("CZ", ["loan"], null) },
    { id: "c", score: 0.7, ...of("DE", ["rent"], "held_out") },
    { id: "d", score: 0.4, ...of("CZ", ["rent"], "deferred") },
  );
  await assign(["a"], "ada");
  await assign(["b"], "ben", ben);
  await decide(["c"]);
  assert.deepEqual(await ids(), ["a", "b"]);
  assert.deepEqual(await ids({ decided: "decided" }), ["c"]);
  assert.deepEqual(await ids({ decided: "all", product: "rent" }), ["a", "c"]);
  assert.deepEqual(await ids({ assignee: "mine" }), ["a"]);
  assert.deepEqual(await ids({ assignee: "ben" }), ["b"]);
  assert.deepEqual(await ids({ assignee: "nobody", decided: "all" }), ["c"]);
  assert.deepEqual(await ids({ contact: "control", decided: "all" }), ["c"]);
  assert.deepEqual(await ids({ simulated: "no" }), []);
  assert.deepEqual(await ids({ reason: "PAST_DUE", country: "DE", decided: "all" }), ["c"]);
  const { summary } = await queue({ country: "CZ" });
  assert.deepEqual(summary?.counts, {
    band: [
      { value: "CRITICAL", count: 2 },
      { value: "MEDIUM", count: 1 },
    ],
    assignee: [
      { value: "ada", count: 1 },
      { value: "ben", count: 1 },
      { value: "mine", count: 1 },
    ],
    decided: [{ value: "waiting", count: 2 }],
    country: [{ value: "CZ", count: 2 }],
    product: [
      { value: "loan", count: 2 },
      { value: "rent", count: 1 },
    ],
    reason: [{ value: "PAST_DUE", count: 2 }],
    contact: [
      { value: "contacted", count: 1 },
      { value: "none", count: 1 },
    ],
    simulated: [{ value: "yes", count: 2 }],
  });
});

test("given pages, then every customer comes once, also among equals", async () => {
  await pool.query(
    `insert into cases (customer_id, risk_score, risk_level, scored_at, due, due_currency)
     select 'c' || n, 0.6 + (n % 3) / 10.0, 'HIGH', now(), 100 * (n % 4), 'EUR'
     from generate_series(1, 57) n`,
  );
  const seen: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 20; pages++) {
    const { rows, next, summary } = await queue({ limit: "7", after });
    assert.equal(summary === null, after !== undefined, "counts come with the first page");
    seen.push(...rows.map(({ customer_id }) => customer_id));
    if (next === null) break;
    after = next;
  }
  assert.equal(seen.length, 57);
  assert.equal(new Set(seen).size, 57);
  const all = await ids({ limit: "200" });
  assert.deepEqual(seen, all);
});

test("given a place that nobody gave out, then it is refused", async () => {
  for (const after of ["x", "bnVsbA", Buffer.from('["a","b","c"]').toString("base64url")])
    await assert.rejects(queue({ after }), (thrown) => {
      assert.ok(thrown instanceof Failure);
      assert.equal(thrown.code, "REQUEST_WRONG");
      return true;
    });
});

test("given a decision, then the customer rests until the time is over or the band rises", async () => {
  await give({ id: "A", score: 0.7 });
  const waiting = async () =>
    (await pool.query("select waiting from queue_waiting")).rows[0].waiting;
  assert.equal(await waiting(), 1);
  await decide(["A"], ada, { rest_days: 3, note: "Pays on Friday" });
  assert.deepEqual(await ids(), []);
  assert.equal(await waiting(), 0);
  const [row] = (await queue({ decided: "decided" })).rows;
  assert.equal(row.decision?.by, "ada");
  assert.equal(row.decision?.note, "Pays on Friday");
  assert.equal(row.decision?.rests_until, at(now + 72 * hourMs));
  assert.equal(row.waiting, false);

  await give({ id: "A", score: 0.79 });
  assert.deepEqual(await ids(), [], "the same band changes nothing");
  await give({ id: "A", score: 0.5 });
  assert.deepEqual(await ids({ band: "MEDIUM" }), [], "nor does a lower one");
  await give({ id: "A", score: 0.85 });
  assert.deepEqual(await ids(), ["A"], "a higher one does");
  assert.equal(await waiting(), 1);

  await give({ id: "A", score: 0.7 });
  await pool.query("update cases set rests_until = now() - interval '1 second'");
  assert.deepEqual(await ids(), ["A"], "and so does the end of the rest");
});

test("given an undo within ten seconds by the same person, then it is as before", async () => {
  await give({ id: "A", score: 0.7 }, { id: "B", score: 0.9 });
  await assign(["A"], "ada");
  const first = await decide(["A"]);
  clock += 2_000;
  const second = await decide(["A", "B"], ada, { decision: "no_action" });
  assert.deepEqual(await ids(), []);
  const made = second.results.map(({ case_decision_id }) => case_decision_id as string);

  const others = await desk.undo(made, ben);
  assert.deepEqual(
    others.results.map(({ status, code }) => [status, code]),
    [
      [403, "CASE_UNDO_OTHERS"],
      [403, "CASE_UNDO_OTHERS"],
    ],
  );
  clock += 9_000;
  const undone = await desk.undo(made, ada);
  assert.deepEqual([undone.done, undone.refused], [2, 0]);
  assert.equal(undone.says, "Takes back 2 decisions.");
  await desk.undo(made, ada);
  const { rows } = await pool.query("select count(*)::int as n from case_decisions");
  assert.equal(rows[0].n, 6, "twice is as once");
  assert.deepEqual(await ids(), ["B"]);
  const [row] = (await queue({ decided: "all", limit: "200" })).rows.filter(
    ({ customer_id }) => customer_id === "A",
  );
  assert.equal(row.decision?.decision, "watch", "the decision before counts again");
  assert.equal(row.assignee, "ada");

  clock += 1_000;
  const late = await desk.undo([first.results[0].case_decision_id as string], ada);
  assert.deepEqual([late.results[0].status, late.results[0].code], [409, "CASE_UNDO_LATE"]);
  const unknown = await desk.undo(["nobody-made-this"], ada);
  assert.deepEqual(unknown.results[0].status, 404);
});

test("given another API's decision, then the tables know whose it is", async () => {
  await give({ id: "A", score: 0.7 });
  const { results } = await decide(["A"]);
  const other = new CaseDesk(pool, write, () => now + 3_000);
  assert.equal((await other.undo([results[0].case_decision_id as string], ada)).done, 1);
  assert.deepEqual(await ids(), ["A"]);
});

test("given the same key, then it is done once; another key does it again", async () => {
  await give({ id: "A", score: 0.7 });
  const act = { kind: "decided", decision: "watch", reason_codes: ["other"] } as const;
  const ask = { customers: ["A", "A"], act, caller: ada, key: "k1", dryRun: false };
  const first = await desk.act(ask);
  const again = await desk.act(ask);
  assert.equal(first.results.length, 1, "a customer named twice counts once");
  assert.deepEqual(again.results, first.results);
  await desk.act({ ...ask, key: "k2" });
  await desk.act({ ...ask, caller: ben });
  const { rows } = await pool.query("select count(*)::int as n from case_decisions");
  assert.equal(rows[0].n, 3);
});

test("given a dry run, then it says the effect in numbers and nothing is written", async () => {
  await give({ id: "A", score: 0.7 }, { id: "B", score: 0.9 }, { id: "C", score: 0.9 });
  await decide(["A"], ben);
  await assign(["B"], "ben", ben);
  const act = { kind: "decided", decision: "no_action", reason_codes: ["other"] } as const;
  const customers = ["A", "B", "C", "WHO"];
  const answer = await desk.act({ customers, act, caller: ada, key: undefined, dryRun: true });
  assert.equal(
    answer.says,
    "Decides 3 customers (2 Critical, 1 High). 1 of them had been decided before. " +
      "1 of them somebody else takes care of. 1 is left out: see why at each.",
  );
  assert.deepEqual([answer.dry_run, answer.done, answer.refused], [true, 3, 1]);
  assert.equal(answer.results[3].code, "CUSTOMER_UNKNOWN");
  const { rows } = await pool.query("select count(*)::int as n from case_decisions");
  assert.equal(rows[0].n, 2);
});

test("given who may give a customer to whom, then each gets a result of its own", async () => {
  await give({ id: "A", score: 0.7 }, { id: "B", score: 0.9 });
  const codes = async (answer: ReturnType<typeof assign>) =>
    (await answer).results.map(({ code, status }) => code ?? status);
  assert.deepEqual(await codes(assign(["A"], "ben", ada)), ["CASE_NOT_TO_OTHERS"]);
  assert.deepEqual(await codes(assign(["A"], null, ada)), ["CASE_NOT_ASSIGNED"]);
  assert.deepEqual(await codes(assign(["A", "B"], "ben", lea)), [200, 200]);
  assert.deepEqual(await codes(assign(["A"], "ada", ada)), ["CASE_TAKEN"]);
  clock += 10;
  assert.deepEqual(await codes(assign(["A"], null, ben)), [200]);
  clock += 10;
  assert.deepEqual(await codes(assign(["A", "B"], "ada", ada)), [200, "CASE_TAKEN"]);
  assert.deepEqual(await ids({ assignee: "mine" }), ["A"]);
  const act = { kind: "reopened" } as const;
  const reopen = () =>
    desk.act({ customers: ["A"], act, caller: ben, key: undefined, dryRun: false });
  assert.equal((await reopen()).results[0].code, "CASE_NOT_DECIDED");
  await decide(["A"]);
  clock += 10;
  assert.equal((await reopen()).done, 1);
  assert.deepEqual(await ids({ assignee: "mine" }), ["A"]);
});

test("given views, then everybody has their own, and sees what others share", async () => {
  await saveView(pool, { me: "ada", name: "mine", filters: { band: "HIGH" }, shared: false });
  await saveView(pool, { me: "ben", name: "czech", filters: { country: "CZ" }, shared: true });
  await saveView(pool, { me: "ben", name: "own", filters: {}, shared: false });
  await saveView(pool, { me: "ada", name: "mine", filters: { band: "CRITICAL" }, shared: false });
  assert.deepEqual(await listViews(pool, "ada"), [
    { owner: "ada", name: "mine", filters: { band: "CRITICAL" }, shared: false, mine: true },
    { owner: "ben", name: "czech", filters: { country: "CZ" }, shared: true, mine: false },
  ]);
  await assert.rejects(dropView(pool, "ada", "czech"), { code: "QUEUE_VIEW_UNKNOWN" });
  await dropView(pool, "ada", "mine");
  for (let n = 0; n < 50; n++)
    await saveView(pool, { me: "ada", name: `v${n}`, filters: {}, shared: false });
  await assert.rejects(
    saveView(pool, { me: "ada", name: "one more", filters: {}, shared: false }),
    {
      code: "QUEUE_VIEWS_FULL",
    },
  );
});
