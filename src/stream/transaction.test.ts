import assert from "node:assert/strict";
import { test } from "node:test";
import { admit } from "./admit.ts";
import { topic } from "./topic.ts";
import { clockOf } from "./transaction.ts";

const former = "\u0000clock";
const clock = (ms: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(ms);
  return bytes;
};
const now = 1_705_314_600_000;

test("given a clock in a changelog, then it is known, also under the former key", () => {
  for (const ms of [now, -60_000, 0.5, Number.NEGATIVE_INFINITY])
    assert.equal(clockOf("", clock(ms)), ms);
  assert.equal(clockOf(former, clock(now)), now);
  assert.equal(clockOf("a", clock(now)), undefined);
});

test("given a row under a key that looks like the clock's, then it is a row", () => {
  for (const row of ['{"n":1}', '{"n":12}', "", "a longer row than a clock"])
    assert.equal(clockOf(former, Buffer.from(`\u0001${row}`)), undefined);
  assert.equal(clockOf(former, null), undefined);
});

test("given the clock's key, then no record has it", () => {
  const value = Buffer.from("{}");
  const record = { key: "", value, header: undefined, appendTime: now };
  const said = admit(topic("t"), record, 1_000);
  assert.equal(said.reason, "key_missing");
});
