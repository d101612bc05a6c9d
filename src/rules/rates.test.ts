import assert from "node:assert/strict";
import { test } from "node:test";
import { timeMs } from "../events/time.ts";
import { dayOf } from "./calendar.ts";
import { convert, noRates, rateOn, rateTable } from "./rates.ts";

const day = (text: string): number => dayOf(timeMs(text));
const table = rateTable("EUR", [
  { from: timeMs("2024-02-01"), rates: { USD: 1.25, JPY: 160 } },
  { from: timeMs("2024-01-01"), rates: { USD: 1.1, CZK: 25, JPY: 150, KWD: 0.33 } },
]);

test("given dated rates, then the one of the day holds, and the first one before it", () => {
  assert.equal(rateOn(table, "EUR", "USD", day("2024-01-31")), 1.1);
  assert.equal(rateOn(table, "EUR", "USD", day("2024-02-01")), 1.25);
  assert.equal(rateOn(table, "EUR", "USD", day("1999-01-01")), 1.1);
  assert.equal(rateOn(table, "EUR", "CZK", day("2030-01-01")), 25, "until another names it");
});

test("given two currencies, then minor units become whole minor units of the other", () => {
  assert.equal(convert(table, 10_000, "EUR", "CZK", day("2024-01-05")), 250_000);
  assert.equal(convert(table, 110, "USD", "EUR", day("2024-01-05")), 100);
  assert.equal(convert(table, 100, "EUR", "JPY", day("2024-01-05")), 150);
  assert.equal(convert(table, 333, "JPY", "KWD", day("2024-02-05")), 687);
  assert.equal(convert(table, 77, "ISK", "ISK", day("2024-02-05")), 77);
});

test("given a currency without a rate, then there is no answer", () => {
  assert.ok(Number.isNaN(convert(table, 100, "EUR", "ISK", 0)));
  assert.ok(Number.isNaN(convert(noRates, 100, "EUR", "USD", 0)));
});
