import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChannelSettings, channelsFor } from "./channels.ts";

const settings: ChannelSettings = {
  space: "live",
  logLevel: "info",
  smsUrl: "https://sms.example/send",
  smsToken: "token-canary",
  smsIdempotent: "yes",
  smtpUrl: "smtp://user:password-canary@mail.example:587",
  smtpFrom: "help@example.org",
  webhookUrl: "https://hook.example/canary",
  webhookSecret: "secret-canary-secret",
  webhookIdempotent: "no",
  callList: "yes",
  sendMaxMs: 1_000,
};
const unset = { smsUrl: undefined, smtpUrl: undefined, webhookUrl: undefined };
const shown = (of: ChannelSettings) =>
  channelsFor(of, () => {}).map(({ name, provider, simulated }) => [name, provider, simulated]);

test("given the live space with all set up, then messages leave the house", () => {
  assert.deepEqual(shown(settings), [
    ["phone", "call list", false],
    ["sms", "sms sms.example", false],
    ["email", "smtp mail.example:587", false],
    ["push", "webhook hook.example", false],
  ]);
  const [, sms, email] = channelsFor(settings, () => {});
  assert.deepEqual([sms.idempotent, email.idempotent], [true, false]);
});

test("given any other space, then nothing leaves the house, whatever is set up", () => {
  for (const space of ["berka", "replay1", "test"])
    for (const [name, provider, simulated] of shown({ ...settings, space }))
      assert.deepEqual([provider, simulated], ["log", true], `${space} ${name}`);
});

test("given the live space with nothing set up, then only calls are listed", () => {
  assert.deepEqual(
    shown({ ...settings, ...unset }).map(([name, provider]) => `${name}: ${provider}`),
    ["phone: call list", "sms: log", "email: log", "push: log"],
  );
  const none = shown({ ...settings, ...unset, callList: "no" });
  assert.ok(none.every(([, , simulated]) => simulated));
});

test("given a webhook without a secret, then it is refused with the cure", () => {
  assert.throws(
    () => channelsFor({ ...settings, webhookSecret: undefined }, () => {}),
    /WEBHOOK_URL needs WEBHOOK_SECRET/,
  );
});

test("given a simulated channel, then what it says names nobody", async () => {
  const said: string[] = [];
  const quiet = { ...settings, ...unset, space: "berka" };
  const message = {
    id: "n-1",
    to: "+420111",
    subject: null,
    text: "Hello Anna",
    language: "en",
    audience: "customer" as const,
    priority: 1,
    customerId: "c",
    interventionId: "i",
  };
  for (const logLevel of ["info", "debug"])
    for (const channel of channelsFor({ ...quiet, logLevel }, (sentence) => said.push(sentence)))
      assert.deepEqual(await channel.send?.(message, new AbortController().signal), {
        said: "accepted",
      });
  assert.equal(said.length, 4);
  assert.ok(said.every((sentence) => !/Anna|\+420/.test(sentence)));
});
