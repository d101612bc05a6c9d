import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { Registry } from "prom-client";
import { readConfig } from "../../config.ts";
import { openPool } from "../../db.ts";
import { testServers } from "../../embedded/test-servers.ts";
import {
  customerUpdates,
  deadLetters,
  lateEvents,
  notifications,
  predictionsStream,
  transactionsStream,
} from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { headerName, writeHeader } from "../../stream/header.ts";
import { Producer } from "../../stream/kafka.ts";
import { partitionOf } from "../../stream/partition.ts";
import { inSpace } from "../../stream/space.ts";
import type { Topic } from "../../stream/topic.ts";
import { topologyOf } from "../../stream/topology.ts";
import type {
  Message,
  MessagesAnswer,
  ProducedAnswer,
  TailSays,
  TopicAnswer,
  TopicsAnswer,
} from "../messages/topics.ts";
import type { ErrorAnswer } from "../messages.ts";
import { openTopics } from "../routes/topics.ts";
import { serve } from "../server.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const space = `test${randomBytes(4).toString("hex")}`;
const admin = AdminPort.open(bootstrap);
const records = 1_000_000;

/** Predictions, a million of them: the contract is one of ours, without personal fields. */
const many = predictionsStream as unknown as Topic;
const declared = [
  many,
  transactionsStream,
  customerUpdates,
  notifications,
  lateEvents,
  deadLetters,
] as unknown as Topic[];
const assess = {
  name: "assess",
  group: "assess-group",
  reads: [transactionsStream as Topic],
  writes: [many],
  state: { customer: { name: "customer", codec: {} } },
  run: () => undefined,
};
const topology = topologyOf(
  [
    {
      role: "api",
      processors: [],
      ingests: [{ name: "http", topics: [transactionsStream as Topic] }],
      sinks: [],
    },
    { role: "line", processors: [assess as never], ingests: [], sinks: [] },
    {
      role: "source",
      processors: [],
      ingests: [{ name: "simulator", topics: [customerUpdates as Topic] }],
      sinks: [],
    },
  ],
  { topics: declared, deadLetters: deadLetters as Topic, lateEvents: lateEvents as Topic },
);
const changelog = topology.topics.find(({ name }) => !declared.some((one) => one.name === name))!;

const topics = openTopics({ bootstrap, space, topology: () => topology, groups: () => [] });
const pool = openPool(readConfig({ space }, {}));
const serving = await serve({
  config: { port: 0, space },
  pool,
  registry: new Registry(),
  routes: [topics.route],
  say: () => {},
});
let producer: Producer;

before(async () => {
  for (const one of topology.topics) await admin.create(inSpace(space, one.name), one, 1);
  producer = await Producer.connect({ bootstrap, settings: { "linger.ms": 5 } });
});
after(async () => {
  await topics.close();
  await serving.close();
  await producer.close();
  for (const one of topology.topics) await admin.remove(inSpace(space, one.name));
  admin.close();
  await pool.end();
});

const get = async <T = MessagesAnswer>(path: string): Promise<T> => {
  const response = await fetch(serving.url + path);
  const body = await response.text();
  assert.equal(response.status, 200, body);
  return JSON.parse(body) as T;
};
const refused = async (
  path: string,
  init?: RequestInit,
): Promise<ErrorAnswer & { status: number }> => {
  const response = await fetch(serving.url + path, init);
  return { status: response.status, ...((await response.json()) as ErrorAnswer) };
};
const pageOf = (query: Record<string, string | number>, name = many.name) =>
  get(
    `/topics/${name}/messages?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`,
  );

const keyOf = (n: number) => `CUST-${n % 20_000}`;
const send = async (
  to: { name: string },
  value: Buffer | null,
  { key = "CUST-1", partition = -1, header = true, headers = [] as Record<string, string>[] } = {},
) => {
  const bw = writeHeader({
    id: "id-1",
    type: "test",
    source: "test@1",
    schema: "1",
    origin: "file-1",
    eventTime: 1_700_000_000_000,
    ingestTime: 1_700_000_000_000,
    trace: "0".repeat(32),
  });
  const all = [...(header ? [{ [headerName]: bw }] : []), ...headers];
  assert.equal(producer.produce(inSpace(space, to.name), partition, value, key, all), 0);
  await producer.flush();
};
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
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
  const own = await pageOf({ key, limit: 50 });
  assert.equal(own.messages.length, 50);
  const partition = partitionOf(key, many.partitions);
  assert.ok(own.messages.every((one) => one.key === key && one.partition === partition));
  assert.deepEqual(
    own.messages.map(numberOf).map(Math.round),
    own.messages.map((_, n) => records - 20_000 + 4_711 - n * 20_000),
  );
});

test("given a filter, then what matches is found, with how far it looked", async () => {
  const filter = 'value.risk_score >= 0.999 && key == "CUST-19999"';
  const found = await pageOf({ filter });
  assert.deepEqual(
    found.messages.map(({ key }) => key),
    ["CUST-19999"],
  );
  assert.ok(found.looked > 1_000 && found.until !== null && found.next !== null);
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

test("given a filter that would never end, or eats memory, then it is ended and said so", async () => {
  const letters = "a".repeat(60);
  const loops = await pageOf({ filter: `("${letters}" + key).matches("(a+)+$")` });
  assert.match(loops.filter!.stopped!, /longer than 1000 ms/);
  const range = `[${Array.from({ length: 400 }, (_, n) => n).join(",")}]`;
  const nested = `${range}.map(a, ${range}.map(b, [a, b, key])).size() > 0`;
  const deep = `${range.slice(0, 200).replace(/,[^,]*$/, "]")}`;
  const eats = `${deep}.map(a, ${deep}.map(b, ${deep}.map(c, ${deep}.map(d, [a, b, c, d])))).size() > 0`;
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

test("given what is personal, then it is masked, for filters too, and bytes tell no text", async () => {
  const profile = {
    ...customerUpdates.example,
    name: "Canary Person",
    email: "canary@example.org",
  };
  await send(customerUpdates, json(profile), { key: profile.customer_id });
  await send(customerUpdates, Buffer.from('{"name":"Canary Person'), { key: "X" });
  await send(customerUpdates, null, { key: "GONE" });
  const staff = { ...notifications.example, audience: "staff", recipient: "canary@example.org" };
  await send(notifications, json(staff), { key: "canary@example.org" });
  const shown = [
    ...(await pageOf({}, customerUpdates.name)).messages,
    ...(await pageOf({}, notifications.name)).messages,
  ];
  assert.doesNotMatch(JSON.stringify(shown), /[Cc]anary|6361 6e61|43 61 6e/);
  const [tombstone, broken, whole, notice] = shown;
  assert.equal((whole.value as { name: string }).name, "***");
  assert.deepEqual([whole.header?.source, whole.type, whole.form], ["test@1", "test", "json"]);
  assert.deepEqual([broken.form, broken.value], ["bytes", null]);
  assert.match(broken.note!, /not the JSON.*may be personal/);
  assert.equal(tombstone.form, "tombstone");
  assert.equal(notice.key, "***");
  const probing = await pageOf({ filter: 'value.name == "Canary Person"' }, customerUpdates.name);
  assert.deepEqual(probing.messages, []);
});

test("given binary, a changelog's row, 10 MB or a poor header, then it is shown harmlessly", async () => {
  await send(many, randomBytes(2_000), { key: "BIN", partition: 0, header: false });
  const [binary] = (await pageOf({ partition: 0, limit: 1 })).messages;
  assert.equal(binary.size, 2_000);
  assert.match(binary.preview!, /^([0-9a-f]{2} ){15}[0-9a-f]{2}\n/);
  assert.match(binary.note!, /first 512 of 2000/);
  await send(changelog, Buffer.from("\u0001\u0002ACC-12345\u0003"), { header: false });
  const [row] = (await pageOf({}, changelog.name)).messages;
  assert.equal(row.preview, `01 02${" ··".repeat(9)} 03`);
  const large = Buffer.concat([
    Buffer.from('{"text":"'),
    Buffer.alloc(10_000_000, 97),
    Buffer.from('"}'),
  ]);
  await send(transactionsStream, large, { partition: 0 });
  const [cut] = (await pageOf({ partition: 0 }, transactionsStream.name)).messages;
  assert.equal(cut.size, large.length);
  assert.match(cut.note!, /too large.*first 512/);
  const far = [{ [headerName]: `1|i|t|s@1|1|o|1e300|1|t` }];
  await send(many, json({ "<b>": 1 }), { partition: 0, header: false, headers: far });
  const [odd] = (await pageOf({ partition: 0, limit: 1 })).messages;
  assert.deepEqual([odd.header?.event_time, odd.value], ["1e+300", {}]);
  assert.match(odd.note!, /does not keep the contract/);
});

test("given a dead letter, then it is masked by the contract of where it came from", async () => {
  const why = {
    topic: inSpace(space, customerUpdates.name),
    partition: 0,
    offset: 1,
    reason: "wrong_type",
  };
  const body = json({ customer_id: "C", name: "Canary", version: "x" });
  await send(deadLetters, body, { headers: [{ dead: JSON.stringify(why) }] });
  const [dead] = (await pageOf({}, deadLetters.name)).messages;
  assert.deepEqual(dead.value, { customer_id: "C", name: "***", version: "x" });
  assert.match(dead.headers[0].value, /wrong_type/);
});

/** What a stream of events says, until enough was said. */
const listen = async (
  path: string,
  enough: (said: TailSays[]) => boolean,
  begun: () => Promise<void>,
) => {
  const stop = new AbortController();
  const response = await fetch(serving.url + path, { signal: stop.signal });
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const said: TailSays[] = [];
  let text = "";
  let isBegun = false;
  for await (const bytes of response.body!) {
    text += Buffer.from(bytes).toString();
    if (!isBegun) await begun();
    isBegun = true;
    const whole = text.split("\n\n");
    text = whole.pop() ?? "";
    for (const one of whole) if (one.startsWith("data: ")) said.push(JSON.parse(one.slice(6)));
    if (enough(said)) break;
  }
  stop.abort();
  return said;
};
const sum = (said: TailSays[]) => ({
  shown: said.reduce((all, { messages }) => all + messages.length, 0),
  skipped: said.reduce((all, { skipped }) => all + skipped, 0),
});

test("given a live tail and more than it shows, then the rest is counted", async () => {
  const sent = 1_000;
  const path = `/topics/${transactionsStream.name}/tail?partition=1`;
  const said = await listen(
    path,
    (so) => sum(so).shown + sum(so).skipped >= sent,
    async () => {
      const value = json(transactionsStream.example);
      for (let n = 0; n < sent; n++)
        producer.produce(inSpace(space, transactionsStream.name), 1, value, "K");
      await producer.flush();
    },
  );
  const { shown, skipped } = sum(said);
  assert.equal(shown + skipped, sent);
  assert.ok(shown >= 1 && shown <= 300, `${shown} shown`);
  assert.equal((said[0].messages[0].value as { account_id: string }).account_id, "***");
});

test("given a live tail with a filter, then only what matches is told; a bad one ends it", async () => {
  const value = (amount: number) => json({ ...transactionsStream.example, amount });
  const begin = async () => {
    for (const amount of [1, 500, 2, 600])
      await send(transactionsStream, value(amount), { partition: 2 });
  };
  const filter = encodeURIComponent("value.amount > 100");
  const said = await listen(
    `/topics/${transactionsStream.name}/tail?partition=2&filter=${filter}`,
    (so) => sum(so).shown >= 2,
    begin,
  );
  const amounts = said.flatMap(({ messages }) =>
    messages.map((one) => (one.value as { amount: number }).amount),
  );
  assert.deepEqual(amounts, [500, 600]);
  const endless = encodeURIComponent(
    `("${"a".repeat(60)}" + string(offset) + "!").matches("(a+)+$")`,
  );
  const ended = await listen(
    `/topics/${transactionsStream.name}/tail?partition=2&filter=${endless}`,
    (so) => so.some(({ stopped }) => stopped !== null),
    begin,
  );
  assert.match(ended.at(-1)!.stopped!, /longer than/);
});

const write = async (name: string, body: unknown) => {
  const response = await fetch(`${serving.url}/topics/${name}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as ProducedAnswer & ErrorAnswer };
};

test("given a record by hand, then it is checked by field, written once, and signed", async () => {
  const value = {
    ...transactionsStream.example,
    customer_id: "BY-HAND",
    txn_time: new Date().toISOString(),
  };
  const wrong = await write(transactionsStream.name, {
    value: { ...value, amount: "twelve", txn_type: "gift", customer_id: undefined },
    confirm: true,
  });
  assert.equal(wrong.body.written, false);
  const fields = wrong.body.faults.map(({ field }) => field);
  assert.ok(
    ["amount", "txn_type"].every((field) => fields.includes(field)),
    fields.join(),
  );
  const masked = await write(transactionsStream.name, {
    value: { ...value, account_id: "***" },
    confirm: true,
  });
  assert.deepEqual(
    masked.body.faults.map(({ field }) => field),
    ["account_id"],
  );
  const otherKey = await write(transactionsStream.name, { key: "OTHER", value, confirm: false });
  assert.deepEqual(
    otherKey.body.faults.map(({ field }) => field),
    ["key"],
  );
  const dry = await write(transactionsStream.name, { value, confirm: false });
  assert.deepEqual([dry.body.written, dry.body.key, dry.body.faults], [false, "BY-HAND", []]);
  assert.deepEqual((await pageOf({ key: "BY-HAND" }, transactionsStream.name)).messages, []);
  const done = await write(transactionsStream.name, { value, confirm: true });
  assert.equal(done.body.written, true);
  const { messages } = await pageOf({ key: "BY-HAND" }, transactionsStream.name);
  assert.equal(messages.length, 1);
  assert.equal(messages[0].header?.source, "console@1");
  assert.match(messages[0].header!.origin, /^console-/);
  assert.deepEqual(messages[0].headers, [{ name: "by", value: "local" }]);
});

test("given a topic that others own, then a record by hand is refused with the reason", async () => {
  const reasons: [string, RegExp][] = [
    [many.name, /written by assess alone/],
    [changelog.name, /memory of assess/],
    [deadLetters.name, /written by assess alone/],
    [customerUpdates.name, /written by simulator alone/],
    [notifications.name, /no records by hand/],
  ];
  for (const [name, why] of reasons) {
    const { status, body } = await write(name, { key: "K", value: {}, confirm: true });
    assert.deepEqual([status, body.code], [409, "TOPIC_CLOSED"], name);
    assert.match(body.error, why);
    assert.match((await get<TopicAnswer>(`/topics/${name}`)).refused!, why);
  }
});

test("given the list, then topics have their figures, and nobody else's are among them", async () => {
  const { topics: all } = await get<TopicsAnswer>("/topics");
  assert.deepEqual(
    all.map(({ name }) => name).sort(),
    topology.topics.map(({ name }) => name).sort(),
  );
  const own = all.find(({ name }) => name === many.name)!;
  assert.ok((own.records as number) >= records);
  assert.deepEqual(
    own.writers.map(({ name }) => name),
    ["assess"],
  );
  assert.equal(all.find(({ name }) => name === changelog.name)!.kind, "changelog");
});

test("given a request that cannot be answered, then it says why", async () => {
  const wrong: [string, number, string][] = [
    ["/topics/nobody", 404, "TOPIC_UNKNOWN"],
    [`/topics/${many.name}/messages?partition=6`, 400, "REQUEST_WRONG"],
    [`/topics/${many.name}/messages?from=yesterday`, 400, "REQUEST_WRONG"],
    [`/topics/${many.name}/messages?limit=0`, 400, "REQUEST_WRONG"],
    [`/topics/${many.name}/messages?at=1.2`, 400, "REQUEST_WRONG"],
    [`/topics/${many.name}/messages?direction=sideways`, 400, "REQUEST_WRONG"],
  ];
  for (const [path, status, code] of wrong) {
    const answer = await refused(path);
    assert.deepEqual([answer.status, answer.code], [status, code], path);
  }
});
