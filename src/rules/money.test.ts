import assert from "node:assert/strict";
import { test } from "node:test";
import { fromMinor, moneyText, toMinor } from "./money.ts";

test("given amounts in currencies of 0, 2 and 3 decimals, then their minor units are whole", () => {
  assert.equal(toMinor(19.99, "EUR"), 1_999);
  assert.equal(toMinor(0.07, "USD"), 7);
  assert.equal(toMinor(1_500, "JPY"), 1_500);
  assert.equal(toMinor(1.234, "KWD"), 1_234);
  assert.equal(toMinor(-30.11, "EUR"), -3_011);
});

test("given too many decimals, an unknown currency or too much, then there is no answer", () => {
  assert.equal(toMinor(0.005, "EUR"), undefined);
  assert.equal(toMinor(10.5, "JPY"), undefined);
  assert.equal(toMinor(1, "ZZZ"), undefined);
  assert.equal(toMinor(1e15, "EUR"), undefined);
  assert.equal(toMinor(Number.NaN, "EUR"), undefined);
  assert.throws(() => fromMinor(1, "ZZZ"), RangeError);
});

test("given every number of cents, then the way there and back is exact", () => {
  for (let cents = -50_000; cents <= 50_000; cents++)
    assert.equal(toMinor(fromMinor(cents, "EUR"), "EUR"), cents === 0 ? 0 : cents);
});

test("given 0.1 + 0.2 in cents, then the sum is 0.30", () => {
  const sum = (toMinor(0.1, "EUR") ?? 0) + (toMinor(0.2, "EUR") ?? 0);
  assert.equal(moneyText(sum, "EUR"), "0.30 EUR");
  assert.equal(moneyText(1_500, "JPY"), "1500 JPY");
});
