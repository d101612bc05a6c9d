import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../embedded/test-servers.ts";
import { Failure } from "../errors.ts";
import { AdminPort } from "./admin.ts";
import { changelogTopic } from "./changelog.ts";
import { table } from "./codec.ts";
import { Producer, type RawMessage } from "./kafka.ts";
import { emit, type Incoming, processor } from "./processor.ts";
import { restore } from "./restore.ts";
import { Runner } from "./runner.ts";
import { takeSlot } from "./slot.ts";
import { inSpace } from "./space.ts";
import { tallyJson } from "./test-task.ts";
import { type Topic, topic } from "./topic.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
const folder = mkdtempSync(join(tmpdir(), "runner-test-"));
after(() => {
  admin.close();
  rmSync(folder, { recursive: true });
});

type In = { at: number; due?: number };
const input = topic<In>("in", { partitions: 1, timeOf: ({ at }) => at });
const ticks = topic<number>("ticks", { partitions: 1, envelope: false });
const output = topic<string>("out", { partitions: 1 });
const deadLetters = topic("dead-letters", { partitions: 1 });
const changelog = changelogTopic("said-tally-changelog", 1);

/** Says each record and each deadline; a record of 1970 throws. */
const sayingWith = (codec: typeof tallyJson) =>
  processor({
    name: "said",
    group: "said",
    reads: [input],
    writes: [output],
    state: { tally: table("tally", codec) },
    ticks: { topic: ticks, exact: true },
    run: (record: Incoming<In>, { tally }) => {
      if (record.time < 1_000) throw new Error("unlucky");
      tally.deadline = record.value.due ?? null;
      return emit(output, record.key, `in ${record.time}`);
    },
    due: (timer, { tally }) => {
      tally.deadline = null;
      return [emit(output, timer.key, `due ${timer.time}`)];
    },
  });

const setUp = async (codec = tallyJson) => {
  const saying = sayingWith(codec);
  const space = `test${randomBytes(4).toString("hex")}`;
  const name = (of: { name: string }) => inSpace(space, of.name);
  const make = (of: Topic) => admin.create(name(of), of, 1);
  for (const each of [input, ticks, output, deadLetters, changelog]) await make(each as Topic);
  const producer = await Producer.connect({ bootstrap });
  after(() => producer.close());
  const put = async (to: { name: string }, key: string, value: unknown) => {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    producer.produce(name(to), 0, bytes, key);
    await producer.flush();
  };
  const putRows = async (rows: Iterable<readonly [key: string, row: Buffer]>) => {
    for (const [key, row] of rows) producer.produce(name(changelog), 0, row, key);
    await producer.flush();
  };
  const stored = async (of: { name: string }) => {
    const all: RawMessage[] = [];
    const part = { topic: name(of), partition: 0, apply: (m: RawMessage) => all.push(m) };
    await restore({ bootstrap, admin, parts: [part] });
    return all;
  };
  const said: string[] = [];
  const run = () => {
    const slot = takeSlot(folder, inSpace(space, saying.group));
    const runner = new Runner({
      processor: saying,
      bootstrap,
      space,
      slot,
      task: {
        release: "1",
        disorderMs: 0,
        recordMaxBytes: 10_000,
        stateRowMaxBytes: 10_000,
        deadLetters,
        lateEvents: deadLetters,
      },
      commitMinIntervalMs: 5,
      commitMaxIntervalMs: 50,
      commitMaxRecords: 400,
      drainMaxMs: 5_000,
      say: (sentence) => said.push(sentence),
    });
    const stop = new AbortController();
    const ended = runner.run(stop.signal).finally(() => slot.release());
    ended.catch(() => {});
    const end = () => {
      stop.abort();
      return ended;
    };
    return { runner, ended, end };
  };
  const outputs = async () => (await stored(output)).map(({ value }) => JSON.parse(String(value)));
  const says = async (text: string) => {
    while (!(await outputs()).includes(text)) await delay(20);
  };
  return { name, make, put, putRows, stored, run, outputs, says, said };
};

test("given a release that fails on its records, then the runner ends with exit 4", async () => {
  const { put, run, outputs, stored } = await setUp();
  for (let i = 0; i < 30; i++) await put(input, "a", { at: 5 });
  const { ended } = run();
  await assert.rejects(ended, (thrown) => {
    assert.ok(thrown instanceof Failure);
    assert.equal(thrown.code, "BAD_RELEASE");
    assert.equal(thrown.exit, 4);
    assert.match(thrown.message, /^said failed on 21 records.*unlucky/);
    return true;
  });
  assert.deepEqual(await outputs(), []);
  assert.deepEqual(await stored(deadLetters), [], "none of it was committed");
});

test("given ticks that nobody can use, then they are dead letters and the next fires", async () => {
  const { put, run, says, stored, outputs, said } = await setUp();
  const { runner, end } = run();
  await put(input, "a", { at: 2_000, due: 3_000 });
  await says("in 2000");
  await put(ticks, "clock", Buffer.from("{soon"));
  await put(ticks, "clock", Date.now() + 2 * 86_400_000);
  await put(ticks, "clock", 3_000);
  await says("due 3000");
  await end();
  assert.deepEqual(await outputs(), ["in 2000", "due 3000"]);
  const letters = await stored(deadLetters);
  assert.deepEqual(
    letters.map(({ headers }) => JSON.parse(String(headers?.at(-1)?.dead)).reason),
    ["malformed_json", "time_out_of_range"],
  );
  assert.equal(String(letters[0].value), "{soon");
  assert.equal(runner.counters.reasons.get("dead:malformed_json"), 1);
  assert.deepEqual(said, []);
});

test("given a topic that is made anew while it is read, then its records run", async () => {
  const { name, make, put, run, says, outputs } = await setUp();
  const { end } = run();
  for (let at = 1_001; at < 1_010; at++) await put(input, "a", { at });
  await says("in 1009");
  await admin.remove(name(input));
  while ((await admin.describe([name(input)])).length > 0) await delay(50);
  await make(input as Topic);
  await put(input, "b", { at: 2_000 });
  await says("in 2000");
  await end();
  assert.equal((await outputs()).length, 10);
});

test("given rows that take longer to open than a group waits, then it waits for them", async () => {
  const rows = 5_000;
  let opened = 0;
  const open = (bytes: Buffer, key: string) => {
    opened++;
    for (const until = performance.now() + 1.5; performance.now() < until; );
    return tallyJson.open(bytes, key);
  };
  const { put, putRows, run, says, said } = await setUp({ ...tallyJson, open });
  const empty = tallyJson.seal(tallyJson.create(""));
  await putRows(Array.from({ length: rows }, (_, n) => [`row ${n}`, empty] as const));
  await put(input, "a", { at: 2_000 });
  const { end } = run();
  await says("in 2000");
  await end();
  assert.equal(opened, rows, "the partition was lost meanwhile, and its rows read again");
  assert.deepEqual(said, []);
});
