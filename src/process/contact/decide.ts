import type { ContactPolicy } from "../../events/policy.ts";
import type { RiskLevel } from "../../events/prediction.ts";
import { armOf, championPolicy, mustBeHelped } from "../../rules/contact/arms.ts";
import { delayOf } from "../../rules/contact/delays.ts";
import type { ContactRequest } from "../../rules/contact/request.ts";
import type { Rulings } from "../../rules/contact/ruling.ts";
import { stopOf } from "../../rules/contact/stops.ts";
import { mintId } from "../../stream/ids.ts";
import {
  type Became,
  type Case,
  type Contact,
  contactsOf,
  type Decided,
  type Episode,
  evolve,
  type Fact,
  isOnCallList,
  orderOf,
  type Scored,
  type Send,
  type Step,
} from "./contact.ts";
import { wasSeen } from "./memory.ts";
import { isAtLeast, isUsedUp, stepOf, stepOn } from "./step.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What a decision rests on besides the customer's own history. */
export type Ground = {
  readonly customer: string;
  /** What is in force at an event time in ms. */
  readonly rulings: (time: number) => Rulings;
  /** Ids that a replay gives again. */
  readonly mint: (ordinal: number) => string;
};

type Verdict = Pick<Decided, "status" | "by" | "until">;

const suppressed = (by: string): Verdict => ({ status: "suppressed", by, until: null });

/** Until when a contact may be on its way of which nothing is certain, or a call may be made. */
const pendingUntil = ({ sends }: Contact): number => {
  const pending = sends.filter((send) => send.heard === null || isOnCallList(send));
  return Math.max(...pending.map(({ expires }) => expires));
};

/** Whether the step of this band, or a higher one, was taken in the episode. */
const isTaken = ({ sends }: Contact, episode: Episode, level: RiskLevel): boolean =>
  sends.some((send) => send.episode === episode.id && isAtLeast(send.about.level, level));

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
  const mayHold = episode.arm.name === "holdout" && !mustBeHelped(level, contact.profile);
  const isHeld = mayHold && episode.held !== null && isAtLeast(episode.held, level);
  if (isHeld || isTaken(contact, episode, level)) return suppressed("step_already_taken");
  if (contact.waiting !== null && isAtLeast(contact.waiting.about.level, level))
    return suppressed("step_already_waiting");
  if (isUsedUp(policy, level, episode)) return suppressed("attempts_used_up");
  const { profile } = contact;
  const ask: ContactRequest = {
    time,
    channel: step.channel,
    profile,
    contacts: contactsOf(contact),
    pendingUntil: pendingUntil(contact),
    policy,
  };
  const stop = stopOf(ask);
  if (stop !== undefined) return suppressed(stop);
  if (mayHold) return { status: "held_out", by: null, until: null };
  const delay = delayOf(ask);
  if (delay === undefined) return { status: "triggered", by: null, until: null };
  if (delay.until === Infinity) return suppressed(delay.by);
  return { status: "deferred", ...delay };
};

/** The decision about a case by the rules, or with a verdict that is certain already. */
export const decisionOn = (
  about: Case,
  contact: Contact,
  time: number,
  ground: Ground,
  certain?: Verdict,
): Decided => {
  const { episode } = contact;
  const under = ground.rulings(time).of(episode?.arm.policy ?? championPolicy);
  const { policy } = under;
  const step = stepOf(policy, about.level, contact);
  const verdict =
    certain ??
    (episode === null
      ? suppressed("episode_ended")
      : verdictOf(contact, episode, about.level, step, time, policy));
  const send: Send | null =
    verdict.status === "triggered" && episode !== null && step.channel !== null
      ? {
          id: ground.mint(2),
          episode: episode.id,
          arm: episode.arm,
          channel: step.channel,
          decided: time,
          expires: time + policy.notification_valid_hours * HOUR_MS,
          at: time,
          again: [],
          status: "triggered",
          heard: null,
          about,
        }
      : null;
  const of = episode && { id: episode.id, arm: episode.arm };
  return { fact: "decided", ...verdict, time, about, step, episode: of, under, send };
};

/** What waits is given up, for a reason. */
export const giveUp = (contact: Contact, time: number, by: string, ground: Ground): Decided[] =>
  contact.waiting ? [decisionOn(contact.waiting.about, contact, time, ground, suppressed(by))] : [];

/** What became of a contact, in the words of the policy under which it was decided. */
export const became = (
  send: Send,
  status: Became["status"],
  time: number,
  { rulings }: Ground,
): Became => {
  const under = rulings(send.decided).of(send.arm.policy);
  const step = stepOn(send.channel, under.policy, send.about.level);
  return { fact: "became", status, time, send, step, under };
};

/** Contacts that reached the customer need nothing more. */
export const close = ({ sends }: Contact, time: number, ground: Ground): Became[] =>
  sends
    .filter(({ status }) => status === "sent" || status === "answered" || status === "no_answer")
    .map((send) => became({ ...send, status: "closed" }, "closed", time, ground));

const endEpisode = (contact: Contact, time: number, ground: Ground): Fact[] => [
  ...giveUp(contact, time, "episode_ended", ground),
  ...close(contact, time, ground),
  { fact: "episode_ended", time },
];

/** Its id follows from the prediction's, however that came in. */
const caseOf = ({ customer }: Ground, scored: Scored): Case => {
  const { prediction, score, level, factors, reasons, time } = scored;
  const second = new Date(time).toISOString().slice(0, 19).replace(/\D/g, "");
  const ending = mintId("intervention-worker", prediction, 0).replaceAll("-", "").slice(0, 12);
  const intervention = `INT_${customer}_${second}_${ending}`;
  return { intervention, prediction, score, level, factors, reasons };
};

const newEpisode = (contact: Contact, { level, time }: Scored, ground: Ground): Episode => {
  const { customer, mint, rulings } = ground;
  const { of, challengers, experiment } = rulings(time);
  const { policy } = of(championPolicy);
  const id = mint(1);
  const { profile } = contact;
  const held = policy.holdout_share;
  const whom = { customer, episode: id, level, profile };
  const arm = armOf({ ...whom, held, challengers, experiment });
  const own = of(arm.policy).policy;
  return { id, arm, ends: time + own.episode_quiet_days * DAY_MS, held: null, failed: [] };
};

/**
 * What follows from a prediction: nothing when it was seen before, else that it was seen, and for
 * every level but LOW exactly one decision about it.
 */
export const decide = (contact: Contact, scored: Scored, ground: Ground): Fact[] => {
  const { level, time, seen, asOf, trigger } = scored;
  const { kind, place, speaksOf } = orderOf(scored);
  if (wasSeen(contact[kind], seen, place)) return [];
  const facts: Fact[] = [{ fact: "scored", seen, time, asOf, level, trigger }];
  if (level === "LOW") return facts;
  const about = caseOf(ground, scored);
  const isOlder = contact.newest !== null && speaksOf < contact.newest.time;
  if (isOlder || trigger === "late_data") {
    const why = suppressed(isOlder ? "older_than_newest" : "late_data");
    return [...facts, decisionOn(about, { ...contact, episode: null }, time, ground, why)];
  }
  const { episode } = contact;
  if (episode !== null && time < episode.ends) {
    const { policy } = ground.rulings(time).of(episode.arm.policy);
    const ends = Math.max(episode.ends, time + policy.episode_quiet_days * DAY_MS);
    facts.push({ fact: "episode_prolonged", ends });
  } else {
    if (episode !== null) facts.push(...endEpisode(contact, time, ground));
    facts.push({ fact: "episode_started", episode: newEpisode(contact, scored, ground) });
  }
  const now = facts.reduce(evolve, contact);
  const made = decisionOn(about, now, time, ground);
  if (made.status !== "suppressed") facts.push(...giveUp(now, time, "escalated", ground));
  return [...facts, made];
};

/** What waits is decided again, as if it came now. */
export const decideWaiting = (contact: Contact, time: number, ground: Ground): Decided[] => {
  const { waiting, episode, newest } = contact;
  if (waiting === null) return [];
  if (episode === null) return giveUp(contact, time, "episode_ended", ground);
  if (newest?.level === "LOW") return giveUp(contact, time, "risk_fell", ground);
  return [decisionOn(waiting.about, { ...contact, waiting: null }, time, ground)];
};

/** What follows when a deadline is reached: a contact that waited is decided again. */
export const decideDue = (contact: Contact, time: number, ground: Ground): Fact[] => {
  const { waiting, episode } = contact;
  if (episode !== null && episode.ends <= time) return endEpisode(contact, time, ground);
  if (waiting === null || waiting.until > time) return [];
  return decideWaiting(contact, time, ground);
};
