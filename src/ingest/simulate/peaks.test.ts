import assert from "node:assert/strict";
import { test } from "node:test";
import { riskStories, type Truth } from "../../events/simulation.ts";
import type { Transaction } from "../../events/transaction.ts";
import { history } from "./history.ts";
import type { Simulated, SimulatedEvent } from "./journal.ts";
import { peakTimes, type Stretch } from "./peaks.ts";
import { people } from "./people.ts";

const MINUTE_MS = 60_000;
const start = Date.parse("2026-11-21T10:00:00Z");
const from = Date.parse("2026-10-01T00:00:00Z");
const crowd = people(1, 400);

const until = (live: Stretch[], to: number) => [...history(1, crowd, from, to, live)];
const failures = (events: readonly SimulatedEvent[]) =>
  (events as Simulated<Transaction>[]).filter(
    ({ topic, value }) => topic.name === "transactions-stream" && value.is_failed,
  );

/** Customers with at least three failed payments within a minute, and when the first failed. */
const bursts = (events: readonly SimulatedEvent[]) => {
  const found = new Map<string, number[]>();
  const recent = new Map<string, number[]>();
  for (const { key, time } of failures(events)) {
    const times = [...(recent.get(key) ?? []), time].filter((at) => at > time - MINUTE_MS);
    recent.set(key, times);
    if (times.length === 3) found.set(key, [...(found.get(key) ?? []), times[0]]);
  }
  return found;
};

test("a story comes to a head each minute for half an hour, then every ten minutes", () => {
  const times = [...peakTimes({ from: start, to: start + 90 * MINUTE_MS })];
  assert.equal(times.filter((at) => at < start + 30 * MINUTE_MS).length, 30);
  assert.equal(times.length, 36);
  assert.deepEqual([...peakTimes({ from: start, to: start - 1 })], []);
});

test("given real time, each minute somebody's payments fail and the account is below zero", () => {
  const events = until([{ from: start, to: undefined }], start + 30 * MINUTE_MS);
  const live = events.filter(({ time }) => time >= start);
  const struck = bursts(live);
  const minutes = new Set(
    [...struck.values()].flat().map((at) => Math.floor((at - start) / MINUTE_MS)),
  );
  assert.ok(minutes.size >= 28, `${minutes.size} minutes with a peak`);
  assert.ok(struck.size >= 28, "nobody is drawn twice");
  const below = new Set(
    (live as Simulated<Transaction>[])
      .filter(({ value }) => (value.balance_after ?? 0) < 0)
      .map(({ key }) => key),
  );
  for (const customer of struck.keys()) assert.ok(below.has(customer), customer);
});

test("given a peak, the truth names story and minute, and money goes where it would", () => {
  const events = until([{ from: start, to: undefined }], start + 4 * 3_600_000);
  const truths = new Map<string, Truth>();
  let [bets, gamblers] = [0, 0];
  for (const { topic, key, value, time } of events) {
    if (topic.name === "simulation-truth") truths.set(key, value as Truth);
    if (time < start) continue;
    const { category, amount } = value as Transaction;
    if (category === "gambling" && amount > 20) bets++;
  }
  for (const [customer, [at]] of bursts(events.filter(({ time }) => time >= start))) {
    const truth = truths.get(customer) as Truth;
    if (truth.story === "gambling_spiral") gamblers++;
    if (truth.peaks_at === null || truth.story === "healthy") continue;
    assert.ok((riskStories as readonly string[]).includes(truth.story), truth.story);
    assert.ok(at - Date.parse(truth.peaks_at as string) < MINUTE_MS, customer);
  }
  assert.ok(gamblers > 0 && bets > 0, `${gamblers} gamblers, ${bets} bets`);
});

test("given a stop and a new start, what was told before stays as it was", () => {
  const stopped = start + 45 * MINUTE_MS;
  const again = start + 26 * 3_600_000;
  const first = until([{ from: start, to: undefined }], again + 40 * MINUTE_MS);
  const before = first.filter(({ time }) => time <= stopped);
  const second = until(
    [
      { from: start, to: before.at(-1)?.time },
      { from: again, to: undefined },
    ],
    again + 40 * MINUTE_MS,
  );
  assert.deepEqual(second.slice(0, before.length), before);
  const pause = second.filter(({ time }) => time > stopped + 5 * MINUTE_MS && time < again);
  assert.ok(pause.length > 300, "life goes on meanwhile");
  assert.ok(bursts(pause).size <= 2, "but nothing is staged");
  assert.ok(bursts(second.filter(({ time }) => time >= again)).size >= 25);
});

test("given days of real time, the same few are not struck again and again", () => {
  const events = until([{ from: start, to: undefined }], start + 4 * 86_400_000);
  const live = events.filter(({ time }) => time >= start);
  for (const [customer, times] of bursts(live)) assert.ok(times.length <= 3, customer);
  assert.ok(bursts(live).size > 120);
});
