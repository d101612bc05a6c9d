import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandLine } from "./commands/test-command-line.ts";
import { root } from "./config.ts";
import { serverEnvironment } from "./embedded/servers.ts";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { Failure } from "./errors.ts";
import type { PolicyDocument } from "./events/policy.ts";
import { createKey } from "./keys.ts";
import { modelShelf } from "./models.ts";
import {
  activatePolicy,
  draftPolicy,
  type PolicyPlace,
  readDrafts,
  readPolicies,
  readPolicy,
  startOf,
} from "./policies.ts";
import { checkModel } from "./process/delinquency/models.ts";
import type { Role } from "./serve/permissions.ts";
import { shippedTemplates } from "./sink/notify/templates.ts";
import { createTopics, seedPolicies } from "./space-setup.ts";
import { AdminPort } from "./stream/admin.ts";

const servers = await testServers(["kafka", "postgres"]);
const { bootstrap } = servers.kafka;
const { pool, config, space } = await testSpace(servers.postgres.url);
await createTopics(config, bootstrap);
await seedPolicies(config, bootstrap);
after(async () => {
  const admin = AdminPort.open(bootstrap);
  const names = (await admin.topicNames()).filter((name) => name.startsWith(`${space}.`));
  for (const name of names) await admin.remove(name);
  admin.close();
});

const shipped = readFileSync(join(root, "policies/contact.json"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "bellwether-policy-"));
after(() => rmSync(folder, { recursive: true }));
const shelf = modelShelf([join(root, "models"), folder]);
const templates = shippedTemplates(config);
const place: PolicyPlace = {
  pool,
  bootstrap,
  space,
  checkModel: (document) => checkModel(document, shelf),
  refusalOf: (message, channel) => templates.refusal(message, channel),
};
const person = (name: string, role: Role = "lead") => ({ name, role });
const contact = (more: object): PolicyDocument =>
  readPolicy(JSON.stringify({ ...JSON.parse(shipped), ...more }), "contact.json");
const refused = (code: string, mentions: string) => (thrown: unknown) =>
  thrown instanceof Failure && thrown.code === code && thrown.message.includes(mentions);

test("given a draft, when another person activates it, then it is in the topic", async () => {
  const made = await draftPolicy(contact({ version: "2" }), person("ada", "analyst"), place);
  assert.ok(!(await readPolicies(bootstrap, space)).has(made.key), "not before");
  const active = await activatePolicy("default:2", person("grace"), undefined, place);
  assert.deepEqual(active, { ...made, effectiveFrom: null });
  const known = (await readPolicies(bootstrap, space)).get(made.key);
  assert.equal(known?.activated_by, "grace");
  const [draft] = await readDrafts(pool);
  assert.deepEqual([draft.author, draft.activatedBy], ["ada", "grace"]);
  const again = await activatePolicy("default:2", person("grace"), undefined, place);
  assert.deepEqual(again, active);
});

test("given a draft, when its author or a viewer activates it, then it stays a draft", async () => {
  await draftPolicy(contact({ version: "3" }), person("ada"), place);
  const byAuthor = activatePolicy("contact:default:3", person("ada"), undefined, place);
  await assert.rejects(byAuthor, refused("SECOND_PERSON_MISSING", "another person"));
  const byViewer = activatePolicy("contact:default:3", person("vi", "viewer"), undefined, place);
  await assert.rejects(byViewer, refused("KEY_ROLE_WRONG", "lead"));
  assert.ok(!(await readPolicies(bootstrap, space)).has("contact:default:3"));
});

test("given a version that is taken, then only the same text is taken again", async () => {
  const first = await draftPolicy(contact({ version: "4" }), person("ada"), place);
  assert.deepEqual(await draftPolicy(contact({ version: "4" }), person("bob"), place), first);
  for (const version of ["4", "1"])
    await assert.rejects(
      draftPolicy(contact({ version, comment: "another" }), person("ada"), place),
      refused("POLICY_WRONG", "raise the version"),
    );
});

test("given the live space, then a version holds from at least 10 seconds ahead", () => {
  const now = Date.parse("2026-06-08T10:00:00Z");
  const early = refused("ARGUMENT_WRONG", "less than 10 seconds ahead");
  assert.throws(() => startOf(now + 9_999, now, "live"), early);
  assert.equal(startOf(now + 10_000, now, "live"), "2026-06-08T10:00:10.000Z");
  assert.ok(Date.parse(startOf(undefined, now, "live") ?? "") > now + 10_000);
  assert.equal(startOf(undefined, now, "berka"), null, "from the beginning");
  assert.equal(startOf(0, now, "berka"), "1970-01-01T00:00:00.000Z");
});

test("given a space without topics, then that is said with the cure", async () => {
  const bare = readPolicies(bootstrap, "testnothing");
  await assert.rejects(bare, refused("TOPIC_MISSING", "topics create"));
});

test("given documents that contradict themselves, then each is refused with the reason", () => {
  const scoring = JSON.parse(readFileSync(join(root, "policies/scoring.json"), "utf8"));
  const arms = [{ arm: "a", policy: "b", share: 0.7 }];
  const experiment = { kind: "experiment", name: "contact", version: "1" };
  const wrong: [object, string][] = [
    [{ ...scoring, bands: { CRITICAL: 0.5, HIGH: 0.6, MEDIUM: 0.4 } }, "bands is out of order"],
    [{ ...experiment, arms: [...arms, { ...arms[0], arm: "c" }] }, "more than 1"],
    [{ ...experiment, arms: [{ ...arms[0], arm: "holdout" }] }, "champion or holdout"],
    [{ ...experiment, arms: [...arms, { ...arms[0], share: 0.1 }] }, "an arm twice"],
    [{ ...experiment, arms: [{ ...arms[0], share: 0 }] }, "not above 0"],
    [{ ...JSON.parse(shipped), hours: { weekdays: "20:00-08:00" } }, "ends before it begins"],
    [{ kind: "fancy" }, ""],
  ];
  for (const [document, why] of wrong)
    assert.throws(
      () => readPolicy(JSON.stringify(document), "x.json"),
      refused("POLICY_WRONG", why),
    );
});

test("given what names something that is not there, then it is refused", async () => {
  const experiment = { kind: "experiment", name: "contact", version: "2" };
  const arms = [{ arm: "a", policy: "nowhere", share: 0.5 }];
  const of = (document: object) => readPolicy(JSON.stringify(document), "x.json");
  await assert.rejects(
    draftPolicy(of({ ...experiment, arms }), person("ada"), place),
    refused("POLICY_WRONG", "nowhere"),
  );
});

test("given a model that could not score, then it is refused before it is in force", async () => {
  const active = JSON.parse(readFileSync(join(root, "policies/model.json"), "utf8"));
  const file = readFileSync(join(root, "models/delinquency-2.json"), "utf8");
  const shelve = (text: string): string => {
    const hash = createHash("sha256").update(text).digest("hex");
    writeFileSync(join(folder, `${hash}.json`), text);
    return hash;
  };
  const wrong: [object, string][] = [
    [{ hash: "lost" }, "The active model lost is not among the files"],
    [{ feature_set: "9" }, "needs feature set 9"],
    [{ hash: shelve(file.slice(0, 2_000)) }, "cannot be used"],
    [{ hash: shelve(file.replace("binary:logistic", "reg:squarederror")) }, "its objective is"],
    [{ hash: shelve(file.replace('"balance_days"', '"shoe_size"')) }, "shoe_size"],
  ];
  const before = await readPolicies(bootstrap, space);
  for (const [more, why] of wrong) {
    const document = readPolicy(JSON.stringify({ ...active, version: "9", ...more }), "x.json");
    await assert.rejects(draftPolicy(document, person("ada"), place), refused("POLICY_WRONG", why));
  }
  assert.deepEqual(await readPolicies(bootstrap, space), before);
  const good = readPolicy(JSON.stringify({ ...active, version: "9" }), "x.json");
  await draftPolicy(good, person("ada"), place);
});

test("given a message that could not be sent, then its policy is refused", async () => {
  const { steps } = JSON.parse(shipped);
  const withMessage = (message: string, more: object = {}) =>
    contact({ version: "8", steps: [{ ...steps[1], message, ...more }] });
  const wrong: [PolicyDocument, string][] = [
    [withMessage("Hello {{nmae}}"), "only these may have {{variables}}"],
    [withMessage("x".repeat(307)), "307 characters; sms allows 306"],
    [withMessage("Your gambling worries us."), '"gambling" may tell others'],
    [withMessage("y".repeat(501), { channel: "email", fallback: ["push"] }), "push allows 500"],
  ];
  for (const [document, why] of wrong)
    await assert.rejects(draftPolicy(document, person("ada"), place), refused("POLICY_WRONG", why));
  await draftPolicy(withMessage("Please call us."), person("ada"), place);
});

test("given the command line, then two people put a version in force", async () => {
  const file = join(folder, "contact-7.json");
  writeFileSync(file, JSON.stringify(contact({ version: "7", cool_off_hours: 48 })));
  const ada = await createKey(pool, person("ada", "analyst"));
  const bob = await createKey(pool, person("bob"));
  const run = (args: string[], key = "") =>
    commandLine(["policy", ...args, "--space", space], {
      ...serverEnvironment(servers),
      BELLWETHER_KEY: key,
    });
  const differ = await run(["diff", "contact:default:1", file]);
  assert.match(differ.out, /cool_off_hours +72 +48/, differ.err);
  assert.match((await run(["draft", file])).err, /Set BELLWETHER_KEY/);
  assert.match((await run(["draft", file], ada)).out, /contact:default:7 is drafted by ada/);
  const alone = await run(["activate", "contact:default:7"], ada);
  assert.equal(alone.code, 1);
  assert.match(alone.err, /role analyst/);
  const at = ["--at", "2031-01-01T00:00:00Z", "--by", bob];
  const second = await run(["activate", "contact:default:7", ...at]);
  assert.match(second.out, /contact:default:7 holds for events from 2031-01-01T00:00:00.000Z on/);
  const listed = JSON.parse((await run(["list", "--json"])).out) as Record<string, unknown>[];
  const of = (key: string) => listed.find((one) => one.policy === key);
  assert.equal(of("contact:default:7")?.state, "scheduled");
  assert.equal(of("contact:default:7")?.author, "ada");
  assert.equal(of("contact:default:7")?.activated_by, "bob");
  assert.equal(of("contact:default:2")?.state, "in force");
  assert.equal(of("contact:default:1")?.state, "past");
  assert.equal(of("contact:default:3")?.state, "draft");
  const said = [differ, alone, second].map(({ out, err }) => out + err).join();
  assert.ok(!said.includes(ada) && !said.includes(bob), "no key is said");
});
