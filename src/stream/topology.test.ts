import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonCodec, table } from "./codec.ts";
import { broadcast, type Processor } from "./processor.ts";
import { type Topic, topic } from "./topic.ts";
import { inFlowOrder, type MapEntry, topologyOf } from "./topology.ts";

const raw = topic("raw");
const clean = topic("clean");
const scores = topic("scores");
const rules = topic("rules", { partitions: 1, compacted: true });
const ticks = topic<number>("ticks", { envelope: false });
const firstClock = topic<number>("ticks-first", { envelope: false });
const deadLetters = topic("dead-letters");
const lateEvents = topic("late-events");
const all = [raw, clean, scores, rules, ticks, firstClock, deadLetters, lateEvents] as Topic[];
const declared = { topics: all, deadLetters, lateEvents };

const row = jsonCodec({ version: 1, create: () => ({}) });
const first: Processor = {
  name: "first",
  group: "first-group",
  reads: [raw],
  writes: [clean],
  broadcast: { rules: broadcast(rules, (entries) => entries.size) },
  state: { rows: table("row", row) },
  ticks: { topic: ticks, exact: false },
  clock: firstClock,
  run: () => undefined,
};
const second: Processor = {
  name: "second",
  group: "second-group",
  reads: [clean],
  writes: [scores],
  state: { rows: table("row", row) },
  ticks: { topic: firstClock, exact: true },
  run: () => undefined,
};
const mapOf = (...processors: Processor[]): MapEntry[] => [
  { role: "source", processors: [], ingests: [{ name: "feed", topics: [raw] }], sinks: [] },
  { role: "work", processors, ingests: [], sinks: [] },
  { role: "out", processors: [], ingests: [], sinks: [{ name: "store", topics: [scores] }] },
];

test("given a map, then its topics are the declared ones and a changelog for each table", () => {
  const { topics } = topologyOf(mapOf(first, second), declared);
  const names = topics.map(({ name }) => name);
  assert.deepEqual(names, [
    ...all.map(({ name }) => name),
    "first-group-row-changelog",
    "second-group-row-changelog",
  ]);
  const changelog = topics.at(-1);
  assert.deepEqual([changelog?.partitions, changelog?.compacted], [6, true]);
});

test("given a map, then its graph says who reads and writes what", () => {
  const { nodes, edges } = topologyOf(mapOf(first, second), declared);
  const ids = new Set(nodes.map(({ id }) => id));
  assert.equal(ids.size, nodes.length);
  for (const { from, to } of edges) assert.ok(ids.has(from) && ids.has(to), `${from} ${to}`);
  const of = (name: string) =>
    edges
      .filter(({ from, to }) => from === `processor:${name}` || to === `processor:${name}`)
      .map(({ from, to, kind }) => `${kind} ${from} ${to}`.replaceAll(`processor:${name}`, "*"));
  assert.deepEqual(of("first"), [
    "reads topic:raw *",
    "broadcast topic:rules *",
    "ticks topic:ticks *",
    "writes * topic:clean",
    "clock * topic:ticks-first",
    "late * topic:late-events",
    "dead * topic:dead-letters",
    "state * changelog:first-group-row-changelog",
  ]);
  assert.ok(of("second").includes("ticks topic:ticks-first *"));
  const flows = edges.filter(({ from, to }) => /^(ingest|sink)/.test(from + to) || /sink/.test(to));
  assert.deepEqual(flows, [
    { from: "ingest:feed", to: "topic:raw", kind: "writes" },
    { from: "topic:scores", to: "sink:store", kind: "reads" },
  ]);
  assert.deepEqual(
    nodes.find(({ id }) => id === "processor:first"),
    { id: "processor:first", kind: "processor", name: "first", role: "work", group: "first-group" },
  );
});

const refused = (map: MapEntry[], message: RegExp, topics = declared): void =>
  assert.throws(() => topologyOf(map, topics), { code: "TOPOLOGY_WRONG", message });

test("given parts that do not fit, then each is refused with its cure", () => {
  const narrow = topic("narrow", { partitions: 3 });
  const few = topic<number>("ticks", { partitions: 2 });
  const with3 = { ...declared, topics: [...all, narrow] };
  refused(mapOf({ ...first, reads: [raw, narrow] }), /raw and narrow .* equally many/, with3);
  refused(mapOf({ ...first, ticks: { topic: few, exact: false } }), /raw and ticks/);
  refused(mapOf({ ...first, clock: few }), /raw and ticks/);
  refused(mapOf({ ...first, reads: [] }), /reads no topic/);
  refused(mapOf({ ...first, reads: [raw, raw] }), /two inputs of first are called raw/);
  refused(mapOf(first, { ...second, name: "first" }), /two processors are called first/);
  refused(mapOf(first, { ...second, group: "first-group" }), /groups .* called first-group/);
  refused(mapOf({ ...first, writes: [topic("elsewhere")] }), /elsewhere, which is not declared/);
  refused(mapOf({ ...first, writes: [topic("clean", { partitions: 1 })] }), /1 partitions; .* 6/);
  refused(mapOf({ ...first, clock: topic("unsaid") }), /unsaid, which is not declared/);
  refused(mapOf(second), /takes ticks-first as exact/);
  refused(mapOf(first, { ...second, clock: firstClock }), /clocks of two .* called ticks-first/);
  refused(mapOf({ ...first, state: undefined, due: () => [] }), /timers but no table/);
  const twice = { a: table("row", row), b: table("row", row) };
  refused(mapOf({ ...first, state: twice }), /two tables of first are called row/);
  refused(mapOf(first), /two topics are called raw/, { ...declared, topics: [...all, raw] });
  refused(mapOf(first), /engine uses late-events/, { ...declared, topics: all.slice(0, -1) });
});

test("given flows of one name or of an undeclared topic, then they are refused", () => {
  const flow = (name: string, of: Topic): MapEntry => ({
    role: "more",
    processors: [],
    ingests: [{ name, topics: [of] }],
    sinks: [],
  });
  refused([...mapOf(first), flow("feed", raw)], /two ingests or sinks are called feed/);
  refused([...mapOf(first), flow("other", topic("elsewhere"))], /other uses elsewhere/);
});

test("given processors in any order, then each comes after those that feed it", () => {
  assert.deepEqual(inFlowOrder([second, first]), [first, second]);
  assert.deepEqual(inFlowOrder([first, second]), [first, second]);
  const back: Processor = { ...first, reads: [scores] };
  assert.deepEqual(inFlowOrder([back, second]), [second, back]);
});
