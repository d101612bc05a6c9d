import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Outgoing } from "./channel.ts";
import { retryAfterMs } from "./post.ts";
import { type Behaviour, openSimulatedProvider } from "./simulated-provider.ts";
import { smsChannel } from "./sms.ts";
import { signatureOf, webhookChannel } from "./webhook.ts";

const provider = await openSimulatedProvider();
after(provider.close);
const message: Outgoing = {
  id: "n-1",
  to: "+420111",
  subject: null,
  text: "Dobrý den",
  language: "cs",
  audience: "customer",
  priority: 2,
  customerId: "c",
  interventionId: "i",
};
const signal = new AbortController().signal;
const { url } = provider;
const sms = (more: object = {}) =>
  smsChannel({ url, token: undefined, idempotent: false, timeoutMs: 20_000, ...more });

const said: [Behaviour, string, string | undefined][] = [
  ["accept", "accepted", undefined],
  ["refuse", "rejected", "http_422"],
  ["refuse_settings", "later", "http_401"],
  ["limit_rate", "later", "rate_limited"],
  ["accept_then_500", "unknown", "http_500"],
  ["accept_then_drop", "unknown", "connection_lost"],
  ["accept_then_hang", "unknown", "timed_out"],
];
for (const [behaviour, expected, reason] of said)
  test(`given a provider that does ${behaviour}, then its answer means: ${expected}`, async () => {
    provider.behave(behaviour);
    const timeoutMs = reason === "timed_out" ? 1_500 : 20_000;
    const answer = await sms({ timeoutMs }).send?.(message, signal);
    assert.deepEqual([answer?.said, answer?.reason], [expected, reason]);
    if (behaviour === "limit_rate") assert.equal(answer?.retryAfterMs, 30_000);
    if (behaviour === "accept") assert.match(answer?.reference ?? "", /^sim-/);
  });

test("given nobody at the address, or no TLS there, then nothing has gone out", async () => {
  const gone = await openSimulatedProvider();
  await gone.close();
  const away = await sms({ url: gone.url }).send?.(message, signal);
  assert.deepEqual([away?.said, away?.reason], ["later", "unreachable"]);
  const secure = await sms({ url: url.replace("http:", "https:") }).send?.(message, signal);
  assert.deepEqual([secure?.said, secure?.reason], ["later", "unreachable"]);
});

test("given a webhook, then its receiver can tell who sent it, and when", async () => {
  provider.behave("accept");
  const secret = "a secret of 16 or more";
  const channel = webhookChannel({ url, secret, idempotent: false, timeoutMs: 20_000 });
  assert.equal((await channel.send?.(message, signal))?.said, "accepted");
  const { body, headers, key } = provider.accepted.at(-1) as (typeof provider.accepted)[number];
  const header = String(headers["bellwether-signature"]);
  const seconds = Number(/^t=(\d+),/.exec(header)?.[1]);
  assert.equal(header, signatureOf(secret, body, seconds));
  assert.notEqual(header, signatureOf(secret, `${body} `, seconds));
  assert.notEqual(header, signatureOf("another secret", body, seconds));
  assert.ok(Math.abs(Date.now() / 1_000 - seconds) < 60);
  assert.equal(key, "n-1");
  assert.equal(JSON.parse(body).text, "Dobrý den");
});

test("given a Retry-After, then it is seconds or a date, within a day", () => {
  const now = Date.parse("2026-06-10T12:00:00Z");
  assert.equal(retryAfterMs("120", now), 120_000);
  assert.equal(retryAfterMs("Wed, 10 Jun 2026 12:01:00 GMT", now), 60_000);
  assert.equal(retryAfterMs("Wed, 10 Jun 2026 11:00:00 GMT", now), 0);
  assert.equal(retryAfterMs("999999999", now), 86_400_000);
  assert.equal(retryAfterMs("soon", now), undefined);
  assert.equal(retryAfterMs(undefined, now), undefined);
});
