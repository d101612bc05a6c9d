import assert from "node:assert/strict";
import { test } from "node:test";
import { customerUpdates, transactionsStream } from "../../events/topics.ts";
import { randomOf } from "../../rules/random.ts";
import type { MaskNode } from "../masked.ts";
import { hide, TokenMoved, unhide, veil } from "./hidden.ts";
import { spansOf } from "./spans.ts";

const schema = transactionsStream.json as MaskNode;
const text = (more: object = {}) =>
  JSON.stringify({ ...transactionsStream.example, account_id: "ACC-77", ...more });

test("given a record, then personal data has tokens in its place, and comes back as it was", () => {
  const original = text({
    iban: "DE02120300000000202051",
    nested: { phone: [1, "+49 30 1234567"] },
  });
  const hidden = hide(original, schema);
  for (const secret of ["ACC-77", "DE0212", "1234567"])
    assert.ok(!hidden.text.includes(secret), `${secret} in ${hidden.text}`);
  const seen = JSON.parse(hidden.text);
  assert.equal(seen.customer_id, transactionsStream.example.customer_id);
  assert.deepEqual([seen.account_id, seen.iban], ["masked:1", "masked:2"]);
  assert.deepEqual(seen.nested.phone, [1, "masked:3"]);
  assert.equal(unhide(hidden.text, hidden, schema), original);
});

test("given an edited text, then other fields change and the hidden ones stay", () => {
  const hidden = hide(text({ amount: "twelve" }), schema);
  const edited = JSON.stringify({ ...JSON.parse(hidden.text), amount: 12 }, null, 2);
  assert.deepEqual(JSON.parse(unhide(edited, hidden, schema)), JSON.parse(text({ amount: 12 })));
});

test("given a token in another field, then it is refused: it would be shown there", () => {
  const hidden = hide(text(), schema);
  const seen = JSON.parse(hidden.text);
  for (const bad of [
    { ...seen, merchant_id: "masked:1" },
    { ...seen, merchant_id: "at masked:1 or so" },
  ])
    assert.throws(() => unhide(JSON.stringify(bad), hidden, schema), TokenMoved);
  assert.throws(() => unhide(`${hidden.text} masked:1`, hidden, schema), TokenMoved);
  const other = JSON.stringify({ ...seen, merchant_id: "masked:9" });
  assert.match(unhide(other, hidden, schema), /"masked:9"/, "no such token: plain text");
});

test("given broken text, then fields are told by name, and addresses wherever they stand", () => {
  const broken =
    '{"customer_id":"C-1","amount" 12, "account_id":"ACC-77","x":"jo@ex.org, 0301234567"';
  const hidden = hide(broken, schema);
  for (const secret of ["ACC-77", "jo@ex.org", "0301234567"])
    assert.ok(!hidden.text.includes(secret), hidden.text);
  assert.ok(hidden.text.includes('"C-1"'));
  const mended = `${hidden.text.replace('"amount" 12', '"amount": 12')}}`;
  assert.equal(unhide(mended, hidden, schema), `${broken.replace('"amount" 12', '"amount": 12')}}`);
  const token = /masked:\d/.exec(hidden.text)?.[0];
  const stolen = `{"merchant_id":"${token}"}`;
  assert.throws(() => unhide(stolen, hidden, schema), TokenMoved);
});

test("given a profile, then no personal field of its example is seen", () => {
  const original = JSON.stringify(customerUpdates.example);
  const hidden = hide(original, customerUpdates.json as MaskNode);
  assert.ok(customerUpdates.personal.length > 3);
  assert.ok(hidden.tokens.length >= 3, hidden.text);
  assert.equal(unhide(hidden.text, hidden, customerUpdates.json as MaskNode), original);
});

test("given no schema, then every text is hidden", () => {
  assert.equal(
    hide('{"a":"x","b":[12,true],"c":1234567}', undefined).text,
    '{"a":"masked:1","b":[12,true],"c":"masked:2"}',
  );
});

test("given any text, whole or cut, then each value lies where it is said to lie", () => {
  const original = text({ list: [1, [2, { a: 'b\\"c' }], "π"], deep: "[".repeat(3) });
  for (let cut = 0; cut <= original.length; cut += 7) {
    const part = original.slice(0, cut);
    for (const { start, end } of spansOf(part).spans) assert.ok(start < end && end <= cut);
    const hidden = hide(part, schema);
    assert.ok(!hidden.text.includes("ACC-77"), hidden.text);
  }
  const random = randomOf("odd texts", 7);
  for (let round = 0; round < 200; round++) {
    const signs = Array.from({ length: 60 }, () => random.pick([...'{}[]",:a1\\ ']));
    const odd = signs.join("");
    assert.ok(hide(odd, schema).text.length > 0);
  }
  const began = spansOf("[".repeat(100_000));
  assert.equal(began.spans.length, 0);
});

test("given stars in place of tokens, then the text keeps its length and tells as little", () => {
  const whole = text({ amount: "twelve", note: "jö@ex.org" });
  for (const given of [whole, whole.slice(0, -3), '{"account_id":"x', '{"a":"b c'])
    assert.equal(Buffer.byteLength(veil(given, schema, "utf8")), Buffer.byteLength(given));
  assert.ok(!veil(whole, schema, "utf8").includes("ACC-77"));
  assert.equal(veil("from jo@ex.org at 12", undefined, "utf8", true), "from ********* at 12");
});

test("given a text made to keep a reader busy, then it is done in time all the same", () => {
  for (const odd of [
    "a".repeat(65_536),
    '\\"'.repeat(30_000),
    '"'.repeat(60_000),
    "1 ".repeat(30_000),
  ])
    assert.equal(Buffer.byteLength(veil(odd, schema, "utf8")), Buffer.byteLength(odd));
});
