import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { headerName, parseHeader, writeHeader } from "./header.ts";
import { mintId, traceOf } from "./ids.ts";
import { sampledTrace, traceHeader } from "./intake.ts";
import { count, deadLetter, drop, emit, forget, late, processor } from "./processor.ts";
import { adding, deadLetters, type In, lateEvents, output, taskProbe } from "./test-task.ts";
import { topic } from "./topic.ts";

const header = {
  id: "id-1",
  type: "t",
  source: "s@1",
  schema: "1",
  origin: "file|3",
  eventTime: 500,
  ingestTime: 700,
  trace: "abc",
};
const bw = (text: string) => ({ headers: [{ [headerName]: Buffer.from(text) }] });

test("given records, then outputs bear key, value and a header that names their cause", () => {
  const probe = taskProbe(adding());
  probe.put(0, "a", { n: 2, at: 900 }, bw(writeHeader(header)));
  probe.put(0, "a", { n: 3, at: 901 }, { at: 5_000 });
  assert.equal(probe.run(), 2);
  assert.deepEqual(probe.values(output), [
    { n: 1, sum: 2, deadline: null },
    { n: 2, sum: 5, deadline: null },
  ]);
  const headers = probe.sent.map((one) => parseHeader(String(one.headers?.[0][headerName])));
  assert.deepEqual(headers[0], {
    id: mintId("adder", "id-1", -1),
    type: "made",
    source: "adder@1",
    schema: "4",
    origin: "in-0-0",
    eventTime: 900,
    ingestTime: 700,
    trace: "abc",
  });
  assert.equal(headers[1]?.id, mintId("adder", "in-0-1", -1));
  assert.equal(headers[1]?.ingestTime, 5_000);
  assert.equal(headers[1]?.trace, traceOf("in-0-1"));
  assert.equal(probe.task.committable(0), 2);
  assert.equal(probe.counters.records, 2);
  assert.equal(probe.counters.emitted, 2);
});

test("given a sampled trace, then all that its record causes bears it, and nothing else", () => {
  const probe = taskProbe(
    adding((record, row) => [emit(output, record.key, row), late("old"), emit(output, "b", row)]),
  );
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const traced = { traceparent: Buffer.from(traceparent) };
  probe.put(0, "a", { n: 2 }, { headers: [...bw(writeHeader(header)).headers, traced] });
  probe.put(0, "a", { n: 3 }, bw(writeHeader(header)));
  probe.run();
  const traces = probe.sent.map(({ headers = [] }) => headers.find((h) => traceHeader in h));
  const none = [undefined, undefined, undefined];
  const own = { [traceHeader]: traceparent };
  assert.deepEqual(traces, [own, own, own, ...none]);
});

test("given a sender's trace context, then it counts where it is one, and sampled", () => {
  const of = (trace: string, parent: string, flags: string) =>
    sampledTrace(`00-${trace}-${parent}-${flags}`);
  const [trace, parent] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
  assert.equal(of(trace, parent, "01"), `00-${trace}-${parent}-01`);
  assert.equal(of(trace, parent, "03"), `00-${trace}-${parent}-03`);
  assert.deepEqual(
    [
      of(trace, parent, "00"),
      of("0".repeat(32), parent, "01"),
      of(trace, "0".repeat(16), "01"),
      of(trace.toUpperCase(), parent, "01"),
      sampledTrace(`01-${trace}-${parent}-01`),
      sampledTrace("none"),
      sampledTrace(undefined),
    ],
    Array.from({ length: 7 }, () => undefined),
  );
});

test("given what the record sees, then id and origin come from the header, else place", () => {
  const seen: unknown[] = [];
  const probe = taskProbe(
    adding(({ id, origin, time, ingestTime }, _row, mint) => {
      seen.push([id, origin, time, ingestTime, mint(0)]);
      return [];
    }),
  );
  probe.put(0, "a", { n: 1 }, bw(writeHeader(header)));
  probe.put(0, "a", { n: 1 }, { at: 800 });
  probe.run();
  assert.deepEqual(seen, [
    ["id-1", "file|3", 500, 700, mintId("adder", "id-1", 0)],
    ["in-0-1", "in-0-1", 800, 800, mintId("adder", "in-0-1", 0)],
  ]);
});

test("given several outputs, own times and ids, and a tombstone, then each is sent so", () => {
  const probe = taskProbe(
    adding((record) => [
      emit(output, record.key, 1),
      emit(output, "other", null, { time: 77 }),
      emit(output, record.key, 2, { id: "mine" }),
    ]),
  );
  probe.put(0, "a", { n: 1, at: 900 });
  probe.run();
  const heads = probe.sent.map((one) => parseHeader(String(one.headers?.[0][headerName])));
  const ids = heads.map((h) => h?.id);
  assert.deepEqual(ids, [mintId("adder", "in-0-0", -1), mintId("adder", "in-0-0", -2), "mine"]);
  assert.deepEqual(
    heads.map((h) => h?.eventTime),
    [900, 77, 900],
  );
  assert.deepEqual(
    probe.sent.map((one) => one.key),
    ["a", "other", "a"],
  );
  assert.equal(probe.sent[1].value, null);
});

test("given drop, count and late, then each is counted, and the late event is kept", () => {
  const outcomes = [drop("seen"), count("looked"), late("old")];
  const probe = taskProbe(adding(() => outcomes));
  probe.put(0, "a", { n: 1, at: 900 }, bw(writeHeader(header)));
  probe.run();
  assert.deepEqual(
    [...probe.counters.reasons],
    [
      ["drop:seen", 1],
      ["count:looked", 1],
      ["late:old", 1],
    ],
  );
  assert.deepEqual(probe.values(lateEvents), [
    {
      processor: "adder",
      reason: "old",
      origin: "file|3",
      key: "a",
      event_time: new Date(900).toISOString(),
      event: { n: 1, at: 900 },
    },
  ]);
});

test("given forget, then the key's rows are gone and what it emitted stays", () => {
  const probe = taskProbe(
    adding((record, row) => [
      emit(output, record.key, row),
      ...(record.value.n === 9 ? [forget()] : []),
    ]),
  );
  for (const n of [1, 9, 5]) probe.put(0, "a", { n });
  probe.run();
  assert.deepEqual(
    probe.values(output).map((row) => row.n),
    [1, 2, 1],
  );
});

test("given a dead letter by the processor, then the row is as before, the bytes kept", () => {
  const probe = taskProbe(
    adding((record, row) =>
      record.value.n < 0 ? deadLetter("not_a_number", "below 0") : emit(output, "a", row),
    ),
  );
  probe.put(0, "a", { n: 1 });
  const bad = probe.put(0, "a", { n: -1 }, bw(writeHeader(header)));
  probe.put(0, "a", { n: 2 });
  probe.run();
  assert.deepEqual(
    probe.values(output).map((row) => row.sum),
    [1, 3],
  );
  const [dead] = probe.sent.filter((one) => one.topic === deadLetters.name);
  assert.deepEqual(dead.value, bad.value);
  assert.equal(dead.key, "a");
  assert.deepEqual(dead.headers?.[0], bad.headers?.[0]);
  assert.deepEqual(probe.whys(), [
    {
      reason: "not_a_number",
      detail: "below 0",
      processor: "adder",
      group: "adders",
      topic: "in",
      partition: 0,
      offset: 1,
      append_time: 1_000_000,
    },
  ]);
});

test("given records that nobody can use, then each is dead-lettered whole, with its reason", () => {
  const probe = taskProbe(adding(), { recordMaxBytes: 100 });
  const day = 86_400_000;
  const bad: [string, string | null, unknown, Parameters<typeof probe.put>[3]?][] = [
    ["malformed_json", "a", Buffer.from("{oh")],
    ["forbidden_key", "a", Buffer.from('{"n":1,"__proto__":{"polluted":true}}')],
    ["key_missing", null, { n: 1 }],
    ["key_missing", "", { n: 1 }],
    ["key_mismatch", "b", { n: 1 }],
    ["tombstone", "a", null],
    ["record_too_large", "a", Buffer.alloc(101, 0x20)],
    ["time_out_of_range", "a", { n: 1, at: -1 }],
    ["time_out_of_range", "a", { n: 1, at: "soon" }],
    ["time_out_of_range", "a", { n: 1, at: 1_000_000 + day + 1 }],
    ["time_out_of_range", "a", { n: 1, at: 700 + day + 1 }, bw(writeHeader(header))],
    ["header_unreadable", "a", { n: 1 }, bw("9|what")],
    ["header_unreadable", "a", { n: 1 }, bw(writeHeader({ ...header, id: "i".repeat(17_000) }))],
    ["record_too_large", "a".repeat(101), { n: 1 }],
  ];
  for (const [, key, value, extra] of bad) probe.put(0, key, value, extra);
  probe.run();
  assert.equal(probe.task.clock, Number.NEGATIVE_INFINITY, "none of them touched the clock");
  probe.put(0, "a", { n: 1, at: 1_000_000 + day });
  probe.run();
  assert.deepEqual(
    probe.whys().map((why) => why.reason),
    bad.map(([reason]) => reason),
  );
  const letters = probe.sent.filter((one) => one.topic === deadLetters.name);
  for (const [i, [, key, value]] of bad.entries()) {
    const bytes = value === null || Buffer.isBuffer(value) ? value : JSON.stringify(value);
    assert.deepEqual(letters[i].value, bytes === null ? null : Buffer.from(bytes));
    assert.equal(letters[i].key, key);
  }
  assert.equal(probe.values(output).length, 1);
  assert.equal(probe.task.clock, 1_000_000 + day, "only a record that runs moves the clock");
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("given a topic with tombstones, then null reaches the processor", () => {
  const profiles = topic<In | null>("in", { tombstones: true });
  const seen: unknown[] = [];
  const probe = taskProbe(
    processor({
      name: "p",
      group: "p",
      reads: [profiles],
      writes: [],
      run: (record) => {
        seen.push(record.value);
        return undefined;
      },
    }),
  );
  probe.put(0, "a", null);
  const late = { ...header, eventTime: 700 + 86_400_001 };
  probe.put(0, "a", null, bw(writeHeader(late)));
  probe.run();
  assert.deepEqual(seen, [null]);
  assert.deepEqual(
    probe.whys().map((why) => why.reason),
    ["time_out_of_range"],
  );
  assert.equal(probe.task.clock, 1_000_000);
});

test("given a record larger than a dead letter may be, then its size and hash are kept", () => {
  const probe = taskProbe(adding());
  const { value } = probe.put(0, "a", Buffer.alloc(13_000_000, 0x20), {
    headers: [{ note: Buffer.from("n") }],
  });
  probe.put(0, "a", { n: 1 });
  probe.run();
  const [letter] = probe.sent.filter((one) => one.topic === deadLetters.name);
  assert.equal(letter.value?.length, 0, "empty, since a null would be a tombstone when put back");
  assert.equal(letter.key, "a");
  const [why] = probe.whys();
  assert.deepEqual(
    [why.reason, why.topic, why.offset, why.bytes, why.sha256],
    ["record_too_large", "in", 0, 13_000_006, hash("sha256", value ?? "")],
  );
  assert.equal(probe.values(output).length, 1, "the partition moves on");
});

test("given a record from before what was read, then it is skipped and noted", () => {
  const probe = taskProbe(adding());
  const first = probe.put(0, "a", { n: 1 });
  probe.put(0, "a", { n: 2 });
  probe.task.offer(0, first);
  probe.run();
  assert.equal(probe.task.wentBack?.offset, 0);
  assert.equal(probe.values(output).length, 2);
});

test("given a record redriven for another group, then it is skipped; for ours it runs", () => {
  const probe = taskProbe(adding());
  for (const group of ["others", "adders"]) {
    const [{ bw: text }] = bw(writeHeader(header)).headers;
    probe.put(0, "a", { n: 1 }, { headers: [{ bw: text }, { redrive_for: Buffer.from(group) }] });
  }
  probe.run();
  assert.deepEqual([...probe.counters.reasons], [["drop:redrive_for_another", 1]]);
  assert.equal(probe.values(output).length, 1);
});

test("given an unusable record redriven for another group, then it is skipped", () => {
  const probe = taskProbe(adding());
  probe.put(0, "", { n: 1 }, { headers: [{ redrive_for: Buffer.from("others") }] });
  probe.run();
  assert.deepEqual([...probe.counters.reasons], [["drop:redrive_for_another", 1]]);
  assert.equal(probe.sent.length, 0);
});

test("given a rewind, then the same records give the same outputs with the same ids", () => {
  const probe = taskProbe(adding());
  probe.put(0, "a", { n: 1 });
  probe.run();
  probe.task.commit();
  for (const n of [2, 3]) probe.put(0, "a", { n });
  probe.put(0, "b", { n: 4, customer: "b" });
  probe.run();
  const first = probe.sent.slice(1);
  probe.sent.length = 0;
  probe.rewindTo([1, -1]);
  assert.equal(probe.task.ran, 0);
  assert.equal(probe.task.committable(0), 1);
  probe.run();
  assert.deepEqual(probe.sent, first);
});
