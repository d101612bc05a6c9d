import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../embedded/test-servers.ts";
import { testSpace } from "../embedded/test-space.ts";
import { CaseDesk } from "./cases.ts";
import { dropView, listViews, saveView } from "./queue-views.ts";
import { ada, at, ben, hourMs, lea, now, openTestQueue } from "./test-queue.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const { assign, clock, decide, desk, give, ids, queue, write } = await openTestQueue(pool);

test("given a decision, then the customer rests until that ends or the band rises", async () => {
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
  clock.now += 2_000;
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
  clock.now += 9_000;
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

  clock.now += 1_000;
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
  clock.now += 10;
  assert.deepEqual(await codes(assign(["A"], null, ben)), [200]);
  clock.now += 10;
  assert.deepEqual(await codes(assign(["A", "B"], "ada", ada)), [200, "CASE_TAKEN"]);
  assert.deepEqual(await ids({ assignee: "mine" }), ["A"]);
  const act = { kind: "reopened" } as const;
  const reopen = () =>
    desk.act({ customers: ["A"], act, caller: ben, key: undefined, dryRun: false });
  assert.equal((await reopen()).results[0].code, "CASE_NOT_DECIDED");
  await decide(["A"]);
  clock.now += 10;
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
