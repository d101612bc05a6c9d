import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { CustomerUpdate } from "../../events/customer.ts";
import type { OutcomeEvent } from "../../events/outcome.ts";
import type { Truth } from "../../events/simulation.ts";
import {
  customerUpdates,
  outcomes,
  simulationTruth,
  transactionsStream,
} from "../../events/topics.ts";
import type { Transaction } from "../../events/transaction.ts";
import { history } from "./history.ts";
import type { Simulated, SimulatedEvent } from "./journal.ts";
import { people } from "./people.ts";

const DAY_MS = 86_400_000;
const to = Date.parse("2026-11-21T10:00:00Z");
const from = Date.parse("2026-07-24T00:00:00Z");
const days = 120;
const crowd = people(1, 500);
const told = [...history(1, crowd, from, to)];
const of = <T>(topic: { name: string }) =>
  told.filter((event) => event.topic.name === topic.name) as Simulated<T>[];
const transactions = of<Transaction>(transactionsStream);
const updates = of<CustomerUpdate>(customerUpdates);
const results = of<OutcomeEvent>(outcomes);
const truths = of<Truth>(simulationTruth);

const textOf = (event: SimulatedEvent) =>
  `${event.topic.name} ${event.key} ${event.time} ${event.id} ${JSON.stringify(event.value)}\n`;
const hashOf = (events: Iterable<SimulatedEvent>): string => {
  const hash = createHash("sha256");
  for (const event of events) hash.update(textOf(event));
  return hash.digest("hex");
};

test("given the same seed, the same is told, however it is asked for", () => {
  const whole = hashOf(told.slice(0, 30_000));
  const again = history(1, people(1, 500), from, Number.POSITIVE_INFINITY);
  const pieces: SimulatedEvent[] = [];
  for (let size = 1; pieces.length < 30_000; size = (size * 7) % 1_000)
    for (let n = 0; n < size && pieces.length < 30_000; n++) pieces.push(again.next().value!);
  assert.equal(hashOf(pieces), whole);
  const earlier = [...history(1, crowd, from, from + 40 * DAY_MS)];
  assert.equal(hashOf(earlier), hashOf(told.slice(0, earlier.length)));
  assert.notEqual(hashOf(history(2, people(2, 500), from, from + DAY_MS)), whole);
});

test("events come in the order of time, each under its customer and an id of its own", () => {
  let last = from;
  for (const event of told) {
    assert.ok(event.time >= last && event.time < to, textOf(event));
    last = event.time;
    assert.equal(event.key, (event.value as Transaction).customer_id);
  }
  assert.equal(new Set(told.map((event) => event.id)).size, told.length);
});

test("each event keeps the contract of its topic, and its time is the contract's", () => {
  const checked = told.filter(
    (event, n) => event.topic.name !== "transactions-stream" || n % 9 === 0,
  );
  for (const { topic, value, time } of checked as Simulated<unknown>[]) {
    assert.deepEqual(topic.read(topic.write(value)), value);
    assert.equal(topic.timeOf(value), time);
  }
  assert.ok(checked.length > 15_000);
});

test("each balance is the one before it, more or less the amount", () => {
  const balances = new Map<string, number>();
  let failed = 0;
  for (const { value } of transactions) {
    const account = value.account_id as string;
    const after = Math.round((value.balance_after as number) * 100);
    const amount = Math.round(value.amount * 100) * (value.txn_type === "credit" ? 1 : -1);
    const before = balances.get(account);
    const moved = value.is_failed ? 0 : amount;
    if (before !== undefined) assert.equal(after, before + moved, JSON.stringify(value));
    assert.equal(value.posted, !value.is_failed);
    if (value.is_failed) failed++;
    balances.set(account, after);
  }
  assert.ok(failed > 500, `${failed} failed`);
});

test("about three events a customer and day, more of them by day than by night", () => {
  const rate = told.length / crowd.length / days;
  assert.ok(rate > 2.7 && rate < 3.6, `${rate} events a day`);
  const groceries = transactions.filter(({ value }) => value.category === "groceries");
  const byId = new Map(crowd.map((person) => [person.customer_id, person]));
  for (const { value, time } of groceries.slice(0, 2_000)) {
    const timeZone = byId.get(value.customer_id)?.zone;
    const hour = Number(
      new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit" }).format(time),
    );
    assert.ok(hour >= 7 && hour <= 21, `groceries at ${hour} in ${timeZone}`);
  }
});

test("stories strike some, and some of those miss payments; few miss one without a story", () => {
  const struck = new Set<string>();
  const missed = new Set<string>();
  const forgot = new Set<string>();
  for (const { value } of truths) {
    if (value.story !== "healthy" && !value.look_alike) struck.add(value.customer_id);
    if (!value.first_missed_payment || value.look_alike) continue;
    (value.story === "healthy" ? forgot : missed).add(value.customer_id);
  }
  const share = (set: Set<string>) => set.size / crowd.length;
  assert.ok(share(struck) > 0.1 && share(struck) < 0.24, `${share(struck)} struck`);
  assert.ok(share(missed) > 0.03 && share(missed) < 0.11, `${share(missed)} missed`);
  assert.ok(share(forgot) < 0.04, `${share(forgot)} forgot`);
});

const dueKey = (value: OutcomeEvent) => `${value.customer_id} ${value.due_date}`;

test("a first missed payment of the truth is one that the bank learned of, never sooner", () => {
  const misses = results.filter(({ value }) => value.outcome === "payment_missed");
  const byDue = new Map(misses.map((event) => [dueKey(event.value), event]));
  let found = 0;
  for (const { value, time } of truths) {
    if (!value.first_missed_payment) continue;
    const miss = byDue.get(`${value.customer_id} ${value.first_missed_payment}`);
    assert.ok(miss, JSON.stringify(value));
    assert.ok(miss.time <= time);
    assert.ok(miss.time >= Date.parse(value.first_missed_payment) + 3 * DAY_MS);
    found++;
  }
  assert.ok(found >= 20, `${found} misses in the truth`);
  const known = new Set(truths.flatMap(({ value }) => value.first_missed_payment ?? []));
  assert.ok(known.size > 5);
  const customers = new Set(
    truths.filter(({ value }) => value.first_missed_payment).map(({ key }) => key),
  );
  for (const miss of misses) assert.ok(customers.has(miss.key), textOf(miss));
});

test("an instalment is paid once or missed first and cured later, never both", () => {
  const seen = new Map<string, string>();
  for (const { value } of results) {
    if (value.outcome === "loan_defaulted") continue;
    const key = `${value.obligation_id} ${value.due_date}`;
    const before = seen.get(key);
    const allowed = value.outcome === "payment_cured" ? "payment_missed" : undefined;
    assert.equal(before, allowed, `${key} is ${value.outcome} after ${before}`);
    seen.set(key, value.outcome);
  }
  assert.ok(seen.size > 1_500);
});

test("profiles count their versions and say what is due next and how late the rest is", () => {
  const versions = new Map<string, number>();
  let late = 0;
  for (const { value, time } of updates) {
    const version = (versions.get(value.customer_id) ?? 0) + 1;
    assert.equal(value.version, version);
    versions.set(value.customer_id, version);
    for (const obligation of value.obligations ?? []) {
      assert.ok(Date.parse(obligation.next_due as string) > time - DAY_MS);
      if ((obligation.days_past_due ?? 0) > 0) late++;
    }
  }
  assert.equal(versions.size, crowd.length);
  assert.ok(late > 100);
});

test("bills are taken from the household's account, and pay is moved there for them", () => {
  const joint = new Set(crowd.map((person) => person.joint).filter((id) => id !== undefined));
  const there = transactions.filter(({ value }) => joint.has(value.account_id as string));
  const into = there.filter(({ value }) => value.txn_type === "credit");
  const bills = there.filter(({ value }) => value.txn_type === "debit");
  assert.ok(into.length > 400 && bills.length > 1_500, `${into.length} in, ${bills.length} out`);
  for (const { value } of there) assert.ok((value.balance_after as number) >= 0);
  const categories = new Set(bills.map(({ value }) => value.category));
  assert.ok(categories.has("rent") && categories.has("utilities"));
});
