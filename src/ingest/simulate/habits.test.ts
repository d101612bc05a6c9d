import assert from "node:assert/strict";
import { test } from "node:test";
import type { Transaction } from "../../events/transaction.ts";
import { DAY_MS } from "../../rules/calendar.ts";
import { randomOf } from "../../rules/random.ts";
import { habits, spendingOf } from "./habits.ts";
import { history } from "./history.ts";
import { people } from "./people.ts";

const spending = (n: number, country: number) =>
  spendingOf(randomOf(n, "habits", 0), 90_000, country);

test("given a person, then each habit has five merchants, and cash its machines", () => {
  const { merchants } = spending(1, 3);
  assert.equal(merchants.length, habits.length);
  merchants.forEach((own, habit) => {
    assert.equal(own.length, 5);
    const kind = habits[habit].category === "cash" ? /^ATM_03\d\d$/ : /^MERCHANT_\d{4}$/;
    for (const one of own) assert.match(one, kind);
  });
  assert.notDeepEqual(merchants, spending(2, 3).merchants, "others go elsewhere");
  assert.deepEqual(merchants, spending(1, 3).merchants);
});

test("given people of several countries, then no merchant serves two or two habits", () => {
  const serves = new Map<string, string>();
  for (let n = 0; n < 200; n++)
    spending(n, n % 5).merchants.forEach((own, habit) => {
      for (const one of own) {
        const place = `${n % 5} ${habit}`;
        assert.equal(serves.get(one) ?? place, place, one);
        serves.set(one, place);
      }
    });
  assert.ok(serves.size > 2_000, `${serves.size} merchants`);
});

test("given what people buy, then it is at the merchants of theirs, and of each of them", () => {
  const crowd = people(4, 30);
  const from = Date.UTC(2026, 0, 1);
  const bought = new Map<string, Set<string>>();
  let elsewhere = 0;
  let purchases = 0;
  for (const { topic, key, value } of history(4, crowd, from, from + 90 * DAY_MS)) {
    const { category, channel, merchant_id } = value as Transaction;
    const habit = habits.findIndex((one) => one.category === category && one.channel === channel);
    if (topic.name !== "transactions-stream" || habit < 0) continue;
    const person = crowd.find(({ customer_id }) => customer_id === key)!;
    const isOwn = person.spending.merchants[habit].includes(merchant_id!);
    purchases++;
    if (!isOwn) elsewhere++;
    const seen = bought.get(`${key} ${habit}`) ?? new Set();
    bought.set(`${key} ${habit}`, seen.add(merchant_id!));
  }
  assert.ok(purchases > 3_000, `${purchases} purchases`);
  assert.ok(
    elsewhere < 0.02 * purchases,
    `${elsewhere} of ${purchases} elsewhere, as on a journey`,
  );
  for (const { customer_id, spending } of crowd)
    assert.deepEqual(
      [...bought.get(`${customer_id} 0`)!].toSorted(),
      [...new Set(spending.merchants[0])].toSorted(),
      "all favourites for groceries",
    );
});
