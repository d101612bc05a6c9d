import assert from "node:assert/strict";
import { test } from "node:test";
import type { TopicPartition } from "../kafka.ts";
import { partitionKey } from "../partition.ts";
import { seeded } from "../test-task.ts";
import { assign, type GroupMember } from "./assignor.ts";

const parts = (topic: string, ...numbers: number[]): TopicPartition[] =>
  numbers.map((partition) => ({ topic, partition }));
const member = (id: string, owned: TopicPartition[] = [], more: Partial<GroupMember> = {}) => ({
  id,
  topics: ["a"],
  owned,
  generation: 1,
  ...more,
});
const numbersOf = (found: ReadonlyMap<string, TopicPartition[]>) =>
  Object.fromEntries([...found].map(([id, of]) => [id, of.map(({ partition }) => partition)]));

test("given one member, then it gets every partition of its topics and no other", () => {
  const counts = new Map([
    ["a", 3],
    ["b", 2],
  ]);
  assert.deepEqual(assign([member("x")], counts), new Map([["x", parts("a", 0, 1, 2)]]));
});

test("given a topic without partitions, then nobody gets any of it", () => {
  assert.deepEqual(numbersOf(assign([member("x")], new Map([["a", 0]]))), { x: [] });
  assert.deepEqual(numbersOf(assign([member("x")], new Map())), { x: [] });
});

test("given a second member, then it gets nothing before the first has given it up", () => {
  const counts = new Map([["a", 4]]);
  const first = numbersOf(assign([member("x", parts("a", 0, 1, 2, 3)), member("y")], counts));
  assert.deepEqual(first, { x: [0, 1], y: [] });
  const second = numbersOf(assign([member("x", parts("a", 0, 1)), member("y")], counts));
  assert.deepEqual(second, { x: [0, 1], y: [2, 3] });
});

test("given two who claim a partition, then the younger generation keeps it", () => {
  const counts = new Map([["a", 2]]);
  const old = member("x", parts("a", 0, 1), { generation: 3 });
  const young = member("y", parts("a", 0), { generation: 4 });
  assert.deepEqual(numbersOf(assign([old, young], counts)), { x: [1], y: [0] });
});

test("given two of one generation who claim a partition, then both must give it up", () => {
  const counts = new Map([["a", 2]]);
  const both = [member("x", parts("a", 0)), member("y", parts("a", 0)), member("z")];
  const found = numbersOf(assign(both, counts));
  assert.deepEqual(Object.values(found).flat(), [1]);
});

test("given a member gone, then what it had is spread and the others keep theirs", () => {
  const counts = new Map([["a", 6]]);
  const left = [member("x", parts("a", 0, 3)), member("y", parts("a", 1, 4))];
  assert.deepEqual(numbersOf(assign(left, counts)), { x: [0, 3, 2], y: [1, 4, 5] });
});

test("given a member that owns what it reads no more, then it must give that up", () => {
  const counts = new Map([["a", 2]]);
  const gone = member("x", parts("a", 0, 1), { topics: ["b"] });
  assert.deepEqual(numbersOf(assign([gone, member("y")], counts)), { x: [], y: [] });
  assert.deepEqual(numbersOf(assign([{ ...gone, owned: [] }, member("y")], counts)), {
    x: [],
    y: [0, 1],
  });
});

test("given members of other topics, then nobody gets what it does not read", () => {
  const counts = new Map([
    ["a", 1],
    ["b", 5],
  ]);
  const of = [member("x"), member("y", [], { topics: ["a", "b"] }), member("z", [])];
  const found = assign(of, counts);
  assert.deepEqual(found.get("y"), parts("b", 0, 1, 2, 3, 4));
  assert.equal([...found.values()].flat().length, 6);
});

type Group = { members: GroupMember[]; counts: Map<string, number>; generation: number };

/** One rebalance: everybody gives up what it has lost, and gets what is new. */
const rebalance = (group: Group): number => {
  const found = assign(group.members, group.counts);
  group.generation++;
  let moved = 0;
  group.members = group.members.map((one) => {
    const now = found.get(one.id) as TopicPartition[];
    const names = new Set(now.map(partitionKey));
    moved += one.owned.filter((part) => !names.has(partitionKey(part))).length;
    return { ...one, owned: now, generation: group.generation };
  });
  const all = group.members.flatMap(({ owned }) => owned.map(partitionKey));
  assert.equal(new Set(all).size, all.length, "nothing is owned twice");
  return moved;
};

const isBalanced = ({ members }: Group): boolean =>
  [...Map.groupBy(members, ({ topics }) => topics.join()).values()].every((same) => {
    const loads = same.map(({ owned }) => owned.length);
    return Math.max(...loads) - Math.min(...loads) <= 1;
  });

const readable = ({ members, counts }: Group): number =>
  [...counts]
    .filter(([topic]) => members.some(({ topics }) => topics.includes(topic)))
    .reduce((sum, [, count]) => sum + count, 0);

test("given members that come and go at random, then two rebalances make it even again", () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  for (let run = 0; run < 200; run++) {
    const topics = ["a", "b", "c"].slice(0, 1 + below(3));
    const mixed = random() < 0.3;
    const counts = new Map(topics.map((topic) => [topic, below(12)]));
    const group: Group = { members: [], counts, generation: 0 };
    for (let step = 0; step < 12; step++) {
      const { members } = group;
      if (members.length > 1 && random() < 0.4) members.splice(below(members.length), 1);
      else {
        const own = mixed ? topics.filter(() => random() < 0.6) : topics;
        members.push(member(`${below(1e6)}-${step}`, [], { topics: own, generation: -1 }));
      }
      if (random() < 0.2) counts.set(topics[0], below(15));
      rebalance(group);
      const again = rebalance(group);
      const why = `run ${run}, step ${step} of seed ${seed}`;
      assert.equal(mixed ? 0 : again, 0, `the second takes nothing away: ${why}`);
      if (mixed) for (let more = 0; more < 3; more++) rebalance(group);
      assert.ok(isBalanced(group), `even: ${why}`);
      const owned = group.members.flatMap((one) => one.owned);
      assert.equal(owned.length, readable(group), `each has an owner: ${why}`);
      assert.equal(rebalance(group), 0, `nothing moves without a reason: ${why}`);
    }
  }
});

test("given a member more at random, then no more moves than it needs", () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  for (let run = 0; run < 100; run++) {
    const count = Math.floor(random() * 60);
    const group: Group = {
      members: [member("m0")],
      counts: new Map([["a", count]]),
      generation: 0,
    };
    for (let n = 1; n < 8; n++) {
      rebalance(group);
      rebalance(group);
      group.members.push(member(`m${n}`, [], { generation: -1 }));
      const moved = rebalance(group);
      assert.ok(moved <= Math.floor(count / (n + 1)), `${moved} of ${count}, seed ${seed}`);
    }
  }
});
