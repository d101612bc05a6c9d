import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { customerUpdates } from "../../events/customer.ts";
import { type Intervention, interventionsStream } from "../../events/intervention.ts";
import { type Notification, notifications } from "../../events/notification.ts";
import { policies, policyKey } from "../../events/policy.ts";
import { type Prediction, predictionsStream, type RiskLevel } from "../../events/prediction.ts";
import { type Random, randomOf } from "../../rules/random.ts";
import { mintId } from "../../stream/ids.ts";
import type { Outcome, Processor } from "../../stream/processor.ts";
import { type Contact, contactCodec } from "./contact.ts";
import { intervene } from "./intervene.ts";

const policy = policies.read(
  readFileSync(new URL("../../../policies/contact.json", import.meta.url)),
);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const noon = Date.parse("2026-06-08T12:00:00+02:00");

const predicted = (id: string, level: RiskLevel, time: number, more = {}): Prediction => ({
  ...predictionsStream.example,
  prediction_id: id,
  customer_id: "c1",
  risk_level: level,
  timestamp: new Date(time).toISOString(),
  event_time: new Date(time).toISOString(),
  ...more,
});
const known = {
  ...customerUpdates.example,
  customer_id: "c1",
  consent: [{ purpose: "service", channel: "any", given: true }],
};

/** The processor with one customer's row, which is opened from its bytes for every record. */
const worker = (documents: readonly unknown[] = [policy]) => {
  const spec = (intervene as Processor).broadcast?.policy;
  const entries = new Map(documents.map((one) => [policyKey(one as typeof policy), one]));
  const view = spec?.view(entries);
  let bytes = contactCodec.seal(contactCodec.create("c1"));
  const withRow = (cause: string, use: (context: never) => unknown): Outcome[] => {
    const contact = contactCodec.open(bytes, "c1");
    const mint = (ordinal: number) => mintId("intervention-worker", cause, ordinal);
    const said = use({ contact, policy: view, mint } as never);
    bytes = contactCodec.seal(contact);
    return said === undefined ? [] : ([said].flat() as Outcome[]);
  };
  const take = (topic: unknown, id: string, value: unknown, time: number) => {
    const rest = { key: "c1", time, ingestTime: time, id, origin: id };
    const record = { topic, value, ...rest } as never;
    return withRow(id, (context) => intervene.run(record, context));
  };
  return {
    waits: spec?.waitsFor?.(view),
    row: (): Contact => contactCodec.open(bytes, "c1"),
    update: (value: unknown) => take(customerUpdates, "u", value, noon - DAY),
    predict: (one: Prediction) =>
      take(predictionsStream, one.prediction_id, one, Date.parse(one.event_time)),
    due: () => {
      const time = contactCodec.deadline?.(contactCodec.open(bytes, "c1")) ?? Infinity;
      const timer = { key: "c1", table: "contact", time };
      return withRow(`timer ${time}`, (context) => intervene.due?.(timer, context));
    },
  };
};

const emitted = <T>(outcomes: readonly Outcome[], topic: { name: string }): T[] =>
  outcomes.flatMap((one) =>
    one.kind === "emit" && one.topic.name === topic.name ? [one.value as T] : [],
  );
const counted = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((one) => (one.kind === "count" ? [one.name] : []));

test("given a customer, when a score is HIGH, then a decision and an intent are published", () => {
  const { update, predict } = worker();
  update(known);
  const outcomes = predict(predicted("p1", "HIGH", noon));
  const [made] = emitted<Intervention>(outcomes, interventionsStream);
  const [intent] = emitted<Notification>(outcomes, notifications);
  assert.deepEqual(interventionsStream.read(interventionsStream.write(made)), made);
  assert.deepEqual(notifications.read(notifications.write(intent)), intent);
  assert.match(made.intervention_id, /^INT_c1_20260608100000_[0-9a-f]{12}$/);
  assert.equal(made.status, "triggered");
  assert.equal(made.intervention_type, "proactive_support");
  assert.equal(made.channel, "sms");
  assert.equal(made.policy_version, "contact:default:1");
  assert.equal(made.prediction_id, "p1");
  assert.deepEqual(made.top_risk_factors, ["savings_drawdown_30d_pct"]);
  assert.ok(made.arm && made.episode_id);
  assert.equal(intent.intervention_id, made.intervention_id);
  assert.equal(intent.expires_at, new Date(noon + DAY).toISOString());
  assert.equal(intent.reasons, undefined);
  assert.deepEqual(counted(outcomes), ["episode_started", "triggered"]);
});

const bands = [
  ["CRITICAL", "urgent_outreach", "phone", 1, "immediate contact required"],
  ["HIGH", "proactive_support", "sms", 2, "offer payment options"],
  ["MEDIUM", "gentle_reminder", "email", 3, "upcoming payment reminder"],
] as const;
for (const [level, type, channel, priority, message] of bands)
  test(`given a ${level} score and the shipped policy, then the step is ${type}`, () => {
    const { update, predict } = worker();
    update(known);
    const outcomes = predict(predicted("p1", level, noon));
    const [made] = emitted<Intervention>(outcomes, interventionsStream);
    const [intent] = emitted<Notification>(outcomes, notifications);
    assert.equal(made.status, "triggered");
    assert.equal(made.intervention_type, type);
    for (const one of [made, intent]) {
      assert.equal(one.channel, channel);
      assert.equal(one.priority, priority);
      assert.equal(one.message, message);
    }
  });

test("given many customers and the shipped policy, then one in twenty is held out", () => {
  const held = Array.from({ length: 2_000 }, (_, n) => {
    const { update, predict } = worker();
    update(known);
    const [made] = emitted<Intervention>(
      predict(predicted(`p${n}`, "HIGH", noon)),
      interventionsStream,
    );
    return made.status;
  }).filter((status) => status === "held_out").length;
  assert.ok(held > 60 && held < 140, `${held} of 2,000`);
});

test("given a LOW score, then nothing is published and it is counted", () => {
  const outcomes = worker().predict(predicted("p1", "LOW", noon));
  assert.deepEqual(outcomes, [{ kind: "count", name: "low" }]);
});

test("given a prediction that comes again, then it is dropped for that reason", () => {
  const { predict } = worker();
  predict(predicted("p1", "HIGH", noon));
  const again = predict(predicted("p1", "HIGH", noon));
  assert.deepEqual(again, [{ kind: "drop", reason: "prediction_seen_before" }]);
});

test("given the tombstone of a customer, then the row is forgotten", () => {
  assert.deepEqual(worker().update(null), [{ kind: "forget" }]);
});

test("given an older version of a profile, then it does not replace the newer one", () => {
  const { update, row } = worker();
  update({ ...known, version: 9, statuses: ["disputed"] });
  const outcomes = update({ ...known, version: 8, statuses: [] });
  assert.deepEqual(outcomes, [{ kind: "drop", reason: "profile_older_than_known" }]);
  assert.deepEqual(row().profile?.statuses, ["disputed"]);
});

test("given a contact put off to the morning, when it is due, then it is triggered", () => {
  const { update, predict, due } = worker();
  update(known);
  const night = emitted<Intervention>(
    predict(predicted("p1", "HIGH", noon + 11 * HOUR)),
    interventionsStream,
  );
  assert.equal(night[0].status, "deferred");
  assert.equal(night[0].suppressed_by, "local_hours");
  assert.equal(night[0].not_before, new Date(noon + 20 * HOUR).toISOString());
  const outcomes = due();
  const [morning] = emitted<Intervention>(outcomes, interventionsStream);
  assert.equal(morning.status, "triggered");
  assert.equal(morning.intervention_id, night[0].intervention_id);
  assert.equal(morning.event_time, new Date(noon + 20 * HOUR).toISOString());
  assert.equal(emitted<Notification>(outcomes, notifications).length, 1);
});

test("given no contact policy, then the processor waits for it and says so", () => {
  assert.equal(worker([]).waits, "a contact policy");
  assert.equal(worker().waits, undefined);
});

test("given a second version with a date, then it holds from that event time on", () => {
  const later = { ...policy, version: "2", effective_from: new Date(noon + DAY).toISOString() };
  const { update, predict } = worker([policy, later]);
  update(known);
  const version = (one: Prediction) =>
    emitted<Intervention>(predict(one), interventionsStream)[0].policy_version;
  assert.equal(version(predicted("p1", "MEDIUM", noon)), "contact:default:1");
  assert.equal(version(predicted("p2", "HIGH", noon + DAY)), "contact:default:2");
});

const levels = ["LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;

/** A customer's history: scores of all bands over some months, in order of time. */
const history = (random: Random): Prediction[] => {
  let time = noon;
  return Array.from({ length: random.whole(20, 60) }, (_, i) => {
    time += Math.ceil(random.between(1, random.pick([HOUR, DAY, 20 * DAY])));
    return predicted(`p${i}`, random.pick(levels), time);
  });
};

/** Everything published, with each deadline met before the first prediction that comes after it. */
const run = (predictions: readonly Prediction[]) => {
  const { update, predict, due, row } = worker();
  update(known);
  let clock = Number.NEGATIVE_INFINITY;
  const outcomes = predictions.flatMap((one) => {
    clock = Math.max(clock, Date.parse(one.event_time));
    const said: Outcome[] = [];
    while ((contactCodec.deadline?.(row()) ?? Infinity) <= clock) said.push(...due());
    return [...said, ...predict(one)];
  });
  return {
    made: emitted<Intervention>(outcomes, interventionsStream),
    sent: emitted<Notification>(outcomes, notifications),
  };
};

const older = (made: Intervention) => made.suppressed_by === "older_than_newest";

test("given any history, then each prediction has one decision and each step one contact", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const predictions = history(randomOf(seed, "contact history"));
    const { made, sent } = run(predictions);
    const risky = predictions.filter((one) => one.risk_level !== "LOW");
    const firsts = new Map(made.map((one) => [one.prediction_id, one.intervention_id]));
    assert.deepEqual([...firsts.keys()].sort(), risky.map((one) => one.prediction_id).sort());
    for (const one of made)
      assert.equal(one.intervention_id, firsts.get(one.prediction_id), `seed ${seed}`);
    const contacts = made.filter((one) => one.status === "triggered");
    assert.equal(contacts.length, sent.length);
    const steps = contacts.map((one) => `${one.episode_id} ${one.risk_level}`);
    assert.equal(new Set(steps).size, steps.length, `seed ${seed}: a step was taken twice`);
    for (let i = 1; i < contacts.length; i++) {
      const gap = Date.parse(contacts[i].timestamp) - Date.parse(contacts[i - 1].timestamp);
      assert.ok(gap >= 72 * HOUR, `seed ${seed}: two contacts within ${gap} ms`);
    }
  }
});

test("given any history, when old ones come late or again, then nothing is done", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = randomOf(seed, "contact disorder");
    const predictions = history(random);
    const disordered = [...predictions];
    const late = predictions.map((one, i) => ({ one, i })).filter(() => random.chance(0.3));
    for (const { one, i } of late.reverse()) {
      const time = Date.parse(one.event_time) - random.whole(1, DAY);
      const stale = predicted(`stale ${i}`, random.pick(levels), time);
      const again = predictions[random.whole(0, i)];
      disordered.splice(i + 1, 0, random.chance(0.5) ? stale : again);
    }
    const { made, sent } = run(disordered);
    const straight = run(predictions);
    assert.deepEqual(
      made.filter((one) => !older(one)),
      straight.made,
      `seed ${seed}`,
    );
    assert.deepEqual(sent, straight.sent, `seed ${seed}`);
    assert.ok(made.filter(older).every((one) => one.prediction_id?.startsWith("stale")));
  }
});
