import assert from "node:assert/strict";
import { test } from "node:test";
import {
  caseDecisions,
  customerFeatures,
  customerUpdates,
  deadLetters,
  interventionsStream,
  lateEvents,
  notificationResults,
  notifications,
  predictionsStream,
  transactionsStream,
} from "./events/topics.ts";
import type { Hop } from "./serve/messages/journey.ts";
import { ingestId, traceOf } from "./stream/ids.ts";
import { partitionOf } from "./stream/partition.ts";
import { inSpace } from "./stream/space.ts";
import {
  archive,
  brief,
  ends,
  headersOf,
  hopAt,
  journey,
  pool,
  producer,
  put,
  space,
} from "./test-journey.ts";

test("given a record on its way, then its way is found from any part of it", async () => {
  const customer = "C-WAY";
  const [prediction, intervention, notification] = ["p-1", "i-1", "n-1"];
  const first = await put(transactionsStream, customer, { transaction_id: "t-1", is_failed: true });
  await put(transactionsStream, customer, { transaction_id: "t-2" });
  const by = { origin: first, source: "scorer@3" };
  const features = await put(customerFeatures, customer, {}, by);
  const score = await put(
    predictionsStream,
    customer,
    { prediction_id: prediction, risk_level: "HIGH" },
    by,
  );
  const next = { origin: score, source: "contact@1" };
  const made = { intervention_id: intervention, prediction_id: prediction, status: "triggered" };
  const decision = await put(interventionsStream, customer, made, next);
  const intent = { notification_id: notification, intervention_id: intervention, channel: "sms" };
  const sent = await put(notifications, customer, intent, next);
  const reserved = new Date();
  const result = { result_id: "r-1", notification_id: notification, status: "accepted" };
  const heard = await put(notificationResults, customer, result, { source: "notify@1" });
  const became = await put(
    interventionsStream,
    customer,
    { ...made, status: "sent" },
    { origin: heard, source: "contact@1" },
  );
  await pool.query(
    `insert into notifications (notification_id, key, audience, customer_id, channel, priority,
       message, decided_at, queued_at, next_at, expires_at, state)
     values ($1, $2, 'customer', $2, 'sms', 2, 'm', now(), now(), now(), now(), 'accepted')`,
    [notification, customer],
  );
  await pool.query(
    `insert into notification_attempts (notification_id, attempt, customer_id, channel, state,
       reserved_at, settled_at) values ($1, 1, $2, 'sms', 'accepted', $3, now())`,
    [notification, customer, reserved],
  );
  const ofAll = [first, features, score, decision, sent, heard, became].sort();
  for (const id of [first, score, sent, heard, became]) {
    const { hops, customer_id } = await journey(id);
    assert.deepEqual(hops.map((hop) => hop.id).sort(), ofAll, id);
    assert.equal(customer_id, customer);
    assert.equal(hopAt(hops, id).asked, true);
  }
  const { hops, kind, began_at, ended_at } = await journey(notification);
  assert.match(kind, /^Notification by sms, at notifications-/);
  assert.deepEqual(brief(hops.filter(({ main }) => main)), [
    `* ${first} < null`,
    `* ${score} < ${first}`,
    `* ${sent} < ${score}`,
    `* ${heard} < ${sent}`,
    `* ${became} < ${heard}`,
  ]);
  assert.deepEqual([hopAt(hops, score).by, hopAt(hops, score).version], ["scorer", "3"]);
  assert.ok(began_at! < ended_at!);
  const whole = (hop: Hop) => (hop.waiting_ms ?? 0) + (hop.working_ms ?? 0);
  const slowest = hops.filter((hop) => hop.slowest);
  assert.equal(slowest.length, 1);
  assert.ok(hops.every((hop) => whole(hop) <= whole(slowest[0])));
  const waited = hopAt(hops, heard);
  assert.equal(
    waited.waiting_ms,
    Math.max(0, reserved.getTime() - Date.parse(waited.began_at!)),
    "it waited until its sender took it up",
  );
  assert.equal(hopAt(hops, first).message?.form, "json");
});

test("given what stopped a record, then that is said", async () => {
  const dead = await put(transactionsStream, "C-DEAD", { amount: "twelve" });
  const [, partition, offset] = /-(\d)-(\d+)$/.exec(dead)!;
  const why = {
    reason: "wrong_type",
    detail: "amount has the wrong type",
    topic: inSpace(space, transactionsStream.name),
    partition: +partition,
    offset: +offset,
  };
  const letter = await put(deadLetters, "C-DEAD", { amount: "twelve" }, { dead: why });
  const stopped = await journey(dead);
  assert.deepEqual(
    stopped.hops.map(({ id }) => id),
    [dead, letter],
  );
  assert.match(
    stopped.hops[1].ended!,
    /could not be used \(wrong type\): amount has the wrong type/,
  );
  assert.deepEqual(
    (await journey(letter)).hops.map(({ id }) => id),
    [dead, letter],
  );

  const tardy = await put(transactionsStream, "C-LATE", {});
  await put(
    lateEvents,
    "C-LATE",
    { reason: "older_than_window", origin: tardy },
    { origin: tardy, source: "scorer@3" },
  );
  assert.match((await journey(tardy)).hops[1].ended!, /too late to count: older than window/);

  const score = await put(predictionsStream, "C-STOP", {
    prediction_id: "p-stop",
    risk_level: "HIGH",
  });
  const ruled = {
    status: "suppressed",
    suppressed_by: "no_consent",
    prediction_id: "p-stop",
    risk_level: "HIGH",
  };
  await put(interventionsStream, "C-STOP", ruled, { origin: score, source: "contact@1" });
  assert.match((await journey(score)).hops[1].ended!, /Not contacted: there is no consent/);

  const alone = await put(transactionsStream, "C-ALONE", {});
  assert.match((await journey(alone)).hops[0].ended!, /waits to be read by scorer/);
});

type Origin = NonNullable<Parameters<typeof put>[3]>;

/** A score whose decision is put off until then, and the contact that `by` brings on after all. */
const putOffThenMade = async (customer: string, name: string, until: Date, by: Origin) => {
  const [prediction_id, intervention_id] = [`p-${name}`, `i-${name}`];
  const score = await put(predictionsStream, customer, { prediction_id, risk_level: "HIGH" });
  const of = { intervention_id, prediction_id, risk_level: "HIGH" };
  const deferred = { ...of, status: "deferred", not_before: until.toISOString() };
  const scored = { origin: score, source: "contact@1" };
  const putOff = await put(interventionsStream, customer, deferred, scored);
  const made = await put(interventionsStream, customer, { ...of, status: "triggered" }, by);
  const intent = { notification_id: `n-${name}`, intervention_id, channel: "email" };
  const sent = await put(notifications, customer, intent, by);
  const path: [string, string | null][] = [
    [score, null],
    [putOff, score],
    [made, putOff],
    [sent, made],
  ];
  return { score, sent, path };
};
const pathOf = async (id: string) =>
  (await journey(id)).hops.map((hop): [string, string | null] => [hop.id, hop.parent]);

test("given a decision that was put off, then what its deadline brought on follows", async () => {
  const customer = "C-LATER";
  const due = new Date();
  const timer = { origin: `timer-contact-${customer}-${due.getTime()}`, source: "contact@1" };
  const { score, sent, path } = await putOffThenMade(customer, "later", due, timer);
  for (const id of [score, sent]) assert.deepEqual(await pathOf(id), path);
});

test("given a decision that was put off, when a result makes room, then it follows", async () => {
  const tomorrow = new Date(Date.now() + 86_400_000);
  const result = { origin: "notification-results-0-7", source: "contact@1" };
  const { score, path } = await putOffThenMade("C-SOONER", "sooner", tomorrow, result);
  assert.deepEqual(await pathOf(score), path);
});

test("given a history told at once, then a record is found by when it happened", async () => {
  const customer = "C-PAST";
  const partition = partitionOf(customer, transactionsStream.partitions);
  const hourMs = 3_600_000;
  const from = Date.now() - 40_000 * hourMs;
  const lane = `${transactionsStream.name}-${partition}`;
  const begin = ends.get(lane) ?? 0;
  for (let n = 0; n < 40_000; n++) {
    const at = from + n * hourMs;
    const value = Buffer.from(
      JSON.stringify({ customer_id: customer, transaction_id: `past-${n}` }),
    );
    producer.produce(
      inSpace(space, transactionsStream.name),
      partition,
      value,
      customer,
      headersOf({ at }),
    );
  }
  await producer.flush(60_000);
  ends.set(lane, begin + 40_000);
  const n = 12_345;
  await pool.query(
    `insert into transactions values ($1, $2, to_timestamp($3), 1, 'EUR', 'debit', 'groceries',
       'pos', null, false, 'default', null, true, null)`,
    [customer, `past-${n}`, (from + n * hourMs) / 1_000],
  );
  const { hops } = await journey(`past-${n}`);
  assert.equal(hops[0].id, `${lane}-${begin + n}`);
});

test("given a staff decision or a profile, then its record is found by its id", async () => {
  const [customer, decision] = ["C-STAFF", "case-1"];
  await put(caseDecisions, customer, { case_decision_id: "case-0", kind: "assigned" });
  const made = await put(caseDecisions, customer, { case_decision_id: decision, kind: "decided" });
  await put(customerUpdates, "C-OTHER", { version: 3 });
  const versions = [];
  for (const version of [2, 3]) versions.push(await put(customerUpdates, customer, { version }));
  await pool.query(
    `insert into case_decisions (case_decision_id, customer_id, kind, made_by, role, made_at)
     values ($1, $2, 'decided', 'ada', 'analyst', now())`,
    [decision, customer],
  );
  await pool.query(
    `insert into profile_versions (customer_id, version, at, facts, personal)
     select $1, n, now(), '{}', '{}' from generate_series(2, 4) n`,
    [customer],
  );
  const found = await journey(decision);
  assert.deepEqual([found.hops.map(({ id }) => id), found.customer_id], [[made], customer]);
  assert.match(found.kind, /^Staff decision: decided, at case-decisions-/);
  for (const [n, place] of versions.entries())
    assert.equal((await journey(`${customer}@${n + 2}`)).hops[0].id, place);
  await assert.rejects(journey(`${customer}@4`), { code: "RECORD_GONE" });
  await assert.rejects(journey(`${customer}@5`), { code: "RECORD_UNKNOWN" });
});

test("given a trace, then its first record is found by the time that the id bears", async () => {
  const id = ingestId(Date.now());
  const place = await put(transactionsStream, "C-TRACE", {}, { id });
  for (const trace of [traceOf(id), id]) assert.equal((await journey(trace)).hops[0].id, place);
});

test("given a cause that left Kafka, then the archive is asked, else it is said", async () => {
  const gone = `${transactionsStream.name}-1-900000`;
  const score = await put(
    predictionsStream,
    "C-GONE",
    { prediction_id: "p-gone" },
    { origin: gone },
  );
  const without = await journey(score);
  assert.deepEqual(
    without.hops.map(({ state }) => state),
    ["gone", "kafka"],
  );
  assert.match(without.notes[0], /has left Kafka, and is not in the archive either/);
  const bytes = headersOf({}).map((one) =>
    Object.fromEntries(Object.entries(one).map(([k, v]) => [k, Buffer.from(v)])),
  );
  archive.set(gone, {
    topic: inSpace(space, transactionsStream.name),
    partition: 1,
    offset: 900_000,
    key: Buffer.from("C-GONE"),
    value: Buffer.from('{"customer_id":"C-GONE"}'),
    timestamp: Date.now() - 1_000,
    headers: bytes,
  });
  const within = await journey(score);
  assert.deepEqual(
    within.hops.map(({ state }) => state),
    ["archive", "kafka"],
  );
  assert.match(within.notes[0], /was read from the archive/);
});

test("given an id that names nothing, then that is said", async () => {
  for (const id of ["nothing", `${transactionsStream.name}-0-99999999`, ingestId(Date.now())])
    await assert.rejects(journey(id), { code: "RECORD_UNKNOWN" });
});
