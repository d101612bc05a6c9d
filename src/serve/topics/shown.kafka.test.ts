import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import {
  customerUpdates,
  deadLetters,
  notifications,
  transactionsStream,
} from "../../events/topics.ts";
import { headerName } from "../../stream/header.ts";
import { inSpace } from "../../stream/space.ts";
import type { TopicsAnswer } from "../messages/topics.ts";
import { changelog, json, many, openTopicsWorld, topology } from "./test-topics.ts";

const { kafka } = await testServers(["kafka"]);
const { space, get, refused, pageOf, send } = await openTopicsWorld(kafka.bootstrap);

test("given what is personal, then it is masked, for filters too", async () => {
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
  assert.equal(whole.writer, "ingest:http", "as the picture names who calls itself so");
  assert.deepEqual([broken.form, broken.value], ["bytes", null]);
  assert.match(broken.note!, /not the JSON.*may be personal/);
  assert.equal(tombstone.form, "tombstone");
  assert.equal(notice.key, "***");
  const probing = await pageOf({ filter: 'value.name == "Canary Person"' }, customerUpdates.name);
  assert.deepEqual(probing.messages, []);
});

test("given binary, a row, 10 MB or a poor header, then it is shown harmlessly", async () => {
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

test("given the list, then it has the space's topics and no others", async () => {
  const { topics: all } = await get<TopicsAnswer>("/topics");
  assert.deepEqual(
    all.map(({ name }) => name).sort(),
    topology.topics.map(({ name }) => name).sort(),
  );
  const own = all.find(({ name }) => name === many.name)!;
  assert.ok((own.records as number) >= 2);
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
