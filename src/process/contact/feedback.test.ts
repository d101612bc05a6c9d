import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { customerUpdates } from "../../events/customer.ts";
import { type Intervention, interventionsStream } from "../../events/intervention.ts";
import {
  type Notification,
  type NotificationStatus,
  notificationResults,
  notifications,
} from "../../events/notification.ts";
import { outcomes } from "../../events/outcome.ts";
import { type ContactPolicy, policies, policyKey } from "../../events/policy.ts";
import { predictionsStream, type RiskLevel } from "../../events/prediction.ts";
import { policyHash } from "../../rules/policy.ts";
import { openDriver } from "../../stream/driver.ts";
import { intervene } from "./intervene.ts";

const shipped = policies.read(
  readFileSync(new URL("../../../policies/contact.json", import.meta.url)),
) as ContactPolicy;
const policy: ContactPolicy = { ...shipped, holdout_share: 0 };
const withFallback: ContactPolicy = {
  ...policy,
  steps: policy.steps.map((step) =>
    step.risk_level === "HIGH" ? { ...step, fallback: ["email", "phone"] } : step,
  ),
};
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, noon in Prague. */
const noon = Date.parse("2026-06-08T12:00:00+02:00");
const iso = (time: number) => new Date(time).toISOString();

/** One customer's line, in memory. */
const line = (own: ContactPolicy = policy, profile = {}) => {
  const driver = openDriver({ processors: [intervene] });
  driver.feed(policies, policyKey(own), own);
  const update = {
    ...customerUpdates.example,
    customer_id: "c1",
    country: null,
    consent: [{ purpose: "service", channel: "any" as const, given: true }],
    event_time: iso(noon - DAY),
    ...profile,
  };
  driver.feed(customerUpdates, "c1", update as NonNullable<typeof customerUpdates.example>);
  let told = 0;
  let results = 0;
  const sent = () => driver.outputs(notifications).map(({ value }) => value as Notification);
  /** What was said since the last time: status, and why or on which channel. */
  const said = () => {
    const all = driver.outputs(interventionsStream).map(({ value }) => value as Intervention);
    const since = all.slice(told);
    told = all.length;
    return since.map((one) => [one.status, one.suppressed_by ?? one.channel].join(" "));
  };
  return {
    sent,
    decisions: () => driver.outputs(interventionsStream).map(({ value }) => value as Intervention),
    score: (level: RiskLevel, time: number) => {
      const id = `p-${level}-${time}`;
      driver.feed(predictionsStream, "c1", {
        ...predictionsStream.example,
        prediction_id: id,
        customer_id: "c1",
        risk_level: level,
        timestamp: iso(time),
        event_time: iso(time),
      });
      return said();
    },
    result: (status: NotificationStatus, time: number, of?: Notification) => {
      const { notification_id, channel } = of ?? (sent().at(-1) as Notification);
      driver.feed(notificationResults, "c1", {
        ...notificationResults.example,
        result_id: `r${++results}`,
        notification_id,
        channel,
        status,
        timestamp: iso(time),
        event_time: iso(time),
      });
      return said();
    },
    outcome: (outcome: "customer_answered" | "payment_cured" | "payment_made", time: number) => {
      driver.feed(outcomes, "c1", {
        ...outcomes.example,
        customer_id: "c1",
        outcome,
        timestamp: iso(time),
        event_time: iso(time),
      });
      return said();
    },
    tick: (time: number) => {
      driver.tick(time);
      return said();
    },
    dropped: () => driver.counters("intervention-worker"),
  };
};

test("given a message that was accepted, then it is told once, under the same id", () => {
  const { score, result, decisions } = line();
  assert.deepEqual(score("HIGH", noon), ["triggered sms"]);
  assert.deepEqual(result("accepted", noon + 1_000), ["sent sms"]);
  assert.deepEqual(result("accepted", noon + 1_000), []);
  const [first, second] = decisions();
  assert.equal(second.intervention_id, first.intervention_id);
  assert.equal(second.timestamp, first.timestamp, "of the decision");
  assert.equal(second.event_time, iso(noon + 1_000));
  assert.deepEqual(
    { ...first, status: "", event_time: "" },
    { ...second, status: "", event_time: "" },
  );
  assert.equal(first.policy_hash, policyHash(policy));
});

test("given a message that was rejected, then the step and the budget are free again", () => {
  const { score, result } = line();
  score("HIGH", noon);
  assert.deepEqual(result("rejected", noon + 1_000), ["rejected sms"]);
  assert.deepEqual(score("HIGH", noon + HOUR), ["triggered sms"]);
});

test("given a step that is rejected again and again, then it is given up in this episode", () => {
  const { score, result } = line();
  for (let hour = 0; hour < 3; hour++) {
    assert.deepEqual(score("HIGH", noon + hour * HOUR), ["triggered sms"]);
    result("rejected", noon + hour * HOUR + 1);
  }
  assert.deepEqual(score("HIGH", noon + 3 * HOUR), ["suppressed attempts_used_up"]);
  assert.deepEqual(score("CRITICAL", noon + 4 * HOUR), ["triggered phone"]);
});

test("given a step that expires again and again, then it is given up in this episode", () => {
  const { score, result } = line();
  for (let day = 0; day < 3; day++) {
    assert.deepEqual(score("HIGH", noon + day * DAY), ["triggered sms"]);
    result("expired", noon + day * DAY + HOUR);
  }
  assert.deepEqual(score("HIGH", noon + 3 * DAY), ["suppressed attempts_used_up"]);
});

test("given fallbacks, when a message is rejected, then the next channel is tried at once", () => {
  const { score, result, sent, decisions } = line(withFallback);
  score("HIGH", noon);
  assert.deepEqual(result("rejected", noon + 1), ["rejected sms", "triggered email"]);
  assert.deepEqual(result("rejected", noon + 2), ["rejected email", "triggered phone"]);
  assert.deepEqual(result("accepted", noon + 3), ["sent phone"]);
  assert.deepEqual(score("HIGH", noon + 4 * DAY), ["suppressed step_already_taken"]);
  assert.equal(new Set(sent().map((one) => one.notification_id)).size, 3);
  assert.equal(
    new Set(
      decisions()
        .slice(0, -1)
        .map((one) => one.intervention_id),
    ).size,
    1,
  );
});

test("given fallbacks, then one without consent is passed over", () => {
  const consent = ["sms", "phone"].map((channel) => ({ purpose: "service", channel, given: true }));
  const { score, result } = line(withFallback, { consent });
  score("HIGH", noon);
  assert.deepEqual(result("rejected", noon + 1), ["rejected sms", "triggered phone"]);
});

test("given a rejection in the night or with less risk, then the fallback waits or ends", () => {
  const night = line(withFallback);
  night.score("HIGH", noon);
  const late = noon + 9 * HOUR;
  assert.deepEqual(night.result("rejected", late), ["rejected sms", "deferred local_hours"]);
  assert.deepEqual(night.tick(noon + DAY), ["triggered email"]);
  const fallen = line(withFallback);
  fallen.score("HIGH", noon);
  fallen.score("LOW", noon + 1);
  assert.deepEqual(fallen.result("rejected", noon + 2), ["rejected sms"]);
});

test("given a message that expired or was withdrawn, then nothing is tried at once", () => {
  for (const status of ["expired", "withdrawn"] as const) {
    const { score, result } = line(withFallback);
    score("HIGH", noon);
    assert.deepEqual(result(status, noon + HOUR), [`${status} sms`]);
    assert.deepEqual(score("HIGH", noon + 2 * HOUR), ["triggered sms"]);
  }
});

test("given that nobody knows whether it was sent, then it counts as a contact", () => {
  const { score, result } = line(withFallback);
  score("HIGH", noon);
  assert.deepEqual(result("unknown", noon + 1), ["unknown sms"]);
  assert.deepEqual(score("HIGH", noon + HOUR), ["suppressed step_already_taken"]);
  assert.deepEqual(score("CRITICAL", noon + 2 * HOUR), ["deferred daily_cap"]);
  assert.deepEqual(result("accepted", noon + 3 * HOUR), ["sent sms"]);
  assert.deepEqual(result("rejected", noon + 4 * HOUR), [], "it was accepted");
});

test("given a higher step that waits, when the lower one is rejected, then it goes", () => {
  const { score, result } = line(withFallback);
  score("HIGH", noon);
  assert.deepEqual(score("CRITICAL", noon + HOUR), ["deferred daily_cap"]);
  assert.deepEqual(result("rejected", noon + 2 * HOUR), ["rejected sms", "triggered phone"]);
});

test("given a message sent later than decided, then the cool-off counts from there", () => {
  const { score, result, tick } = line();
  score("MEDIUM", noon);
  result("accepted", noon + 20 * HOUR);
  assert.deepEqual(score("HIGH", noon + DAY), ["deferred daily_cap"]);
  assert.deepEqual(tick(noon + 3 * DAY + 20 * HOUR - 1), []);
  assert.deepEqual(tick(noon + 3 * DAY + 20 * HOUR), ["triggered sms"]);
});

test("given calls, then each one counts, and an answer is told", () => {
  const own = { ...policy, cool_off_hours: 0, calls_per_week: 2, contacts_per_week: 50 };
  const { score, result } = line({ ...own, contacts_per_day: 50 });
  score("CRITICAL", noon);
  assert.deepEqual(result("accepted", noon + 1), ["sent phone"]);
  assert.deepEqual(result("no_answer", noon + HOUR), ["no_answer phone"]);
  assert.deepEqual(result("answered", noon + 2 * HOUR), ["answered phone"]);
  assert.deepEqual(result("answered", noon + 2 * HOUR), []);
});

test("given a call on the list, then nothing else goes out before it is made or expires", () => {
  const own = { ...policy, cool_off_hours: 0, contacts_per_week: 50, contacts_per_day: 50 };
  const calls = own.steps.map((step) =>
    step.risk_level === "HIGH" ? { ...step, channel: "phone" } : step,
  );
  const { score, result } = line({ ...own, steps: calls });
  score("HIGH", noon);
  result("accepted", noon + 1);
  assert.deepEqual(score("CRITICAL", noon + HOUR), ["deferred on_its_way"]);
});

test("given a call on the list that nobody made, when it expires, then the step is free", () => {
  const { score, result } = line();
  score("CRITICAL", noon);
  result("accepted", noon + 1);
  assert.deepEqual(result("expired", noon + DAY), ["expired phone"]);
  assert.deepEqual(score("CRITICAL", noon + DAY + HOUR), ["triggered phone"]);
});

test("given an answer and a payment, then the step is answered, closed, and nothing waits", () => {
  const { score, result, outcome } = line();
  score("MEDIUM", noon);
  result("accepted", noon + 1);
  assert.deepEqual(outcome("payment_made", noon + HOUR), []);
  assert.deepEqual(outcome("customer_answered", noon + HOUR), ["answered email"]);
  assert.deepEqual(outcome("customer_answered", noon + 2 * HOUR), []);
  assert.deepEqual(score("HIGH", noon + 3 * HOUR), ["deferred daily_cap"]);
  const cured = outcome("payment_cured", noon + 4 * HOUR);
  assert.deepEqual(cured, ["suppressed payment_cured", "closed email"]);
});

test("given outcomes that come again in a later episode, then they change nothing there", () => {
  const { score, result, outcome, tick } = line();
  score("MEDIUM", noon);
  result("accepted", noon + 1);
  assert.deepEqual(outcome("customer_answered", noon + HOUR), ["answered email"]);
  assert.deepEqual(outcome("payment_cured", noon + 2 * HOUR), ["closed email"]);
  tick(noon + 15 * DAY);
  const later = noon + 16 * DAY;
  assert.deepEqual(score("MEDIUM", later), ["triggered email"]);
  assert.deepEqual(result("accepted", later + 1), ["sent email"]);
  assert.deepEqual(score("HIGH", later + HOUR), ["deferred daily_cap"]);
  assert.deepEqual(outcome("customer_answered", noon + HOUR), []);
  assert.deepEqual(outcome("payment_cured", noon + 2 * HOUR), []);
  const cured = outcome("payment_cured", later + 2 * HOUR);
  assert.deepEqual(cured, ["suppressed payment_cured", "closed email"]);
});

test("given outcomes that come again in their episode, then they end nothing newer", () => {
  const { score, result, outcome } = line();
  score("MEDIUM", noon);
  result("accepted", noon + 1);
  outcome("payment_cured", noon + HOUR);
  assert.deepEqual(score("HIGH", noon + 2 * HOUR), ["deferred daily_cap"]);
  assert.deepEqual(outcome("payment_cured", noon + HOUR), []);
});

test("given an episode that ends, then the contacts of it that were made are closed", () => {
  const { score, result, tick } = line();
  score("MEDIUM", noon);
  result("accepted", noon + 1);
  assert.deepEqual(tick(noon + 14 * DAY), ["closed email"]);
});

test("given words about what is not known here, then they change nothing and are counted", () => {
  const { score, result, sent, decisions } = line();
  score("HIGH", noon);
  const other = { ...sent()[0], notification_id: "another" };
  assert.deepEqual(result("rejected", noon + 1, other), []);
  assert.equal(decisions().length, 1);
});

test("given an experiment with a date, then episodes that begin after it have its arms", () => {
  const driver = openDriver({ processors: [intervene] });
  const gentle: ContactPolicy = {
    ...policy,
    name: "gentle",
    version: "7",
    steps: policy.steps.map((step) =>
      step.risk_level === "HIGH" ? { ...step, channel: "email" } : step,
    ),
  };
  driver.feed(policies, policyKey(policy), policy);
  driver.feed(policies, policyKey(gentle), gentle);
  driver.feed(policies, "experiment:contact:1", {
    kind: "experiment",
    name: "contact",
    version: "1",
    effective_from: iso(noon + DAY),
    arms: [{ arm: "by e-mail", policy: "gentle", share: 0.5 }],
  });
  const known = { ...customerUpdates.example, country: null } as { customer_id: string };
  const consent = [{ purpose: "service", channel: "any" as const, given: true }];
  const customers = Array.from({ length: 200 }, (_, i) => `c${i}`);
  for (const id of customers)
    driver.feed(customerUpdates, id, { ...known, customer_id: id, consent } as never);
  const scored = (id: string, time: number) =>
    driver.feed(predictionsStream, id, {
      ...predictionsStream.example,
      prediction_id: `${id} ${time}`,
      customer_id: id,
      timestamp: iso(time),
      event_time: iso(time),
    });
  for (const id of customers.slice(0, 100)) scored(id, noon);
  for (const id of customers) scored(id, noon + 2 * DAY);
  const made = driver.outputs(interventionsStream).map(({ value }) => value as Intervention);
  const before = made.filter((one) => Number(one.customer_id.slice(1)) < 100);
  assert.ok(before.every((one) => one.arm === "champion" && one.experiment === null));
  const after = made.filter((one) => Number(one.customer_id.slice(1)) >= 100);
  const arm = after.filter((one) => one.arm === "by e-mail");
  assert.ok(arm.length > 30 && arm.length < 70, `${arm.length}`);
  for (const one of arm) {
    assert.equal(one.policy_version, "contact:gentle:7");
    assert.equal(one.experiment, "experiment:contact:1");
    assert.equal(one.policy_hash, policyHash(gentle));
    assert.equal(one.channel, "email");
  }
});
