import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { pulseOf } from "./pulse.ts";

const away = {
  message: '{ "brokers":{ "h:1/1": { "name":"h:1/1", "source":"learned", "state":"DOWN" } } }',
};
const nobody = {
  message: '{ "brokers":{ "GroupCoordinator": { "nodeid":-1, "source":"logical" } }, "topics":{} }',
};

const started = () => {
  const client = new EventEmitter();
  const pulse = pulseOf(client);
  return { pulse, tell: (stats: object) => client.emit("event.stats", stats) };
};

test("given a broker that is away, then the client goes on waiting for it", async () => {
  const { pulse, tell } = started();
  const answer = pulse.orLost(new Promise((resolve) => setImmediate(resolve, "sent")), "flush");
  for (let told = 0; told < 5; told++) tell(away);
  assert.equal(pulse.isLost, false);
  assert.equal(await answer, "sent");
});

test("given no broker for once, then the client may still find one", () => {
  const { pulse, tell } = started();
  tell(nobody);
  tell(away);
  tell(nobody);
  assert.equal(pulse.isLost, false);
});

test("given no broker twice in a row, then what waits and what comes later is stuck", async () => {
  const { pulse, tell } = started();
  const never = new Promise<void>(() => {});
  const waiting = pulse.orLost(never, "flush");
  tell(nobody);
  tell(nobody);
  assert.equal(pulse.isLost, true);
  await assert.rejects(waiting, { code: "STUCK" });
  await assert.rejects(pulse.orLost(never, "begin"), { code: "STUCK" });
});

test("given an answer that fails, then its own error is told", async () => {
  const { pulse } = started();
  await assert.rejects(pulse.orLost(Promise.reject(new Error("no")), "flush"), { message: "no" });
});
