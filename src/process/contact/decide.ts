import type { ContactPolicy } from "../../events/policy.ts";
import { type RiskLevel, riskLevels } from "../../events/prediction.ts";
import { armOf, mustBeHelped } from "../../rules/contact/arms.ts";
import { delayOf } from "../../rules/contact/delays.ts";
import { needsPerson } from "../../rules/contact/profile.ts";
import type { ContactRequest } from "../../rules/contact/request.ts";
import { stopOf } from "../../rules/contact/stops.ts";
import type { Case, Contact, Decided, Episode, Fact, Scored, Step } from "./contact.ts";

const DAY_MS = 24 * 3_600_000;

const isAtLeast = (one: RiskLevel, other: RiskLevel) =>
  riskLevels.indexOf(one) >= riskLevels.indexOf(other);

const stepOf = (policy: ContactPolicy, level: RiskLevel, contact: Contact): Step => {
  const step = policy.steps.find((one) => one.risk_level === level);
  if (step === undefined || step.intervention_type === "none")
    return { type: "none", channel: null, priority: null, message: null };
  const channel = needsPerson(contact.profile) ? policy.person_channel : step.channel;
  return {
    type: step.intervention_type,
    channel: channel ?? null,
    priority: step.priority ?? null,
    message: step.message ?? null,
  };
};

type Verdict = Pick<Decided, "status" | "by" | "until">;

const suppressed = (by: string): Verdict => ({ status: "suppressed", by, until: null });

/** The contact rules in their order, between them the arm: a stop outranks the holdout. */
const verdictOf = (
  contact: Contact,
  episode: Episode,
  level: RiskLevel,
  step: Step,
  time: number,
  policy: ContactPolicy,
): Verdict => {
  if (step.channel === null) return suppressed("no_step");
  const mayHold = episode.arm === "holdout" && !mustBeHelped(level, contact.profile);
  for (const done of mayHold ? [episode.taken, episode.held] : [episode.taken])
    if (done !== null && isAtLeast(done, level)) return suppressed("step_already_taken");
  if (contact.waiting !== null && isAtLeast(contact.waiting.about.level, level))
    return suppressed("step_already_waiting");
  const { profile, contacts } = contact;
  const ask: ContactRequest = { time, channel: step.channel, profile, contacts, policy };
  const stop = stopOf(ask);
  if (stop !== undefined) return suppressed(stop);
  if (mayHold) return { status: "held_out", by: null, until: null };
  const delay = delayOf(ask);
  if (delay === undefined) return { status: "triggered", by: null, until: null };
  if (delay.until === Infinity) return suppressed(delay.by);
  return { status: "deferred", ...delay };
};

const decided = (
  contact: Contact,
  policy: ContactPolicy,
  time: number,
  about: Case,
  verdict: Verdict,
  episode: Episode | null = contact.episode,
): Decided => ({
  fact: "decided",
  ...verdict,
  time,
  about,
  step: stepOf(policy, about.level, contact),
  episode: episode && { id: episode.id, arm: episode.arm },
});

/** What waits is given up, for a reason. */
const giveUp = (contact: Contact, policy: ContactPolicy, time: number, by: string): Decided[] =>
  contact.waiting ? [decided(contact, policy, time, contact.waiting.about, suppressed(by))] : [];

const caseOf = (customer: string, scored: Scored, mint: (ordinal: number) => string): Case => {
  const { prediction, score, level, factors, reasons, time } = scored;
  const second = new Date(time).toISOString().slice(0, 19).replace(/\D/g, "");
  const ending = mint(0).replaceAll("-", "").slice(0, 12);
  const intervention = `INT_${customer}_${second}_${ending}`;
  return { intervention, prediction, score, level, factors, reasons };
};

/**
 * What follows from a prediction: nothing when it was seen before, else that it was seen, and for
 * every level but LOW exactly one decision about it. `mint` gives ids that a replay gives again.
 */
export const decide = (
  customer: string,
  contact: Contact,
  scored: Scored,
  policy: ContactPolicy,
  mint: (ordinal: number) => string,
): Fact[] => {
  const { level, time, seen } = scored;
  if (contact.seen.includes(seen)) return [];
  const facts: Fact[] = [{ fact: "scored", seen, time, level }];
  if (level === "LOW") return facts;
  const about = caseOf(customer, scored, mint);
  const isOlder = contact.newest !== null && time < contact.newest.time;
  if (isOlder || scored.trigger === "late_data") {
    const why = suppressed(isOlder ? "older_than_newest" : "late_data");
    return [...facts, decided(contact, policy, time, about, why, null)];
  }
  const ends = time + policy.episode_quiet_days * DAY_MS;
  let episode = contact.episode;
  if (episode !== null && time < episode.ends) facts.push({ fact: "episode_prolonged", ends });
  else {
    facts.push(...giveUp(contact, policy, time, "episode_ended"));
    contact = { ...contact, waiting: null };
    const arm = armOf(customer, mint(1), level, contact.profile, policy.holdout_share);
    episode = { id: mint(1), arm, ends, taken: null, held: null };
    facts.push({ fact: "episode_started", episode });
  }
  const step = stepOf(policy, level, contact);
  const verdict = verdictOf(contact, episode, level, step, time, policy);
  if (verdict.status !== "suppressed") facts.push(...giveUp(contact, policy, time, "escalated"));
  return [...facts, decided(contact, policy, time, about, verdict, episode)];
};

/** What follows when a deadline is reached: a contact that waited is decided again. */
export const decideDue = (contact: Contact, time: number, policy: ContactPolicy): Fact[] => {
  const { waiting, episode, newest } = contact;
  if (episode !== null && episode.ends <= time)
    return [...giveUp(contact, policy, time, "episode_ended"), { fact: "episode_ended" }];
  if (waiting === null || waiting.until > time) return [];
  if (episode === null) return giveUp(contact, policy, time, "episode_ended");
  if (newest?.level === "LOW") return giveUp(contact, policy, time, "risk_fell");
  const { about } = waiting;
  const step = stepOf(policy, about.level, contact);
  const free = { ...contact, waiting: null };
  const verdict = verdictOf(free, episode, about.level, step, time, policy);
  return [decided(contact, policy, time, about, verdict)];
};
