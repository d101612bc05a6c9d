import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { testServers } from "../src/embedded/test-servers.ts";
import { predictionsStream } from "../src/events/prediction.ts";
import { isoTime } from "../src/events/time.ts";
import { caseDecisions, customerUpdates, interventionsStream } from "../src/events/topics.ts";
import { createKey } from "../src/keys.ts";
import type { ActAnswer, QueueAnswer, ViewsAnswer } from "../src/serve/messages/queue.ts";
import { ingestId } from "../src/stream/ids.ts";
import { profileOf } from "./events.ts";
import { launch, until } from "./launch.ts";
import { valuesOf } from "./read-topic.ts";
import { openStage } from "./space.ts";

const stage = await openStage(await testServers());
const { pool, writer, env } = stage;
const api = launch(["run", "api", "sink"], env);
const [url] = await api.says(/http:\/\/[\d.]+:\d+/);
const now = Date.now();
const people = ["A", "B", "C"];

const secretOf = (name: string, role: "analyst" | "lead" | "viewer") =>
  createKey(pool, { name, role });
const ada = await secretOf("ada", "analyst");
const ben = await secretOf("ben", "lead");
const eve = await secretOf("eve", "viewer");

type Sent = { secret?: string; body?: unknown; method?: string; key?: string };
const call = async <T>(path: string, sent: Sent = {}) => {
  const { secret, body, method, key = randomUUID() } = sent;
  const response = await fetch(`${url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      ...(key === "" ? {} : { "idempotency-key": key }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as T & { code?: string } };
};
const queue = async (query = "") => (await call<QueueAnswer>(`/queue${query}`)).body;
const waiting = async (query?: string) =>
  (await queue(query)).rows.map(({ customer_id }) => customer_id).join("");
const waits = (ids: string, query?: string) =>
  until(`the queue is ${ids}`, async () => (await waiting(query)) === ids);

const score = (id: string, risk_score: number, risk_level: "LOW" | "HIGH" | "CRITICAL") =>
  writer.send(predictionsStream, id, {
    ...predictionsStream.example,
    prediction_id: ingestId(Date.now()),
    customer_id: id,
    risk_score,
    risk_level,
    timestamp: isoTime(Date.now()),
    event_time: isoTime(Date.now()),
  });
for (const [at, id] of people.entries()) {
  const instalment = 300 - 100 * at;
  const loan = { obligation_id: id, product: "loan", instalment, due_rule: "day 12" } as const;
  const profile = { ...profileOf(id, now - 86_400_000), base_currency: "EUR" };
  await writer.send(customerUpdates, id, { ...profile, obligations: [loan] });
  await score(id, 0.7, "HIGH");
}
await writer.flush();
await waits("ABC");

const watch = { decision: "watch", reason_codes: ["small_amount"] };

test("given a decision by HTTP, then the topic has it and the tables follow", async () => {
  const body = { customer_ids: ["A", "WHO"], note: "Pays on Friday", ...watch };
  const first = await call<ActAnswer>("/queue/decide", { secret: ada, body, key: "k1" });
  assert.equal(first.status, 207);
  assert.deepEqual(
    first.body.results.map(({ status, code }) => code ?? status),
    [200, "CUSTOMER_UNKNOWN"],
  );
  const again = await call<ActAnswer>("/queue/decide", { secret: ada, body, key: "k1" });
  assert.deepEqual(again.body.results, first.body.results, "the same key, the same id");
  await waits("BC");
  const told = await valuesOf(stage, caseDecisions);
  assert.equal(new Set(told.map(({ case_decision_id }) => case_decision_id)).size, 1);
  assert.deepEqual(
    [told[0].kind, told[0].by, told[0].role, told[0].risk_level, told[0].note],
    ["decided", "ada", "analyst", "HIGH", "Pays on Friday"],
  );
  const { rows } = await pool.query("select count(*)::int as n from case_decisions");
  assert.equal(rows[0].n, 1);

  const ids = [first.body.results[0].case_decision_id];
  const undo = (secret: string) =>
    call<ActAnswer>("/queue/undo", { secret, body: { case_decision_ids: ids } });
  assert.equal((await undo(ben)).body.results[0].code, "CASE_UNDO_OTHERS");
  assert.equal((await undo(ada)).status, 200, "at once, whether the tables know it or not");
  await waits("ABC");
});

test("given a decision that rests, then a higher band has the customer wait again", async () => {
  await call("/queue/decide", { secret: ada, body: { customer_ids: ["B"], ...watch } });
  await waits("AC");
  await score("B", 0.75, "HIGH");
  await score("C", 0.2, "LOW");
  await writer.flush();
  await waits("A");
  await score("B", 0.9, "CRITICAL");
  await score("C", 0.7, "HIGH");
  await writer.flush();
  await waits("ABC");
});

test("given contacts, then the queue says the state of the newest that counts", async () => {
  const step = { ...interventionsStream.example, customer_id: "C" };
  const send = (more: object) => writer.send(interventionsStream, "C", { ...step, ...more });
  await send({ intervention_id: "i1", status: "triggered" });
  await send({ intervention_id: "i1", status: "sent" });
  await send({ intervention_id: "i2", status: "suppressed", suppressed_by: "step_already_taken" });
  await writer.flush();
  await waits("C", "?contact=contacted");
  await send({ intervention_id: "i3", status: "suppressed", suppressed_by: "no_consent" });
  await writer.flush();
  await waits("C", "?contact=stopped");
});

test("given roles and bad requests, then each is told what is wrong", async () => {
  const body = { customer_ids: ["A"], ...watch };
  const code = async (sent: Sent, path = "/queue/decide") => {
    const { status, body: answer } = await call(path, sent);
    return [status, answer.code];
  };
  assert.deepEqual(await code({ body, secret: eve }), [403, "KEY_ROLE_WRONG"]);
  assert.deepEqual(await code({ body }), [401, "KEY_MISSING"], "a record needs a name");
  const keyless = { secret: ada, body, key: "" };
  for (const [path, sent] of [
    ["/queue/decide", keyless],
    ["/queue/reopen", { ...keyless, body: { customer_ids: ["A"] } }],
    ["/queue/assign", { ...keyless, body: { customer_ids: ["A"], to: null } }],
  ] as const)
    assert.deepEqual(await code(sent, path), [400, "IDEMPOTENCY_KEY_MISSING"], path);
  const dry = { ...keyless, body: { ...body, dry_run: true } };
  assert.equal((await code(dry))[0], 200, "which changes nothing, needs none");
  const wrong = (more: object) => code({ secret: ada, body: { ...body, ...more } });
  assert.deepEqual(await wrong({ decision: "jail" }), [400, "REQUEST_WRONG"]);
  assert.deepEqual(await wrong({ reason_codes: [] }), [400, "REQUEST_WRONG"]);
  assert.deepEqual(await wrong({ rest_days: 1_000 }), [400, "REQUEST_WRONG"]);
  assert.deepEqual(await wrong({ customer_ids: [] }), [400, "REQUEST_WRONG"]);
  const many = Array.from({ length: 201 }, (_, n) => `c${n}`);
  assert.deepEqual(await wrong({ customer_ids: many }), [400, "REQUEST_WRONG"]);
  assert.deepEqual(await wrong({ surprise: 1 }), [400, "REQUEST_WRONG"]);
  const bad = ["limit=0", "limit=x", "band=LOW", "decided=maybe", "after=zzz", "simulated=2"];
  for (const query of bad)
    assert.deepEqual(await code({}, `/queue?${query}`), [400, "REQUEST_WRONG"], query);
  const give = { secret: ada, body: { customer_ids: ["A"], to: "ben" } };
  const refused = await call<ActAnswer>("/queue/assign", give);
  assert.equal(refused.body.results[0].code, "CASE_NOT_TO_OTHERS");
  const given = await call<ActAnswer>("/queue/assign", { ...give, secret: ben });
  assert.equal(given.status, 200);
  await waits("A", "?assignee=ben");
});

test("given a record by hand, then nobody may decide in another's name", async () => {
  const engineer = await createKey(pool, { name: "eng", role: "engineer" });
  for (const topic of ["case-decisions", "access-log"]) {
    const body = { value: caseDecisions.example, confirm: true };
    const answer = await call(`/topics/${topic}/messages`, { secret: engineer, body });
    assert.deepEqual([answer.status, answer.body.code], [409, "TOPIC_CLOSED"], topic);
  }
});

test("given views over HTTP, then they are kept, shared and removed", async () => {
  const view = { filters: { band: "HIGH" }, shared: true };
  const put = (secret: string, body: unknown) =>
    call<ViewsAnswer>("/queue/views/High%20ones", { secret, method: "PUT", body });
  assert.equal((await put(ada, view)).body.views.length, 1);
  assert.equal((await put(ada, { ...view, filters: { colour: "red" } })).status, 400);
  const { body } = await call<ViewsAnswer>("/queue/views", { secret: eve });
  assert.deepEqual(body.views, [{ owner: "ada", name: "High ones", ...view, mine: false }]);
  const drop = (secret: string) =>
    call<ViewsAnswer>("/queue/views/High%20ones", { secret, method: "DELETE" });
  assert.equal((await drop(eve)).body.code, "QUEUE_VIEW_UNKNOWN");
  assert.deepEqual((await drop(ada)).body.views, []);
});

test("given ids and beginnings, then customers, decisions and topics are found", async () => {
  const found = async (q: string) => {
    const { body } = await call<{ found: { id: string; kind: string; path: string }[] }>(
      `/search?q=${encodeURIComponent(q)}`,
    );
    return body.found.map(({ kind, path }) => `${kind} ${path}`);
  };
  assert.deepEqual(await found("A"), ["customer /customers/A"].concat((await found("A")).slice(1)));
  const { rows } = await pool.query(
    `select case_decision_id as id from case_decisions where kind = 'assigned'`,
  );
  assert.match((await found(rows[0].id))[0], /^decision \/customers\/A/);
  assert.deepEqual(await found("case-dec"), ["topic /topics/case-decisions"]);
  assert.deepEqual(await found("100%_"), []);
  const { body } = await call<{ rows: { customer_id: string }[] }>("/customers?q=B");
  assert.deepEqual(
    body.rows.map(({ customer_id }) => customer_id),
    ["B"],
  );
});

test("given the erasure of a customer, then nothing of the case is left", async () => {
  await writer.send(customerUpdates, "A", null);
  await writer.flush();
  const left = async () => {
    const { rows } = await pool.query<{ n: number }>(
      `select (select count(*) from cases where customer_id = 'A')::int
         + (select count(*) from case_decisions where customer_id = 'A')::int as n`,
    );
    return rows[0].n;
  };
  await until("the rows are gone", async () => (await left()) === 0);
  await waits("BC");
});
