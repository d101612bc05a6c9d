import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { AdminPort } from "../admin.ts";
import { topic } from "../topic.ts";
import { openWriter } from "../writer.ts";
import { Fetcher } from "./fetcher.ts";

const servers = await testServers(["kafka"]);
const { bootstrap } = servers.kafka;
const space = `test${randomBytes(4).toString("hex")}`;
const numbers = topic<number>("numbers", { partitions: 1, envelope: false });
const name = `${space}.numbers`;

test("given a place that the log has not, then it is asked for again, then left", async () => {
  const admin = AdminPort.open(bootstrap);
  await admin.create(name, numbers, 1);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const fetcher = new Fetcher({ bootstrap });
  after(async () => {
    fetcher.close();
    await writer.close();
    await admin.remove(name);
    admin.close();
  });
  const write = async (from: number) => {
    for (let n = from; n < from + 5; n++) await writer.send(numbers, "key", n);
    await writer.flush();
  };
  const next = async () => {
    for (;;) {
      const { messages } = await fetcher.consume(100, 1_000);
      if (messages.length > 0) return messages.map(({ offset }) => offset);
    }
  };
  await write(0);
  // As from a broker that lacks the last records: they are there when it is asked again.
  fetcher.add([{ topic: name, partition: 0, offset: 7 }]);
  fetcher.take(1);
  await write(5);
  assert.equal((await next())[0], 7);
  fetcher.seek({ topic: name, partition: 0, offset: 1_000 });
  assert.equal((await next())[0], 0);
});
