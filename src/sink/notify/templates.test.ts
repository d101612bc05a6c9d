import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { contactChannels } from "../../events/customer.ts";
import { privateWordIn } from "./private-words.ts";
import { readTemplates, templatesFolder } from "./templates.ts";

const shipped = readTemplates({});
const folder = mkdtempSync(join(tmpdir(), "templates-"));
after(() => rmSync(folder, { recursive: true }));

type File = {
  fallbacks: Record<string, string>;
  templates: Record<string, Record<string, { text: string; subject?: string }>>;
};
/** Reads the shipped texts with a change to the English ones. */
const withChange = (change: (file: File) => void) => {
  cpSync(templatesFolder, folder, { recursive: true });
  const path = join(folder, "en.json");
  const file = JSON.parse(readFileSync(path, "utf8")) as File;
  change(file);
  writeFileSync(path, JSON.stringify(file));
  return () => readTemplates({}, folder);
};
const offer = (file: File) => file.templates["offer-payment-options"];

test("given the shipped texts, then every policy message has one for every channel", () => {
  const policy = JSON.parse(
    readFileSync(new URL("../../../policies/contact.json", import.meta.url), "utf8"),
  );
  const messages: string[] = policy.steps.flatMap((s: { message?: string }) => s.message ?? []);
  assert.equal(messages.length, 3);
  for (const message of messages)
    for (const language of ["en", "de", "fr", "cs"])
      for (const channel of contactChannels) {
        const made = shipped.render(message, channel, language, { name: "Anna Koch" });
        assert.equal(made?.language, language);
        assert.match(made?.text ?? "", /Anna Koch/);
        assert.doesNotMatch(made?.text ?? "", /[{}]|undefined|null/);
        assert.equal(made?.subject !== null, channel === "email");
      }
});

test("given what we know of a customer's life, then no text speaks of it", () => {
  const texts = shipped
    .names()
    .flatMap((name) =>
      contactChannels.flatMap((channel) =>
        ["en", "de", "fr", "cs"].map((language) => shipped.render(name, channel, language, {})),
      ),
    );
  const all = JSON.stringify(texts);
  assert.ok(all.length > 5_000);
  assert.equal(privateWordIn(all), undefined);
  const life = [
    ...["gambl", "betting", "casino", "borrow", "debt", "payday", "divorce", "illness", "salary"],
    ...["risk", "score", "spiel", "wette", "schuld", "gehalt", "jeu", "dette", "salaire"],
    ...["hazard", "sázk", "dluh", "výplat"],
  ];
  for (const word of life) assert.doesNotMatch(all, new RegExp(word, "i"));
});

test("given a policy's own words, when they speak of a customer's life, then none are sent", () => {
  const said = [
    ["We saw your gambling. Call us.", "gambling"],
    ["A risk score of 0.9", "risk"],
    ["DEBTS can be paid later.", "DEBTS"],
    ["Ihre Überschuldung", "Überschuldung"],
    ["Über Ihre Schulden reden", "Schulden"],
    ["Les jeux, encore", "jeux"],
    ["Vaše dluhy", "dluhy"],
  ];
  for (const [message, word] of said)
    for (const channel of contactChannels) {
      assert.equal(shipped.render(message, channel, "en", {}), undefined, message);
      const why = shipped.refusal(message, channel) ?? "";
      assert.ok(why.startsWith(`"${word}" `) && why.endsWith("leave it out"), why);
    }
});

test("given words that only look like those, then they are sent", () => {
  for (const message of [
    "Please call us on Saturday, it may get better.",
    "Entschuldigung, ein Beispiel: rufen Sie uns an.",
    "Appelez-nous jeudi, nous avons une solution.",
    "Zavolejte nám, prosím, ve středu.",
  ])
    for (const channel of contactChannels)
      assert.equal(shipped.render(message, channel, "en", {})?.text, message);
});

test("given a language, then the nearest is taken, and English for one that there is not", () => {
  const language = (wanted: string | null) =>
    shipped.render("offer payment options", "sms", wanted, {})?.language;
  assert.equal(language("de-AT"), "de");
  assert.equal(language("CS"), "cs");
  assert.equal(language("xx"), "en");
  assert.equal(language(null), "en");
});

test("given a customer's name, then it is shown as one short line whatever it holds", () => {
  const name = "Eve\r\nBcc: x@example.org {{sender}} <b>".padEnd(300, "x");
  const text = shipped.render("offer payment options", "sms", "en", { name })?.text ?? "";
  assert.doesNotMatch(text, /[\r\n{}<>]/);
  assert.ok(text.length <= 306, `${text.length}`);
  assert.match(shipped.render("offer payment options", "sms", "en", {})?.text ?? "", /customer/);
});

test("given a message that names no template, then it is the policy's own words", () => {
  assert.equal(shipped.render("We can help.", "sms", "de", {})?.text, "We can help.");
  assert.equal(shipped.render("x".repeat(307), "sms", "de", {}), undefined);
  assert.equal(shipped.render("Hello {{name}}", "sms", "de", {}), undefined);
});

test("given a text that could not be sent, then it is refused when it is read", () => {
  const refused = (change: (file: File) => void, says: RegExp) =>
    assert.throws(withChange(change), says);
  refused((f) => {
    offer(f).sms.text = "Hello {{nmae}}";
  }, /en\.json.*offer-payment-options for sms uses \{\{nmae\}\}, which is not known/);
  refused((f) => {
    offer(f).sms.text = "You gamble: {{reason}}";
  }, /\{\{reason\}\}, which is not known/);
  refused((f) => {
    f.fallbacks = { sender: "us", contact: "here" };
  }, /uses \{\{name\}\}, for which it has no fallback/);
  refused((f) => {
    offer(f).sms.text = "Hello {{name}";
  }, /a brace/);
  refused((f) => {
    offer(f).sms.text = "{{name}} ".repeat(20);
  }, /may have 820 characters; sms allows 306/);
  refused((f) => {
    offer(f).email.subject = "";
  }, /has no subject/);
  refused((f) => {
    delete offer(f).sms;
  }, /en\.json.*lacks offer-payment-options for sms/);
  refused((f) => {
    offer(f).fax = { text: "Hello" };
  }, /a channel that is not known/);
  writeFileSync(join(folder, "en.json"), "{");
  assert.throws(() => readTemplates({}, folder), /en\.json.*not JSON/);
});
