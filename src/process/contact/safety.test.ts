import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { violationsOf } from "../../../test/contact-checker.ts";
import { live, logOf, openContact } from "../../../test/contact-world.ts";
import { type ContactPolicy, policies } from "../../events/policy.ts";
import { randomOf } from "../../rules/random.ts";
import { intervene } from "./intervene.ts";

const shipped = policies.read(
  readFileSync(new URL("../../../policies/contact.json", import.meta.url)),
) as ContactPolicy;
const fallback = (risk: string) => (risk === "HIGH" ? ["email", "phone"] : ["sms"]);
/** Looser than the shipped one, so that more happens; what it forbids is still forbidden. */
const busy: ContactPolicy = {
  ...shipped,
  cool_off_hours: 20,
  episode_quiet_days: 3,
  calls_per_week: 1,
  holdout_share: 0.2,
  steps: shipped.steps.map((step) =>
    step.channel ? { ...step, fallback: fallback(step.risk_level) } : step,
  ),
};

test("given any stream, faults and late answers, then no customer is contacted wrongly", () => {
  let contacts = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const rules = [seed % 2 === 0 ? busy : shipped];
    const { log } = live(randomOf(seed, "contact world"), intervene, rules);
    const judged = violationsOf(log);
    assert.deepEqual(judged.violations, [], `seed ${seed}`);
    contacts += judged.contacts;
  }
  assert.ok(contacts > 150, `${contacts} contacts were judged`);
});

test("given a log, when it is replayed, also with all twice, then nothing changes", () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { log, fed, driver } = live(randomOf(seed, "contact replay"), intervene, [busy]);
    const again = openContact(intervene, [busy]);
    for (const { topic, key, value, ...more } of fed) again.feed(topic, key, value, more);
    assert.equal(again.stateHash(), driver.stateHash(), `seed ${seed}`);
    assert.deepEqual(logOf(again, fed, [busy]), log, `seed ${seed}`);
    const twice = openContact(intervene, [busy]);
    for (const { topic, key, value, ...more } of fed)
      for (let time = 0; time < 2; time++) twice.feed(topic, key, value, more);
    const { interventions, notifications } = logOf(twice, fed, [busy]);
    assert.deepEqual(notifications, log.notifications, `seed ${seed}`);
    assert.deepEqual(interventions, log.interventions, `seed ${seed}`);
  }
});
