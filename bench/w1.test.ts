import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded, taskProbe } from "../src/stream/test-task.ts";
import { Row, readEvent, rowCodec, w1 } from "./w1.ts";

/** W1 as its description says it, with plain objects: what the fast one has to equal. */
type Event = {
  transaction_id: string;
  customer_id: string;
  amount: number;
  balance: number;
  transaction_type: string;
  is_failed: boolean;
  txn_time: string;
};
const cents = (x: number) => Math.floor(x * 100 + 0.5);
const div = (a: number, b: number) => (b === 0 ? null : Math.floor((2 * a + b) / (2 * b)));
const dayOf = (e: Event) => Date.parse(`${e.txn_time.slice(0, 10)}T00:00:00Z`) / 86_400_000;
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

class Customer {
  accepted: Event[] = [];
  late = 0;

  features(e: Event): string {
    const newestBefore = Math.max(...this.accepted.map(dayOf));
    if (this.accepted.length > 0 && dayOf(e) < newestBefore - 89) this.late++;
    else this.accepted.push(e);
    const newest = Math.max(...this.accepted.map(dayOf));
    const within = (days: number) => this.accepted.filter((a) => dayOf(a) > newest - days);
    const of = (days: number, type: string) =>
      within(days).filter((a) => a.transaction_type === type);
    const sumOf = (events: Event[]) => sum(events.map((a) => cents(a.amount)));
    const [debit30, credit30] = [of(30, "debit"), of(30, "credit")];
    const [debit90, credit90] = [of(90, "debit"), of(90, "credit")];
    const credits = this.accepted.filter((a) => a.transaction_type === "credit").map(dayOf);
    return JSON.stringify({
      customer_id: e.customer_id,
      transaction_id: e.transaction_id,
      event_count: this.accepted.length,
      late_count: this.late,
      debit_sum_30d: sumOf(debit30),
      debit_count_30d: debit30.length,
      credit_sum_30d: sumOf(credit30),
      credit_count_30d: credit30.length,
      debit_sum_90d: sumOf(debit90),
      debit_count_90d: debit90.length,
      credit_sum_90d: sumOf(credit90),
      credit_count_90d: credit90.length,
      min_balance_90d: Math.min(...within(90).map((a) => cents(a.balance))),
      failed_count_30d: within(30).filter((a) => a.is_failed).length,
      days_since_last_credit: credits.length === 0 ? null : newest - Math.max(...credits),
      avg_debit_30d: div(sumOf(debit30), debit30.length),
      debit_credit_ratio_30d_e4: div(10_000 * sumOf(debit30), sumOf(credit30)),
    });
  }
}

type Short = [
  id: string,
  amount: number,
  type: string,
  failed: boolean,
  balance: number,
  at: string,
];
const eventOf = (customer_id: string, [id, amount, type, failed, balance, at]: Short): Event => ({
  transaction_id: id,
  customer_id,
  amount,
  balance,
  transaction_type: type,
  is_failed: failed,
  txn_time: at,
});
const open = () => {
  const processor = w1({ input: "in", output: "out", group: "g" });
  const probe = taskProbe(processor, { stateRowMaxBytes: 100_000 });
  return { ...probe, lines: () => probe.sent.map((one) => String(one.value)) };
};

/** The six events of the description, and the numbers that it says each must give. */
const example: [Short, (number | null)[]][] = [
  [
    ["t1", 100.25, "debit", false, -20.5, "1994-01-01T08:00:00.000Z"],
    [1, 0, 10025, 1, 0, 0, 10025, 1, 0, 0, -2050, 0, null, 10025, null],
  ],
  [
    ["t2", 300.0, "credit", false, 279.5, "1994-01-02T23:59:59.999Z"],
    [2, 0, 10025, 1, 30000, 1, 10025, 1, 30000, 1, -2050, 0, 0, 10025, 3342],
  ],
  [
    ["t3", 0.1, "debit", true, 279.4, "1994-01-30T00:00:00.000Z"],
    [3, 0, 10035, 2, 30000, 1, 10035, 2, 30000, 1, -2050, 1, 28, 5018, 3345],
  ],
  [
    ["t4", 50.0, "debit", false, 229.4, "1994-03-31T00:00:00.000Z"],
    [4, 0, 5000, 1, 0, 0, 15035, 3, 30000, 1, -2050, 0, 88, 5000, null],
  ],
  [
    ["t5", 10.0, "debit", false, -999.0, "1994-01-01T09:00:00.000Z"],
    [5, 0, 5000, 1, 0, 0, 16035, 4, 30000, 1, -99900, 0, 88, 5000, null],
  ],
  [
    ["t6", 10.0, "debit", false, -30.0, "1993-12-31T09:00:00.000Z"],
    [5, 1, 5000, 1, 0, 0, 16035, 4, 30000, 1, -99900, 0, 88, 5000, null],
  ],
];

test("given the six events of the description, then the six answers, and the oracle's too", () => {
  const probe = open();
  const oracle = new Customer();
  for (const [short] of example) probe.put(0, "c1", eventOf("c1", short));
  probe.run();
  for (const [i, [short, numbers]] of example.entries()) {
    const line = oracle.features(eventOf("c1", short));
    assert.equal(probe.lines()[i], line);
    const values = Object.values(JSON.parse(line));
    assert.deepEqual(values, ["c1", short[0], ...numbers]);
  }
});

const anyShort = (random: () => number, i: number): Short => {
  const whole = Math.floor(random() * 1e6);
  const day = Math.floor(i / 3) - Math.floor(random() ** 4 * 130);
  const time = Math.floor(random() * 86_400_000);
  return [
    random() < 0.9 ? `t${i}` : `t"${i}\\é`,
    random() < 0.1 ? whole / 1e12 : whole / 100,
    random() < 0.3 ? "credit" : "debit",
    random() < 0.1,
    (whole - 5e5) / (random() < 0.5 ? 100 : 10),
    new Date(Date.UTC(1994, 0, 60 + day) + time).toISOString(),
  ];
};

test("given disordered events of a few customers, then every byte equals the oracle's", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seeded(seed);
    const probe = open();
    const customers = new Map<string, Customer>();
    const expected: string[] = [];
    for (let i = 0; i < 400; i++) {
      const key = `c${Math.floor(random() * 3)}`;
      const event = { ...eventOf(key, anyShort(random, i)), currency: "CZK", category: null };
      if (!customers.has(key)) customers.set(key, new Customer());
      expected.push((customers.get(key) as Customer).features(event));
      const text = random() < 0.1 ? JSON.stringify(event, undefined, 1) : JSON.stringify(event);
      probe.put(0, key, Buffer.from(text));
    }
    probe.run();
    assert.deepEqual(probe.lines(), expected, `seed ${seed}`);
    assert.ok(
      expected.some((line) => !line.includes('"late_count":0')),
      "some were late",
    );
    sameAfterRestore(probe.task.tables[0].entries);
  }
});

/** The row's bytes are the whole row: opened again they say the same. */
const sameAfterRestore = (entries: ReadonlyMap<string, { view: Buffer | null }>) => {
  assert.ok(entries.size > 0);
  for (const { view } of entries.values()) {
    const row = new Row(Buffer.from(view as Buffer));
    assert.deepEqual(rowCodec.seal(row), view);
  }
};

test("given rows put back and rolled back in the middle, then the rest is as if not", () => {
  const random = seeded(99);
  const events = Array.from({ length: 200 }, (_, i) => eventOf("c1", anyShort(random, i)));
  const oracle = new Customer();
  const expected = events.map((event) => oracle.features(event));
  const probe = open();
  for (const event of events) probe.put(0, "c1", event);
  probe.reachEnd();
  const committed: string[] = [];
  let offset = -1;
  while (committed.length < events.length) {
    probe.task.step(1 + Math.floor(random() * 9));
    if (random() < 0.4) {
      probe.sent.length = 0;
      probe.rewindTo([offset, -1]);
      probe.reachEnd();
      continue;
    }
    committed.push(...probe.lines());
    probe.sent.length = 0;
    offset = probe.task.committable(0);
    probe.task.commit();
  }
  assert.deepEqual(committed, expected);
});

test("given an event, then both ways of reading it give the same numbers", () => {
  const random = seeded(3);
  for (let i = 0; i < 500; i++) {
    const event = eventOf("c1", anyShort(random, i));
    const numbers = (text: string) => {
      const { amount, balance, credit, failed, day } = readEvent(Buffer.from(text));
      return { amount, balance, credit, failed, day };
    };
    const quick = numbers(JSON.stringify(event));
    assert.deepEqual(numbers(JSON.stringify(event, undefined, 1)), quick);
    assert.equal(quick.day, dayOf(event));
  }
});
