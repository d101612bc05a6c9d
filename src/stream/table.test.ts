import assert from "node:assert/strict";
import { test } from "node:test";
import { type Codec, jsonCodec, table } from "./codec.ts";
import { Table } from "./table.ts";
import { seeded } from "./test-task.ts";

/** The same row twice, in place and encoded: a list of numbers and a deadline. */
type Row = { add: (n: number) => void; due: (at: number) => void; list: () => number[] };
const none = Number.POSITIVE_INFINITY;

class InPlace implements Row {
  bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  add(n: number) {
    // Room for two: every second number makes the row move to other bytes.
    const used = this.bytes.length;
    const room = Buffer.alloc((((used - 9) >> 3) + 2) * 8 + 9);
    if (((used - 9) >> 3) % 2 === 0) this.bytes = Buffer.concat([this.bytes, room.subarray(0, 8)]);
    else this.bytes = Buffer.from([...this.bytes, ...room.subarray(0, 8)]);
    this.bytes.writeDoubleBE(n, used);
    this.bytes.writeDoubleBE(this.bytes.readDoubleBE(1), 1);
  }
  due(at: number) {
    this.bytes.writeDoubleBE(at, 1);
  }
  list() {
    const numbers: number[] = [];
    for (let at = 9; at < this.bytes.length; at += 8) numbers.push(this.bytes.readDoubleBE(at));
    return numbers;
  }
}
const emptyRow = () => {
  const bytes = Buffer.alloc(9);
  bytes[0] = 3;
  bytes.writeDoubleBE(none, 1);
  return bytes;
};
const inPlace: Codec<Row> = {
  version: 3,
  inPlace: true,
  create: () => new InPlace(emptyRow()),
  open: (bytes) => new InPlace(bytes),
  seal: (row) => (row as InPlace).bytes,
  deadline: (row) => (row as InPlace).bytes.readDoubleBE(1),
};

type Plain = { numbers: number[]; at: number | null };
const json = jsonCodec<Plain>({
  version: 3,
  create: () => ({ numbers: [], at: null }),
  deadline: (row) => row.at ?? none,
});
class Encoded implements Row {
  readonly plain: Plain;
  constructor(plain: Plain) {
    this.plain = plain;
  }
  add(n: number) {
    this.plain.numbers.push(n);
  }
  due(at: number) {
    this.plain.at = at === none ? null : at;
  }
  list() {
    return this.plain.numbers;
  }
}
const encoded: Codec<Row> = {
  version: 3,
  inPlace: false,
  create: (key) => new Encoded(json.create(key)),
  open: (bytes, key) => new Encoded(json.open(bytes, key)),
  seal: (row) => json.seal((row as Encoded).plain),
  deadline: (row) => (json.deadline as (row: Plain) => number)((row as Encoded).plain),
};

const kinds: [string, Codec<Row>][] = [
  ["in place", inPlace],
  ["encoded", encoded],
];
const open = (codec: Codec<Row>, maxBytes = 10_000) =>
  new Table(table("t", codec) as ConstructorParameters<typeof Table>[0], maxBytes);
const change = (of: Table, key: string, work: (row: Row) => void) => {
  work(of.take(key) as Row);
  assert.ok(of.seal());
  of.keep();
};
const forget = (of: Table, key: string) => {
  of.take(key);
  of.forget();
  assert.ok(of.seal());
  of.keep();
};
const listOf = (of: Table, codec: Codec<Row>, key: string) => {
  const view = of.entries.get(key)?.view;
  return view ? codec.open(Buffer.from(view), key).list() : undefined;
};
const changelogOf = (of: Table) =>
  of.touched.map((entry): [string, Buffer | null] => [
    entry.key,
    entry.view === null ? null : Buffer.from(entry.view),
  ]);

for (const [kind, codec] of kinds) {
  test(`${kind}: given a row put back, then only the record in hand is undone`, () => {
    const of = open(codec);
    change(of, "a", (row) => row.add(1));
    of.commit();
    for (const kept of [2, 3]) {
      change(of, "a", (row) => row.add(kept));
      (of.take("a") as Row).add(99);
      of.putBack();
    }
    assert.deepEqual(listOf(of, codec, "a"), [1, 2, 3]);
    assert.deepEqual((of.take("a") as Row).list(), [1, 2, 3]);
    of.putBack();
    (of.take("new") as Row).add(1);
    of.putBack();
    assert.equal(of.entries.has("new"), false);
  });

  test(`${kind}: given a row put back at its first touch, then nothing was touched`, () => {
    const of = open(codec);
    change(of, "a", (row) => row.add(1));
    of.commit();
    (of.take("a") as Row).add(2);
    of.putBack();
    assert.equal(of.touched.length, 0);
    change(of, "a", (row) => row.add(3));
    of.rollBack();
    assert.deepEqual(listOf(of, codec, "a"), [1]);
  });

  test(`${kind}: given a row too large, then seal says so and it can be put back`, () => {
    const of = open(codec, 60);
    change(of, "a", (row) => row.add(1));
    const row = of.take("a") as Row;
    for (let n = 0; n < 30; n++) row.add(n);
    assert.equal(of.seal(), false);
    of.putBack();
    assert.deepEqual(listOf(of, codec, "a"), [1]);
  });

  test(`${kind}: given a new row that nobody changed, then it is not stored`, () => {
    const of = open(codec);
    change(of, "a", () => {});
    assert.equal(of.size, 0);
    assert.equal(of.touched.length, 0);
  });

  test(`${kind}: given a row forgotten, then a tombstone, and gone after the commit`, () => {
    const of = open(codec);
    change(of, "a", (row) => row.due(5));
    of.commit();
    forget(of, "a");
    assert.deepEqual(changelogOf(of), [["a", null]]);
    assert.equal(of.nextDeadline(), undefined);
    of.rollBack();
    assert.deepEqual(of.nextDeadline(), { time: 5, key: "a" });
    forget(of, "a");
    change(of, "a", (row) => row.add(8));
    assert.deepEqual(listOf(of, codec, "a"), [8], "a new life begins with nothing");
    of.commit();
    forget(of, "a");
    of.commit();
    assert.equal(of.size, 0);
    forget(of, "never seen");
    assert.equal(of.touched.length, 0);
  });

  test(`${kind}: given a timer that ran and was taken back, then it is due again`, () => {
    const of = open(codec);
    change(of, "a", (row) => row.due(5));
    of.commit();
    of.disarm("a");
    change(of, "a", (row) => row.due(none));
    assert.equal(of.nextDeadline(), undefined);
    of.rollBack();
    assert.deepEqual(of.nextDeadline(), { time: 5, key: "a" });
  });

  test(`${kind}: given a timer whose row stayed as it was, when taken back, then due again`, () => {
    const of = open(codec);
    change(of, "a", (row) => row.due(5));
    of.commit();
    of.disarm("a");
    (of.take("a") as Row).add(1);
    of.putBack();
    of.rollBack();
    assert.deepEqual(of.nextDeadline(), { time: 5, key: "a" });
  });

  test(`${kind}: given a changelog, when restored, then rows and deadlines are back`, () => {
    const of = open(codec);
    const log: [string, Buffer | null][] = [];
    change(of, "a", (row) => row.add(1));
    change(of, "b", (row) => row.due(7));
    log.push(...changelogOf(of));
    of.commit();
    change(of, "b", (row) => row.due(9));
    forget(of, "a");
    change(of, "c", (row) => row.due(8));
    log.push(...changelogOf(of));
    of.commit();
    const again = open(codec);
    for (const [key, bytes] of log) again.restore(key, bytes);
    again.restored();
    assert.deepEqual([...again.entries.keys()].sort(), ["b", "c"]);
    for (const [time, key] of [
      [8, "c"],
      [9, "b"],
    ] as const) {
      assert.deepEqual(again.nextDeadline(), { time, key });
      again.disarm(key);
    }
    assert.equal(again.nextDeadline(), undefined);
  });

  test(`${kind}: given deadlines that move all the time, then the index stays small`, () => {
    const of = open(codec);
    for (let i = 0; i < 20_000; i++) {
      change(of, `k${i % 10}`, (row) => row.due(1_000_000 - i));
      assert.ok(of.deadlines.size <= 1_021, `${of.deadlines.size} deadlines of 10 rows`);
      if (i % 500 === 0) of.commit();
    }
    for (let i = 19_999; i >= 19_990; i--) {
      assert.deepEqual(of.nextDeadline(), { time: 1_000_000 - i, key: `k${i % 10}` });
      of.disarm(`k${i % 10}`);
    }
    assert.equal(of.nextDeadline(), undefined);
  });

  test(`${kind}: given any work, then it equals a plain map with copies`, () => {
    for (let seed = 1; seed <= 60; seed++) model(seed, codec);
  });
}

type Held = { list: number[]; at: number };
/** Random records, throws, commits, aborts and restores, beside a map that copies everything. */
const model = (seed: number, codec: Codec<Row>) => {
  const random = seeded(seed);
  let of = open(codec);
  let now = new Map<string, Held>();
  let committed = new Map<string, Held>();
  const log = new Map<string, Buffer | null>();
  for (let i = 0; i < 200; i++) {
    const key = `k${Math.floor(random() * 6)}`;
    const what = random();
    if (what < 0.5) {
      const held = now.get(key) ?? { list: [], at: none };
      const at = random() < 0.5 ? Math.floor(random() * 9) : held.at;
      change(of, key, (row) => {
        row.add(i);
        row.due(at);
      });
      now.set(key, { list: [...held.list, i], at });
    } else if (what < 0.65) {
      (of.take(key) as Row).add(-1);
      of.putBack();
    } else if (what < 0.75) {
      forget(of, key);
      now.delete(key);
    } else if (what < 0.85) {
      for (const [name, bytes] of changelogOf(of)) log.set(name, bytes);
      of.commit();
      committed = new Map(now);
    } else if (what < 0.95) {
      of.rollBack();
      now = new Map(committed);
    } else {
      of = open(codec);
      for (const [name, bytes] of log) of.restore(name, bytes && Buffer.from(bytes));
      of.restored();
      now = new Map(committed);
    }
    compare(of, codec, now, seed);
  }
};
const compare = (of: Table, codec: Codec<Row>, now: Map<string, Held>, seed: number) => {
  const live = [...of.entries.values()].filter((entry) => entry.view !== null);
  assert.deepEqual(live.map((entry) => entry.key).sort(), [...now.keys()].sort(), `seed ${seed}`);
  for (const [key, { list }] of now) assert.deepEqual(listOf(of, codec, key), list, `seed ${seed}`);
  const times = [...now.values()].map((held) => held.at).filter((at) => at !== none);
  const nearest = times.length > 0 ? Math.min(...times) : undefined;
  assert.equal(of.nextDeadline()?.time, nearest, `seed ${seed}`);
};

test("given rows of an earlier version, then they are restored where the codec reads it", () => {
  type Named = { name: string };
  const now = jsonCodec<Named>({ version: 2, create: () => ({ name: "" }) });
  const open = (bytes: Buffer, key: string) =>
    bytes[0] === 1 ? { name: bytes.toString("utf8", 1) } : now.open(bytes, key);
  const old = Buffer.from("\u0001Ada");
  const tableOf = (codec: Codec<Named>) => new Table(table("t", codec as Codec<unknown>), 100);
  assert.throws(() => tableOf(now).restore("a", old), /version 1/);
  const reading = tableOf({ ...now, open, reads: [1] });
  reading.restore("a", old);
  reading.restored();
  const row = reading.take("a") as Named;
  assert.equal(row.name, "Ada");
  row.name = "Ada L";
  reading.seal();
  reading.keep();
  assert.equal(reading.entries.get("a")?.view?.[0], 2);
});
