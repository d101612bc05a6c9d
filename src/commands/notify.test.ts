import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { contactChannels } from "../events/customer.ts";

const cli = fileURLToPath(new URL("../cli.ts", import.meta.url));
const env = { ...process.env, NOTIFY_SENDER: "Example Bank", NOTIFY_CONTACT: "0800 000 000" };

const preview = async (...args: string[]) => {
  const run = promisify(execFile)(process.execPath, [cli, "notify", "preview", ...args], { env });
  const { stdout } = await run;
  return stdout;
};
const refused = (args: string[], says: RegExp) =>
  assert.rejects(preview(...args), (thrown: { code: number; stderr: string }) => {
    assert.equal(thrown.code, 2);
    assert.match(thrown.stderr, says);
    assert.doesNotMatch(thrown.stderr, /\n\s+at /);
    return true;
  });

test("given a template and a customer, then each channel's text is shown", async () => {
  const customer = '{"name": "Ada", "language": "fr", "phone": "canary"}';
  const shown = await preview("Offer payment options", "--customer-json", customer, "--json");
  const texts = JSON.parse(shown) as { channel: string; text: string; language: string }[];
  assert.deepEqual(
    texts.map(({ channel }) => channel),
    [...contactChannels],
  );
  for (const { text, language } of texts) {
    assert.equal(language, "fr");
    assert.match(text, /Ada/);
    assert.doesNotMatch(text, /canary|[{}]/);
  }
  assert.match(shown, /Example Bank/);
  assert.match(shown, /0800 000 000/);
  const one = await preview("offer-payment-options", "--channel", "email");
  assert.match(one, /^email, en, \d+ characters\nOptions for your next payments\n\nDear customer,/);
});

test("given what cannot be shown, then one sentence says why, with the cure", async () => {
  await refused(["nope"], /no template "nope"\. Give one of immediate-contact-required/);
  await refused(["offer-payment-options", "--channel", "fax"], /no channel "fax"\. Give one of/);
  await refused(["offer-payment-options", "--customer-json", "[1]"], /not a JSON object/);
});
