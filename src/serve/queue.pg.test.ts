import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { Failure } from "../errors.ts";
import { customerUpdates } from "../events/topics.ts";
import { at, ben, hourMs, now, openTestQueue } from "./test-queue.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const { assign, decide, give, ids, queue } = await openTestQueue(pool);

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

test("given a customer, then the row says change, next due, cover and contact", async () => {
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
