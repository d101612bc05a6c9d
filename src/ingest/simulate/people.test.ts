import assert from "node:assert/strict";
import { test } from "node:test";
import { eventId, people } from "./people.ts";

const crowd = people(1, 2_000);
const share = (of: (person: (typeof crowd)[number]) => boolean) =>
  crowd.filter(of).length / crowd.length;

test("given the same seed, person n is the same however many there are", () => {
  assert.deepEqual(people(1, 20), crowd.slice(0, 20));
  assert.notDeepEqual(people(2, 20), crowd.slice(0, 20));
});

test("people differ where people differ", () => {
  assert.equal(new Set(crowd.map((p) => p.customer_id)).size, 2_000);
  assert.equal(new Set(crowd.map((p) => p.country.code)).size, 5);
  assert.deepEqual([...new Set(crowd.map((p) => p.country.currency))].sort(), [
    "CZK",
    "EUR",
    "GBP",
    "USD",
  ]);
  assert.ok(new Set(crowd.map((p) => p.zone)).size >= 7);
  const saving = share((p) => p.savings !== undefined);
  assert.ok(saving > 0.5 && saving < 0.66, `${saving} save`);
});

test("everybody owes something, lives on less than they earn, and can be reached somehow", () => {
  for (const person of crowd) {
    assert.ok(person.debts.length >= 1);
    const fixed = [
      ...person.bills.map((b) => b.amount),
      ...person.debts.map((d) => d.instalment),
    ].reduce((sum, amount) => sum + amount, 0);
    assert.ok(fixed + person.budget < 1.01 * person.monthly, person.customer_id);
    assert.equal(person.consent.length, 4);
    assert.match(person.phone, /^\+\d{10,14}$/);
    assert.match(person.email, /^[a-z.0-9]+@example\.com$/);
  }
});

test("ids are UUIDs of version 8 and differ between people, seeds and ordinals", () => {
  const others = people(2, 2_000);
  const ids = [...crowd, ...others].flatMap((person) => [eventId(person, 0), eventId(person, 1)]);
  assert.equal(new Set(ids).size, 8_000);
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});
