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

test("a couple of customers shares country, zone and name, and each knows the other", () => {
  const byId = new Map(crowd.map((person) => [person.customer_id, person]));
  const couples = crowd.filter((person) => person.household.partnerIsCustomer);
  assert.ok(couples.length > 350 && couples.length < 650, `${couples.length}`);
  for (const { customer_id, country, zone, name, household } of couples) {
    const other = byId.get(household.partner!)!;
    assert.equal(other.household.partner, customer_id);
    assert.equal(other.household.household_id, household.household_id);
    assert.equal(other.household.children, household.children);
    assert.deepEqual([other.country, other.zone], [country, zone]);
    assert.equal(other.name.split(" ")[1], name.split(" ")[1]);
  }
  const alone = share((person) => person.household.partner === null);
  assert.ok(alone > 0.3 && alone < 0.7, `${alone} alone`);
});

test("some have an account for the household, some work by the season", () => {
  const joint = share((person) => person.joint !== undefined);
  assert.ok(joint > 0.15 && joint < 0.45, `${joint}`);
  const seasonal = share((person) => person.seasonal);
  assert.ok(seasonal > 0.03 && seasonal < 0.07, `${seasonal}`);
});
