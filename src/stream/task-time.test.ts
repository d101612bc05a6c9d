import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "../errors.ts";
import { table } from "./codec.ts";
import { headerName, parseHeader } from "./header.ts";
import { mintId } from "./ids.ts";
import { emit, type Incoming, type Outcome, processor, type Timer } from "./processor.ts";
import { MustRewind, type TaskSettings, TooManyFailures } from "./task.ts";
import { seeded, type Tally, tallyJson, taskProbe } from "./test-task.ts";
import { topic } from "./topic.ts";

type In = { at: number; due?: number };
const input = topic<In>("in", { timeOf: ({ at }) => at });
const other = topic<In>("other", { timeOf: ({ at }) => at });
const output = topic<unknown>("out");
const ticks = topic<number>("ticks", { envelope: false });

type Due = (timer: Timer, row: Tally) => Outcome[];
const once: Due = (timer, row) => {
  row.deadline = null;
  return [emit(output, timer.key, `due ${timer.key} ${timer.time}`)];
};
/** Sets a key's deadline, says each record and each timer. */
const timed = (due: Due = once, exact = true) =>
  processor({
    name: "timed",
    group: "timed",
    reads: [input, other],
    writes: [output],
    state: { tally: table("tally", tallyJson) },
    ticks: { topic: ticks, exact },
    run: (record: Incoming<In>, { tally }) => {
      tally.n++;
      if (record.value.due !== undefined) tally.deadline = record.value.due;
      return emit(output, record.key, `${record.topic.name} ${record.key} ${record.time}`);
    },
    due: (timer, { tally }) => due(timer, tally),
  });
const open = (due?: Due, settings: Partial<TaskSettings> = {}, exact = true) => {
  const probe = taskProbe(timed(due, exact), settings);
  return { ...probe, said: () => probe.values(output) };
};

test("given a record that passes a deadline, then the timer runs before it", () => {
  const probe = open();
  probe.put(0, "a", { at: 10, due: 15 });
  probe.put(0, "b", { at: 11, due: 13 });
  probe.put(0, "c", { at: 14 });
  probe.put(0, "a", { at: 15 });
  probe.run();
  assert.deepEqual(probe.said(), [
    "in a 10",
    "in b 11",
    "due b 13",
    "in c 14",
    "due a 15",
    "in a 15",
  ]);
  const timer = probe.sent[2];
  const head = parseHeader(String(timer.headers?.[0][headerName]));
  assert.equal(head?.eventTime, 13);
  assert.equal(head?.origin, "timer-tally-b-13");
  assert.equal(head?.id, mintId("timed", "timer-tally-b-13", -1));
  assert.equal(probe.counters.timers, 2);
  assert.equal(probe.task.clock, 15);
});

test("given a disorder bound, then the clock stays that much behind the newest record", () => {
  const probe = open(once, { disorderMs: 5 });
  probe.put(0, "a", { at: 10, due: 12 });
  probe.put(0, "b", { at: 16 });
  probe.put(0, "c", { at: 17 });
  probe.run();
  assert.deepEqual(probe.said(), ["in a 10", "in b 16", "due a 12", "in c 17"]);
  assert.equal(probe.task.clock, 12);
});

test("given a timer that arms itself anew, then it runs again and again in order of time", () => {
  const probe = open((timer, row) => {
    row.deadline = timer.time < 40 ? timer.time + 10 : null;
    return [emit(output, timer.key, timer.time)];
  });
  probe.put(0, "a", { at: 1, due: 10 });
  probe.put(0, "b", { at: 2, due: 15 });
  probe.put(0, "c", { at: 100 });
  probe.run();
  assert.deepEqual(probe.said().slice(2), [10, 15, 20, 25, 30, 35, 40, 45, "in c 100"]);
});

test("given a deadline that a record moves, then only the new one counts", () => {
  const probe = open();
  probe.put(0, "a", { at: 1, due: 10 });
  probe.put(0, "a", { at: 2, due: 20 });
  probe.put(0, "a", { at: 3, due: 5 });
  probe.put(0, "c", { at: 100 });
  probe.run();
  assert.deepEqual(probe.said().slice(3), ["due a 5", "in c 100"]);
});

test("given a tick, then it counts once all that was appended before it has run", () => {
  const probe = open();
  probe.put(0, "a", { at: 10, due: 15 });
  probe.run();
  probe.tick(20, 0, 2_000_000);
  assert.equal(probe.run(), 0, "nobody has said how far the inputs reach");
  assert.notEqual(probe.task.unboundTick, undefined);
  probe.task.boundTick([2, 0]);
  assert.equal(probe.task.unboundTick, undefined);
  assert.equal(probe.run(), 0, "a record that was appended before it has not been read");
  assert.equal(probe.task.committable(2), 0);
  probe.put(0, "a", { at: 11, due: 17 });
  probe.run();
  assert.deepEqual(probe.said(), ["in a 10", "in a 11", "due a 17"]);
  assert.equal(probe.task.clock, 20);
  assert.equal(probe.task.committable(2), 1);
  const head = parseHeader(String(probe.sent.at(-1)?.headers?.[0][headerName]));
  assert.equal(head?.ingestTime, 2_000_000);
});

test("given a tick of the first hop, then the disorder bound is taken off", () => {
  for (const [exact, clock] of [
    [false, 95],
    [true, 100],
  ] as const) {
    const probe = open(once, { disorderMs: 5 }, exact);
    probe.put(0, "a", { at: 10, due: 97 });
    probe.run();
    probe.tick(100, 0, 0);
    probe.task.boundTick([1, 0]);
    probe.run();
    assert.equal(probe.task.clock, clock);
    assert.equal(probe.said().includes("due a 97"), exact);
  }
});

test("given ticks that pile up, then the one in hand and the newest are kept", () => {
  const probe = open();
  for (const [offset, time] of [10, 20, 30, 40].entries()) probe.tick(time, offset);
  probe.tick(5, 2);
  probe.run();
  assert.equal(probe.task.clock, Number.NEGATIVE_INFINITY);
  for (let i = 0; i < 2; i++) {
    probe.task.boundTick([0, 0]);
    probe.run();
  }
  assert.equal(probe.task.clock, 40);
  assert.equal(probe.task.committable(2), 4);
  probe.task.endOfTicks(7);
  assert.equal(probe.task.committable(2), 7);
});

test("given ticks that nobody can use, then they are dead-lettered and the next one counts", () => {
  const probe = open();
  probe.tick(10, 0);
  probe.tick(Buffer.from("soon"), 1);
  probe.tick(1_000_000 + 86_400_001, 2);
  probe.tick(null, 3);
  probe.tick(20, 4);
  assert.equal(probe.run(), 0);
  assert.equal(probe.task.committable(2), 0, "they wait for those before them");
  for (let again = 0; again < 2; again++) {
    probe.task.boundTick([0, 0]);
    probe.run();
    assert.equal(probe.task.clock, 10);
    assert.equal(probe.task.committable(2), 4);
    assert.deepEqual(
      probe.whys().map(({ reason, topic: name, offset }) => [reason, name, offset]),
      [
        ["malformed_json", "ticks", 1],
        ["time_out_of_range", "ticks", 2],
        ["tombstone", "ticks", 3],
      ],
    );
    assert.equal(probe.counters.reasons.get("dead:tombstone"), 1);
    if (again === 1) break;
    probe.sent.length = 0;
    probe.rewindTo([-1, -1, -1]);
    for (const [offset, time] of [10, Buffer.from("soon"), 1e9, null, 20].entries())
      probe.tick(time, offset);
  }
  probe.task.boundTick([0, 0]);
  probe.run();
  assert.equal(probe.task.clock, 20);
  assert.equal(probe.task.committable(2), 5);
});

test("given a due that leaves its deadline where it was, then the processor stops", () => {
  const dues: Due[] = [
    () => [],
    (_, row) => {
      row.n++;
      return [];
    },
    (_, row) => {
      row.deadline = 3;
      return [];
    },
  ];
  for (const due of dues) {
    const probe = open(due);
    probe.put(0, "a", { at: 10, due: 15 });
    probe.put(0, "b", { at: 20 });
    assert.throws(
      () => probe.run(),
      (thrown) => thrown instanceof Failure && thrown.code === "TIMER_STUCK" && thrown.exit === 4,
    );
  }
});

test("given many keys that are due at once, then each fires", () => {
  const probe = open();
  for (let i = 0; i < 300; i++) probe.put(0, `k${i}`, { at: 10, due: 15 });
  probe.put(0, "b", { at: 20 });
  probe.run();
  assert.equal(probe.counters.timers, 300);
});

test("given a rewind after a timer, then it runs again with the same output", () => {
  const probe = open();
  probe.put(0, "a", { at: 10, due: 15 });
  probe.run();
  probe.task.commit();
  probe.put(0, "b", { at: 20 });
  probe.run();
  const first = probe.sent.slice(1);
  probe.sent.length = 0;
  probe.task.clockTold = 20;
  probe.rewindTo([1, 0, -1]);
  assert.equal(probe.task.clock, 10);
  assert.equal(probe.task.clockTold, Number.NEGATIVE_INFINITY, "nobody saw what was told");
  probe.run();
  assert.deepEqual(probe.sent, first);
});

test("given a timer that throws, then its row stands, and a rewind does not lose it", () => {
  const probe = open(() => {
    throw new Error("no");
  });
  probe.put(0, "a", { at: 10, due: 15 });
  probe.run();
  probe.task.commit();
  for (let again = 0; again < 2; again++) {
    probe.put(0, "b", { at: 20 });
    probe.sent.length = 0;
    probe.run();
    const [why] = probe.whys();
    assert.equal(why.reason, "timer_failed");
    assert.deepEqual(why.timer, { key: "a", table: "tally", time: 15 });
    assert.equal(JSON.parse(String(probe.task.tables[0].entries.get("a")?.view).slice(1)).n, 1);
    probe.rewindTo([1, 0, -1]);
  }
});

test("given timers that keep throwing, then the task stops", () => {
  const probe = open(() => {
    throw new Error("no");
  });
  for (let i = 0; i < 30; i++) probe.put(0, `k${i}`, { at: 10, due: 15 });
  probe.put(0, "b", { at: 20 });
  assert.throws(() => probe.run(), TooManyFailures);
});

test("given a timer with an output too large, then it is taken back and dead-lettered", () => {
  const probe = open((timer, row) => {
    row.deadline = null;
    return [emit(output, timer.key, "x".repeat(12_000_000))];
  });
  probe.put(0, "a", { at: 10, due: 15 });
  probe.put(0, "b", { at: 20 });
  assert.throws(() => probe.run(), MustRewind);
  probe.sent.length = 0;
  probe.rewindTo([-1, -1, -1]);
  probe.run();
  assert.deepEqual(probe.said(), ["in a 10", "in b 20"]);
  assert.deepEqual(
    probe.whys().map((why) => why.reason),
    ["output_too_large"],
  );
});

test("given two logs read twice in other pieces, with rewinds, then the outputs are equal", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const logs = [0, 1].map(() =>
      Array.from({ length: 40 }, (_, i) => {
        const at = i * 3 + Math.floor(random() * 12);
        const due = random() < 0.4 ? at + Math.floor(random() * 20) : undefined;
        return { key: `k${Math.floor(random() * 5)}`, value: { at, due } };
      }),
    );
    const replays = [1, 2].map(() => replay(logs, random));
    assert.deepEqual(replays[1], replays[0], `seed ${seed}`);
    assert.ok(replays[0].some((text) => text.includes("due")));
  }
});

/** Everything that was committed, in order, with ids; and the rows at the end. */
const replay = (logs: { key: string; value: In }[][], random: () => number): string[] => {
  const probe = open();
  for (const [at, log] of logs.entries())
    for (const { key, value } of log) probe.put(at, key, value);
  probe.reachEnd();
  const committed: string[] = [];
  let offsets = [-1, -1, -1];
  for (;;) {
    const ran = probe.task.step(1 + Math.floor(random() * 7));
    if (random() < 0.3) {
      probe.sent.length = 0;
      probe.rewindTo(offsets);
      probe.reachEnd();
      continue;
    }
    committed.push(...probe.sent.splice(0).map((one) => `${one.value}${one.headers?.[0].bw}`));
    offsets = [0, 1, 2].map((at) => probe.task.committable(at));
    probe.task.commit();
    if (ran === 0) break;
  }
  const rows = [...probe.task.tables[0].entries].map(([key, entry]) => `${key} ${entry.view}`);
  return [...committed, ...rows.sort()];
};
