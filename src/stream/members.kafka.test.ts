import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../embedded/test-servers.ts";
import { Failure } from "../errors.ts";
import { AdminPort } from "./admin.ts";
import { describeGroups } from "./members.ts";
import { openReader } from "./reader.ts";
import { inSpace } from "./space.ts";
import { topic } from "./topic.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
after(() => admin.close());

test("given a group, then its members and what they read are known, until they leave", async () => {
  const space = `test${randomBytes(4).toString("hex")}`;
  const notes = topic("notes", { partitions: 3 });
  await admin.create(inSpace(space, notes.name), notes, 1);
  const group = inSpace(space, "readers");
  const stop = new AbortController();
  const handle = async () => undefined;
  const options = { bootstrap, space, group: "readers", topics: [notes], handle };
  const run = openReader({ ...options, slot: 4 }).run(stop.signal);
  const look = async () => (await describeGroups(bootstrap, [group, `${group}-no`]))[0];
  let seen = await look();
  while (seen.state !== "stable" || seen.members[0]?.parts.length !== 3) {
    await delay(20);
    seen = await look();
  }
  const [member] = seen.members;
  assert.equal(member.instance, `${group}-4`);
  assert.deepEqual([member.host, member.clientId], ["127.0.0.1", "bellwether"]);
  assert.deepEqual(
    member.parts.map(({ topic: name, partition }) => `${name} ${partition}`).sort(),
    [0, 1, 2].map((partition) => `${inSpace(space, "notes")} ${partition}`),
  );
  stop.abort();
  await run;
  while ((await look()).members.length > 0) await delay(50);
  const [, unknown] = await describeGroups(bootstrap, [group, `${group}-no`]);
  assert.deepEqual(unknown, { group: `${group}-no`, state: "dead", members: [] });
});

test("given a broker that is away, or no broker at all, then that is said", async () => {
  const junk = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
  });
  await new Promise<void>((resolve) => junk.listen(0, "127.0.0.1", resolve));
  after(() => junk.close());
  const { port } = junk.address() as { port: number };
  for (const wrong of ["127.0.0.1:1", `127.0.0.1:${port}`]) {
    const isAway = (thrown: unknown) =>
      thrown instanceof Failure && thrown.code === "KAFKA_UNREACHABLE";
    await assert.rejects(describeGroups(wrong, ["a"]), isAway);
  }
  const [found] = await describeGroups(`127.0.0.1:1,${bootstrap}`, ["nobody"]);
  assert.equal(found.state, "dead", "the next broker is asked");
});
