import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../embedded/test-servers.ts";
import { testLine } from "../embedded/test-space.ts";
import { Failure } from "../errors.ts";
import { AdminPort } from "./admin.ts";
import { readHeader } from "./header.ts";
import { Producer, type RawHeaders, type RawMessage } from "./kafka.ts";
import { committedOf } from "./lag.ts";
import { openReader, type ReaderOptions, type Received } from "./reader.ts";
import { headersForRedrive } from "./redrive.ts";
import { restore } from "./restore.ts";
import { inSpace } from "./space.ts";
import { topic } from "./topic.ts";
import { Connection, type Request } from "./wire/connection.ts";
import { openWriter } from "./writer.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
after(() => admin.close());

type Note = { n: number; at?: number };
const notes = topic<Note | null>("notes", {
  partitions: 1,
  timeOf: (note) => note?.at,
  typeOf: () => "note",
  schema: "2",
});
const until = async (isSo: () => boolean | Promise<boolean>) => {
  while (!(await isSo())) await delay(10);
};
const setUp = async () => {
  const space = `test${randomBytes(4).toString("hex")}`;
  await admin.create(inSpace(space, notes.name), notes as never, 1);
  const open = (transactionalId?: string) =>
    openWriter({ bootstrap, space, source: "test@1", transactionalId });
  /** Everything committed. */
  const stored = async (): Promise<RawMessage[]> => {
    const all: RawMessage[] = [];
    const part = { topic: inSpace(space, notes.name), partition: 0 };
    await restore({ bootstrap, admin, parts: [{ ...part, apply: (m) => all.push(m) }] });
    return all;
  };
  const numbers = async () => (await stored()).map((m) => JSON.parse(String(m.value)).n);
  const committed = async (group: string) => {
    const parts = [{ topic: inSpace(space, notes.name), partition: 0 }];
    return (await committedOf(bootstrap, inSpace(space, group), parts).catch(() => []))[0]?.offset;
  };
  /** A reader that runs until `stop`. */
  const read = (options: Partial<ReaderOptions> & Pick<ReaderOptions, "handle">) => {
    const end = new AbortController();
    const topics = [notes as never];
    const ended = openReader({ bootstrap, space, group: "g", slot: 0, topics, ...options }).run(
      end.signal,
    );
    const stop = () => {
      end.abort();
      return ended;
    };
    return { ended, stop };
  };
  return { space, open, stored, numbers, committed, read };
};
const numberOf = (one: Received) => JSON.parse(String(one.value)).n as number;

test("given a writer, then records bear its header, and any key comes whole", async () => {
  const { open, stored } = await setUp();
  const writer = await open();
  await writer.send(notes, "a\0b", { n: 1, at: 900 }, { id: "id\0|%", origin: "file-3" });
  await writer.send(notes, "a", { n: 2 }, { time: 77 });
  await writer.send(notes, "a", null);
  await writer.flush();
  const [first, second, third] = await stored();
  assert.equal(String(first.key), "a\0b");
  const head = readHeader(first.headers);
  assert.ok(head && head.ingestTime > 0);
  const { id, origin, type, source, schema, eventTime } = head;
  assert.deepEqual(
    { id, origin, type, source, schema, eventTime },
    { id: "id\0|%", origin: "file-3", type: "note", source: "test@1", schema: "2", eventTime: 900 },
  );
  assert.equal(readHeader(second.headers)?.eventTime, 77);
  assert.match(readHeader(second.headers)?.id ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.equal(third.value, null);
  assert.equal(writer.sent, 3);
  await writer.close();
});

test("given a transaction, then its commit shows all of it, its abort nothing", async () => {
  const { open, numbers } = await setUp();
  const writer = await open("importer");
  for (const n of [1, 2, 3]) await writer.send(notes, "a", { n });
  await writer.commit();
  assert.deepEqual(await numbers(), [1, 2, 3]);
  for (const n of [4, 5]) await writer.send(notes, "a", { n });
  await writer.abort();
  await writer.send(notes, "a", { n: 6 });
  await writer.commit();
  await writer.commit();
  assert.deepEqual(await numbers(), [1, 2, 3, 6]);
  await writer.close();
});

test("given a second writer with the same id, then the first is fenced", async () => {
  const { open, numbers } = await setUp();
  const first = await open("importer");
  await first.send(notes, "a", { n: 1 });
  const second = await open("importer");
  await second.send(notes, "a", { n: 2 });
  await second.commit();
  await assert.rejects(first.commit());
  assert.deepEqual(await numbers(), [2]);
  await Promise.all([first.close(), second.close()]);
});

test("given a topic that is not there, then flush says that records were not taken", async () => {
  const { space } = await setUp();
  const writer = await openWriter({ bootstrap, space, source: "test@1", deliveryMaxMs: 1_000 });
  const lost = async () => {
    await writer.send(topic("missing"), "a", { n: 1 });
    await writer.flush();
  };
  await assert.rejects(lost(), Failure);
  await writer.close();
});

test("given a batch that fails, then it comes again whole until it is handled", async () => {
  const { open, read, committed } = await setUp();
  const writer = await open();
  const tries: number[][] = [];
  const said: string[] = [];
  const reading = read({
    handle: async (batch) => {
      tries.push(batch.map(numberOf));
      if (tries.length < 3) throw new Error("the database is away");
    },
    say: (sentence) => said.push(sentence),
  });
  for (const n of [1, 2, 3]) await writer.send(notes, "a", { n });
  await writer.flush();
  await until(async () => (await committed("g")) === 3);
  assert.deepEqual(tries[1], tries[0]);
  assert.deepEqual(tries[2], tries[0]);
  assert.deepEqual(tries.slice(2).flat(), [1, 2, 3]);
  assert.equal(said.length, 2);
  assert.match(said[0], /waits and tries again: .*database is away/);
  assert.match(said[1], /works again/);
  await reading.stop();
  await writer.close();
});

test("given a reader stopped before it could handle, then the next gets the same", async () => {
  const { open, read, committed } = await setUp();
  const writer = await open();
  for (const n of [1, 2]) await writer.send(notes, "a", { n });
  await writer.flush();
  let tried = 0;
  const first = read({
    handle: async () => {
      tried++;
      throw new Error("never");
    },
  });
  await until(() => tried > 0);
  await first.stop();
  assert.equal(await committed("g"), undefined);
  const got: number[] = [];
  const handle = async (batch: Received[]) => void got.push(...batch.map(numberOf));
  const second = read({ handle });
  await until(() => got.length === 2);
  await until(async () => (await committed("g")) === 2);
  await second.stop();
  await writer.send(notes, "a", { n: 3 });
  await writer.flush();
  const third = read({ handle });
  await until(() => got.length === 3);
  assert.deepEqual(got, [1, 2, 3]);
  await third.stop();
  await writer.close();
});

test("given offsets that are kept elsewhere, then reading starts there", async () => {
  const { open, read, committed } = await setUp();
  const writer = await open();
  for (const n of [1, 2, 3, 4]) await writer.send(notes, "a", { n });
  await writer.flush();
  const got: Received[] = [];
  const handle = async (batch: Received[]) => void got.push(...batch);
  const all = read({ handle });
  await until(async () => (await committed("g")) === 4);
  await all.stop();
  got.length = 0;
  const asked: unknown[] = [];
  const startAt: ReaderOptions["startAt"] = async (parts) => {
    asked.push(...parts);
    return new Map([["notes-0", 1]]);
  };
  const again = read({ handle, startAt, maxBatch: 2 });
  await until(() => got.length === 3);
  assert.deepEqual(asked, [{ topic: "notes", partition: 0 }]);
  assert.deepEqual(got.map(numberOf), [2, 3, 4]);
  assert.deepEqual([got[0].key, got[0].offset, got[0].topic.name], ["a", 1, "notes"]);
  assert.equal(got[0].header?.type, "note");
  await again.stop();
  await writer.close();
});

test("given a failure that trying again cannot help, then the reader ends with it", async () => {
  const { open, read } = await setUp();
  const writer = await open();
  await writer.send(notes, "a", { n: 1 });
  await writer.flush();
  const reading = read({
    handle: async () => {
      throw new Failure("FENCED", ["g-0"]);
    },
  });
  await assert.rejects(reading.ended, Failure);
  await writer.close();
});

test("given Kafka away at the start, then a reader says so once, and waits for it", async () => {
  const { open, read } = await setUp();
  const writer = await open();
  await writer.send(notes, "a", { n: 1 });
  await writer.flush();
  const [host, port] = bootstrap.split(":");
  const line = await testLine({ host, port: Number(port) });
  await line.cut();
  const near = `127.0.0.1:${line.port}`;
  const said: string[] = [];
  const seen: number[] = [];
  const handle = async (batch: Received[]) => void seen.push(...batch.map(numberOf));
  const reader = read({ bootstrap: near, handle, say: (sentence) => said.push(sentence) });
  await until(() => said.length === 1);
  await line.mend();
  await until(() => seen.length === 1);
  await reader.stop();
  assert.match(said[0], new RegExp(`^g starts over: Kafka does not answer at ${near}\\. Start it`));
  assert.deepEqual(said.slice(1), ["g reads again."]);
  await writer.close();
});

test("given a batch damaged on its way, then a reader says so and asks again", async (t) => {
  const { space, open, read } = await setUp();
  const writer = await open();
  await writer.send(notes, "a", { n: 4_711 });
  await writer.flush();
  const { ask } = Connection.prototype;
  let isDamaged = false;
  t.mock.method(Connection.prototype, "ask", async function (this: Connection, request: Request) {
    const answer = await ask.call(this, request);
    const at = answer.bytes.indexOf("4711");
    if (at >= 0 && !isDamaged) answer.bytes[at] += 1;
    isDamaged ||= at >= 0;
    return answer;
  });
  const said: string[] = [];
  const seen: number[] = [];
  const handle = async (batch: Received[]) => void seen.push(...batch.map(numberOf));
  const reader = read({ handle, say: (sentence) => said.push(sentence) });
  await until(() => seen.length > 0);
  await reader.stop();
  assert.deepEqual(seen, [4_711]);
  const place = `${inSpace(space, notes.name)}/0 behind offset 0`;
  assert.match(said[0], new RegExp(`^g starts over: What Kafka answers for ${place} .*wrong sum`));
  assert.deepEqual(said.slice(1), ["g reads again."]);
  await writer.close();
});

test("given a record put back for one group, then another leaves it", async () => {
  const { space, open, read } = await setUp();
  const producer = await Producer.connect({ bootstrap });
  const put = (n: number, headers: RawHeaders | undefined) =>
    producer.produce(inSpace(space, notes.name), 0, Buffer.from(`{"n":${n}}`), "a", headers);
  const seen: Record<string, number[]> = { ours: [], theirs: [] };
  put(1, undefined);
  put(2, headersForRedrive(undefined, "ours", "letters-0-0"));
  put(3, headersForRedrive([{ bw: Buffer.from("1|id") }], "theirs", "letters-0-1"));
  await producer.flush();
  const readers = Object.entries(seen).map(([group, numbers]) =>
    read({ group, handle: async (batch) => void numbers.push(...batch.map(numberOf)) }),
  );
  await until(() => seen.ours.length === 2 && seen.theirs.length === 2);
  const writer = await open();
  await writer.send(notes, "a", { n: 4 });
  await writer.flush();
  await until(() => Object.values(seen).every((numbers) => numbers.includes(4)));
  assert.deepEqual(seen, { ours: [1, 2, 4], theirs: [1, 3, 4] });
  await Promise.all(readers.map(({ stop }) => stop()));
  await writer.close();
  await producer.close();
});

test("given readers that come and go meanwhile, then all offsets are noted", async () => {
  const { open, read, committed } = await setUp();
  const writer = await open();
  const seen = new Set<number>();
  const handle = async (batch: Received[]) => {
    for (const one of batch) seen.add(numberOf(one));
  };
  let sent = 0;
  const put = async () => {
    for (let n = 0; n < 50; n++) await writer.send(notes, "a", { n: sent++ });
    await writer.flush();
  };
  const stays = read({ handle });
  for (const slot of [1, undefined]) {
    await put();
    const guest = read({ handle, slot });
    await put();
    await until(() => seen.size === sent);
    await guest.stop();
  }
  await put();
  await until(async () => (await committed("g")) === sent);
  assert.equal(seen.size, sent);
  await stays.stop();
  await writer.close();
});

test("given two readers of one slot, then the first is fenced and ends with exit 3", async () => {
  const { open, read } = await setUp();
  const writer = await open();
  await writer.send(notes, "k", { n: 1 });
  await writer.flush();
  const got: number[] = [];
  const first = read({ handle: async (batch) => void got.push(...batch.map(numberOf)) });
  await until(() => got.length === 1);
  const second = read({ handle: async () => undefined });
  await assert.rejects(
    first.ended,
    (thrown) => thrown instanceof Failure && thrown.code === "FENCED" && thrown.exit === 3,
  );
  await second.stop();
  await writer.close();
});
