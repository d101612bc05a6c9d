import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { listCustomers } from "./customer-list.ts";
import type { CustomersQuery } from "./messages/customer-list.ts";
import { search } from "./search.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const list = (query: CustomersQuery = {}) =>
  listCustomers({ pool, keep: (_, ask) => ask() }, query);
const ids = async (query?: CustomersQuery) =>
  (await list(query)).rows.map(({ customer_id }) => customer_id);

await pool.query(
  `insert into cases (customer_id, risk_score, risk_level, scored_at, statuses, country) values
   ('c-1', 0.9, 'CRITICAL', now(), '{}', 'CZ'), ('c-2', 0.5, 'MEDIUM', now(), '{hardship}', 'CZ'),
   ('d%1', 0.1, 'LOW', now(), '{hardship,disputed}', 'DE'), ('d_2', null, null, null, '{}', null)`,
);

test("given no filter, then all come, the riskiest first, those without a score last", async () => {
  const { rows, next, summary } = await list();
  assert.deepEqual(
    rows.map(({ customer_id }) => customer_id),
    ["c-1", "c-2", "d%1", "d_2"],
  );
  assert.equal(next, null);
  assert.deepEqual([rows[3].risk_level, rows[3].risk_score, rows[3].scored_at], [null, null, null]);
  assert.equal(summary?.customers, 4);
});

test("given filters, then they count together, and each count leaves its own out", async () => {
  assert.deepEqual(await ids({ band: "none" }), ["d_2"]);
  assert.deepEqual(await ids({ status: "hardship", country: "CZ" }), ["c-2"]);
  const { summary } = await list({ status: "hardship", country: "CZ" });
  assert.deepEqual(summary, {
    customers: 1,
    counts: {
      band: [{ value: "MEDIUM", count: 1 }],
      status: [{ value: "hardship", count: 1 }],
      country: [
        { value: "CZ", count: 1 },
        { value: "DE", count: 1 },
      ],
    },
  });
});

test("given how an id begins, then its signs mean nothing but themselves", async () => {
  assert.deepEqual(await ids({ q: "c-" }), ["c-1", "c-2"]);
  assert.deepEqual(await ids({ q: "d%" }), ["d%1"]);
  assert.deepEqual(await ids({ q: "d_" }), ["d_2"]);
  assert.deepEqual(await ids({ q: "\\" }), []);
  const { found } = await search(pool, "d%");
  assert.deepEqual(found, [
    { id: "d%1", kind: "customer", says: "d%1, Low", path: "/customers/d%251" },
  ]);
});

test("given the id of what is on its way, or a place, then its journey is found", async () => {
  await pool.query(
    `insert into notifications (notification_id, key, audience, customer_id, channel, priority,
       message, decided_at, queued_at, next_at, expires_at)
     values ('n-1', 'c-1', 'customer', 'c-1', 'sms', 1, '', now(), now(), now(), now()),
       ('n-2', 'desk', 'staff', null, 'webhook', 1, '', now(), now(), now(), now())`,
  );
  await pool.query(
    `insert into outcomes (outcome_id, customer_id, outcome, timestamp, learned_at)
     values ('o-1', 'c-2', 'payment_missed', now(), now())`,
  );
  const found = async (text: string) =>
    (await search(pool, text)).found.map(({ says, path }) => `${says}: ${path}`);
  assert.deepEqual(await found("n-1"), ["Notification of c-1: /journey?event=n-1"]);
  assert.deepEqual(await found("n-2"), ["Notification to staff: /journey?event=n-2"]);
  assert.deepEqual(await found("o-1"), ["Outcome of c-2: /journey?event=o-1"]);
  const place = "Record 17 of transactions-stream, partition 2";
  const way = "/journey?event=transactions-stream-2-17";
  assert.deepEqual(await found("transactions-stream-2-17"), [`${place}: ${way}`]);
  assert.deepEqual(await found("trial.transactions-stream-2-17"), [`${place}: ${way}`]);
  assert.deepEqual(await found("transactions-stream-9999-17"), [], "there is no such partition");
  const trace = "0192f3a4b5c67d8e9f00112233445566";
  assert.deepEqual(await found(trace), [`The way of the event ${trace}: /journey?event=${trace}`]);
});

test("given a transaction's id that two sources use, then a search names it once", async () => {
  for (const [source, category] of Object.entries({ core: "groceries", cards: "other" }))
    await pool.query(
      `insert into transactions values ('c-1', 't-1', now(), 1, 'EUR', 'debit', $2, 'pos', null,
       false, 'default', null, true, null, $1)`,
      [source, category],
    );
  const { found } = await search(pool, "t-1");
  assert.deepEqual(found, [
    { id: "t-1", kind: "transaction", says: "Transaction of c-1", path: "/customers/c-1" },
  ]);
});

test("given pages, then each customer comes once, also those without a score", async () => {
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const { rows, next, summary } = await list({ limit: "1", after });
    assert.equal(summary === null, after !== undefined);
    seen.push(...rows.map(({ customer_id }) => customer_id));
    after = next ?? undefined;
  } while (after !== undefined);
  assert.deepEqual(seen, ["c-1", "c-2", "d%1", "d_2"]);
});

test("given a hundred thousand customers, then pages and searches read an index", async () => {
  await pool.query(
    `insert into cases (customer_id, risk_score, risk_level)
     select 'many-' || n, random() * 0.3, 'LOW' from generate_series(1, 100000) n`,
  );
  await pool.query("analyze cases");
  const planOf = async (text: string, values: unknown[]) => {
    const { rows } = await pool.query<Record<string, string>>(`explain ${text}`, values);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  };
  const page = await planOf(
    `select * from cases where (coalesce(risk_score, -1), customer_id) < ($1::float8, $2::text)
     order by coalesce(risk_score, -1) desc, customer_id desc limit 50`,
    [0.2, "many-7"],
  );
  assert.match(page, /Index Scan.* using cases_by_score/);
  const found = await planOf(
    "select * from cases where customer_id like $1 order by customer_id using ~<~ limit 8",
    ["many-9%"],
  );
  assert.match(found, /Index Scan using cases_by_id/);
  await pool.query("delete from cases where customer_id like 'many-%'");
});
