import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../embedded/test-servers.ts";
import { AdminPort } from "./admin.ts";
import { LagWatch, noneBehind, type PartLag } from "./lag.ts";
import { setOffsets } from "./offsets.ts";
import { inSpace } from "./space.ts";
import { topic } from "./topic.ts";
import { openWriter } from "./writer.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
const watch = new LagWatch(bootstrap, admin);
after(async () => {
  await watch.close();
  admin.close();
});

const apartMs = 1_500;
const space = `test${randomBytes(4).toString("hex")}`;
const notes = topic<{ n: number }>("notes", { partitions: 2 });
const name = inSpace(space, notes.name);
await admin.create(name, notes, 1);

/** Two records on partition 0, the second appended at least 1.5 s after the first. */
const written = async (): Promise<void> => {
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const first = Date.now();
  await writer.send(notes, "a", { n: 1 }, { partition: 0 });
  await writer.flush();
  const appended = Date.now();
  while (Date.now() - appended < apartMs) await delay(20);
  await writer.send(notes, "a", { n: 2 }, { partition: 0 });
  await writer.close();
  assert.ok(Date.now() - first >= apartMs);
};

const commit = async (group: string, offset: number): Promise<string> => {
  const full = inSpace(space, group);
  await setOffsets(bootstrap, full, [{ topic: name, partition: 0, offset }]);
  return full;
};

const topics = [{ name, partitions: notes.partitions }];
const of = (lags: readonly PartLag[], group: string): PartLag | undefined =>
  lags.find((lag) => lag.group === group && lag.partition === 0);

test("given two groups apart on a partition, then each has the age of its own", async () => {
  await written();
  const far = await commit("far", 0);
  const near = await commit("near", 1);
  const through = await commit("through", 2);
  const groups = [near, far, through].map((group) => ({ group, topics }));
  const lags = await watch.read(groups, Date.now());
  const [a, b, c] = [of(lags, far), of(lags, near), of(lags, through)];
  assert.deepEqual([a?.records, b?.records, c?.records], [2, 1, 0]);
  assert.ok(a?.seconds != null && b?.seconds != null);
  assert.ok(a.seconds - b.seconds >= 1.4, `${a.seconds} s and ${b.seconds} s`);
  assert.equal(c?.seconds, 0);
  assert.equal(noneBehind(groups, lags), false);
  assert.equal(noneBehind([{ group: through, topics }], [c as PartLag]), true);
});

test("given groups that cannot be asked, then they are left out, and not caught up", async () => {
  const near = await commit("near", 1);
  // Nobody answers there; how far the topics reach is known all the same.
  const blind = new LagWatch("127.0.0.1:1", admin);
  after(() => blind.close());
  const groups = [{ group: near, topics }];
  const lags = await blind.read(groups, Date.now());
  assert.deepEqual(lags, []);
  assert.equal(noneBehind(groups, lags), false);
});
