import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import { callDesk } from "./call-desk.ts";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { failure } from "./errors.ts";
import type { AccessEvent } from "./events/access.ts";
import { createKey, keyOf } from "./keys.ts";
import { AccessLog } from "./serve/access-log.ts";
import { callsRoutes } from "./serve/routes/calls.ts";
import { serve } from "./serve/server.ts";
import { sessionOf } from "./serve/sessions.ts";
import { phoneChannel } from "./sink/notify/phone.ts";
import { channelOf, openTestLedger, templates } from "./sink/notify/test-ledger.ts";

const { postgres } = await testServers(["postgres"]);
const ledger = await openTestLedger(await testSpace(postgres.url));
const { pool, space, clock, customer, notify, sender } = ledger;
/** What the log was given; `away`: it takes nothing. */
const recorded: AccessEvent[] = [];
let away = false;
const log = new AccessLog(async (_topic, value) => {
  if (away) throw failure("UNRECORDED");
  recorded.push(value as AccessEvent);
});
const serving = await serve({
  config: { port: 0, space },
  pool,
  registry: new Registry(),
  routes: [
    callsRoutes(
      callDesk(pool, templates, () => clock.now),
      log,
    ),
  ],
  access: {
    required: false,
    keyOf: (secret) => keyOf(pool, secret),
    sessionOf: (token) => sessionOf(pool, token),
  },
  say: () => {},
});
after(() => serving.close());

const keys: Record<string, string> = {};
for (const [name, role] of [
  ["maria", "analyst"],
  ["paul", "analyst"],
  ["lea", "lead"],
  ["vic", "viewer"],
] as const)
  keys[name] = await createKey(pool, { name, role });

const ask = async (method: string, path: string, who?: string) => {
  const headers = who === undefined ? undefined : { authorization: `Bearer ${keys[who]}` };
  const response = await fetch(serving.url + path, { method, headers });
  const kept = response.headers.get("cache-control");
  return { status: response.status, kept, body: JSON.parse(await response.text()) };
};
const code = async (method: string, path: string, who?: string) => {
  const { status, body } = await ask(method, path, who);
  if (status !== 200) assert.ok(body.error.endsWith(".") && body.cure.endsWith("."));
  return `${status} ${body.code ?? body.state ?? ""}`.trim();
};

test("given a call, then people with a key make it, each under their name", async () => {
  await customer("c-n", { phone: "+420111222", name: "Anna Koch" });
  await notify("n", { channel: "phone", priority: 1 });
  await sender([phoneChannel]).settleAll();
  const listed = await ask("GET", "/calls");
  assert.equal(listed.body.calls[0].call_id, "n");
  assert.doesNotMatch(JSON.stringify(listed.body), /Anna|\+420/);
  assert.equal(await code("POST", "/calls/n/take"), "401 KEY_MISSING");
  assert.equal(await code("POST", "/calls/n/take", "vic"), "403 KEY_ROLE_WRONG");
  assert.equal(await code("POST", "/calls/n/done", "maria"), "409 CALL_TAKEN");
  const taken = await ask("POST", "/calls/n/take", "maria");
  assert.deepEqual(
    [taken.status, taken.body.phone, taken.body.taken_by],
    [200, "+420111222", "maria"],
  );
  assert.equal(await code("POST", "/calls/n/take", "paul"), "409 CALL_TAKEN");
  assert.equal(await code("POST", "/calls/n/no-answer", "maria"), "200 no_answer");
  assert.equal(await code("POST", "/calls/n/done", "maria"), "409 CALL_ENDED");
  assert.equal(await code("POST", "/calls/nobody/take", "maria"), "404 CALL_UNKNOWN");
  const last = (await ledger.results()).at(-1);
  assert.deepEqual([last?.status, last?.by], ["no_answer", "maria"]);
});

const seen = () =>
  recorded.splice(0).map(({ actor, what, customer_id, fields, reason }) => {
    return `${actor} ${what} ${fields?.join("+")} of ${customer_id}: ${reason}`;
  });

test("given who takes a call, then what they are shown is recorded, or not shown", async () => {
  recorded.length = 0;
  await customer("c-r", { phone: "+420333444", name: "Petr Novak" });
  await notify("r", { channel: "phone", priority: 1 });
  await sender([phoneChannel]).settleAll();
  away = true;
  const refused = await ask("POST", "/calls/r/take", "maria");
  assert.deepEqual([refused.status, refused.body.code], [503, "UNRECORDED"]);
  assert.doesNotMatch(JSON.stringify(refused.body), /Petr|333444/);
  assert.equal(await code("POST", "/calls/r/take", "paul"), "409 CALL_TAKEN");
  away = false;
  const shown = await ask("POST", "/calls/r/take", "maria");
  assert.deepEqual([shown.kept, shown.body.phone], ["no-store", "+420333444"]);
  assert.deepEqual(seen(), ["maria unmasked name+phone of c-r: To make call r"]);
  assert.equal(await code("POST", "/calls/r/take", "paul"), "409 CALL_TAKEN");
  assert.deepEqual(seen(), [], "who is refused has seen nothing");
  clock.now += 31 * 60_000;
  assert.equal((await ask("POST", "/calls/r/take", "paul")).body.taken_by, "paul");
  assert.deepEqual(seen(), ["paul unmasked name+phone of c-r: To make call r"]);
});

test("given a message in doubt, then a lead has it sent again, under their name", async () => {
  await customer("c-d");
  await notify("d");
  await sender([channelOf(() => ({ said: "unknown", reason: "timed_out" }))]).settleAll();
  const { body } = await ask("GET", "/notifications/unknown", "vic");
  assert.deepEqual(
    body.notifications.map((n: { notification_id: string }) => n.notification_id),
    ["d"],
  );
  const path = "/notifications/d/send-again";
  assert.equal(await code("POST", path), "401 KEY_MISSING");
  assert.equal(await code("POST", path, "maria"), "403 KEY_ROLE_WRONG");
  assert.deepEqual((await ask("POST", path, "lea")).body, {
    notification_id: "d",
    asked_by: "lea",
  });
  assert.equal(await code("POST", path, "lea"), "409 NOTIFICATION_SETTLED");
  assert.equal(await code("POST", path.replace("d/", "x/"), "lea"), "404 NOTIFICATION_UNKNOWN");
  await sender([channelOf(() => ({ said: "accepted" }))]).settleAll();
  assert.deepEqual(await ledger.attempts("d"), ["unknown timed_out lea", "accepted"]);
});
