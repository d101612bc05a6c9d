import assert from "node:assert/strict";
import { test } from "node:test";
import type { Truth } from "../../events/simulation.ts";
import { simulationTruth, transactionsStream } from "../../events/topics.ts";
import type { Transaction } from "../../events/transaction.ts";
import { admit } from "../../stream/admit.ts";
import type { Topic } from "../../stream/topic.ts";
import { damages, noFaults } from "./faults.ts";
import { history } from "./history.ts";
import type { Simulated, SimulatedEvent } from "./journal.ts";
import { people } from "./people.ts";

const DAY_MS = 86_400_000;
const from = Date.parse("2026-07-24T00:00:00Z");
const to = from + 45 * DAY_MS;
const crowd = people(3, 400);
const tell = (shares: Partial<typeof noFaults>): SimulatedEvent[] => [
  ...history(3, crowd, from, to, [], { ...noFaults, ...shares }),
];
const plain = tell({});
const payments = (events: readonly SimulatedEvent[]) =>
  events.filter(({ topic }) => topic.name === transactionsStream.name) as Simulated<Transaction>[];
const told = (events: readonly SimulatedEvent[], fault: Truth["fault"]): Truth[] =>
  events
    .filter(({ topic }) => topic.name === simulationTruth.name)
    .map(({ value }) => value as Truth)
    .filter((truth) => truth.fault === fault);
const sentAt = (event: SimulatedEvent) => event.sentAt ?? event.time;
const inOrder = (events: readonly SimulatedEvent[]) => {
  for (const [n, event] of events.entries())
    assert.ok(n === 0 || sentAt(event) >= sentAt(events[n - 1]), `${n}`);
};
const about = (part: number, whole: number, share: number) =>
  assert.ok(Math.abs(part / whole - share) < 0.25 * share, `${part} of ${whole}, not ${share}`);
const idsOf = (events: readonly SimulatedEvent[]) => events.map(({ id }) => id).sort();

test("given no faults, then nothing is told of any, and nothing comes late", () => {
  for (const event of plain) assert.equal(event.sentAt, undefined);
  assert.ok(plain.every(({ value }) => !(value as Truth).fault));
});

test("given faults of every kind, then the same seed gives the same again", () => {
  const all = { late: 0.03, duplicated: 0.02, doubleCharged: 0.01, poison: 0.01 };
  const text = (events: readonly SimulatedEvent[]) =>
    events.map((event) => `${sentAt(event)} ${event.bytes ?? JSON.stringify(event.value)}`);
  const first = tell(all);
  assert.deepEqual(text(first), text(tell(all)));
  inOrder(first);
  for (const { topic, value, bytes } of first as Simulated<unknown>[])
    if (bytes === undefined) assert.deepEqual(topic.read(topic.write(value)), value);
});

test("given late bursts, then that share comes hours late, many at once; none is lost", () => {
  const events = tell({ late: 0.05 });
  inOrder(events);
  const late = payments(events).filter((event) => event.sentAt !== undefined);
  about(late.length, payments(plain).length, 0.05);
  const bursts = new Map<number, number>();
  for (const event of late) {
    assert.ok(sentAt(event) > event.time && sentAt(event) - event.time <= 3 * 3_600_000);
    assert.equal(Date.parse(event.value.event_time!), event.sentAt);
    assert.equal(Date.parse(event.value.txn_time), event.time);
    bursts.set(sentAt(event), (bursts.get(sentAt(event)) ?? 0) + 1);
  }
  assert.ok(late.length / bursts.size > 2, "several at once");
  const arrived = events.filter(({ value }) => !(value as Truth).fault);
  const missing = plain.filter(({ time }) => time < to - 3 * 3_600_000);
  const ids = new Set(arrived.map(({ id }) => id));
  assert.ok(missing.every(({ id }) => ids.has(id)));
  assert.equal(told(events, "late_burst").length, late.length);
});

test("given duplicated deliveries, then that share comes again with the same id and bytes", () => {
  const events = tell({ duplicated: 0.04 });
  inOrder(events);
  const again = payments(events).filter((event) => event.sentAt !== undefined);
  about(again.length, payments(plain).length, 0.04);
  const first = new Map(payments(plain).map((event) => [event.id, event]));
  for (const event of again) assert.deepEqual(event.value, first.get(event.id)?.value);
  const truths = told(events, "duplicated_delivery").map((truth) => truth.transaction_id);
  assert.deepEqual(truths.sort(), again.map(({ value }) => value.transaction_id).sort());
});

test("given double charges, then purchases are charged twice, and given back days later", () => {
  const events = tell({ doubleCharged: 0.02 });
  inOrder(events);
  const all = new Map(payments(events).map(({ value }) => [value.transaction_id, value]));
  const truths = told(events, "double_charge");
  assert.ok(truths.length > 200, `${truths.length}`);
  const purchases = payments(events).filter(
    ({ value }) =>
      value.txn_type === "debit" &&
      !value.is_failed &&
      /^(groceries|dining|transport|shopping|online|entertain|health|household)/.test(
        value.category,
      ),
  );
  about(truths.length, purchases.length, 0.02);
  const back = new Map(payments(events).map(({ value }) => [value.reverses, value]));
  for (const { transaction_id, customer_id, event_time } of truths) {
    const second = all.get(transaction_id)!;
    const at = Date.parse(second.txn_time);
    assert.equal(second.txn_time, event_time);
    const first = [...all.values()].filter(
      (value) =>
        value.customer_id === customer_id &&
        value.amount === second.amount &&
        value.merchant_id === second.merchant_id &&
        value.transaction_id !== transaction_id &&
        !value.reverses &&
        at - Date.parse(value.txn_time) > 0 &&
        at - Date.parse(value.txn_time) <= 205_000,
    );
    assert.equal(first.length, 1, customer_id);
    const refund = back.get(transaction_id);
    if (at + 6 * DAY_MS < to) assert.ok(refund, transaction_id!);
    if (refund) assert.equal(refund.amount, second.amount);
  }
});

test("given poison, then so many records are added that the line's own door refuses", () => {
  const events = tell({ poison: 0.05 });
  inOrder(events);
  const poison = payments(events).filter(({ bytes }) => bytes !== undefined);
  about(poison.length, payments(plain).length, 0.05);
  const reasons = new Map<string, number>();
  for (const { key, bytes, time } of poison) {
    const record = { key, value: bytes!, header: undefined, appendTime: time };
    const { reason } = admit(transactionsStream as Topic, record, 1_000_000) as { reason: string };
    assert.ok(reason, `${bytes}`);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  assert.ok(reasons.size >= 7, [...reasons.keys()].join());
  assert.ok(new Set(poison.map(({ bytes }) => `${bytes}`.slice(0, 60))).size >= damages.length);
  const good = events.filter(({ bytes, value }) => !bytes && !(value as Truth).fault);
  assert.deepEqual(idsOf(good), idsOf(plain));
  assert.equal(told(events, "poison").length, poison.length);
});
