import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import {
  caseDecisions,
  customerUpdates,
  interventionsStream,
  predictionsStream,
} from "../../events/topics.ts";
import { ingestId } from "../../stream/ids.ts";
import type { Received } from "../../stream/reader.ts";
import type { Topic } from "../../stream/topic.ts";
import { caseTables } from "./cases.ts";
import { erasableIn } from "./erasable.ts";
import { PostgresSink } from "./sink.ts";

const { postgres } = await testServers(["postgres"]);
const { pool } = await testSpace(postgres.url);
const topics = [caseDecisions, customerUpdates, interventionsStream, predictionsStream];
const sink = new PostgresSink({
  name: "test-sink",
  space: "live",
  tables: caseTables("EUR"),
  erasable: await erasableIn(pool),
  pool,
  address: "",
  topicId: async () => "id",
  recordMaxBytes: 1_000_000,
  readElsewhere: new Set(),
  say: () => undefined,
});
await sink.startAt(topics.map(({ name }) => ({ topic: name, partition: 0 })));

let offset = 0;
const receive = (topic: unknown, value: object | null, source = "test@1"): Received => {
  const { keyOf, write, example } = topic as Topic & { example: { customer_id: string } };
  return {
    topic: topic as Topic,
    partition: 0,
    offset: offset++,
    key: value === null ? example.customer_id : (keyOf?.(value) ?? "key"),
    value: value && write(value),
    header: { source, origin: "o", id: "i" } as Received["header"],
    appendTime: Date.now(),
  };
};
const take = (topic: unknown, value: object | null, source?: string) =>
  sink.handle([receive(topic, value, source)]);
const theCase = async () => {
  const { rows } = await pool.query("select * from cases where customer_id = 'CUST-001'");
  return rows[0];
};
const { example: profile } = customerUpdates;
const { example: decision } = caseDecisions;
const { example: contact } = interventionsStream;
const loan = { obligation_id: "o", product: "loan", instalment: 200 } as const;

test("given the four topics in any order, then one row has what each brings", async () => {
  await take(caseDecisions, decision);
  const before = await theCase();
  assert.deepEqual(
    [before.decision, before.risk_level, before.level],
    ["contact_by_person", null, 0],
  );
  await take(interventionsStream, contact);
  await take(customerUpdates, profile, "simulator@1");
  await take(predictionsStream, predictionsStream.example);
  const row = await theCase();
  assert.deepEqual(
    [row.risk_level, row.level, row.reason_code, row.contact, row.contact_channel],
    ["HIGH", 2, "SAVINGS_FELL", "contacted", "sms"],
  );
  assert.deepEqual(
    [row.country, row.products, row.due, row.due_currency, row.dues, row.simulated],
    ["CZ", ["loan"], 200, "CZK", null, true],
  );
  assert.deepEqual([row.decided_by, row.decided_level], ["ada", "HIGH"]);
});

test("given several currencies, or nothing that is owed, then no sum is made up", async () => {
  const czech = { ...loan, currency: "CZK" };
  await take(customerUpdates, { ...profile, obligations: [{ ...loan, currency: "USD" }, czech] });
  const row = await theCase();
  assert.deepEqual([row.due, row.due_currency], [null, null]);
  assert.deepEqual(row.dues, { USD: 200, CZK: 200 });
  assert.equal(row.simulated, false);
  await take(customerUpdates, { ...profile, obligations: null });
  const { due, dues, products } = await theCase();
  assert.deepEqual([due, dues, products], [null, null, []]);
});

test("given decisions out of order and undone, then the state follows from all", async () => {
  const made = (more: object) => ({ ...decision, case_decision_id: ingestId(Date.now()), ...more });
  const minute = (n: number) => ({ timestamp: `2024-01-15T11:0${n}:00.000Z` });
  const undone = made({ kind: "undone", undoes: "later", ...minute(5) });
  const later = made({ case_decision_id: "later", decision: "no_action", ...minute(4) });
  await take(caseDecisions, undone);
  await take(caseDecisions, later);
  await take(caseDecisions, made({ decision: "payment_plan", ...minute(3) }));
  await take(caseDecisions, made({ kind: "assigned", to: "ben", ...minute(2) }));
  await take(caseDecisions, made({ kind: "released", ...minute(1) }));
  const { decision: standing, assignee } = await theCase();
  assert.deepEqual([standing, assignee], ["payment_plan", "ben"]);
  await take(caseDecisions, later);
  await take(caseDecisions, made({ kind: "reopened", ...minute(9) }));
  assert.equal((await theCase()).decision, null);
});

test("given a step that was taken before, then the contact stays as it was", async () => {
  const step = { ...contact, intervention_id: "i-2", status: "suppressed" };
  await take(interventionsStream, { ...step, suppressed_by: "step_already_taken" });
  assert.equal((await theCase()).contact, "contacted");
  await take(interventionsStream, { ...step, suppressed_by: "no_consent" });
  const { contact: state, contact_reason } = await theCase();
  assert.deepEqual([state, contact_reason], ["stopped", "no_consent"]);
});

test("given the tombstone, then case and decisions are gone", async () => {
  await take(customerUpdates, null);
  assert.equal(await theCase(), undefined);
  const { rows } = await pool.query("select count(*)::int as n from case_decisions");
  assert.equal(rows[0].n, 0);
});
