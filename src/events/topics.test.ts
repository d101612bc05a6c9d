import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allTopics,
  customerUpdates,
  policies,
  predictionsStream,
  transactionsStream,
} from "./topics.ts";

for (const one of allTopics)
  test(`given the example of ${one.name}, then it keeps its own contract`, () => {
    const read = one.read(Buffer.from(one.write(one.example)));
    assert.deepEqual(read, one.example);
    const at = one.timeOf(read);
    assert.ok(at === undefined || Number.isSafeInteger(at));
    assert.match(one.typeOf(read), /^[a-z_]+$/);
    if (one.keyOf) assert.notEqual(one.keyOf(read), "");
    assert.ok(one.says.endsWith("."));
  });

test("given the list of topics, then every name is there once", () => {
  const names = allTopics.map((one) => one.name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 18);
});

test("given profiles and transactions, then their partitions agree, so that keys meet", () => {
  assert.equal(customerUpdates.partitions, transactionsStream.partitions);
  assert.ok(customerUpdates.tombstones && customerUpdates.compacted);
});

test("given personal fields, then their paths are known to the door and to erasure", () => {
  assert.deepEqual(customerUpdates.personal, [
    "name",
    "email",
    "phone",
    "date_of_birth",
    "gender",
    "accounts.*.account_id",
  ]);
  assert.deepEqual(transactionsStream.personal, ["account_id"]);
});

const good = transactionsStream.example as Record<string, unknown>;
const but = (changes: Record<string, unknown>): string => JSON.stringify({ ...good, ...changes });
const without = (field: string): string => but({ [field]: undefined });
const { required } = transactionsStream.json as unknown as { required: string[] };

const refused: [name: string, bytes: string, reason: string, says: RegExp][] = [
  ["half a line", '{"customer_id":', "malformed_json", /not JSON/],
  ["nothing", "", "malformed_json", /not JSON/],
  ["a list", "[]", "wrong_type", /value has the wrong type: send object/i],
  ["null", "null", "wrong_type", /object/],
  ["a __proto__ key", `{"__proto__":{"a":1},${but({}).slice(1)}`, "forbidden_key", /__proto__/],
  ["an escaped __proto__", `{"\\u005f_proto__":1,${but({}).slice(1)}`, "forbidden_key", /__proto/],
  [
    "a nested one",
    but({ extra: 0 }).replace('"extra":0', '"x":{"__proto__":1}'),
    "forbidden_key",
    /_/,
  ],
  ["constructor.prototype", but({ constructor: { prototype: 1 } }), "forbidden_key", /constructor/],
  ["no customer_id", without("customer_id"), "missing_field", /^customer_id is missing/],
  ["an empty customer_id", but({ customer_id: "" }), "missing_field", /^customer_id is empty/],
  ["no amount", without("amount"), "missing_field", /^amount is missing/],
  ["amount as text", but({ amount: "twelve" }), "wrong_type", /^amount .* send number/],
  ["amount null", but({ amount: null }), "wrong_type", /^amount/],
  ["amount NaN as text", but({ amount: "NaN" }), "not_a_number", /^amount/],
  ["amount NaN", but({ amount: 77 }).replace("77", "NaN"), "not_a_number", /NaN.*: send null/],
  ["amount -Infinity", but({ amount: 77 }).replace("77", "-Infinity"), "not_a_number", /Infinity/],
  ["amount 1e999", but({ amount: 77 }).replace("77", "1e999"), "not_a_number", /^amount/],
  ["a negative amount", but({ amount: -1 }), "amount_out_of_range", /^amount .* >= 0/],
  ["an amount beyond the column", but({ amount: 1e15 }), "amount_out_of_range", /^amount/],
  [
    "an amount beyond 2^53 cents",
    but({ amount: 9.1e13 }),
    "amount_out_of_range",
    /^amount.*: send a/,
  ],
  ["half a cent", but({ amount: 10.005 }), "amount_precision", /^amount .* 2 decimals/],
  ["half a yen", but({ amount: 10.5, currency: "JPY" }), "amount_precision", /0 decimals/],
  ["a balance of half a cent", but({ balance_after: 0.001 }), "amount_precision", /^balance_after/],
  ["an unknown currency", but({ currency: "ZZZ" }), "unknown_currency", /: send one such as EUR/],
  ["a third type", but({ txn_type: "VYBER" }), "unknown_value", /debit, credit/],
  ["an unknown category", but({ category: "sweets" }), "unknown_value", /^category/],
  ["an unknown channel", but({ channel: "pigeon" }), "unknown_value", /^channel/],
  ["is_failed as text", but({ is_failed: "no" }), "wrong_type", /^is_failed .* boolean/],
  ["a time in words", but({ txn_time: "yesterday" }), "time_unreadable", /^txn_time/],
  ["31 February", but({ txn_time: "2024-02-31T00:00:00Z" }), "time_unreadable", /ISO 8601/],
  ["a time as number", but({ txn_time: 1_705_314_600 }), "wrong_type", /^txn_time .* string/],
  ["an account as number", but({ account_id: 7 }), "wrong_type", /^account_id .* string/],
];
for (const [name, bytes, reason, says] of refused)
  test(`given ${name}, then it is refused as ${reason}`, () => {
    assert.throws(() => transactionsStream.read(Buffer.from(bytes)), { reason, message: says });
  });

test("given the fields of a transaction, then these may not be left out", () => {
  const needed = ["customer_id", "txn_time", "amount", "txn_type"];
  assert.deepEqual(required, [...needed, "category", "channel", "is_failed"]);
});

const accepted: [name: string, bytes: string][] = [
  ["fields that nobody knows", but({ surprise: { a: [1] } })],
  [
    "no optional fields",
    JSON.stringify(Object.fromEntries(required.map((field) => [field, good[field]]))),
  ],
  ["19.99, which no double holds", but({ amount: 19.99 })],
  ["an amount of three decimals in dinar", but({ amount: 1.234, currency: "KWD" })],
  ["a merchant called __proto__", but({ merchant_id: "__proto__" })],
  ["a negative balance", but({ balance_after: -30.11 })],
  ["a sign for what could not be read", but({ merchant_id: "M\ufffdller" })],
];
for (const [name, bytes] of accepted)
  test(`given ${name}, then it is accepted`, () => {
    assert.deepEqual(transactionsStream.read(Buffer.from(bytes)), JSON.parse(bytes));
  });

test("given every amount of cents up to 2,000.00, then none is taken for half a cent", () => {
  for (let cents = 0; cents <= 200_000; cents++)
    transactionsStream.read(Buffer.from(but({ amount: Number((cents / 100).toFixed(2)) })));
});

test("given a profile in an unknown currency, then it is refused", () => {
  const bytes = Buffer.from(JSON.stringify({ ...customerUpdates.example, base_currency: "KCS" }));
  assert.throws(() => customerUpdates.read(bytes), { reason: "unknown_currency" });
});

test("given a contribution that is no number, then the prediction is refused", () => {
  const bytes = JSON.stringify({ ...predictionsStream.example, contributions: { atm: "1" } });
  assert.throws(() => predictionsStream.read(Buffer.from(bytes)), {
    reason: "wrong_type",
    message: "contributions must hold numbers only.",
  });
});

test("given a policy of no known kind, then it is refused; a known one has its own key", () => {
  assert.throws(() => policies.read(Buffer.from('{"kind":"magic","name":"a","version":"1"}')));
  assert.equal(policies.keyOf?.(policies.example), "model:delinquency:1");
});
