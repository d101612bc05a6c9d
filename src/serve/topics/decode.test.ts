import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, hexOf } from "./decode.ts";

const json = { properties: { name: { personal: true }, amount: {}, more: { type: "object" } } };
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

test("given JSON, then personal fields are masked and undeclared ones left out", () => {
  const value = { name: "Anna", amount: 1, more: { any: 1 }, secret: "x" };
  assert.deepEqual(decode(bytes(value), { json }), {
    form: "json",
    value: { name: "***", amount: 1, more: { any: 1 } },
  });
});

test("given what is not JSON by the contract, then it stays bytes", () => {
  for (const value of [Buffer.from("{"), bytes("text"), bytes(1), bytes(null), Buffer.alloc(0)])
    assert.deepEqual(decode(value, { json }), { form: "bytes" });
  assert.deepEqual(decode(bytes({ a: 1 }), {}), { form: "bytes" });
  assert.deepEqual(decode(bytes(17), { number: true }), { form: "json", value: 17 });
  assert.deepEqual(decode(null, { json }), { form: "tombstone" });
});

test("given bytes to hide, then no run that may be text is shown", () => {
  assert.equal(hexOf(Buffer.from("\u0001ab\u0002abc\u0000"), true), "01 61 62 02 ·· ·· ·· 00");
  assert.equal(hexOf(Buffer.from("abc"), false), "61 62 63");
  assert.equal(hexOf(Buffer.alloc(17), true).split("\n").length, 2);
  assert.equal(hexOf(Buffer.from("Žofie a@b.cz +420 600"), true).replace(/··|20|\s/g, ""), "");
});
