import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { partitionOf } from "../../stream/partition.ts";
import { inSpace } from "../../stream/space.ts";
import type { Message, MessagesAnswer, TopicAnswer } from "../messages/topics.ts";
import { many, openTopicsWorld } from "./test-topics.ts";

const { kafka } = await testServers(["kafka"]);
const { space, producer, get, refused, pageOf } = await openTopicsWorld(kafka.bootstrap);
const records = 1_000_000;
/** Messages of pages one behind the other: on a busy machine a page looks less far. */
const gather = async (query: Record<string, string | number>, most: number) => {
  const found: Message[] = [];
  for (let at: string | null = ""; at !== null && found.length < most; ) {
    const page: MessagesAnswer = await pageOf({ ...query, ...(at && { at }) });
    found.push(...page.messages);
    at = page.next;
  }
  return found.slice(0, most);
};
const keyOf = (n: number) => `CUST-${n % 20_000}`;
const numberOf = ({ value }: Message) => (value as { risk_score: number }).risk_score * records;

test("given a topic with a million records, then any page of it is read at once", async () => {
  for (let n = 0; n < records; n++) {
    const value = Buffer.from(`{"risk_score":${n / records},"customer_id":"${keyOf(n)}"}`);
    while (producer.produce(inSpace(space, many.name), -1, value, keyOf(n)) !== 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await producer.flush(120_000);
  const about = await get<TopicAnswer>(`/topics/${many.name}`);
  assert.equal(about.records, records);
  assert.ok(about.range.from! < about.range.to!);
  const newest = await pageOf({ limit: 100 });
  assert.equal(newest.messages.length, 100);
  assert.ok(newest.looked < 2_000, `${newest.looked} looked at`);
  const times = newest.messages.map(({ time }) => time);
  assert.deepEqual(times, [...times].sort().reverse());
  assert.equal(times[0], about.range.to);
  const second = await pageOf({ limit: 100, at: newest.next! });
  assert.ok(second.messages[0].time <= times[99]);
  const places = [...newest.messages, ...second.messages].map(({ place }) => place);
  assert.equal(new Set(places).size, 200);
});

test("given pages one behind the other, then each record is on one of them", async () => {
  const bounds = (await get<TopicAnswer>(`/topics/${many.name}`)).offsets;
  for (const direction of ["older", "newer"]) {
    const seen = new Map<number, number[]>();
    let at: string | null = null;
    for (let n = 0; n < 12; n++) {
      const page: MessagesAnswer = await pageOf({ limit: 70, direction, ...(at ? { at } : {}) });
      for (const { partition, offset } of page.messages)
        seen.set(partition, [...(seen.get(partition) ?? []), offset]);
      at = page.next;
    }
    for (const [partition, offsets] of seen) {
      const { start, end } = bounds[partition];
      const expected = offsets.map((_, n) => (direction === "older" ? end - 1 - n : start + n));
      assert.deepEqual(offsets, expected, `${direction}, partition ${partition}`);
    }
  }
});

test("given an offset, a time, a key or an end, then the page begins there", async () => {
  const at = await pageOf({ partition: 3, from: 77_777, direction: "newer", limit: 3 });
  assert.deepEqual(
    at.messages.map(({ offset }) => offset),
    [77_777, 77_778, 77_779],
  );
  const back = await pageOf({ partition: 3, from: 77_777, limit: 2 });
  assert.deepEqual(
    back.messages.map(({ offset }) => offset),
    [77_777, 77_776],
  );
  const { range } = await get<TopicAnswer>(`/topics/${many.name}`);
  const middle = new Date((Date.parse(range.from!) + Date.parse(range.to!)) / 2).toISOString();
  const later = await pageOf({ from: middle, direction: "newer", limit: 20 });
  assert.ok(later.messages.every(({ time }) => time >= middle));
  const earlier = await pageOf({ from: middle, limit: 20 });
  assert.ok(earlier.messages.every(({ time }) => time <= middle));
  assert.ok(earlier.looked + later.looked < 2_000);
  const first = await pageOf({ from: "start", direction: "newer", limit: 1 });
  assert.equal(first.messages[0].time, range.from);
  const end = await pageOf({ from: "end", direction: "newer" });
  assert.deepEqual([end.messages, end.next], [[], null]);
  const key = "CUST-4711";
  const own = await gather({ key, limit: 50 }, 50);
  assert.equal(own.length, 50);
  const partition = partitionOf(key, many.partitions);
  assert.ok(own.every((one) => one.key === key && one.partition === partition));
  assert.deepEqual(
    own.map(numberOf).map(Math.round),
    own.map((_, n) => records - 20_000 + 4_711 - n * 20_000),
  );
});

test("given a filter, then what matches is found, with how far it looked", async () => {
  const filter = 'value.risk_score >= 0.999 && key == "CUST-19999"';
  const [found] = await gather({ filter }, 1);
  assert.equal(found.key, "CUST-19999");
  const { looked, until, next } = await pageOf({ filter });
  assert.ok(looked > 0 && until !== null && next !== null);
  const failing = await pageOf({ filter: "value.no_such > 1", limit: 1 });
  assert.equal(failing.messages.length, 0);
  assert.match(failing.filter!.failure!, /No such key/);
  assert.ok(failing.filter!.failed >= failing.looked && failing.looked > 0);
  const on = await pageOf({ filter: "value.risk_score < 0.0", at: failing.next! });
  assert.ok(on.until! <= failing.until!);
});

test("given a filter that cannot be read, then its place is said, and an example", async () => {
  const wrong = async (filter: string) => {
    const path = `/topics/${many.name}/messages?filter=${encodeURIComponent(filter)}`;
    const answer = await refused(path);
    assert.deepEqual([answer.status, answer.code], [400, "FILTER_WRONG"]);
    return answer.error;
  };
  assert.match(await wrong("value.risk_score >"), /at character 19: .*An example: value\./);
  assert.match(await wrong("nobody == 1"), /at character 1: Unknown variable: nobody/);
  assert.match(await wrong("1 + 2"), /true or false, and gives int/);
  assert.match(await wrong(`${"(".repeat(500)}true${")".repeat(500)}`), /character/);
});

test("given a filter that would never end or eats memory, then it is ended", async () => {
  const letters = "a".repeat(60);
  const loops = await pageOf({ filter: `("${letters}" + key).matches("(a+)+$")` });
  assert.match(loops.filter!.stopped!, /longer than 1000 ms/);
  const range = `[${Array.from({ length: 400 }, (_, n) => n).join(",")}]`;
  const nested = `${range}.map(a, ${range}.map(b, [a, b, key])).size() > 0`;
  const deep = `${range.slice(0, 200).replace(/,[^,]*$/, "]")}`;
  const inner = `${deep}.map(c, ${deep}.map(d, [a, b, c, d]))`;
  const eats = `${deep}.map(a, ${deep}.map(b, ${inner})).size() > 0`;
  const eaten = await pageOf({ filter: eats });
  assert.match(eaten.filter!.stopped!, /memory|longer/);
  assert.ok(nested.length > 2_000, "longer than an expression may be");
  assert.equal(
    (await refused(`/topics/${many.name}/messages?filter=${encodeURIComponent(nested)}`)).code,
    "REQUEST_WRONG",
  );
  const after = await pageOf({ filter: "partition == 2", limit: 5 });
  assert.ok(
    after.messages.every(({ partition }) => partition === 2),
    "others go on",
  );
  assert.equal(after.messages.length, 5);
});
