import assert from "node:assert/strict";
import { test } from "node:test";
import { testServers } from "../../embedded/test-servers.ts";
import { many, openTopicsWorld } from "./test-topics.ts";

const { kafka } = await testServers(["kafka"]);
const holders = new Map([["bw_key", { name: "anna", role: "viewer" as const }]]);
const { url } = await openTopicsWorld(kafka.bootstrap, {
  required: true,
  keyOf: async (secret) => holders.get(secret),
  sessionOf: async () => undefined,
});

test("given a key that is revoked, then what it follows live ends", async () => {
  const path = `${url}/topics/${many.name}/tail`;
  assert.equal((await fetch(path)).status, 401);
  const headers = { authorization: "Bearer bw_key" };
  const { status, body } = await fetch(path, { headers });
  assert.equal(status, 200);
  const reader = body!.getReader();
  assert.match(Buffer.from((await reader.read()).value!).toString(), /retry/);
  holders.clear();
  for (let done = false; !done; ) done = (await reader.read()).done;
  assert.equal((await fetch(path, { headers })).status, 401);
});
