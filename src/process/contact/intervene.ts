import { type CustomerUpdate, customerUpdates } from "../../events/customer.ts";
import { ticksFeatureProcessor } from "../../events/engine.ts";
import { type Intervention, interventionsStream } from "../../events/intervention.ts";
import { type Notification, notifications } from "../../events/notification.ts";
import { type ContactPolicy, policies, policyKey } from "../../events/policy.ts";
import { type Prediction, predictionsStream } from "../../events/prediction.ts";
import { isoTime } from "../../events/time.ts";
import { profileOf } from "../../rules/contact/profile.ts";
import { versionAt, versionsOf } from "../../rules/policy.ts";
import { hash32 } from "../../rules/random.ts";
import { table } from "../../stream/codec.ts";
import {
  broadcast,
  count,
  drop,
  emit,
  forget,
  type Outcome,
  processor,
} from "../../stream/processor.ts";
import {
  type Contact,
  contactCodec,
  type Decided,
  evolve,
  type Fact,
  type Scored,
} from "./contact.ts";
import { decide, decideDue } from "./decide.ts";

const HOUR_MS = 3_600_000;
const factorsMost = 10;
const reasonsMost = 4;

const scoredOf = (prediction: Prediction, time: number): Scored => {
  const { prediction_id: id, top_features: top } = prediction;
  return {
    seen: hash32(id, 1).toString(36) + hash32(id, 2).toString(36),
    time,
    prediction: id,
    score: prediction.risk_score,
    level: prediction.risk_level,
    trigger: prediction.trigger,
    factors: top.slice(0, factorsMost).map((one) => one.feature),
    reasons: top.slice(0, reasonsMost).map((one) => one.reason),
  };
};

const interventionOf = (customer: string, made: Decided, policy: ContactPolicy): Intervention => ({
  intervention_id: made.about.intervention,
  customer_id: customer,
  risk_score: made.about.score,
  risk_level: made.about.level,
  intervention_type: made.step.type,
  message: made.step.message,
  channel: made.step.channel,
  priority: made.step.priority,
  top_risk_factors: [...made.about.factors],
  timestamp: isoTime(made.time),
  status: made.status,
  episode_id: made.episode?.id ?? null,
  policy_version: policyKey(policy),
  arm: made.episode?.arm ?? null,
  not_before: made.until === null ? null : isoTime(made.until),
  suppressed_by: made.by,
  prediction_id: made.about.prediction,
  reasons: [...made.about.reasons],
  event_time: isoTime(made.time),
  event_type: "intervention",
});

/** The intent to send. Reasons stay out of it: some are not for the customer's eyes. */
const notificationOf = (
  customer: string,
  made: Decided,
  policy: ContactPolicy,
  id: string,
): Notification => ({
  notification_id: id,
  audience: "customer",
  customer_id: customer,
  intervention_id: made.about.intervention,
  channel: made.step.channel ?? policy.person_channel,
  priority: made.step.priority ?? 3,
  purpose: policy.purpose,
  message: made.step.message ?? "",
  not_before: null,
  expires_at: isoTime(made.time + policy.notification_valid_hours * HOUR_MS),
  timestamp: isoTime(made.time),
  event_time: isoTime(made.time),
  event_type: "notification",
});

type Ids = (ordinal: number) => string;

/** Applies the facts to the row in hand, and says to the world what it should know. */
const settle = (
  customer: string,
  contact: Contact,
  facts: readonly Fact[],
  policy: ContactPolicy,
  mint: Ids,
): Outcome[] => {
  Object.assign(contact, facts.reduce(evolve, contact));
  return facts.flatMap((fact): Outcome[] => {
    if (fact.fact === "episode_started" || fact.fact === "episode_ended") return [count(fact.fact)];
    if (fact.fact !== "decided") return [];
    const record = emit(interventionsStream, customer, interventionOf(customer, fact, policy));
    if (fact.status !== "triggered") return [record, count(fact.by ?? fact.status)];
    const intent = notificationOf(customer, fact, policy, mint(2));
    return [record, emit(notifications, customer, intent), count(fact.status)];
  });
};

/**
 * The one owner of episodes, contact budget and arms: from predictions to what is done about them.
 * Profiles come before predictions of the same time, so that a change of status counts at once.
 */
export const intervene = processor({
  name: "intervention-worker",
  group: "intervention-service-group",
  reads: [customerUpdates, predictionsStream],
  writes: [interventionsStream, notifications],
  broadcast: {
    policy: broadcast(
      policies,
      (entries) => versionsOf(entries, "contact", "default"),
      (versions) => (versions.length === 0 ? "a contact policy" : undefined),
    ),
  },
  state: { contact: table("contact", contactCodec) },
  ticks: { topic: ticksFeatureProcessor, exact: true },
  run: (record, { contact, policy, mint }) => {
    if (record.topic.name === customerUpdates.name) {
      const update = record.value as CustomerUpdate | null;
      if (update === null) return forget();
      const known = contact.profile?.version ?? Number.NEGATIVE_INFINITY;
      if (update.version < known) return drop("profile_older_than_known");
      Object.assign(
        contact,
        evolve(contact, { fact: "profile_changed", profile: profileOf(update) }),
      );
      return undefined;
    }
    const prediction = record.value as Prediction;
    const version = versionAt(policy, record.time);
    const scored = scoredOf(prediction, record.time);
    const facts = decide(record.key, contact, scored, version, mint);
    if (facts.length === 0) return drop("prediction_seen_before");
    const outcomes = settle(record.key, contact, facts, version, mint);
    return scored.level === "LOW" ? [...outcomes, count("low")] : outcomes;
  },
  due: (timer, { contact, policy, mint }) => {
    const version = versionAt(policy, timer.time);
    const facts = decideDue(contact, timer.time, version);
    return settle(timer.key, contact, facts, version, mint);
  },
});
