import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import {
  customerUpdates,
  importProgress,
  outcomes,
  simulationTruth,
  ticks,
  transactionsStream,
} from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { restore } from "../../stream/restore.ts";
import { inSpace } from "../../stream/space.ts";
import { openWriter } from "../../stream/writer.ts";
import { clock } from "../clock.ts";
import { history } from "./history.ts";
import { people } from "./people.ts";
import { type Position, readPosition } from "./position.ts";
import { simulator } from "./simulator.ts";

const spaces: string[] = [];
// Before the servers, so that the topics are removed while there still is a broker.
after(async () => {
  for (const space of spaces)
    for (const topic of topics) await admin.remove(inSpace(space, topic.name));
  admin.close();
});
const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const told = [transactionsStream, customerUpdates, outcomes, simulationTruth];
const topics = [...told, ticks, importProgress];
const admin = AdminPort.open(bootstrap);
const present = Date.parse("2026-11-21T10:00:00Z");
const small = { seed: 3, customers: 40, historyDays: 30, commitEvents: 500 };

const newSpace = async (): Promise<string> => {
  const space = `simulate${process.pid}x${spaces.length}`;
  spaces.push(space);
  for (const topic of topics) await admin.create(inSpace(space, topic.name), topic as never, 1);
  return space;
};

type Stored = { key: string; value: string; offset: number; at: number };

/** Everything committed in a topic, by partition. */
const stored = async (space: string, topic: { name: string; partitions: number }) => {
  const lists: Stored[][] = Array.from({ length: topic.partitions }, () => []);
  const parts = lists.map((list, partition) => ({
    topic: inSpace(space, topic.name),
    partition,
    apply: (m: { key: Buffer | null; value: Buffer | null; offset: number; timestamp: number }) => {
      list.push({ key: `${m.key}`, value: `${m.value}`, offset: m.offset, at: m.timestamp });
    },
  }));
  await restore({ bootstrap, admin, parts });
  return lists;
};

/** Compares each topic with what the generator says up to the committed position. */
const assertTold = async (space: string): Promise<Position> => {
  const position = (await readPosition(bootstrap, space)) as Position;
  const { seed, customers, from, stretches, events } = position;
  const all = history(seed, people(seed, customers), from, Number.POSITIVE_INFINITY, stretches);
  const expected = new Map<string, string[]>();
  for (let n = 0; n < events; n++) {
    const { topic, key, value } = all.next().value!;
    const name = `${topic.name} ${key}`;
    expected.set(name, [...(expected.get(name) ?? []), JSON.stringify(value)]);
  }
  const actual = new Map<string, string[]>();
  for (const topic of told)
    for (const { key, value } of (await stored(space, topic)).flat())
      actual.set(`${topic.name} ${key}`, [...(actual.get(`${topic.name} ${key}`) ?? []), value]);
  assert.deepEqual(actual, expected);
  return position;
};

/** Runs until `stopWhen` says so. */
const run = async (
  space: string,
  now: () => number,
  stopWhen: (position: Position) => boolean,
): Promise<void> => {
  const stop = new AbortController();
  const progress = (position: Position) => stopWhen(position) && stop.abort();
  const say = (sentence: string) => assert.fail(sentence);
  await simulator({ bootstrap, space, ...small, now, say, progress }).run(stop.signal);
};
const isPresent = (position: Position) => position.present;

test("given a new space, history is told up to now, with ticks, then it says so", async () => {
  const space = await newSpace();
  await run(space, () => present, isPresent);
  const position = await assertTold(space);
  assert.ok(position.events > 3_000 && position.newest <= present);
  assert.equal(position.newest > present - 3_600_000, true);
  for (const list of await stored(space, ticks)) {
    const times = list.map(({ value }) => Number(value));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.equal(times.at(-1), present);
    assert.equal(times.length, 30 * 24 + 9 + 1);
  }
});

test("given a stop and a later start, what happened meanwhile is told, nothing twice", async () => {
  const space = await newSpace();
  await run(
    space,
    () => present,
    ({ events }) => events >= 1_500,
  );
  const stopped = await assertTold(space);
  assert.equal(stopped.present, false);
  await run(space, () => present + 60_000, isPresent);
  await run(space, () => present + 26 * 3_600_000, isPresent);
  const last = await assertTold(space);
  assert.ok(last.newest > present + 25 * 3_600_000);
  assert.equal(last.stretches.at(-1)?.from, present + 26 * 3_600_000);
});

test("given other settings, a space goes on with the people that it has", async () => {
  const space = await newSpace();
  await run(space, () => present, isPresent);
  const said: string[] = [];
  const stop = new AbortController();
  await simulator({
    bootstrap,
    space,
    ...small,
    customers: 41,
    now: () => present,
    say: (sentence) => said.push(sentence),
    onPresent: () => stop.abort(),
  }).run(stop.signal);
  assert.match(said.join(), /goes on with its 40 people of seed 3.*reset/);
  await assertTold(space);
});

const childCode = `
  const { simulator } = await import(process.env.SIMULATOR_TS);
  const { bootstrap, space, present, small } = JSON.parse(process.env.CASE);
  await simulator({
    bootstrap,
    space,
    ...small,
    commitEvents: 200,
    now: () => present,
    say: console.error,
    progress: ({ events }) => console.log(events),
  }).run(new AbortController().signal);
`;

const startChild = (space: string): ChildProcess =>
  spawn(process.execPath, ["--input-type=module", "-e", childCode], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      SIMULATOR_TS: import.meta.resolve("./simulator.ts"),
      CASE: JSON.stringify({ bootstrap, space, present, small }),
    },
  });

test("given kill -9 in the middle of history, each event is there once in the end", async () => {
  const space = await newSpace();
  for (const commits of [4, 7]) {
    const child = startChild(space);
    const exited = once(child, "exit");
    let seen = 0;
    for await (const _ of createInterface({ input: child.stdout! }))
      if (++seen === commits) child.kill("SIGKILL");
    await exited;
    assert.equal(child.signalCode, "SIGKILL");
  }
  await run(space, () => present, isPresent);
  await assertTold(space);
});

test("given a space that another release has told, it is refused, with the cure", async () => {
  const space = await newSpace();
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const report = { seed: 3, customers: 40, from: 0, stretches: [], newest_event_ms: 5 };
  const record = { file: "simulation", sha256: "simulation", rows_done: 7, done: true, report };
  await writer.send(importProgress, record.sha256, record);
  await writer.flush();
  await writer.close();
  await assert.rejects(
    run(space, () => present, isPresent),
    { code: "SPACE_TOLD", message: /another release\. Run \.\/bellwether reset/ },
  );
});

test("given a second simulator in the same space, the first stops for good", async () => {
  const space = await newSpace();
  let now = present;
  const second = new AbortController();
  let end: Promise<unknown> | undefined;
  const first = simulator({
    bootstrap,
    space,
    ...small,
    // Time goes on for the first, so that it always has something more to commit.
    now: () => (now += 60_000),
    say: () => undefined,
    progress: ({ events }) => {
      if (events < 1_000 || end !== undefined) return;
      end = simulator({
        bootstrap,
        space,
        ...small,
        now: () => now,
        say: () => undefined,
        onPresent: () => second.abort(),
      }).run(second.signal);
    },
  }).run(new AbortController().signal);
  await assert.rejects(first, { code: "FENCED" });
  await end;
  await assertTold(space);
});

test("given a history under way, the clock's first tick comes behind the last of it", async () => {
  const space = await newSpace();
  const stop = new AbortController();
  const gate = Promise.withResolvers<void>();
  const say = (sentence: string) => assert.fail(sentence);
  const ticking = clock({
    bootstrap,
    space,
    after: gate.promise,
    say,
    now: () => present + 5_000,
  }).run(stop.signal);
  const simulating = simulator({
    bootstrap,
    space,
    ...small,
    now: () => present,
    say,
    onPresent: gate.resolve,
  }).run(stop.signal);
  await gate.promise;
  for (let reached = 0; reached < ticks.partitions; )
    reached = (await stored(space, ticks)).filter(
      (list) => Number(list.at(-1)?.value) === present + 5_000,
    ).length;
  stop.abort();
  await Promise.all([ticking, simulating]);
  for (const list of await stored(space, ticks)) {
    const times = list.map(({ value }) => Number(value));
    const firstOfClock = times.indexOf(present + 5_000);
    assert.equal(times[firstOfClock - 1], present);
    assert.deepEqual([...new Set(times.slice(firstOfClock))], [present + 5_000]);
  }
});

test("given a space without a simulator, the clock ticks at once on every partition", async () => {
  const space = await newSpace();
  const stop = new AbortController();
  const ticking = clock({
    bootstrap,
    space,
    settleMs: 0,
    say: assert.fail,
    now: () => present,
  }).run(stop.signal);
  for (let reached = 0; reached < ticks.partitions; )
    reached = (await stored(space, ticks)).filter((list) => list.length > 0).length;
  stop.abort();
  await ticking;
  const times = (await stored(space, ticks)).flat().map(({ value }) => Number(value));
  assert.deepEqual([...new Set(times)], [present]);
});
