import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import { callDesk } from "./call-desk.ts";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { createKey, keyOf } from "./keys.ts";
import { callsRoutes } from "./serve/routes/calls.ts";
import { serve } from "./serve/server.ts";
import { sessionOf } from "./serve/sessions.ts";
import { phoneChannel } from "./sink/notify/phone.ts";
import { channelOf, openTestLedger, templates } from "./sink/notify/test-ledger.ts";

const { postgres } = await testServers(["postgres"]);
const ledger = await openTestLedger(await testSpace(postgres.url));
const { pool, space, clock, customer, notify, sender } = ledger;
const serving = await serve({
  config: { port: 0, space },
  pool,
  registry: new Registry(),
  routes: [callsRoutes(callDesk(pool, templates, () => clock.now))],
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
  return { status: response.status, body: JSON.parse(await response.text()) };
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
