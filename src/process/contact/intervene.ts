import { type CustomerUpdate, customerUpdates } from "../../events/customer.ts";
import { ticksFeatureProcessor } from "../../events/engine.ts";
import { type NotificationResult, notificationResults } from "../../events/notification.ts";
import { type OutcomeEvent, outcomes } from "../../events/outcome.ts";
import { policies } from "../../events/policy.ts";
import { type Prediction, predictionsStream } from "../../events/prediction.ts";
import { timeMs } from "../../events/time.ts";
import { profileOf } from "../../rules/contact/profile.ts";
import { hasChampion, ruleBookOf, rulingsAt } from "../../rules/contact/ruling.ts";
import { hash32 } from "../../rules/random.ts";
import { table } from "../../stream/codec.ts";
import { broadcast, count, drop, forget, processor } from "../../stream/processor.ts";
import { type Contact, contactCodec, evolve, type Fact, type Scored } from "./contact.ts";
import { decide, decideDue, type Ground } from "./decide.ts";
import { hear, learn, type Word } from "./feedback.ts";
import { recordsOf, type Said, writes } from "./records.ts";

const factorsMost = 10;
const reasonsMost = 4;

const scoredOf = (prediction: Prediction, time: number): Scored => {
  const { prediction_id: id, top_features: top, as_of } = prediction;
  return {
    seen: hash32(id, 1).toString(36) + hash32(id, 2).toString(36),
    time,
    asOf: as_of ? timeMs(as_of) : time,
    prediction: id,
    score: prediction.risk_score,
    level: prediction.risk_level,
    trigger: prediction.trigger,
    factors: top.slice(0, factorsMost).map((one) => one.feature),
    reasons: top.slice(0, reasonsMost).map((one) => one.reason),
  };
};

/** Applies the facts to the row in hand, and says to the world what it should know. */
const settle = (customer: string, contact: Contact, facts: readonly Fact[]): Said[] => {
  Object.assign(contact, facts.reduce(evolve, contact));
  return facts.flatMap((fact): Said[] => {
    if (fact.fact === "decided")
      return [...recordsOf(customer, fact), count(fact.by ?? fact.status)];
    if (fact.fact === "became") return [...recordsOf(customer, fact), count(fact.status)];
    const isCounted = fact.fact === "episode_started" || fact.fact === "episode_ended";
    return isCounted ? [count(fact.fact)] : [];
  });
};

const updated = (contact: Contact, update: CustomerUpdate): Said | undefined => {
  const known = contact.profile?.version ?? Number.NEGATIVE_INFINITY;
  if (update.version < known) return drop("profile_older_than_known");
  const profile = profileOf(update);
  Object.assign(contact, evolve(contact, { fact: "profile_changed", profile }));
  return undefined;
};

const predicted = (contact: Contact, scored: Scored, ground: Ground): Said | Said[] => {
  const facts = decide(contact, scored, ground);
  if (facts.length === 0) return drop("prediction_seen_before");
  const outcomes = settle(ground.customer, contact, facts);
  return scored.level === "LOW" ? [...outcomes, count("low")] : outcomes;
};

const heard = (contact: Contact, word: Word, ground: Ground): Said | Said[] => {
  const said = hear(contact, word, ground);
  if ("ignored" in said) return drop(said.ignored);
  return settle(ground.customer, contact, said.facts);
};

const learned = (contact: Contact, event: OutcomeEvent, time: number, ground: Ground) => {
  const facts = learn(contact, event, time, ground);
  if (facts.length === 0) return drop("outcome_changes_nothing");
  return settle(ground.customer, contact, facts);
};

/**
 * The one owner of episodes, contact budget and arms: from predictions to what is done about them.
 * Profiles come before predictions of the same time, so that a change of status counts at once;
 * what became of contacts comes between, so that a budget counts what is known.
 */
export const intervene = processor({
  name: "intervention-worker",
  group: "intervention-service-group",
  reads: [customerUpdates, notificationResults, outcomes, predictionsStream],
  writes,
  broadcast: {
    policy: broadcast(policies, ruleBookOf, (book) =>
      hasChampion(book) ? undefined : "a contact policy",
    ),
  },
  state: { contact: table("contact", contactCodec) },
  ticks: { topic: ticksFeatureProcessor, exact: true },
  run: (record, { contact, policy, mint }) => {
    const { key, time, value, topic } = record;
    const ground: Ground = { customer: key, rulings: (at) => rulingsAt(policy, at), mint };
    if (topic.name === customerUpdates.name) {
      const update = value as CustomerUpdate | null;
      return update === null ? forget() : updated(contact, update);
    }
    if (topic.name === notificationResults.name) {
      const { notification_id: notification, status } = value as NotificationResult;
      return heard(contact, { notification, status, time }, ground);
    }
    if (topic.name === outcomes.name) return learned(contact, value as OutcomeEvent, time, ground);
    return predicted(contact, scoredOf(value as Prediction, time), ground);
  },
  due: (timer, { contact, policy, mint }) => {
    const ground: Ground = { customer: timer.key, rulings: (at) => rulingsAt(policy, at), mint };
    return settle(timer.key, contact, decideDue(contact, timer.time, ground));
  },
});
