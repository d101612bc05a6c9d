import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { readConfig } from "../config.ts";
import { testServers } from "../embedded/test-servers.ts";
import {
  customerUpdates,
  interventionsStream,
  predictionsStream,
  transactionsStream,
} from "../events/topics.ts";
import type { Transaction } from "../events/transaction.ts";
import { AdminPort } from "../stream/admin.ts";
import { openReader, type Received } from "../stream/reader.ts";
import { inSpace } from "../stream/space.ts";
import { openWriter } from "../stream/writer.ts";
import { load } from "./load.ts";

const topics = [transactionsStream, customerUpdates, predictionsStream, interventionsStream];
const space = `load${process.pid}`;
const empty = `nothing${process.pid}`;
// Before the servers, so that the topics are removed while there still is a broker.
after(async () => {
  for (const topic of topics) await admin.remove(inSpace(space, topic.name));
  admin.close();
});
const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
for (const topic of topics) await admin.create(inSpace(space, topic.name), topic as never, 1);

const configOf = (name: string) =>
  readConfig({ kafkaBootstrapServers: bootstrap, space: name }, {});

const childCode = `
  const { load } = await import(process.env.LOAD_TS);
  const { args, config } = JSON.parse(process.env.CASE);
  process.exit(await load(args, { config }));
`;

/** What the command prints on standard output, in a process of its own. */
const printed = async (args: string[]): Promise<string> => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", childCode], {
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      ...process.env,
      LOAD_TS: import.meta.resolve("./load.ts"),
      CASE: JSON.stringify({ args, config: configOf(space) }),
    },
  });
  const exited = once(child, "exit");
  const out = await text(child.stdout!);
  assert.deepEqual(await exited, [0, null]);
  return out;
};

/** Stands in for the line: a prediction for each failed transaction, of the same event time. */
const echo = async (
  signal: AbortSignal,
  seen: Received[],
  listening: () => void,
): Promise<void> => {
  const writer = await openWriter({ bootstrap, space, source: "echo@1" });
  await writer.send(transactionsStream, "first", transactionsStream.example);
  await openReader({
    bootstrap,
    space,
    group: "echo",
    topics: [transactionsStream],
    handle: async (batch) => {
      listening();
      for (const record of batch.filter(({ key }) => key !== "first")) {
        seen.push(record);
        const value = transactionsStream.read(record.value as Buffer);
        if (!value.is_failed) continue;
        const prediction = { ...predictionsStream.example, customer_id: value.customer_id };
        const time = record.header?.eventTime;
        await writer.send(predictionsStream, value.customer_id, prediction, { time });
      }
    },
  }).run(signal);
  await writer.close();
};

/** What a load prints while its echo listens, and all that the echo saw of it. */
const echoed = async (args: string[]) => {
  const stop = new AbortController();
  const seen: Received[] = [];
  const listens = Promise.withResolvers<void>();
  const echoing = echo(stop.signal, seen, listens.resolve);
  await listens.promise;
  const result = JSON.parse(await printed(args));
  stop.abort();
  await echoing;
  return { result, seen };
};

test("given a load, as many are sent as asked for, at their times, with latencies", async () => {
  const rate = ["--rate", "400", "--seconds", "2", "--customers", "50", "--seed", "7"];
  const shares = ["--failed-share", "0.25", "--troubled-share", "0"];
  const args = ["transactions", ...rate, ...shares, "--json"];
  const { result, seen } = await echoed(args);

  assert.equal(result.sent, 800);
  assert.equal(seen.length, 800);
  const values = seen.map((record) => transactionsStream.read(record.value as Buffer));
  const failed = values.filter((value) => value.is_failed).length;
  assert.ok(failed > 140 && failed < 260, `${failed} failed`);
  const times = values
    .map((value: Transaction) => Date.parse(value.txn_time))
    .sort((a, b) => a - b);
  const gaps = new Set(times.slice(1).map((time, n) => time - times[n]));
  assert.deepEqual([...gaps].sort(), [2, 3], "evenly spread over the seconds");
  assert.deepEqual(new Set(values.map((value) => value.customer_id.slice(0, 5))).size, 1);
  const latency = result.latency[inSpace(space, "predictions-stream")];
  assert.equal(latency.count, failed);
  assert.ok(latency.p50_ms > 0 && latency.p99_ms >= latency.p50_ms);
  assert.equal(result.latency[inSpace(space, "interventions-stream")].count, 0);
});

test("given a warm-up, then what was sent in it is sent and not counted", async () => {
  const size = ["--rate", "200", "--seconds", "2", "--customers", "20", "--failed-share", "1"];
  const shares = ["--troubled-share", "0", "--warm-up", "1", "--json"];
  const { result } = await echoed(["transactions", ...size, ...shares]);
  assert.equal(result.sent, 400);
  const { count } = result.latency[inSpace(space, "predictions-stream")];
  assert.ok(count >= 200 && count < 400, `${count} counted`);
});

test("given customers in trouble, their past comes first, and no answer to it counts", async () => {
  const begun = Date.now();
  const size = ["--rate", "50", "--seconds", "1", "--customers", "4", "--seed", "8"];
  const args = ["transactions", ...size, "--troubled-share", "1", "--json"];
  const { seen, result } = await echoed(args);

  const ours = seen.filter((record) => (record.header?.ingestTime ?? 0) >= begun);
  const past = ours.filter((record) => (record.header?.eventTime ?? 0) < begun);
  const values = past.map((record) => transactionsStream.read(record.value as Buffer));
  assert.ok(past.length > 4 * 30, `${past.length} of the past`);
  assert.equal(values.filter((value) => value.category === "salary").length, 4 * 3);
  assert.ok(values.filter((value) => value.category === "penalty").length >= 4 * 5);
  assert.equal(ours.length - past.length, 50);
  assert.equal(result.latency[inSpace(space, "predictions-stream")].count, 50);
});

test("given nobody who reads, what was sent is told all the same", async () => {
  const out = await printed(["transactions", "--rate", "50", "--seconds", "1"]);
  assert.match(out, /^50 transactions sent, \d+\/s\n/);
  assert.match(out, /sent late by +50/);
});

test("given arguments that cannot be used, the sentence says which, with the cure", async () => {
  const refused = (args: string[], message: RegExp) =>
    assert.rejects(load(args, { config: configOf(space) }), { code: "ARGUMENT_WRONG", message });
  await refused(
    ["events", "--rate", "1", "--seconds", "1"],
    /load sends transactions\. For example/,
  );
  await refused(["transactions", "--seconds", "1"], /--rate must be a number from 1/);
  await refused(["transactions", "--rate", "x", "--seconds", "1"], /--rate must be a number/);
  await refused(["transactions", "--rates", "1"], /--rates/);
});

test("given a space without topics, load says so before it sends", async () => {
  const args = ["transactions", "--rate", "1", "--seconds", "1"];
  await assert.rejects(load(args, { config: configOf(empty) }), {
    code: "TOPIC_MISSING",
    message: new RegExp(`${empty}.transactions-stream does not exist`),
  });
});
