import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "./codec.ts";
import { emit, processor } from "./processor.ts";
import { MustRewind, TooManyFailures } from "./task.ts";
import { adding, type In, output, type Tally, tallyJson, taskProbe } from "./test-task.ts";
import { topic } from "./topic.ts";

test("given a throw, then the row is put back, the record dead-lettered, and work goes on", () => {
  const probe = taskProbe(
    adding((record, row) => {
      if (record.value.n === 13) throw new Error("unlucky");
      return emit(output, "a", row);
    }),
  );
  for (const n of [1, 13, 2, 13, 3]) probe.put(0, "a", { n });
  probe.run();
  assert.deepEqual(
    probe.values(output).map((row) => row.sum),
    [1, 3, 6],
  );
  const reasons = probe.whys().map((why) => why.reason);
  assert.deepEqual(reasons, ["processor_failed", "processor_failed"]);
  assert.match(probe.whys()[0].detail, /unlucky/);
});

test("given more than 20 throws over 1 %, then the task stops; at 1 % it does not", () => {
  const failing = adding(({ value }) => {
    if (value.n < 0) throw new Error("bad release");
    return [];
  });
  const few = taskProbe(failing);
  for (let i = 0; i < 2_500; i++) few.put(0, "a", { n: i % 100 === 99 ? -1 : 1 });
  few.run();
  assert.equal(few.whys().length, 25);
  const many = taskProbe(failing);
  for (let i = 0; i < 30; i++) many.put(0, "a", { n: -1 });
  assert.throws(() => many.run(), TooManyFailures);
  assert.equal(many.whys().length, 20);
});

test("given a row that grows too large, then its record is a dead letter, the row stands", () => {
  const probe = taskProbe(
    adding((record, row) => {
      if (record.value.n === 2) (row as Tally & { fat: string }).fat = "x".repeat(2_000);
      return emit(output, "a", row.sum);
    }),
  );
  for (const n of [1, 2, 3]) probe.put(0, "a", { n });
  probe.run();
  assert.deepEqual(probe.values(output), [1, 4]);
  assert.deepEqual(
    probe.whys().map((why) => why.reason),
    ["state_too_large"],
  );
});

test("given an output that no topic takes, then all is taken back, its cause a dead letter", () => {
  const probe = taskProbe(
    adding((record, row) =>
      emit(output, "a", record.value.n === 2 ? "x".repeat(12_000_000) : row.sum),
    ),
  );
  for (const n of [1, 2, 3]) probe.put(0, "a", { n });
  assert.throws(() => probe.run(), MustRewind);
  probe.sent.length = 0;
  probe.rewindTo([-1, -1]);
  probe.run();
  assert.deepEqual(probe.values(output), [1, 4]);
  assert.deepEqual(
    probe.whys().map((why) => [why.reason, why.offset]),
    [["output_too_large", 1]],
  );
});

test("given an output that cannot be written, then only its cause is dead-lettered", () => {
  const probe = taskProbe(
    adding((record, row) => emit(output, "a", record.value.n === 2 ? { big: 1n } : row.sum)),
  );
  for (const n of [1, 2, 3]) probe.put(0, "a", { n });
  assert.throws(() => probe.run(), MustRewind);
  probe.sent.length = 0;
  probe.rewindTo([-1, -1]);
  probe.run();
  assert.deepEqual(probe.values(output), [1, 4]);
  assert.deepEqual(
    probe.whys().map((why) => [why.reason, why.offset]),
    [["processor_failed", 1]],
  );
});

test("given a row that cannot be opened or sealed, then only its records are dead-lettered", () => {
  const fragile = (name: string) =>
    table(name, {
      ...tallyJson,
      inPlace: true,
      create: (key: string) => {
        if (key === "no") throw new Error("cannot be made");
        return tallyJson.create(key);
      },
      seal: (row: Tally) => {
        if (row.n === 3) throw new Error("cannot be sealed");
        return tallyJson.seal(row);
      },
    });
  const probe = taskProbe(
    processor({
      name: "p",
      group: "p",
      reads: [topic<In>("in")],
      writes: [output],
      state: { whole: table("whole", { ...tallyJson, inPlace: true }), frail: fragile("frail") },
      run: (record, { whole, frail }) => {
        whole.n++;
        frail.n += record.value.n;
        return emit(output, record.key, [whole.n, frail.n]);
      },
    }),
  );
  for (const [key, n] of [
    ["a", 1],
    ["no", 1],
    ["a", 2],
    ["a", 1],
  ] as const)
    probe.put(0, key, { n });
  probe.run();
  assert.deepEqual(probe.values(output), [
    [1, 1],
    [2, 2],
  ]);
  assert.deepEqual(
    probe.whys().map((why) => [why.reason, why.offset]),
    [
      ["processor_failed", 1],
      ["processor_failed", 2],
    ],
  );
});

test("given an output to a topic that is not declared, then its cause is dead-lettered", () => {
  const probe = taskProbe(
    adding((record, row) => emit(record.value.n === 2 ? topic("elsewhere") : output, "a", row)),
  );
  for (const n of [1, 2, 3]) probe.put(0, "a", { n });
  assert.throws(probe.run, MustRewind);
  probe.rewindTo([-1, -1]);
  probe.sent.length = 0;
  probe.run();
  assert.deepEqual(
    probe.whys().map(({ reason, detail, offset }) => [reason, detail, offset]),
    [["processor_failed", "elsewhere is not among its writes", 1]],
  );
  assert.deepEqual(
    probe.values(output).map(({ n }) => n),
    [1, 2],
  );
});

test("given outputs that cannot be written by many records, then the task stops", () => {
  const probe = taskProbe(adding(() => emit(output, "a", { big: 1n })));
  for (let i = 0; i < 30; i++) probe.put(0, "a", { n: 1 });
  for (let refused = 0; refused < 21; refused++) {
    assert.throws(probe.run, MustRewind);
    probe.rewindTo([-1, -1]);
  }
  assert.throws(probe.run, TooManyFailures);
});

test("given work that is taken back again and again, then it is counted once", () => {
  const probe = taskProbe(
    adding(({ value }) => {
      if (value.n === 13) throw new Error("unlucky");
      return emit(output, "a", value.n === 2 ? { big: 1n } : 1);
    }),
  );
  for (let i = 0; i < 12; i++) probe.put(0, "a", { n: 13 });
  probe.put(0, "a", { n: 2 });
  assert.throws(probe.run, MustRewind);
  probe.rewindTo([-1, -1]);
  assert.equal(probe.counters.records, 0);
  assert.equal(probe.counters.reasons.size, 0);
  probe.run();
  assert.equal(probe.counters.records, 13);
  assert.deepEqual([...probe.counters.reasons], [["dead:processor_failed", 13]]);
});
