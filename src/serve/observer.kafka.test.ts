import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testServers } from "../embedded/test-servers.ts";
import { AdminPort } from "../stream/admin.ts";
import { setOffsets } from "../stream/offsets.ts";
import { openReader } from "../stream/reader.ts";
import { inSpace } from "../stream/space.ts";
import { topic } from "../stream/topic.ts";
import { openWriter } from "../stream/writer.ts";
import { ArchitectureWatch } from "./architecture.ts";
import type { SeenFlow } from "./drift.ts";
import type { Platform } from "./messages/platform.ts";
import type { ObservedTables } from "./observed.ts";
import { Observer } from "./observer.ts";
import type { OwnPart } from "./own-part.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const space = `test${randomBytes(4).toString("hex")}`;
const notes = topic<{ n: number }>("notes", { partitions: 2 });
const quiet = topic<{ n: number }>("quiet", { partitions: 1 });
const bare = topic<{ n: number }>("bare", { partitions: 1, envelope: false });

const admin = AdminPort.open(bootstrap);
for (const one of [notes, quiet, bare]) await admin.create(inSpace(space, one.name), one, 1);
after(async () => {
  for (const one of [notes, quiet, bare]) await admin.remove(inSpace(space, one.name));
  for (const group of await admin.groups())
    if (group.startsWith(`${space}.`)) await admin.removeGroup(group).catch(() => {});
  admin.close();
});

const flow = (from: string, to: string): Platform["flows"][number] => ({
  from,
  to,
  kind: "stream",
  protocol: "Kafka",
  topics: [],
  says: "",
});
const flows = [
  flow("ingest:teller", "topic:notes"),
  flow("ingest:nobody", "topic:quiet"),
  flow("ingest:teller", "topic:bare"),
  flow("topic:notes", "sink:listener"),
  flow("topic:quiet", "sink:listener"),
];
const own: OwnPart = {
  drawn: { name: "", says: "", layers: [], components: [], flows, scenarios: [] },
  topics: [notes, quiet, bare].map(({ name, partitions, envelope }) => ({
    name,
    partitions,
    envelope,
  })),
  readers: [{ id: "sink:listener", group: inSpace(space, "listener"), topics: ["notes", "quiet"] }],
  writers: [
    { id: "ingest:teller", sources: ["tell-*"], topics: ["notes", "bare"] },
    { id: "ingest:nobody", sources: ["nobody"], topics: ["quiet"] },
  ],
};

const noted: SeenFlow[] = [];
const tables: ObservedTables = {
  note: async (seen) => void noted.push(...seen),
  read: async () => ({ seen: noted, watchedDays: 7 }),
};

/** Asks until it is so, or the test's own limit ends it. */
const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(50);
  }
};

/** A group that Kafka knows, with an offset where there is nothing to read. */
const emptyGroup = async (name: string): Promise<void> => {
  const group = inSpace(space, name);
  await setOffsets(bootstrap, group, [
    { topic: inSpace(space, quiet.name), partition: 0, offset: 0 },
  ]);
  await until(async () => ((await admin.groups()).includes(group) ? true : undefined));
};

test("given a running space, then who writes and reads is seen, and how fast", async () => {
  let now = Date.now();
  const observer = () => new Observer({ bootstrap, space, own: () => own });
  const watch = new ArchitectureWatch({ own, observer, tables, now: () => now });
  after(() => watch.close());
  const writer = await openWriter({ bootstrap, space, source: "tell-tales@3" });
  const tell = async (count: number) => {
    for (let n = 0; n < count; n++) {
      await writer.send(notes, `k${n}`, { n });
      await writer.send(bare, "k", { n });
    }
    await writer.flush();
  };
  /** The next look at Kafka: what is told is kept for some seconds otherwise. */
  const look = async () => {
    now += 10_000;
    const told = await watch.read();
    return {
      ...told,
      topic: (name: string) => told.topics.find((one) => one.topic === name)!,
      flow: (from: string, to: string) =>
        told.flows.find((one) => one.from === from && one.to === to),
    };
  };

  await tell(40);
  const first = await until(async () => {
    const seen = await look();
    return seen.topic("notes").newest_at === null ? undefined : seen;
  });
  assert.equal(first.fault, null);
  assert.equal(first.topic("quiet").stored, 0);
  assert.equal(first.topic("quiet").newest_at, null);
  assert.equal(first.flow("ingest:teller", "topic:notes")?.state, "seen");
  assert.equal(first.flow("ingest:nobody", "topic:quiet")?.state, "not_seen");
  assert.equal(first.flow("ingest:teller", "topic:bare")?.state, "unknown");
  // Nobody has committed: that is not the same as no lag.
  const unread = first.flow("topic:notes", "sink:listener")!;
  assert.deepEqual([unread.lag_records, unread.lag_seconds], [null, null]);

  const stop = new AbortController();
  const read = { bootstrap, space, topics: [notes], handle: async () => {} };
  const reading = openReader({ ...read, group: "listener" }).run(stop.signal);
  const stranger = openReader({ ...read, group: "stranger" }).run(stop.signal);
  // Groups that read nothing of ours, and come before that one in any list.
  for (let n = 0; n < 6; n++) await emptyGroup(`a-stranger-${n}`);
  const caughtUp = await until(async () => {
    const seen = await look();
    const isThrough = seen.flow("topic:notes", "sink:listener")?.lag_records === 0;
    return isThrough ? seen : undefined;
  });
  assert.equal(caughtUp.flow("topic:notes", "sink:listener")?.state, "seen");
  assert.equal(caughtUp.flow("topic:quiet", "sink:listener")?.state, "not_seen");

  await tell(60);
  const busy = await until(async () => {
    const seen = await look();
    return (seen.topic("notes").rate_per_s ?? 0) > 0 ? seen : undefined;
  });
  assert.ok((busy.flow("ingest:teller", "topic:notes")?.rate_per_s ?? 0) > 0);
  assert.equal(busy.topic("quiet").rate_per_s, 0);
  assert.equal(busy.flow("ingest:nobody", "topic:quiet")?.rate_per_s, 0);
  assert.equal(busy.flow("ingest:teller", "topic:bare")?.rate_per_s, null);
  const rested = await until(async () => {
    const seen = await look();
    return seen.topic("notes").rate_per_s === 0 ? seen : undefined;
  });
  assert.equal(rested.flow("ingest:teller", "topic:notes")?.rate_per_s, 0);

  // A group that the map does not know is found, though not looked for each time.
  const strange = await until(async () => {
    const { flows: all } = await look();
    return all.find(({ state }) => state === "undeclared");
  });
  assert.deepEqual([strange.from, strange.to], ["topic:notes", `group:${space}.stranger`]);
  stop.abort();
  await Promise.all([reading, stranger]);
  await writer.close();
});

test("given a Kafka that does not answer, then nothing is known, and why is said", async () => {
  const observer = () => new Observer({ bootstrap: "127.0.0.1:1", space, own: () => own });
  const away: ObservedTables = { ...tables, read: async () => ({ seen: [], watchedDays: 7 }) };
  const watch = new ArchitectureWatch({ own, observer, tables: away });
  const told = await watch.read();
  assert.match(told.fault!, /Kafka/);
  assert.ok(told.topics.every(({ rate_per_s, stored }) => rate_per_s === null && stored === null));
  await watch.close();
});
