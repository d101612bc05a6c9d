import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { erasableIn } from "../postgres/erasable.ts";
import { noteForgotten } from "../postgres/forgotten.ts";
import { listUnknown, sendAgain } from "./again.ts";
import type { Answer } from "./channel.ts";
import type { Behaviour } from "./simulated-provider.ts";
import { channelOf, HOUR, openTestLedger, smsFor } from "./test-ledger.ts";

const { postgres } = await testServers(["postgres"]);
const setUp = async () => openTestLedger(await testSpace(postgres.url));
const MINUTE = 60_000;
/** After which a reservation is given up. */
const LEASE = 2 * MINUTE;

const doubts: [Behaviour, reason: string][] = [
  ["accept_then_drop", "connection_lost"],
  ["accept_then_500", "http_500"],
  ["accept_then_hang", "timed_out"],
  ["hang", "timed_out"],
];
for (const [behaviour, reason] of doubts)
  test(`given a provider that does ${behaviour}, then a person decides`, async () => {
    const { pool, clock, customer, notify, sender, provider, told, attempts } = await setUp();
    await customer("c-n");
    await notify("n");
    provider.behave(behaviour, "accept");
    const own = sender([smsFor(provider.url, false, reason === "timed_out" ? 1_500 : undefined)]);
    for (let hour = 0; hour < 6; hour++, clock.now += HOUR) await own.settleAll();
    assert.equal(provider.asked(), 1);
    assert.deepEqual(await told(), [`n unknown ${reason}`]);
    const [doubt] = await listUnknown(pool);
    assert.deepEqual([doubt.notification_id, doubt.reason], ["n", reason]);
    clock.now -= 6 * HOUR;
    await sendAgain(pool, { id: "n", person: "maria", now: clock.now });
    await own.settleAll();
    clock.now += MINUTE;
    await own.settleAll();
    assert.equal(provider.asked(), 2);
    assert.deepEqual(await attempts("n"), [`unknown ${reason} maria`, "accepted"]);
    assert.deepEqual(await told(), [`n unknown ${reason}`, "n accepted"]);
    await assert.rejects(
      sendAgain(pool, { id: "n", person: "maria", now: clock.now }),
      /"n" is accepted: only an unknown one/,
    );
  });

test("given a provider that keeps keys, then doubts go again with the same key", async () => {
  const { clock, customer, notify, sender, provider, told, attempts } = await setUp();
  await customer("c-n");
  await notify("n");
  provider.keepsKeys = true;
  provider.behave("accept_then_drop", "accept_then_500", "accept");
  const own = sender([smsFor(provider.url, true)]);
  for (let minute = 0; minute < 5; minute++, clock.now += MINUTE) await own.settleAll();
  assert.deepEqual([provider.asked(), provider.accepted.length], [3, 1]);
  assert.deepEqual(await told(), ["n accepted"]);
  assert.deepEqual(await attempts("n"), [
    "unknown connection_lost idempotency key",
    "unknown http_500 idempotency key",
    "accepted",
  ]);
});

test("given a provider that limits the rate, then the channel rests as told", async () => {
  const { clock, customer, notify, sender, provider, said, told } = await setUp();
  for (const id of ["a", "b"]) {
    await customer(`c-${id}`);
    await notify(id);
  }
  provider.behave("limit_rate", "limit_rate", "accept");
  const own = sender();
  await own.settleAll();
  const first = provider.asked();
  clock.now += 29_000;
  await own.settleAll();
  assert.equal(provider.asked(), first);
  for (let minute = 0; minute < 5; minute++, clock.now += MINUTE) await own.settleAll();
  assert.equal(provider.accepted.length, 2);
  assert.deepEqual((await told()).toSorted(), ["a accepted", "b accepted"]);
  assert.deepEqual(said, [
    "Messages by sms do not go out just now (rate_limited). Trying again.",
    "Messages by sms go out again.",
  ]);
});

test("given a provider that refuses, then that ends; wrong settings only wait", async () => {
  const { clock, customer, notify, sender, provider, told, said } = await setUp();
  await customer("c-a");
  await customer("c-b");
  await notify("a");
  provider.behave("refuse");
  const own = sender();
  await own.settleAll();
  assert.deepEqual(await told(), ["a rejected http_422"]);
  provider.behave("refuse_settings", "accept");
  await notify("b");
  await own.settleAll();
  assert.match(said[0], /http_401.*Check the channel's settings/);
  clock.now += 2 * MINUTE;
  await own.settleAll();
  assert.deepEqual(await told(), ["a rejected http_422", "b accepted"]);
});

test("given nobody at the provider's address, then it is tried again and again", async () => {
  const { clock, customer, notify, sender, provider, told, attempts } = await setUp();
  await customer("c-n");
  await notify("n");
  await provider.close();
  const own = sender();
  await own.settleAll();
  clock.now += MINUTE;
  await own.settleAll();
  assert.deepEqual(await attempts("n"), ["rejected unreachable", "rejected unreachable"]);
  assert.deepEqual(await told(), []);
});

test("given a sender that dies once it has reserved, then it is unknown, and stays", async () => {
  const { clock, customer, notify, sender, provider, told, attempts, state } = await setUp();
  await customer("c-n");
  await notify("n");
  const never = channelOf(() => new Promise<Answer>(() => {}));
  void sender([never]).settleAll();
  while ((await state("n")) !== "reserved");
  const heir = sender();
  clock.now += LEASE - 1_000;
  await heir.settleAll();
  assert.equal(await state("n"), "reserved");
  clock.now += 1_000;
  await heir.settleAll();
  assert.deepEqual(await told(), ["n unknown sender_lost"]);
  assert.deepEqual(await attempts("n"), ["unknown sender_lost"]);
  assert.equal(provider.asked(), 0);
});

test("given a sender that was only slow, then its answer counts after all", async () => {
  const { clock, customer, notify, sender, told, state } = await setUp();
  await customer("c-n");
  await notify("n");
  const answer = Promise.withResolvers<Answer>();
  const slow = sender([channelOf(() => answer.promise)]).settleAll();
  while ((await state("n")) !== "reserved");
  clock.now += LEASE;
  await sender().settleAll();
  assert.equal(await state("n"), "unknown");
  answer.resolve({ said: "accepted" });
  await slow;
  assert.equal(await state("n"), "accepted");
  assert.deepEqual(await told(), ["n unknown sender_lost", "n accepted"]);
});

test("given a message sent again, then the first sender's late answer is ignored", async () => {
  const { pool, clock, customer, notify, sender, provider, attempts, state } = await setUp();
  await customer("c-n");
  await notify("n");
  const answer = Promise.withResolvers<Answer>();
  const slow = sender([channelOf(() => answer.promise)]).settleAll();
  while ((await state("n")) !== "reserved");
  clock.now += LEASE;
  const heir = sender();
  await heir.settleAll();
  await sendAgain(pool, { id: "n", person: "maria", now: clock.now });
  await heir.settleAll();
  answer.resolve({ said: "rejected", reason: "http_422" });
  await slow;
  assert.deepEqual(await attempts("n"), ["unknown sender_lost maria", "accepted"]);
  assert.deepEqual([await state("n"), provider.accepted.length], ["accepted", 1]);
});

test("given what is unknown and expires, then it does not become certain", async () => {
  const { pool, clock, customer, notify, sender, provider, told } = await setUp();
  await customer("c-n");
  await notify("n");
  provider.behave("accept_then_drop");
  const own = sender([smsFor(provider.url, true)]);
  await own.settleAll();
  clock.now += 24 * HOUR;
  await own.settleAll();
  assert.deepEqual(await told(), ["n unknown"]);
  await assert.rejects(
    sendAgain(pool, { id: "n", person: "maria", now: clock.now }),
    /expired by now/,
  );
});

test("given many senders and many intents, then each goes once", async () => {
  const { customer, intake, notify, sender, provider, told, clock, space } = await setUp();
  assert.ok(space && intake);
  const ids = Array.from({ length: 40 }, (_, i) => `n${i}`);
  for (const id of ids) {
    await customer(`c-${id}`);
    await notify(id);
  }
  const senders = Array.from({ length: 4 }, () => sender());
  for (let round = 0; round < 3; round++, clock.now += 1_500)
    await Promise.all(senders.map((one) => one.settleAll()));
  const keys = provider.accepted.map(({ key }) => key);
  assert.equal(keys.length, ids.length);
  assert.deepEqual(new Set(keys), new Set(ids));
  assert.deepEqual((await told()).toSorted(), ids.map((id) => `${id} accepted`).toSorted());
});

test("given an erasure that the ledger lies behind, then no message comes back", async () => {
  const { pool, space, clock, customer, notify, state } = await setUp();
  for (const id of ["c-n", "c-m"]) await customer(id);
  await noteForgotten(pool, space, new Map([["c-n", clock.now + 1]]));
  for (const id of ["n", "m"]) await notify(id);
  assert.deepEqual([await state("n"), await state("m")], [undefined, "waiting"]);
});

test("given a customer erased while a message goes, then its answer leaves no trace", async () => {
  const { pool, customer, notify, sender, state } = await setUp();
  await customer("c-n");
  await notify("n");
  const answer = Promise.withResolvers<Answer>();
  const going = sender([channelOf(() => answer.promise)]).settleAll();
  while ((await state("n")) !== "reserved");
  for (const table of await erasableIn(pool))
    await pool.query(`delete from ${table} where customer_id = 'c-n'`);
  answer.resolve({ said: "accepted" });
  await going;
  for (const table of ["notifications", "notification_attempts", "notification_outbox", "calls"])
    assert.equal((await pool.query(`select 1 from ${table}`)).rowCount, 0, table);
});
