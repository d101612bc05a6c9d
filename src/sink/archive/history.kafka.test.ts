import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import client from "@confluentinc/kafka-javascript";
import { testServers } from "../../embedded/test-servers.ts";
import type { Contract } from "../../events/contract.ts";
import { customerUpdates, transactionsStream } from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { inSpace } from "../../stream/space.ts";
import { openWriter } from "../../stream/writer.ts";
import { openTopicIds } from "../topic-ids.ts";
import { History } from "./history.ts";
import { keepArchive } from "./keep-archive.ts";
import { endOf, listFiles, ofPartition, topicFolder } from "./place.ts";
import { timeline } from "./timeline.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
const folder = mkdtempSync(join(tmpdir(), "bellwether-history-"));
const topics = [customerUpdates, transactionsStream] as unknown as Contract<unknown>[];
const space = `test${process.pid}`;
const topicIds = openTopicIds(bootstrap, space);
for (const topic of topics) await admin.create(inSpace(space, topic.name), topic, 1);
const source = { bootstrap, space, source: "test@1", transactionalId: "history-test" };
const writer = await openWriter(source);
after(async () => {
  await writer.close();
  for (const { name } of topics) await admin.remove(inSpace(space, name));
  topicIds.close();
  admin.close();
  rmSync(folder, { recursive: true, force: true });
});

const begin = Date.UTC(2026, 0, 1);
let sent = 0;
const send = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++, sent++) {
    const at = new Date(begin + sent * 1_000).toISOString();
    const id = `C${sent % 7}`;
    const value = { ...transactionsStream.example, customer_id: id, transaction_id: `t${sent}` };
    await writer.send(transactionsStream, id, { ...value, txn_time: at });
    if (sent % 20 === 0)
      await writer.send(customerUpdates, id, {
        ...customerUpdates.example,
        customer_id: id,
        event_time: at,
      });
    if (sent % 10 === 9) await writer.commit();
  }
  await writer.commit();
};

/** Archives until every partition is filed as far as `isDone` asks, or to the ends. */
const archiveUntil = async (isDone: () => Promise<boolean>, ahead: number): Promise<void> => {
  const stop = new AbortController();
  const now = () => Date.now() + ahead;
  const options = { space, folder, bootstrap, topics, now, fileMaxBytes: 2_000 };
  const erasures = customerUpdates.name;
  const said: string[] = [];
  const say = (sentence: string) => void said.push(sentence);
  const work = { ...options, erasures, topicId: topicIds.of, say, lookEveryMs: 50 };
  const run = keepArchive(work, stop.signal);
  const deadline = performance.now() + 240_000;
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new Error(`In vain: ${said.join(" ")}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  stop.abort();
  await run;
  assert.deepEqual(said, []);
};
const partsOf = (topic: Contract<unknown>) =>
  Array.from({ length: topic.partitions }, (_, partition) => ({
    topic: inSpace(space, topic.name),
    partition,
  }));
const filedTo = async (topic: Contract<unknown>) => {
  const files = await listFiles(topicFolder(folder, space, topic.name));
  return partsOf(topic).map(({ partition }) => endOf(ofPartition(files, partition)) ?? 0);
};

/** The ids of History's transactions, and how many profiles it has. */
const told = async () => {
  const history = await History.open({ folder, space, bootstrap });
  const ids: string[] = [];
  let profiles = 0;
  let time = 0;
  try {
    for await (const one of timeline(space, await history.inputsOf(topics), 1_000_000)) {
      assert.ok(one.time >= time, "in event-time order");
      time = one.time;
      if (one.topic.name === customerUpdates.name) profiles++;
      else ids.push((one.value as { transaction_id: string }).transaction_id);
    }
  } finally {
    await history.close();
  }
  return { ids, profiles };
};
const allIds = () => Array.from({ length: sent }, (_, n) => `t${n}`);

test("given files and a tail, then History tells each record once, in order", async () => {
  await send(200);
  await archiveUntil(async () => (await filedTo(topics[1])).some((end) => end > 20), 0);
  await send(100);
  const { ids, profiles } = await told();
  assert.deepEqual(ids, allIds());
  assert.equal(profiles, 15);
});

test("given an hour that is over, then files answer for all, markers included", async () => {
  const ends = async (topic: Contract<unknown>) => {
    const found = await admin.endOffsets(partsOf(topic));
    return partsOf(topic).map((part) => found.get(`${part.topic}/${part.partition}`));
  };
  const isFiled = async (topic: Contract<unknown>) =>
    JSON.stringify(await filedTo(topic)) === JSON.stringify(await ends(topic));
  await archiveUntil(
    async () => (await isFiled(topics[0])) && (await isFiled(topics[1])),
    2 * 3_600_000,
  );
  const { ids } = await told();
  assert.deepEqual(ids, allIds());
});

/** As retention does. */
const deleteFromKafka = async (part: { topic: string; partition: number }, offset: number) => {
  // biome-ignore lint/suspicious/noExplicitAny: the client's own types lack what we call
  const raw = client.AdminClient.create({ "bootstrap.servers": bootstrap } as any) as any;
  try {
    await new Promise<void>((resolve, reject) =>
      raw.deleteRecords([{ ...part, offset }], { timeout: 10_000 }, (error: Error | null) =>
        error ? reject(error) : resolve(),
      ),
    );
  } finally {
    raw.disconnect();
  }
};

test("given records that Kafka has deleted since, then History tells them still", async () => {
  const filed = await filedTo(topics[1]);
  for (const part of partsOf(topics[1])) await deleteFromKafka(part, filed[part.partition]);
  await send(50);
  const { ids } = await told();
  assert.deepEqual(ids, allIds());
});

test("given a file that is gone, then the hole is refused with its offsets", async () => {
  const files = await listFiles(topicFolder(folder, space, transactionsStream.name));
  const lost = files.filter(({ partition }) => partition === files[1].partition)[1];
  rmSync(lost.path);
  const place = `transactions-stream-${lost.partition}`;
  const sentence = `offsets ${lost.first} to ${lost.last} of ${place} are neither in the archive`;
  await assert.rejects(told(), (thrown: Error) => thrown.message.includes(sentence));
});
