import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../embedded/test-servers.ts";
import { AdminPort } from "./admin.ts";
import { follow } from "./follow.ts";
import { inSpace } from "./space.ts";
import { topic } from "./topic.ts";
import { openWriter } from "./writer.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
after(() => admin.close());

const news = topic<number>("news", { partitions: 1 });
const until = async (isSo: () => boolean) => {
  while (!isSo()) await delay(10);
};

const setUp = async () => {
  const space = `test${randomBytes(4).toString("hex")}`;
  const name = inSpace(space, news.name);
  await admin.create(name, news as never, 1);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const put = async (...numbers: number[]) => {
    for (const n of numbers) await writer.send(news, null, n);
    await writer.flush();
  };
  const told: number[] = [];
  const begun: number[] = [];
  let caughtUp = 0;
  const start = (pastMs = 60_000) => {
    const stop = new AbortController();
    const running = follow({
      bootstrap,
      space,
      topic: news as never,
      pastMs,
      onBegin: (first) => begun.push(first),
      onRecords: (messages) => told.push(...messages.map((m) => Number(String(m.value)))),
      onCaughtUp: () => {
        caughtUp++;
      },
      say: () => undefined,
    }).run(stop.signal);
    after(async () => {
      stop.abort();
      await running;
    });
  };
  after(async () => {
    await writer.close();
    await admin.remove(name);
  });
  return { put, told, begun, start, caughtUp: () => caughtUp };
};

test("given records from before and after, then each is told once, in order", async () => {
  const { put, told, begun, start, caughtUp } = await setUp();
  await put(1, 2, 3);
  start();
  await until(() => caughtUp() === 1);
  assert.deepEqual([told, begun], [[1, 2, 3], [0]]);
  await put(4, 5);
  await until(() => told.length === 5);
  assert.deepEqual([told, begun, caughtUp()], [[1, 2, 3, 4, 5], [0], 1]);
});

test("given nothing recent, then it begins behind what is older", async () => {
  const { put, told, begun, start, caughtUp } = await setUp();
  await put(1, 2);
  start(-60_000);
  await until(() => caughtUp() === 1);
  await put(3);
  await until(() => told.length > 0);
  assert.deepEqual([told, begun], [[3], [2]]);
});
