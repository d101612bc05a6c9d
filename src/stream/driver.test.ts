import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonCodec, table } from "./codec.ts";
import { type Feed, openDriver } from "./driver.ts";
import { partitionOf } from "./partition.ts";
import { broadcast, count, drop, emit, late, processor } from "./processor.ts";
import { seeded } from "./test-task.ts";
import { readJson, type Topic, topic, Unreadable } from "./topic.ts";

type Payment = { customer: string; amount: number; at: number };
/** Sums that are still open, by the end of their second. */
type Sums = Record<string, number>;

const payments = topic<Payment>("payments", { timeOf: (value) => value.at });
const names = topic<{ name: string; at: number }>("names", {
  timeOf: (value) => value.at,
  read: (bytes) => {
    const value = readJson(bytes) as { name: string; at: number };
    if (value.name === "") throw new Unreadable("missing_field", "name is empty");
    return value;
  },
});
const sums = topic<{ sum: number }>("sums");
const notes = topic<{ note: string }>("notes");
const rules = topic<{ factor: number }>("rules", { partitions: 1, compacted: true });
const ticks = topic<number>("ticks", { envelope: false, timeOf: (ms) => ms });
const sumsClock = topic<number>("ticks-sums", { envelope: false, timeOf: (ms) => ms });
const deadLetters = topic<Buffer>("dead-letters", { read: (bytes) => bytes, tombstones: true });
const lateEvents = topic<{ reason: string }>("late-events");

const wait = 1_000;
const sumCodec = jsonCodec<Sums>({
  version: 1,
  create: () => ({}),
  deadline: (open) => Math.min(...Object.keys(open).map(Number)),
});

/** Adds up each customer's payments of a second, and says what they were when it has passed. */
const summing = processor({
  name: "summing",
  group: "summing-group",
  reads: [payments],
  writes: [sums],
  state: { row: table("sum", sumCodec) },
  ticks: { topic: ticks, exact: false },
  clock: sumsClock,
  run: ({ value, key, time }, { row }) => {
    const end = time - (time % wait) + wait;
    row[end] = (row[end] ?? 0) + value.amount;
    if (value.amount < 0) throw new Error("no negative amounts");
    if (value.amount === 1_000_000)
      return emit(sums, key, { sum: 0, pad: "x".repeat(12_000_000) } as never);
    if (value.amount === 0) return [drop("nothing"), late("a test"), count("zero")];
    return [];
  },
  due: ({ key, time }, { row }) => {
    const sum = row[time];
    delete row[time];
    return [emit(sums, key, { sum })];
  },
});

/** Says what became of the sums, and when nothing has come for a while. */
const noting = processor({
  name: "noting",
  group: "noting-group",
  reads: [sums, names],
  writes: [notes],
  state: { seen: table("seen", jsonCodec({ version: 1, create: () => ({ name: "nobody" }) })) },
  ticks: { topic: sumsClock, exact: true },
  run: (record, { seen }) => {
    if (record.topic.name === names.name) seen.name = (record.value as { name: string }).name;
    else
      return [emit(notes, record.key, { note: `${seen.name}: ${JSON.stringify(record.value)}` })];
    return [];
  },
});

const pay = (customer: string, amount: number, at: number): Feed => ({
  topic: payments as Topic,
  key: customer,
  value: { customer, amount, at },
});
const call = (key: string, name: string, at: number): Feed => ({
  topic: names as Topic,
  key,
  value: { name, at },
});
const open = (more = {}) =>
  openDriver({ processors: [noting, summing], deadLetters, lateEvents, ...more });

test("given two processors, when payments come, then the second reads what the first wrote", () => {
  const driver = open();
  driver.run([call("a", "Ann", 5), pay("a", 2, 10), pay("b", 7, 20), pay("a", 3, 30)]);
  assert.deepEqual(driver.outputs(sums), []);
  assert.deepEqual(driver.row("summing", "sum", "a"), { 1000: 5 });
  driver.tick(2_000);
  const made = driver.outputs(notes).map(({ key, value, time }) => [key, value?.note, time]);
  assert.deepEqual(made.sort(), [
    ["a", 'Ann: {"sum":5}', 1_000],
    ["b", 'nobody: {"sum":7}', 1_000],
  ]);
  assert.deepEqual(driver.row("summing", "sum", "a"), {});
  assert.equal(driver.row("summing", "sum", "c"), undefined);
  assert.equal(driver.counters("summing").timers, 2);
});

test("given keys, then their records lie where Kafka would put them, with a header", () => {
  const driver = open();
  driver.run(["a", "b", "c", "d"].map((key) => pay(key, 1, 10)));
  driver.tick(5_000);
  for (const { key, partition, header } of driver.outputs(sums)) {
    assert.equal(partition, partitionOf(key as string, 6));
    assert.equal(header?.source, "summing@1");
    assert.equal(header?.origin, `timer-row-${key}-1000`);
  }
  assert.equal(driver.outputs(sums).length, 4);
});

test("given inputs fed out of turn, when they are run together, then event time decides", () => {
  const later: Feed = { topic: sums as Topic, key: "a", value: { sum: 1 }, time: 100 };
  const driver = openDriver({ processors: [noting] });
  driver.run([later, call("a", "Ann", 50), call("a", "Bea", 150)]);
  assert.equal(driver.outputs(notes)[0].value?.note, 'Ann: {"sum":1}');
  assert.equal(driver.mergeLate, 0);
  driver.feed(names, "a", { name: "Eve", at: 120 });
  assert.deepEqual(driver.row("noting", "seen", "a"), { name: "Eve" });
});

test("given any order inside the disorder bound, then state and timers are the same", () => {
  const disorderMs = 500;
  const records = Array.from({ length: 200 }, (_, n) => pay(`c${n % 7}`, 1 + (n % 5), n * 40));
  const inOrder = open({ disorderMs });
  const run = (driver: ReturnType<typeof open>, given: readonly Feed[]) => {
    for (const { topic: to, key, value } of given) driver.feed(to, key, value);
    driver.tick(20_000);
    const made = driver.outputs(sums).map(({ key, value, time }) => `${time} ${key} ${value?.sum}`);
    return [driver.stateHash(), made.sort()];
  };
  const expected = run(inOrder, records);
  for (let seed = 1; seed <= 20; seed++) {
    const roll = seeded(seed);
    const shuffled = records
      .map((record) => ({ record, at: (record.value as Payment).at + roll() * disorderMs }))
      .sort((a, b) => a.at - b.at)
      .map(({ record }) => record);
    const driver = open({ disorderMs });
    assert.deepEqual(run(driver, shuffled), expected, `seed ${seed}`);
  }
});

test("given a run and the same run again, then every byte of it is the same", () => {
  const once = () => {
    const driver = open();
    driver.run(Array.from({ length: 500 }, (_, n) => pay(`c${n % 40}`, n % 9, n * 25)));
    driver.tick(60_000);
    return { hash: driver.stateHash(), made: [driver.outputs(sums), driver.outputs(notes)] };
  };
  const first = once();
  assert.deepEqual(once(), first);
  assert.ok(first.made[1].length > 100);
  const times = first.made[0].map(({ time }) => time);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test("given a row that another run left, then a driver goes on from it", () => {
  const [first, second] = [open(), open()];
  first.feed(payments, "a", { customer: "a", amount: 4, at: 10 });
  second.restoreRow("summing", "sum", "a", sumCodec.seal({ 1000: 4 }));
  for (const driver of [first, second]) {
    driver.feed(payments, "a", { customer: "a", amount: 3, at: 20 });
    driver.tick(2_000);
    assert.deepEqual(
      driver.outputs(sums).map(({ key, value }) => [key, value]),
      [["a", { sum: 7 }]],
    );
  }
  assert.throws(() => second.restoreRow("summing", "no", "a", Buffer.alloc(1)), /no table no/);
});

test("given a record at which a processor throws, then its row is as before and it is kept", () => {
  const driver = open();
  driver.feed(payments, "a", { customer: "a", amount: 4, at: 10 });
  const before = driver.stateHash();
  driver.feed(payments, "a", { customer: "a", amount: -1, at: 10 });
  assert.equal(driver.stateHash(), before);
  const [{ key, value, dead }] = driver.outputs(deadLetters);
  assert.deepEqual([key, dead?.reason, dead?.processor], ["a", "processor_failed", "summing"]);
  assert.deepEqual(JSON.parse(String(value)), { customer: "a", amount: -1, at: 10 });
});

test("given too many throws, then the driver stops as the engine does", () => {
  const bad = Array.from({ length: 21 }, (_, n) => pay("a", -1, n));
  assert.throws(() => open().run(bad), { code: "BAD_RELEASE" });
});

test("given records that break their contract, then they are dead letters with their bytes", () => {
  const driver = open();
  const options = { time: 1, bytes: Buffer.from("{oops") };
  driver.feed(payments, "a", null, options);
  driver.feed(payments, null, { customer: "a", amount: 1, at: 1 });
  driver.feed(names, "a", { name: "", at: 1 });
  const found = driver.outputs(deadLetters).map(({ dead, value }) => [dead?.reason, `${value}`]);
  assert.deepEqual(found[0], ["malformed_json", "{oops"]);
  assert.deepEqual(
    found.map(([reason]) => reason),
    ["malformed_json", "key_missing", "missing_field"],
  );
  assert.equal(driver.counters("noting").reasons.get("dead:missing_field"), 1);
});

test("given an output that no topic takes, then its cause is a dead letter, the rest runs", () => {
  const driver = open();
  driver.run([pay("a", 5, 10), pay("a", 1_000_000, 20), pay("a", 6, 30)]);
  driver.tick(2_000);
  assert.deepEqual(
    driver.outputs(deadLetters).map(({ dead }) => dead?.reason),
    ["output_too_large"],
  );
  assert.deepEqual(
    driver.outputs(sums).map(({ value }) => value),
    [{ sum: 11 }],
  );
});

test("given drops, late records and counts, then they are counted, and late ones are kept", () => {
  const driver = open({ keepsOutputs: false });
  const heard: unknown[] = [];
  driver.listen(lateEvents, ({ key, value }) => heard.push([key, value?.reason]));
  driver.feed(payments, "a", { customer: "a", amount: 0, at: 10 });
  assert.deepEqual(heard, [["a", "a test"]]);
  assert.deepEqual(driver.outputs(lateEvents), []);
  assert.deepEqual(
    [...driver.counters("summing").reasons.keys()],
    ["drop:nothing", "late:a test", "count:zero"],
  );
});

test("given a broadcast that is missing, then feeding says so, and works once it is there", () => {
  const scaling = processor({
    name: "scaling",
    group: "scaling-group",
    reads: [payments],
    writes: [sums],
    broadcast: {
      factor: broadcast(
        rules,
        (entries) => (entries.get("one") as { factor: number } | undefined)?.factor ?? 0,
        (factor) => (factor === 0 ? "rule one is missing" : undefined),
      ),
    },
    run: ({ key, value }, { factor }) => [emit(sums, key, { sum: factor * value.amount })],
  });
  const driver = openDriver({ processors: [scaling], partitions: 1 });
  const one = { customer: "a", amount: 3, at: 10 };
  assert.throws(() => driver.feed(payments, "a", one), /scaling waits: rule one is missing/);
  driver.feed(rules, "one", { factor: 2 });
  driver.feed(payments, "a", one);
  driver.feed(rules, "one", null, { bytes: Buffer.from("{broken") });
  driver.feed(payments, "a", one);
  assert.deepEqual(
    driver.outputs(sums).map(({ value, partition }) => [value?.sum, partition]),
    [
      [6, 0],
      [6, 0],
    ],
  );
});

test("given a topic or processor that is not there, then it says so", () => {
  const driver = open();
  assert.throws(() => driver.feed(notes, "a", { note: "" }), { code: "TOPOLOGY_WRONG" });
  assert.throws(() => driver.counters("nobody"), { code: "TOPOLOGY_WRONG" });
});
