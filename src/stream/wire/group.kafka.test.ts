import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import client from "@confluentinc/kafka-javascript";
import { testServers } from "../../embedded/test-servers.ts";
import { AdminPort } from "../admin.ts";
import type { Rebalance, TopicPartition } from "../kafka.ts";
import { codes, KafkaError } from "../kafka-error.ts";
import { describeGroups } from "../members.ts";
import { partitionKey } from "../partition.ts";
import { topic } from "../topic.ts";
import { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { Member, type MemberOptions } from "./group.ts";
import { GroupOffsets } from "./group-offsets.ts";
import { refusal } from "./refusals.ts";
import { TransactionalProducer } from "./transactional-producer.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
const opened: { close(): unknown }[] = [];
after(async () => {
  await Promise.all(opened.map((each) => each.close()));
  admin.close();
});

const until = async (isSo: () => boolean | Promise<boolean>) => {
  while (!(await isSo())) await delay(5);
};

/** A way to the brokers that can be cut. */
class Wire extends Cluster {
  isCut = false;
  override async coordinator(kind: "group" | "transaction", id: string): Promise<Connection> {
    if (!this.isCut) return super.coordinator(kind, id);
    throw new KafkaError({ code: codes.noTransport, isRetriable: true }, "cut");
  }
}

type Owner = { name: string; owned: Set<string>; told: Rebalance[] };

/** A group with a topic of its own, whose members may never have a partition twice. */
const open = async (partitions: number, name = `test${randomBytes(4).toString("hex")}`) => {
  const create = (count = partitions) => admin.create(name, topic("of", { partitions: count }), 1);
  if (partitions > 0) await create();
  const owners = new Set<Owner>();
  const overlaps: string[] = [];
  const note = (owner: Owner, rebalance: Rebalance) => {
    owner.told.push(rebalance);
    for (const part of rebalance.parts.map(partitionKey)) {
      if (rebalance.kind === "revoke") assert.ok(owner.owned.delete(part));
      else {
        for (const other of owners) if (other.owned.has(part)) overlaps.push(`${part} twice`);
        owner.owned.add(part);
      }
    }
  };
  const owner = (of: string): Owner => {
    const one = { name: of, owned: new Set<string>(), told: [] };
    owners.add(one);
    return one;
  };
  const join = (of: string, options: Partial<MemberOptions> = {}, isByHand = false) => {
    const one = owner(of);
    const cluster = new Wire(bootstrap);
    const onRebalance = (rebalance: Rebalance) => {
      note(one, rebalance);
      if (!isByHand) member.answered();
    };
    const member = new Member({ cluster, group: name, onRebalance, ...options });
    member.subscribe([name]);
    const close = async () => {
      owners.delete(one);
      await member.leave();
      cluster.close();
    };
    opened.push({ close });
    return { ...one, member, cluster, close };
  };
  const state = async () => (await describeGroups(bootstrap, [name]))[0].state;
  const isSpread = (...loads: number[]) => {
    assert.deepEqual(overlaps, []);
    return String([...owners].map(({ owned }) => owned.size).sort()) === String(loads.sort());
  };
  return { name, create, join, owner, note, owners, isSpread, state };
};

test("given a member alone, then it gets all, and says so once", async () => {
  const group = await open(4);
  const alone = group.join("alone");
  await until(() => group.isSpread(4));
  assert.equal(alone.told.length, 1);
  assert.notEqual(alone.member.memberId, "");
  assert.ok(alone.member.generation > 0);
  await until(async () => (await group.state()) === "stable");
  await alone.close();
  assert.equal(await group.state(), "empty", "a dynamic member says goodbye");
});

test("given more members, then they split, and nothing is owned twice at any time", async () => {
  const group = await open(6);
  const first = group.join("first");
  await until(() => group.isSpread(6));
  const second = group.join("second");
  await until(() => group.isSpread(3, 3));
  const third = group.join("third", { instance: `${group.name}-3` });
  await until(() => group.isSpread(2, 2, 2));
  await second.close();
  await until(() => group.isSpread(3, 3));
  assert.deepEqual(
    [first, third].map(({ told }) => told.filter(({ lost }) => lost)),
    [[], []],
  );
});

test("given a static member that restarts, then it gets the same and none must move", async () => {
  const group = await open(4);
  const stays = group.join("stays", { instance: `${group.name}-0` });
  const options = { instance: `${group.name}-1` };
  await until(() => group.isSpread(4));
  const goes = group.join("goes", options);
  await until(() => group.isSpread(2, 2));
  for (const who of [goes, stays]) {
    const before = { told: stays.told.length, generation: stays.member.generation };
    const had = [...who.owned];
    await who.close();
    const again = group.join("again", { instance: who.member.instance });
    await until(() => group.isSpread(2, 2));
    assert.deepEqual([...again.owned].sort(), had.sort());
    assert.equal(again.member.generation, before.generation);
    if (who === goes) assert.equal(stays.told.length, before.told);
  }
});

test("given two of one instance, then the older has failed for good", async () => {
  const group = await open(2);
  const options = { instance: `${group.name}-0` };
  const older = group.join("older", options);
  await until(() => group.isSpread(2));
  group.owners.clear();
  const younger = group.join("younger", options);
  await until(() => group.isSpread(2));
  await until(() => older.member.failure !== undefined);
  assert.deepEqual(
    [older.member.failure?.code, older.member.failure?.isFatal],
    [codes.fencedInstance, true],
  );
  assert.equal(younger.member.failure, undefined);
});

const toldToAssign = -175;

/** A member of the client that earlier releases run on. */
const rivalIn = async (group: string, told: (rebalance: Rebalance) => void) => {
  // biome-ignore lint/suspicious/noExplicitAny: the client's own types lack what we call
  const raw: any = new client.KafkaConsumer(
    {
      "bootstrap.servers": bootstrap,
      "group.id": group,
      "partition.assignment.strategy": "cooperative-sticky",
      "session.timeout.ms": 6_000,
      "heartbeat.interval.ms": 250,
      "enable.auto.commit": false,
      log_level: 0,
      rebalance_cb: ({ code }: { code: number }, parts: TopicPartition[]) => {
        const kind = code === toldToAssign ? "assign" : "revoke";
        told({ kind, parts, lost: kind === "revoke" && raw.assignmentLost() });
        if (kind === "assign") raw.incrementalAssign(parts);
        else raw.incrementalUnassign(parts);
      },
    },
    { "auto.offset.reset": "earliest" },
  );
  await new Promise((resolve) => raw.connect({}, resolve));
  raw.setDefaultConsumeTimeout(5);
  raw.subscribe([group]);
  const poll = () => new Promise((resolve) => raw.consume(1, resolve));
  const close = () => new Promise((resolve) => raw.disconnect(resolve));
  opened.push({ close });
  return { poll, close };
};

test("given a member of the other client, then both share, whoever leads", async () => {
  const group = await open(4);
  const mine = group.join("mine");
  await until(() => group.isSpread(4));
  const other = group.owner("other");
  const rival = await rivalIn(group.name, (rebalance) => group.note(other, rebalance));
  const polled = async (...loads: number[]) =>
    until(async () => {
      await rival.poll();
      return group.isSpread(...loads);
    });
  await polled(2, 2);
  await mine.close();
  await polled(4);
  const again = group.join("again");
  await polled(2, 2);
  const third = group.join("third", { instance: `${group.name}-3` });
  await polled(1, 1, 2);
  assert.deepEqual(
    [again.told, third.told, other.told].flat().filter(({ lost }) => lost),
    [],
  );
  group.owners.delete(other);
  await rival.close();
  await until(() => group.isSpread(2, 2));
});

test("given a member that is not heard, then its parts go over and it is told lost", async () => {
  const group = await open(4);
  const silent = group.join("silent", { instance: `${group.name}-0` });
  await until(() => group.isSpread(4));
  silent.cluster.isCut = true;
  const [owner] = group.owners;
  group.owners.clear();
  const other = group.join("other");
  await until(() => group.isSpread(4));
  assert.deepEqual([silent.owned.size, silent.member.isLost], [4, false], "nobody has told it");
  group.owners.add(owner);
  other.owned.clear();
  silent.cluster.isCut = false;
  await until(() => silent.told.some(({ lost }) => lost));
  assert.equal(silent.told.at(-1)?.parts.length, 4);
  assert.equal(silent.member.isLost, false, "it has been told");
});

test("given an answer that takes longer than a session, then the member stays", async () => {
  const group = await open(4);
  const slow = group.join("slow", { rebalanceMaxMs: 60_000 }, true);
  await until(() => group.isSpread(4));
  const began = performance.now();
  const other = group.join("other");
  await until(() => performance.now() - began > 7_000);
  assert.deepEqual([slow.told.length, other.told.length], [1, 0]);
  slow.member.answered();
  await until(() => slow.told.length === 2);
  assert.equal(slow.told[1].kind, "revoke");
  assert.equal(other.owned.size, 0, "not before it is given up");
  slow.member.answered();
  await until(() => group.isSpread(2, 2));
});

test("given connections that break, also in a join, then the member goes on", async () => {
  const group = await open(4);
  const first = group.join("first", {}, true);
  await until(() => group.isSpread(4));
  const second = group.join("second", { instance: `${group.name}-2` });
  await until(async () => (await group.state()) === "changing");
  for (const { cluster } of [first, second])
    (await cluster.coordinator("group", group.name)).close();
  first.member.answered();
  await until(() => first.told.length === 2);
  first.member.answered();
  await until(() => group.isSpread(2, 2));
  const { generation } = second.member;
  const broken = await second.cluster.coordinator("group", group.name);
  broken.close();
  await until(async () => (await second.cluster.coordinator("group", group.name)) !== broken);
  await second.member.committed([{ topic: group.name, partition: 0 }]);
  assert.equal(second.member.generation, generation);
  assert.deepEqual(
    [...first.told, ...second.told].filter(({ lost }) => lost),
    [],
  );
});

test("given a topic that comes later, then it is given out when it is there", async () => {
  const group = await open(0);
  const early = group.join("early");
  await until(() => early.told.length === 1);
  assert.deepEqual(early.told[0].parts, []);
  await group.create(3);
  await until(() => group.isSpread(3));
});

test("given a transaction that is open, then committed offsets wait for its end", async () => {
  const group = await open(2);
  const { member } = group.join("one");
  await until(() => group.isSpread(2));
  const parts = [0, 1].map((partition) => ({ topic: group.name, partition }));
  assert.deepEqual(
    await member.committed(parts),
    parts.map((part) => ({ ...part, offset: -1 })),
  );
  assert.deepEqual(await member.committed([]), []);
  const { memberId, generation } = member;
  const membership = { group: group.name, memberId, generation, instance: undefined };
  const producer = await TransactionalProducer.connect({ bootstrap, transactionalId: group.name });
  opened.push(producer);
  producer.begin();
  producer.produce(group.name, 0, Buffer.from("a"), "a");
  await producer.sendOffsets([{ ...parts[0], offset: 7 }], membership);
  let hasAnswered = false;
  const waiting = member.committed(parts).finally(() => {
    hasAnswered = true;
  });
  const before = await admin.endOffsets(parts);
  assert.deepEqual([before.size, hasAnswered], [2, false]);
  await producer.commit();
  assert.deepEqual(
    (await waiting).map(({ offset }) => offset),
    [7, -1],
  );
});

test("given a member that leaves before it has joined, then it ends at once", async () => {
  const group = await open(2);
  const slow = group.join("slow", { rebalanceMaxMs: 60_000 }, true);
  await until(() => group.isSpread(2));
  const waits = group.join("waits");
  await until(async () => (await group.state()) === "changing");
  const began = performance.now();
  await waits.close();
  await slow.close();
  assert.ok(performance.now() - began < 3_000);
  assert.deepEqual(waits.told, []);
  await until(async () => (await group.state()) === "empty");
});

const codeOf = (promise: Promise<unknown>): Promise<number | undefined> =>
  promise.then(
    () => undefined,
    (thrown) => (thrown as KafkaError).code,
  );

test("given offsets to note while the group changes, then each is noted in the end", async () => {
  const group = await open(4);
  const first = group.join("first", { instance: `${group.name}-0` }, true);
  await until(() => group.isSpread(4));
  const at = (offset: number) =>
    [...first.owned].map((_, partition) => ({ topic: group.name, partition, offset }));
  assert.deepEqual(await first.member.commit([]), []);
  assert.deepEqual(await first.member.commit(at(1)), at(1));
  const second = group.join("second");
  await until(async () => (await group.state()) === "changing");
  assert.deepEqual(await first.member.commit(at(2)), at(2), "it has not joined again yet");
  first.member.answered();
  await until(() => first.told.length === 2);
  first.member.answered();
  const parts = at(3);
  let noted: unknown[] = [];
  await until(async () => {
    noted = await first.member.commit(parts).catch(() => []);
    return group.isSpread(2, 2) && noted.length > 0;
  });
  assert.deepEqual(noted, parts);
  assert.deepEqual(await second.member.committed(parts), parts);
});

test("given a coordinator that is away, then offsets are refused, and noted later", async () => {
  const group = await open(2);
  const { member, cluster } = group.join("one");
  await until(() => group.isSpread(2));
  const parts = [{ topic: group.name, partition: 1, offset: 7 }];
  cluster.isCut = true;
  assert.equal(await codeOf(member.commit(parts)), codes.noTransport);
  cluster.isCut = false;
  assert.deepEqual(await member.commit(parts), parts);
  const missing = { topic: `${group.name}-no`, partition: 0, offset: 7 };
  assert.deepEqual(await member.commit([missing, ...parts]), parts);
  assert.equal(await codeOf(member.commit([missing])), refusal.unknownTopic);
});

test("given a group with members, then nobody else notes its offsets", async () => {
  const group = await open(2);
  const offsets = new GroupOffsets(bootstrap, group.name);
  opened.push(offsets);
  const parts = [{ topic: group.name, partition: 0, offset: 3 }];
  assert.deepEqual(await offsets.commit(parts), parts);
  const { member, close } = group.join("one");
  await until(() => group.isSpread(2));
  assert.deepEqual(await member.committed(parts), parts);
  assert.equal(await codeOf(offsets.commit(parts)), refusal.unknownMember);
  await close();
  assert.deepEqual(await offsets.commit(parts), parts);
});
