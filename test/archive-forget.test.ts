import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { customerUpdates, transactionsStream } from "../src/events/topics.ts";
import { Archive, type Arrived } from "../src/sink/archive/archive.ts";
import { customerOf, readParquet } from "../src/sink/archive/parquet.ts";
import { listFiles, ofPartition, stretches, topicFolder } from "../src/sink/archive/place.ts";
import { archiveLog, logEnds, logOptions, logTopics, withTombstone } from "./archive-log.ts";

const root = mkdtempSync(join(tmpdir(), "bellwether-forget-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const newFolder = (): string => join(root, String(made++));
const erased = "C3";

/** Everything in the files; every offset up to the last is answered for, once. */
const archived = async (folder: string): Promise<Arrived[]> => {
  const found: Arrived[] = [];
  for (const { name, partitions } of logTopics) {
    const files = await listFiles(topicFolder(folder, "test", name));
    for (let partition = 0; partition < partitions; partition++)
      for (const { file } of stretches(ofPartition(files, partition), 0)) {
        assert.ok(file, "there is no hole");
        for (const record of await readParquet(file.path))
          found.push({ topic: name, partition, ...record });
      }
  }
  return found;
};

const topicOf = new Map(logTopics.map((topic) => [topic.name, topic]));
const isAbout = (customer: string) => (record: Arrived) =>
  record.key === customer || customerOf(topicOf.get(record.topic)!, record) === customer;
const inOrder = (log: readonly Arrived[]): Arrived[] =>
  logTopics.flatMap(({ name }) =>
    log
      .filter(({ topic }) => topic === name)
      .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset),
  );
const without = (log: readonly Arrived[], customer: string): Arrived[] =>
  inOrder(log).filter((record) => !isAbout(customer)(record));

const opened = async (folder: string): Promise<Archive> => {
  const archive = await Archive.open(logOptions(folder));
  await archive.startAt();
  return archive;
};
const finish = async (archive: Archive, log: readonly Arrived[]): Promise<void> => {
  await archive.handle([], logEnds(log));
  await archive.closeOver();
};

test("given a tombstone, then files and what is open lose the customer alone", async () => {
  const log = withTombstone(archiveLog(21), erased);
  assert.ok(log.filter(isAbout(erased)).length > 20);
  const folder = newFolder();
  const archive = await opened(folder);
  await archive.handle(log);
  await finish(archive, log);
  assert.deepEqual(await archived(folder), without(log, erased));
});

test("given older records behind the tombstone, then they stay out; newer ones stay", async () => {
  const log = withTombstone(archiveLog(22), erased);
  const late = log.filter((one) => one.topic !== customerUpdates.name).slice(-60);
  const early = log.filter((one) => !late.includes(one));
  const folder = newFolder();
  const first = await opened(folder);
  await first.handle(early);
  // Another life knows who was forgotten from the folder alone.
  await finish(first, early);
  const second = await opened(folder);
  const back = withTombstone(late, erased)
    .slice(-1)
    .map((one) => {
      const value = Buffer.from(JSON.stringify({ customer_id: erased }));
      return {
        ...one,
        topic: late[0].topic,
        offset: 10_000,
        appendTime: one.appendTime + 1,
        value,
      };
    });
  await second.handle([...late, ...back]);
  await finish(second, [...late, ...back]);
  const found = (await archived(folder)).filter(isAbout(erased));
  assert.deepEqual(
    found.map(({ offset }) => offset),
    [10_000],
  );
});

test("given records about the customer under another's key or none, then they go too", async () => {
  const log = archiveLog(24);
  const [{ headers, appendTime }] = log.slice(-1);
  const strange = [
    [null, erased],
    ["C1", erased],
    [null, "C1"],
    ["C1", "C1"],
  ].map(([key, customer_id], n) => {
    const value = Buffer.from(JSON.stringify({ customer_id, n }));
    const place = { topic: transactionsStream.name, partition: 0, offset: 10_000 + n };
    return { ...place, key, value, headers, appendTime };
  });
  const whole = withTombstone([...log, ...strange], erased);
  const folder = newFolder();
  const archive = await opened(folder);
  await archive.handle(whole);
  await finish(archive, whole);
  const kept = (await archived(folder)).filter(({ offset }) => offset >= 10_000);
  assert.deepEqual(
    kept.map(({ offset }) => offset),
    [10_002, 10_003],
  );
});

test("given another process that forgets, then a later file is clean too", async () => {
  const log = archiveLog(23);
  const folder = newFolder();
  const slow = await opened(folder);
  await slow.handle(log.slice(-30));
  const quick = await opened(folder);
  await quick.handle(withTombstone(log, erased).slice(-1));
  await finish(slow, log.slice(-30));
  assert.ok((await archived(folder)).length > 10);
  assert.deepEqual((await archived(folder)).filter(isAbout(erased)), []);
});

test("given two writers at once, then each record is read once all the same", async () => {
  const log = archiveLog(24);
  const folder = newFolder();
  const [one, other] = [await opened(folder), await opened(folder)];
  for (let at = 0; at < log.length; at += 25) {
    await one.handle(log.slice(at, at + 25));
    if (at >= 100) await other.handle(log.slice(at - 100, at - 75));
  }
  await finish(one, log);
  await other.handle(log);
  await finish(other, log);
  assert.deepEqual(await archived(folder), inOrder(log));
});

const worker = join(import.meta.dirname, "fixtures/archive-worker.ts");

test("given kill -9 at each step of forgetting, then the next life has forgotten", async () => {
  const folder = newFolder();
  const seed = 25;
  const log = archiveLog(seed, 40);
  const before = await opened(folder);
  await before.handle(log);
  let lives = 0;
  for (;;) {
    // Six steps for the list, six for the first file, and then in strides through the others.
    const killAt = String(lives < 12 ? lives : lives * 5);
    const args = [worker, folder, String(seed), killAt, erased];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    const [code, signal] = await once(child, "exit");
    if (code === 0) break;
    assert.equal(signal, "SIGKILL");
    assert.ok(++lives < 200, "it never ends");
  }
  assert.ok(lives >= 12, `${lives} lives`);
  assert.deepEqual(await archived(folder), without(log, erased));
});
