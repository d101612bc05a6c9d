import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type CustomerUpdate, customerUpdates } from "../../events/customer.ts";
import type { Outgoing } from "./channel.ts";
import { answerOf, emailChannel } from "./email.ts";
import { type MailBehaviour, openSimulatedMailServer } from "./simulated-provider.ts";

const server = await openSimulatedMailServer();
after(server.close);
const channel = emailChannel({ url: server.url, from: "help@example.org", timeoutMs: 20_000 });
const message: Outgoing = {
  id: "018d0d6e-0b00-8000-8000-000000000004",
  to: "person@example.org",
  subject: "Možnosti pro Vaše příští platby",
  text: "Dobrý den,\n\nje to na Vás.\n.\nS pozdravem",
  language: "cs",
  audience: "customer",
  priority: 3,
  customerId: "c",
  interventionId: "i",
};
const send = async (how: MailBehaviour, more: Partial<Outgoing> = {}) => {
  server.behave(how);
  const before = server.accepted.length;
  const answer = await channel.send?.({ ...message, ...more }, new AbortController().signal);
  return { said: answer?.said, reason: answer?.reason, taken: server.accepted.length - before };
};

test("given a mail server, then a message arrives whole, with its id and its sender", async () => {
  assert.deepEqual(await send("accept"), { said: "accepted", reason: undefined, taken: 1 });
  const { from, to, text } = server.accepted.at(-1) as (typeof server.accepted)[number];
  assert.deepEqual([from, to], ["help@example.org", ["person@example.org"]]);
  assert.match(text, /^Message-ID: <018d0d6e-0b00-8000-8000-000000000004@example.org>\r$/m);
  assert.match(text, /^Auto-Submitted: auto-generated\r$/m);
  assert.match(text, /^Subject: =\?UTF-8\?/m);
  assert.doesNotMatch(text, /^X-Mailer/m);
});

test("given what is no address, or more than one, then there is none to send to", async () => {
  const profile = (email: string) => ({ ...customerUpdates.example, email }) as CustomerUpdate;
  const address = (email: string) =>
    channel.addressOf({ recipient: null, profile: profile(email) });
  assert.equal(address("person@example.org"), "person@example.org");
  for (const wrong of ["", "person", "a@example.org, b@example.org", "a@b.org\r\nBcc: c@d.org"])
    assert.equal(address(wrong), undefined);
});

test("given a subject with a line break, then it adds no header", async () => {
  await send("accept", { subject: "Hello\r\nBcc: d@example.org" });
  const { to, text } = server.accepted.at(-1) as (typeof server.accepted)[number];
  assert.deepEqual(to, ["person@example.org"]);
  assert.doesNotMatch(text, /^Bcc:/m);
});

test("given a server that refuses the mailbox, then that is final, a deferral not", async () => {
  assert.deepEqual(await send("refuse"), { said: "rejected", reason: "smtp_550", taken: 0 });
  assert.deepEqual(await send("defer"), { said: "later", reason: "smtp_450", taken: 0 });
});

test("given a server that breaks once it has the text, then nobody can say", async () => {
  const dropped = await send("accept_then_drop");
  assert.deepEqual(dropped, { said: "unknown", reason: "connection_lost", taken: 1 });
  const late = await send("accept_then_451");
  assert.deepEqual(late, { said: "unknown", reason: "smtp_451", taken: 1 });
});

test("given a server that hangs once it has the text, then nobody can say", async () => {
  server.behave("accept_then_hang");
  const own = emailChannel({ url: server.url, from: "help@example.org", timeoutMs: 1_500 });
  const answer = await own.send?.(message, new AbortController().signal);
  assert.deepEqual([answer?.said, answer?.reason], ["unknown", "timed_out"]);
});

test("given a certificate that nobody trusts, then nothing has gone out", async () => {
  const untrusted = await openSimulatedMailServer(true);
  after(untrusted.close);
  const own = emailChannel({ url: untrusted.url, from: "help@example.org", timeoutMs: 20_000 });
  const answer = await own.send?.(message, new AbortController().signal);
  assert.deepEqual(answer, { said: "later", reason: "refused_settings", broken: true });
  assert.equal(untrusted.accepted.length, 0);
  const secure = { code: "ESOCKET", originalCode: "DEPTH_ZERO_SELF_SIGNED_CERT" };
  assert.equal(answerOf(secure).broken, true);
});

test("given no server, a silent one, or wrong credentials, then nothing has gone out", async () => {
  const gone = await openSimulatedMailServer();
  await gone.close();
  const away = emailChannel({ url: gone.url, from: "help@example.org", timeoutMs: 1_500 });
  const answer = await away.send?.(message, new AbortController().signal);
  assert.deepEqual([answer?.said, answer?.reason], ["later", "unreachable"]);
  const silent = { code: "ETIMEDOUT", timeoutType: "GREETING_TIMEOUT" };
  assert.equal(answerOf(silent).said, "later");
  assert.deepEqual(answerOf({ code: "EAUTH", responseCode: 535 }), {
    said: "later",
    reason: "refused_settings",
    broken: true,
  });
  assert.equal(answerOf({ code: "ESOCKET" }).said, "unknown");
  assert.equal(answerOf({}).said, "unknown");
});
