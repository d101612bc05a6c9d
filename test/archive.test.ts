import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Archive, type Arrived } from "../src/sink/archive/archive.ts";
import { readParquet } from "../src/sink/archive/parquet.ts";
import {
  filePath,
  listFiles,
  ofPartition,
  stretches,
  topicFolder,
} from "../src/sink/archive/place.ts";
import { partKey } from "../src/stream/reader.ts";
import { archiveLog, logEnds, logOptions, logTopics } from "./archive-log.ts";

const root = mkdtempSync(join(tmpdir(), "bellwether-archive-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const newFolder = (): string => join(root, String(made++));

const archiveAll = async (folder: string, log: readonly Arrived[], batch: number) => {
  const archive = await Archive.open(logOptions(folder));
  await archive.startAt();
  for (let at = 0; at < log.length; at += batch) await archive.handle(log.slice(at, at + batch));
  await archive.handle([], logEnds(log));
  await archive.closeOver();
};

/** Everything in the files, in order, as it would have to be in the log. */
const archived = async (folder: string): Promise<Arrived[]> => {
  const found: Arrived[] = [];
  for (const { name, partitions } of logTopics) {
    const files = await listFiles(topicFolder(folder, "test", name));
    for (let partition = 0; partition < partitions; partition++)
      for (const { file, first } of stretches(ofPartition(files, partition), 0)) {
        assert.ok(file, `no file holds ${partKey(name, partition)}-${first}`);
        for (const record of await readParquet(file.path))
          found.push({ topic: name, partition, ...record });
      }
  }
  return found;
};

const inOrder = (log: readonly Arrived[]): Arrived[] =>
  logTopics.flatMap(({ name }) =>
    log
      .filter(({ topic }) => topic === name)
      .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset),
  );

const bytesIn = (folder: string): [string, string][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".parquet"))
    .map((entry): [string, string] => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length), readFileSync(path, "base64")];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));

for (const seed of [1, 2, 3, 20_260_101])
  test(`given the log of seed ${seed}, then the files hold every record as it was`, async () => {
    const log = archiveLog(seed);
    const folder = newFolder();
    await archiveAll(folder, log, 1 + (seed % 90));
    assert.deepEqual(await archived(folder), inOrder(log));
  });

test("given hours, then each file lies in the folder of its records' hour", async () => {
  const folder = newFolder();
  await archiveAll(folder, archiveLog(5), 90);
  const hourMs = 3_600_000;
  const hours = new Set<string>();
  for (const { name } of logTopics) {
    const of = topicFolder(folder, "test", name);
    for (const { path, partition, first, last } of await listFiles(of)) {
      const place = path.slice(of.length + 1);
      const [, date, hour] = /^date=(\d{4}-\d\d-\d\d)\/hour=(\d\d)\//.exec(place) ?? [];
      assert.equal(place, `date=${date}/hour=${hour}/p${partition}-${first}-${last}.parquet`);
      const begin = Date.parse(`${date}T${hour}:00:00Z`);
      for (const { appendTime } of await readParquet(path))
        assert.ok(begin <= appendTime && appendTime < begin + hourMs, `${place}: ${appendTime}`);
      hours.add(`${date} ${hour}`);
    }
  }
  assert.ok(hours.size > 5, [...hours].join());
  const took = Date.UTC(2026, 0, 2, 3, 59, 59, 999);
  assert.equal(
    filePath("archive/live/outcomes", 4, { first: 120, last: 179 }, took),
    "archive/live/outcomes/date=2026-01-02/hour=03/p4-120-179.parquet",
  );
});

test("given one log in other batches, then the same files with the same bytes", async () => {
  const log = archiveLog(5);
  const [one, other] = [newFolder(), newFolder()];
  await archiveAll(one, log, 400);
  await archiveAll(other, log, 7);
  const files = bytesIn(one);
  assert.ok(files.length > 10, `${files.length} files`);
  assert.deepEqual(bytesIn(other), files);
  await archiveAll(other, log, 11);
  assert.deepEqual(bytesIn(other), files, "a second run over what is filed changes nothing");
});

const worker = join(import.meta.dirname, "fixtures/archive-worker.ts");
const live = async (folder: string, seed: number, killAt: number): Promise<boolean> => {
  const child = spawn(process.execPath, [worker, folder, String(seed), String(killAt)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code, signal] = await once(child, "exit");
  assert.ok(code === 0 || signal === "SIGKILL", `it ended with ${code} ${signal}`);
  return code === 0;
};

test("given kill -9 at each step of writing files, then nothing is lost or doubled", async () => {
  const seed = 11;
  const folder = newFolder();
  let lives = 0;
  // Each step of the first file, and then in strides through the others.
  const killAt = () => (lives < 6 ? lives : lives * 5 + 1);
  while (!(await live(folder, seed, killAt()))) assert.ok(++lives < 100, "it never ends");
  assert.ok(lives >= 7, `${lives} lives`);
  assert.deepEqual(await archived(folder), inOrder(archiveLog(seed, 40)));
  const drafts = readdirSync(folder, { recursive: true }).filter((name) =>
    String(name).endsWith(".draft"),
  );
  assert.deepEqual(drafts, []);
});

test("given a topic that was made anew, then its archive is refused with the cure", async () => {
  const folder = newFolder();
  await archiveAll(folder, archiveLog(6), 50);
  const options = { ...logOptions(folder), topicId: async () => "another" };
  const archive = await Archive.open(options);
  await assert.rejects(archive.startAt(), /deleted since.*move that folder away/);
});

test("given records that Kafka deleted unarchived, then it says which", async () => {
  const folder = newFolder();
  await archiveAll(folder, archiveLog(6), 50);
  const said: string[] = [];
  const startOffsets = async (_: string, partitions: number) => new Array(partitions).fill(9_999);
  const say = (sentence: string) => void said.push(sentence);
  const archive = await Archive.open({ ...logOptions(folder), startOffsets, say });
  await archive.startAt();
  assert.match(said[0], /Kafka deleted offsets \d+ to 9998 of transactions-stream-0/);
});
