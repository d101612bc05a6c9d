import assert from "node:assert/strict";
import { test } from "node:test";
import type { Contract } from "../../events/contract.ts";
import { allTopics, customerUpdates, transactionsStream } from "../../events/topics.ts";
import { judge, type MarkedField } from "./marking.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const most = 1_000_000;
const judged = (bytes: Buffer | null, topic: unknown = transactionsStream, key = "CUST-001") =>
  judge(
    topic as Contract<unknown>,
    { key, value: bytes, header: undefined, appendTime: now },
    most,
  );
const { customer_id } = transactionsStream.example;
const of = (more: object) =>
  judged(
    Buffer.from(JSON.stringify({ ...transactionsStream.example, ...more })),
    undefined,
    customer_id,
  );
const wrong = (fields: readonly MarkedField[]) =>
  fields.filter(({ state }) => state === "wrong" || state === "missing").map(({ path }) => path);

test("given the example of each topic, then it keeps its contract and no field is marked", () => {
  const seen = allTopics.filter(({ json }) => json !== undefined);
  assert.ok(seen.length > 10);
  for (const topic of seen) {
    const key = topic.keyOf?.(topic.example) ?? "key";
    const bytes = Buffer.from(topic.write(topic.example));
    const { fields, refusal } = judged(bytes, topic, key);
    assert.equal(refusal, null, topic.name);
    assert.deepEqual(wrong(fields), [], topic.name);
    assert.ok(
      fields.some(({ state }) => state === "kept"),
      topic.name,
    );
  }
});

test("given faults, then each field bears its own, in words with a cure", () => {
  const { fields, refusal } = of({
    amount: "twelve",
    txn_type: "gift",
    channel: undefined,
    odd: 1,
  });
  assert.deepEqual(wrong(fields), ["amount", "txn_type", "channel"]);
  const found = new Map(fields.map((field) => [field.path, field]));
  assert.equal(found.get("amount")?.says, "amount has the wrong type: send number.");
  assert.equal(found.get("txn_type")?.asks, "one of debit, credit");
  assert.equal(found.get("channel")?.state, "missing");
  assert.equal(found.get("odd")?.state, "undeclared");
  assert.equal(found.get("account_id")?.personal, true);
  assert.equal(refusal?.reason, "missing_field");
});

test("given what no schema can say, then the field that the reader names is marked", () => {
  const { fields, refusal } = of({ amount: 1.234_567, currency: "EUR" });
  assert.deepEqual(wrong(fields), ["amount"]);
  assert.equal(refusal?.reason, "amount_precision");
  const key = judged(Buffer.from(JSON.stringify(transactionsStream.example)), undefined, "other");
  assert.equal(key.refusal?.reason, "key_mismatch");
  assert.deepEqual(wrong(key.fields), ["customer_id"]);
  const late = of({ txn_time: "2031-01-01T00:00:00Z" });
  assert.equal(late.refusal?.reason, "time_out_of_range");
  assert.deepEqual(wrong(late.fields), ["txn_time"]);
});

test("given a fault within a list, then its place is named", () => {
  const example = structuredClone(customerUpdates.example) as { accounts?: unknown };
  example.accounts = [{ account_id: 7 }];
  const bytes = Buffer.from(JSON.stringify(example));
  const { fields } = judged(
    bytes,
    customerUpdates,
    (example as { customer_id: string }).customer_id,
  );
  assert.ok(
    wrong(fields).some((path) => path.startsWith("accounts.0")),
    String(wrong(fields)),
  );
});

test("given bytes that are no JSON, too many or none, then no field was read", () => {
  for (const [bytes, reason] of [
    [Buffer.from([0xff, 0x00, 0x80]), "malformed_json"],
    [Buffer.from('{"__proto__":1}'), "forbidden_key"],
    [Buffer.alloc(most + 1, 32), "record_too_large"],
    [null, "tombstone"],
  ] as const) {
    const { fields, refusal } = judged(bytes);
    assert.equal(refusal?.reason, reason);
    assert.ok(fields.length > 5);
    assert.ok(fields.every(({ state }) => state === "unread"));
  }
  const list = judged(Buffer.from("[1]"));
  assert.equal(list.refusal?.reason, "wrong_type");
});
