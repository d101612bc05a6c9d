import assert from "node:assert/strict";
import { test } from "node:test";
import { paymentFeatures } from "./payment-features.ts";
import { living, valuesAt } from "./test-customer.ts";

const late = paymentFeatures.find(({ id }) => id === "utility_payment_lateness_score")!;
const said = (points: number, most = Number.NaN) => late.reason(points, most, "EUR");

test("given a bill later than the score can say, then the reason claims no more than that", () => {
  const bill = { category: "utilities", merchant_id: "POWER" } as const;
  const row = living({ day: 9, ...bill }, { day: 40, ...bill }, { day: 69, ...bill });
  const points = (day: number) => valuesAt(row, day).utility_payment_lateness_score;
  assert.equal(said(points(101)), "A household bill is 1 day later than usual");
  assert.equal(said(points(119)), "A household bill is 19 days later than usual");
  assert.equal(said(points(120)), "A household bill is 20 days or more later than usual");
  assert.equal(said(points(130)), "A household bill is 20 days or more later than usual");
});

test("given how late bills ever were, then it is said, or that one was as late", () => {
  assert.match(said(3, 1), /^A household bill is 6 days later .*; never more than 2 before$/);
  assert.match(said(10, 4), /20 days or more later than usual; never more than 8 before$/);
  assert.match(said(10, 10), /20 days or more later than usual; one was that late before$/);
});
