import assert from "node:assert/strict";
import { test } from "node:test";
import { dueWithinMonth, nextDue } from "./obligations.ts";

const loan = { product: "loan", instalment: 200, due_rule: "day 12" } as const;
const at = (time: string) => Date.parse(time);

test("given instalments, then what falls due in a month is theirs, by currency", () => {
  const weekly = { product: "rent", instalment: 70, due_rule: "every 7 days" } as const;
  assert.deepEqual(dueWithinMonth([loan, { ...loan, currency: "CZK" }, weekly], "EUR"), {
    EUR: 510,
    CZK: 200,
  });
  assert.deepEqual(dueWithinMonth([], "EUR"), {});
});

test("given instalments that were missed, then they are at stake too", () => {
  assert.deepEqual(dueWithinMonth([{ ...loan, days_past_due: 5 }], "EUR"), { EUR: 400 });
  assert.deepEqual(dueWithinMonth([{ ...loan, days_past_due: 40 }], "EUR"), { EUR: 600 });
});

test("given less that is owed at all, then no more is at stake", () => {
  assert.deepEqual(dueWithinMonth([{ ...loan, outstanding: 150.5 }], "EUR"), { EUR: 150.5 });
  const once = { ...loan, due_rule: "once", days_past_due: 90 };
  assert.deepEqual(dueWithinMonth([once], "EUR"), { EUR: 200 });
});

test("given a currency that nobody knows, then it is left out", () => {
  assert.deepEqual(dueWithinMonth([loan, { ...loan, currency: "ZZZ" }], "JPY"), { JPY: 200 });
});

const due = (one: object, now: string) =>
  nextDue([{ ...loan, ...one }], "EUR", at(now))?.due_at.slice(0, 10);

test("given a rule and a time, then the next due day follows, also long after the profile", () => {
  assert.equal(due({ next_due: "2024-02-12" }, "2024-02-01T10:00:00Z"), "2024-02-12");
  assert.equal(due({ next_due: "2024-02-12" }, "2024-02-12T10:00:00Z"), "2024-02-12");
  assert.equal(due({ next_due: "2024-02-12" }, "2024-05-13T00:00:00Z"), "2024-06-12");
  assert.equal(due({}, "2024-02-13T00:00:00Z"), "2024-03-12");
  assert.equal(due({ due_rule: "day 31" }, "2024-02-13T00:00:00Z"), "2024-02-29");
  const every = { due_rule: "every 14 days", next_due: "2024-01-01" };
  assert.equal(due(every, "2024-01-16T00:00:00Z"), "2024-01-29");
  assert.equal(due({ due_rule: "every 14 days" }, "2024-01-16T00:00:00Z"), undefined);
  assert.equal(
    due({ due_rule: "once", next_due: "2024-01-01" }, "2024-01-16T00:00:00Z"),
    undefined,
  );
  assert.equal(
    due({ due_rule: null, next_due: "2024-01-31" }, "2024-02-16T00:00:00Z"),
    "2024-02-29",
  );
});

test("given several obligations, then the earliest is next, and of one day the largest", () => {
  const rent = { product: "rent", instalment: 900, due_rule: "day 12" } as const;
  const early = { product: "telecom", instalment: 20, due_rule: "day 3", currency: "CZK" } as const;
  assert.deepEqual(nextDue([loan, rent], "EUR", at("2024-02-05")), {
    product: "rent",
    amount: 900,
    currency: "EUR",
    due_at: "2024-02-12T00:00:00.000Z",
  });
  assert.equal(nextDue([loan, rent, early], "EUR", at("2024-02-01"))?.currency, "CZK");
  assert.equal(nextDue([], "EUR", 0), undefined);
});
