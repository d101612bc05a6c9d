import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { testSpace } from "../../embedded/test-space.ts";
import { isoTime } from "../../events/time.ts";
import { channelOf, HOUR, intent, noon, openTestLedger } from "./test-ledger.ts";

const { postgres } = await testServers(["postgres"]);
const setUp = async () => openTestLedger(await testSpace(postgres.url));

test("given an intent, then one message goes, in the customer's words, and is noted", async () => {
  const { customer, notify, sender, provider, results, attempts } = await setUp();
  await customer("c-n1", { name: "Anna Koch", language: "de-AT", phone: "+420111" });
  await notify("n1", { reasons: ["canary of gambling"] });
  await notify("n1");
  await sender().settleAll();
  assert.equal(provider.accepted.length, 1);
  const { to, text } = JSON.parse(provider.accepted[0].body);
  assert.equal(to, "+420111");
  assert.match(text, /^Guten Tag Anna Koch, .*Example Bank.*0800/);
  assert.doesNotMatch(provider.accepted[0].body, /canary/);
  assert.equal(provider.accepted[0].headers.authorization, "Bearer t");
  assert.deepEqual(await attempts("n1"), ["accepted"]);
  const [result, ...others] = await results();
  assert.equal(others.length, 0);
  assert.equal(result.status, "accepted");
  assert.equal(result.simulated, false);
  assert.doesNotMatch(JSON.stringify(result), /Anna|\+420/);
});

test("given 3, 1 and 2 that wait, then the urgent go first, in their order", async () => {
  const { customer, notify, sender } = await setUp();
  for (const [id, priority] of [
    ["a", 3],
    ["b", 2],
    ["c", 1],
    ["d", 2],
    ["e", 1],
  ] as const) {
    await customer(`c-${id}`);
    await notify(id, { priority });
  }
  const order: string[] = [];
  const channel = channelOf((id) => {
    order.push(id);
    return { said: "accepted" };
  });
  await sender([channel]).settleAll();
  assert.deepEqual(order, ["c", "e", "b", "d", "a"]);
});

test("given a no between decision and send, then nothing goes, and why is told", async () => {
  const { customer, notify, sender, provider, told, state } = await setUp();
  const no = [{ purpose: "service", channel: "sms", given: false, at: "2026-06-10T09:00:00Z" }];
  const cases: Record<string, object> = {
    consent: { consent: no },
    dispute: { statuses: ["disputed"] },
    vulnerable: { statuses: ["vulnerable"] },
    objection: { profiling_objection: true },
    zone: { time_zone: null, country: null },
  };
  for (const id of Object.keys(cases)) {
    await customer(`c-${id}`);
    await notify(id);
    await customer(`c-${id}`, cases[id]);
  }
  await sender().settleAll();
  assert.equal(provider.asked(), 0);
  assert.deepEqual((await told()).toSorted(), [
    "consent withdrawn no_consent",
    "dispute withdrawn disputed",
    "objection withdrawn profiling_objection",
    "vulnerable withdrawn needs_person",
    "zone withdrawn time_zone_unknown",
  ]);
  assert.equal(await state("consent"), "withdrawn");
});

test("given a late hour, then it waits for the morning, and goes then", async () => {
  const { customer, notify, sender, provider, clock, state } = await setUp();
  await customer("c-late", { time_zone: "Europe/Prague" });
  clock.now = noon + 10 * HOUR;
  await notify("late");
  const own = sender();
  await own.settleAll();
  assert.equal(await state("late"), "waiting");
  clock.now = noon + 20 * HOUR - 1;
  await own.settleAll();
  assert.equal(provider.asked(), 0);
  clock.now = noon + 20 * HOUR;
  await own.settleAll();
  assert.equal(provider.accepted.length, 1);
});

test("given what has expired, or expires while it waits, then it is never sent", async () => {
  const { customer, notify, sender, provider, clock, told, results } = await setUp();
  for (const id of ["old", "new"]) await customer(`c-${id}`);
  await notify("old", { expires_at: "2024-01-16T10:30:10.000Z" });
  await notify("new", { not_before: isoTime(noon + HOUR), expires_at: isoTime(noon + 2 * HOUR) });
  const own = sender();
  await own.settleAll();
  assert.deepEqual(await told(), ["old expired"]);
  assert.equal((await results())[0].event_time, "2024-01-16T10:30:10.000Z");
  clock.now = noon + 2 * HOUR;
  await own.settleAll();
  assert.deepEqual(await told(), ["old expired", "new expired"]);
  assert.equal(provider.asked(), 0);
});

test("given what history would have sent, then it expires as it comes in, unsent", async () => {
  const { customer, record, intake, sender, provider, told, results } = await setUp();
  const happened = noon - 2 * HOUR;
  const header = { id: "h", type: "t", source: "s@1", schema: "1", origin: "o", trace: "t" };
  const decided = (id: string, ingestTime: number) => ({
    ...record(intent(id, { customer_id: `c-${id}` }, happened)),
    header: { ...header, eventTime: happened, ingestTime },
  });
  for (const id of ["past", "late"]) await customer(`c-${id}`);
  await intake([decided("past", noon - 1_000), decided("late", happened + 60_000)]);
  await sender().settleAll();
  assert.deepEqual(await told(), ["past expired", "late accepted"]);
  assert.equal((await results())[0].event_time, isoTime(noon - 1_000));
  assert.equal(provider.asked(), 1);
});

test("given that all is history, then what comes is over, and nobody is told", async () => {
  const space = await testSpace(postgres.url);
  const { customer, notify, sender, provider, told, state, attempts } = await openTestLedger(
    space,
    0,
  );
  await customer("c-n1");
  await notify("n1");
  await notify("n1");
  await sender().settleAll();
  assert.equal(await state("n1"), "expired");
  assert.deepEqual([await attempts("n1"), await told()], [[], []]);
  assert.equal(provider.asked(), 0);
});

test("given a customer with a contact today, then another one waits for the cap", async () => {
  const { customer, notify, sender, provider, state } = await setUp();
  await customer("c-1");
  await notify("first", { customer_id: "c-1" });
  await notify("second", { customer_id: "c-1" });
  await sender().settleAll();
  assert.equal(provider.accepted.length, 1);
  assert.deepEqual([await state("first"), await state("second")], ["accepted", "waiting"]);
});

test("given two intents for one intervention and channel, then one goes", async () => {
  const { notify, sender, provider, told, clock } = await setUp();
  const free = { customer_id: null, audience: "staff" as const, intervention_id: "INT_1" };
  await notify("one", { ...free, recipient: "+420111" });
  await notify("two", { ...free, recipient: "+420111" });
  const own = sender();
  await own.settleAll();
  clock.now += HOUR;
  await own.settleAll();
  assert.equal(provider.accepted.length, 1);
  assert.deepEqual(await told(), ["one accepted", "two withdrawn already_sent"]);
});

test("given records that nobody can use, then they are noted, and the others go", async () => {
  const { pool, customer, intake, record, sender, provider, told } = await setUp();
  await customer("c-good");
  const good = intent("good", { customer_id: "c-good" }, noon);
  await intake([
    record("not JSON"),
    record({ ...good, notification_id: "late", expires_at: "soon" }),
    record({ ...good, notification_id: "nul", message: "a\u0000b" }),
    record({ ...good, notification_id: "fax", channel: "fax" }),
    record(good),
  ]);
  const own = sender();
  await own.settleAll();
  const { rows } = await pool.query("select processor, reason from dead_letters order by reason");
  assert.deepEqual(
    rows.map(({ processor, reason }) => `${processor} ${reason}`),
    ["notify malformed_json", "notify time_unreadable", "notify value_refused_22P05"],
  );
  assert.deepEqual((await told()).toSorted(), ["fax rejected channel_unknown", "good accepted"]);
  assert.equal(provider.accepted.length, 1);
});
