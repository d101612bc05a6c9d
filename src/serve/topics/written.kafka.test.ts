import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import {
  customerUpdates,
  deadLetters,
  notifications,
  transactionsStream,
} from "../../events/topics.ts";
import { inSpace } from "../../stream/space.ts";
import type { ProducedAnswer, TailSays, TopicAnswer } from "../messages/topics.ts";
import type { ErrorAnswer } from "../messages.ts";
import { changelog, json, many, openTopicsWorld } from "./test-topics.ts";

const { kafka } = await testServers(["kafka"]);
const { space, producer, url, get, pageOf, send } = await openTopicsWorld(kafka.bootstrap);

/** What a stream of events says, until enough was said. */
const listen = async (
  path: string,
  enough: (said: TailSays[]) => boolean,
  begun: () => Promise<void>,
) => {
  const stop = new AbortController();
  const response = await fetch(url + path, { signal: stop.signal });
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

test("given a live tail with a filter, then what matches is told; a bad one ends it", async () => {
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
  const response = await fetch(`${url}/topics/${name}/messages`, {
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

test("given a topic that others own, then a record by hand is refused", async () => {
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
