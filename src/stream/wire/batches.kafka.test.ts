import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { root } from "../../config.ts";
import { serverEnvironment } from "../../embedded/servers.ts";
import { testServers } from "../../embedded/test-servers.ts";
import { AdminPort } from "../admin.ts";
import { Producer, type RawMessage } from "../kafka.ts";
import { restore } from "../restore.ts";
import { topic } from "../topic.ts";
import { type AbortedTransaction, PartitionRecords } from "./batch-reader.ts";
import { BatchWriter } from "./batch-writer.ts";

const servers = await testServers(["kafka"]);
const { bootstrap } = servers.kafka;
const admin = AdminPort.open(bootstrap);
const space = `test${randomBytes(4).toString("hex")}`;
after(async () => {
  for (const name of await admin.topicNames())
    if (name.startsWith(`${space}.`)) await admin.remove(name);
  admin.close();
});
let topics = 0;
const newTopic = async (config: Record<string, string> = {}): Promise<string> => {
  const name = `${space}.batches-${topics++}`;
  await admin.create(name, topic("batches", { partitions: 1, config }), 1);
  return name;
};

const int16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const int64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value)]);
const noText = int16(-1);

/** One request on a connection of its own, and what the answer holds behind its header. */
const ask = (api: number, version: number, ...parts: Buffer[]): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const body = Buffer.concat([int16(api), int16(version), int32(1), text("test"), ...parts]);
    const [host, port] = bootstrap.split(":");
    const socket = connect(Number(port), host);
    let got = Buffer.alloc(0);
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < 4 || got.length < 4 + got.readInt32BE(0)) return;
      socket.destroy();
      resolve(got.subarray(8));
    });
    socket.write(Buffer.concat([int32(body.length), body]));
  });

/** Produce, version 3, to partition 0: returns the error code. */
const produce = async (name: string, batch: Buffer): Promise<number> => {
  const part = [int32(1), int32(0), int32(batch.length), batch];
  const parts = [noText, int16(-1), int32(10_000), int32(1), text(name), ...part];
  const answer = await ask(0, 3, ...parts);
  return answer.readInt16BE(4 + 2 + name.length + 4 + 4);
};

type Fetched = { bytes: Buffer; aborted: AbortedTransaction[] };

/** Fetch, version 4, of partition 0, committed records only. */
const fetch = async (name: string, offset: number, maxBytes = 10_000_000): Promise<Fetched> => {
  const limits = [int32(-1), int32(100), int32(1), int32(maxBytes), Buffer.from([1])];
  const part = [int32(1), int32(0), int64(offset), int32(maxBytes)];
  const answer = await ask(1, 4, ...limits, int32(1), text(name), ...part);
  let at = 4 + 4 + 2 + name.length + 4 + 4;
  assert.equal(answer.readInt16BE(at), 0);
  at += 2 + 8 + 8;
  const aborted: AbortedTransaction[] = [];
  const count = answer.readInt32BE(at);
  at += 4;
  for (let n = 0; n < count; n++, at += 16)
    aborted.push({
      producerId: Number(answer.readBigInt64BE(at)),
      firstOffset: Number(answer.readBigInt64BE(at + 8)),
    });
  const size = answer.readInt32BE(at);
  return { bytes: answer.subarray(at + 4, at + 4 + size), aborted };
};

/** All committed records, and the codecs of the batches that they came in. */
const readAll = async (name: string, maxBytes?: number) => {
  const part = { topic: name, partition: 0 };
  const end = (await admin.endOffsets([part])).get(`${name}/0`) ?? 0;
  const messages: RawMessage[] = [];
  const codecs = new Set<number>();
  let fetches = 0;
  for (let offset = 0; offset < end; fetches++) {
    const { bytes, aborted } = await fetch(name, offset, maxBytes);
    if (bytes.length > 0) codecs.add(bytes[22] & 7);
    const records = new PartitionRecords(name, 0, bytes, offset, aborted, true);
    while (!records.isDone) records.take(messages, 70);
    offset = records.nextOffset;
  }
  return { messages, codecs: [...codecs], fetches, end };
};
/** The same as the client reads them. */
const readByClient = async (name: string): Promise<RawMessage[]> => {
  const all: RawMessage[] = [];
  const part = { topic: name, partition: 0, apply: (m: RawMessage) => all.push(m) };
  await restore({ bootstrap, admin, parts: [part] });
  return all;
};
const shown = (messages: readonly RawMessage[]) =>
  messages.map(({ offset, key, value, timestamp, headers }) => ({
    offset,
    key: key?.toString("hex") ?? null,
    value: value?.toString("hex") ?? null,
    timestamp,
    headers: (headers ?? []).map((one) => Object.entries(one).map(([n, v]) => `${n}=${v}`)),
  }));
const noteOf = (n: number) => Buffer.from(JSON.stringify({ n, says: "the same words again" }));

const ofClient = [
  ["none", 0],
  ["gzip", 1],
  ["snappy", 2],
  ["lz4", 3],
  ["zstd", 4],
] as const;

test("given librdkafka and each codec, then we read what its own consumer reads", async () => {
  for (const [codec, number] of ofClient) {
    const name = await newTopic(codec === "gzip" ? { "message.timestamp.type": "CreateTime" } : {});
    const producer = await Producer.connect({
      bootstrap,
      settings: { "compression.codec": codec, "batch.num.messages": 400 },
    });
    for (let n = 0; n < 3_000; n++) {
      const value = n % 7 === 0 ? null : noteOf(n);
      const key = n % 5 === 0 ? null : `k\0${n}`;
      producer.produce(
        name,
        0,
        value,
        key,
        n % 3 === 0 ? undefined : [{ bw: `1|${n}` }, { b: "é" }],
      );
    }
    await producer.flush();
    await producer.close();
    const { messages, codecs, fetches } = await readAll(name, 2_000);
    assert.deepEqual([codecs, messages.length], [[number], 3_000], codec);
    assert.ok(fetches > 1);
    assert.deepEqual(shown(messages), shown(await readByClient(name)));
  }
});

test("given transactions, some of them aborted, then we read the committed records", async () => {
  const name = await newTopic();
  const open = (transactionalId: string) => Producer.connect({ bootstrap, transactionalId });
  const [first, second] = [await open(`${space}-1`), await open(`${space}-2`)];
  for (let round = 0; round < 8; round++) {
    for (const one of [first, second]) await one.begin();
    for (const one of [first, second, first]) {
      for (let n = 0; n < 20; n++) one.produce(name, 0, noteOf(round * 100 + n), "k");
      await one.flush();
    }
    await (round % 3 === 0 ? first.abort() : first.commit());
    await (round % 2 === 0 ? second.commit() : second.abort());
  }
  await Promise.all([first.close(), second.close()]);
  const { messages, end } = await readAll(name);
  assert.equal(messages.length, 5 * 40 + 4 * 20);
  assert.equal(end, 8 * 62);
  assert.deepEqual(shown(messages), shown(await readByClient(name)));
});

const ours = (writer: BatchWriter, compress: boolean): Buffer =>
  writer.finish({
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    isTransactional: false,
    compress,
  });

test("given our batches, then librdkafka reads from the broker what was added", async () => {
  const name = await newTopic({ "message.timestamp.type": "CreateTime" });
  const writer = new BatchWriter();
  const now = Date.now();
  const wanted: { key: string | null; value: Buffer | null }[] = [];
  const add = (key: string | null, value: Buffer | null) => {
    wanted.push({ key, value });
    const headers = wanted.length % 2 === 0 ? undefined : [{ bw: `1|é|${wanted.length}` }];
    assert.ok(writer.add(key, value, headers, now + wanted.length));
  };
  for (const compress of [false, true]) {
    for (let n = 0; n < 2_000; n++) add(`zürich\0${n}`, noteOf(n));
    add(null, null);
    add("", Buffer.alloc(0));
    assert.equal(await produce(name, ours(writer, compress)), 0);
    writer.reset();
    add("giant", Buffer.alloc(2_500_000, "giant "));
    assert.equal(await produce(name, ours(writer, compress)), 0);
    writer.reset();
  }
  const read = await readByClient(name);
  assert.deepEqual(
    read.map(({ offset, key, value, timestamp }) => ({
      offset,
      key: key?.toString() ?? null,
      sameValue:
        value === null ? wanted[offset].value === null : wanted[offset].value?.equals(value),
      timestamp,
    })),
    wanted.map(({ key }, n) => ({ offset: n, key, sameValue: true, timestamp: now + n + 1 })),
  );
  assert.deepEqual(shown((await readAll(name)).messages), shown(read));
});

/** One of Kafka's own tools, which are Java's clients. */
const tool = (name: string, args: string[], input = ""): Promise<string> =>
  new Promise((resolve, reject) => {
    const flags = ["--disable-warning=ExperimentalWarning", join(root, "src", "cli.ts")];
    const child = spawn(process.execPath, [...flags, "kafka", name, ...args], {
      env: { ...process.env, ...serverEnvironment(servers) },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.once("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`exit ${code}`))));
    child.stdin.end(input);
  });

test("given Java's clients, then each reads what the other wrote", async () => {
  const lines = Array.from({ length: 5_000 }, (_, n) => String(noteOf(n)));
  for (const [codec, number] of ofClient.slice(2)) {
    const name = await newTopic();
    const args = ["--topic", name, "--compression-codec", codec, "--batch-size", "200000"];
    await tool("console-producer", args, lines.join("\n") + "\n");
    const { messages, codecs } = await readAll(name);
    assert.deepEqual(codecs, [number]);
    assert.deepEqual(
      messages.map(({ value }) => String(value)),
      lines,
    );
  }
  const name = await newTopic();
  const writer = new BatchWriter();
  for (const line of lines) assert.ok(writer.add("k", Buffer.from(line), [{ bw: "1" }], 0));
  for (const compress of [true, false])
    assert.equal(await produce(name, ours(writer, compress)), 0);
  const most = ["--max-messages", "10000", "--timeout-ms", "30000"];
  const read = await tool("console-consumer", ["--topic", name, "--from-beginning", ...most]);
  assert.deepEqual(read.trimEnd().split("\n"), [...lines, ...lines]);
});
