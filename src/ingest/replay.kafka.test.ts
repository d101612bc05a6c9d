import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../embedded/test-servers.ts";
import type { Contract } from "../events/contract.ts";
import { importProgress, ticks, transactionsStream } from "../events/topics.ts";
import { AdminPort } from "../stream/admin.ts";
import { readHeader } from "../stream/header.ts";
import { restore } from "../stream/restore.ts";
import { inSpace } from "../stream/space.ts";
import { importer } from "./import/importer.ts";
import { type PastRecord, pacer, replaySource } from "./replay.ts";

const topics = [ticks, transactionsStream, importProgress];
const space = `pace${process.pid}`;
// Before the servers, so that the topics are removed while there still is a broker.
after(async () => {
  for (const topic of topics) await admin.remove(inSpace(space, topic.name));
  admin.close();
});
const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
for (const topic of topics) await admin.create(inSpace(space, topic.name), topic as never, 1);

const partition = 3;
/** Event times of the transactions that a reader sees by now, in the order of their log. */
const visible = async (): Promise<number[]> => {
  const times: number[] = [];
  const topic = inSpace(space, transactionsStream.name);
  const apply = ({ headers }: { headers?: Record<string, Buffer>[] }) =>
    void times.push(readHeader(headers)?.eventTime ?? 0);
  await restore({ bootstrap, admin, parts: [{ topic, partition, apply }] });
  return times;
};

const minuteMs = 60_000;
const from = Date.parse("2026-01-05T08:00:00Z");
const times = [0, 10, 20, 30, 40].map((minutes) => from + minutes * minuteMs);
const past = times.map((at): PastRecord => {
  const txn_time = new Date(at).toISOString();
  const value = { ...transactionsStream.example, txn_time };
  const topic = transactionsStream as unknown as Contract<unknown>;
  const bytes = transactionsStream.write(value);
  const key = value.customer_id;
  return { topic, partition, key, at, bytes, value, id: `id ${at}`, origin: `origin ${at}` };
});

test("given a speed, then each record is sent when its time has come, none before", async () => {
  const source = replaySource({
    identity: "test",
    from,
    to: from + 60 * minuteMs,
    records: async function* () {
      yield* past;
    },
  });
  let clock = 1_000_000;
  const began = clock;
  // Its waits are over at once: here the clock moves when this test moves it.
  const paced = pacer(600, from, AbortSignal.abort(), () => clock);
  const told: { clock: number; seen: number[] }[] = [];
  const pace = (at: number) => {
    const wait = paced(at);
    return wait?.then(async () => {
      const earlier = times.filter((time) => time < at);
      let seen = await visible();
      for (; seen.length < earlier.length; seen = await visible()) await delay(20);
      told.push({ clock: clock - began, seen });
      clock = began + (at - from) / 600;
    });
  };
  await importer(source, { bootstrap, space, pace }).run(new AbortController().signal);
  assert.deepEqual(told, [
    { clock: 0, seen: times.slice(0, 1) },
    { clock: 1_000, seen: times.slice(0, 2) },
    { clock: 2_000, seen: times.slice(0, 3) },
    { clock: 3_000, seen: times.slice(0, 4) },
    { clock: 4_000, seen: times },
  ]);
  assert.equal(clock - began, 6_000, "an hour at 600 times takes six seconds");
  assert.deepEqual(await visible(), times);
});
