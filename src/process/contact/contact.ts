import type { Intervention } from "../../events/intervention.ts";
import type { Prediction, RiskLevel } from "../../events/prediction.ts";
import type { Arm } from "../../rules/contact/arms.ts";
import type { ContactProfile } from "../../rules/contact/profile.ts";
import type { Contacted } from "../../rules/contact/request.ts";
import type { Ruling } from "../../rules/contact/ruling.ts";
import { jsonCodec } from "../../stream/codec.ts";
import { type Memory, noMemory, remember } from "./memory.ts";

/** From the first score that is not LOW until so many quiet days have passed. Times in ms. */
export type Episode = {
  readonly id: string;
  readonly arm: Arm;
  readonly ends: number;
  /** The highest band whose step was held out. */
  readonly held: RiskLevel | null;
  /** Sends of this episode that came to nothing; with the channel, where its provider refused. */
  readonly failed: readonly { readonly level: RiskLevel; readonly refused: string | null }[];
};

/** A prediction's case for contact: what is kept of it while the contact may still change. */
export type Case = {
  readonly intervention: string;
  readonly prediction: string;
  readonly score: number;
  readonly level: RiskLevel;
  readonly factors: readonly string[];
  readonly reasons: readonly string[];
};

/**
 * A contact that was made or is on its way. It counts against the budget and takes its step, until
 * it is known not to have happened; then it is forgotten.
 */
export type Send = {
  /** The notification. */
  readonly id: string;
  readonly episode: string;
  readonly arm: Arm;
  readonly channel: string;
  readonly decided: number;
  /** Withdrawn unsent after this time. */
  readonly expires: number;
  /** When the customer was contacted, as far as is known. */
  readonly at: number;
  /** Further calls about it. */
  readonly again: readonly number[];
  readonly status: "triggered" | "sent" | "unknown" | "no_answer" | "answered" | "closed";
  /** Event time of the newest word about it. */
  readonly heard: number | null;
  readonly about: Case;
};

export type Contact = {
  profile: ContactProfile | null;
  /** What the newest score said; `time` is the one that it spoke of. */
  newest: { readonly time: number; readonly level: RiskLevel } | null;
  /** Predictions that were not LOW: those made on request, and all others. */
  asked: Memory;
  seen: Memory;
  /** Of the last 7 days and of the episode, as they were decided. */
  sends: readonly Send[];
  episode: Episode | null;
  /** A contact that was put off; `since`: when it was first. */
  waiting: { readonly until: number; readonly since: number; readonly about: Case } | null;
};

/** What is done, as the policy's step and the customer's circumstances have it. */
export type Step = {
  readonly type: string;
  readonly channel: string | null;
  readonly priority: number | null;
  readonly message: string | null;
};

export type Decided = {
  readonly fact: "decided";
  readonly status: "triggered" | "deferred" | "suppressed" | "held_out";
  /** What stopped or delayed it. */
  readonly by: string | null;
  /** Deferred: when it is decided again. */
  readonly until: number | null;
  readonly time: number;
  readonly about: Case;
  readonly step: Step;
  readonly episode: { readonly id: string; readonly arm: Arm } | null;
  readonly under: Ruling;
  /** Triggered: what is sent. */
  readonly send: Send | null;
};

/** What became of a contact; `send` is how it is kept, or how it was before it is forgotten. */
export type Became = {
  readonly fact: "became";
  readonly status: Exclude<Intervention["status"], Decided["status"]>;
  readonly time: number;
  readonly send: Send;
  readonly step: Step;
  readonly under: Ruling;
};

export type Fact =
  | { readonly fact: "profile_changed"; readonly profile: ContactProfile }
  | ({ readonly fact: "scored" } & Pick<Scored, "seen" | "time" | "asOf" | "level" | "trigger">)
  | { readonly fact: "episode_started"; readonly episode: Episode }
  | { readonly fact: "episode_prolonged"; readonly ends: number }
  | { readonly fact: "episode_ended"; readonly time: number }
  | { readonly fact: "reached" | "called_again"; readonly id: string; readonly time: number }
  | Decided
  | Became;

export const initial = (): Contact => ({
  profile: null,
  newest: null,
  asked: noMemory,
  seen: noMemory,
  sends: [],
  episode: null,
  waiting: null,
});

const WEEK_MS = 7 * 24 * 3_600_000;

/** The contacts that count against the budget, oldest first. */
export const contactsOf = ({ sends }: Contact): readonly Contacted[] =>
  sends
    .flatMap(({ at, again, channel }) => [at, ...again].map((each) => ({ at: each, channel })))
    .sort((a, b) => a.at - b.at);

/** A call that stands on the list was not made yet: it may still be, or be taken off. */
export const isOnCallList = ({ status, channel }: Send): boolean =>
  status === "sent" && channel === "phone";

const isOfLastWeek = ({ at, again }: Send, time: number): boolean =>
  Math.max(at, ...again) > time - WEEK_MS;

/** The contact after a fact. */
export const evolve = (contact: Contact, fact: Fact): Contact => {
  const { newest, episode, sends } = contact;
  switch (fact.fact) {
    case "profile_changed":
      return { ...contact, profile: fact.profile };
    case "scored": {
      const { seen, level } = fact;
      const { kind, place, speaksOf: time } = orderOf(fact);
      const isNewest = newest === null || time >= newest.time;
      const known = { ...contact, newest: isNewest ? { time, level } : newest };
      return level === "LOW" ? known : { ...known, [kind]: remember(contact[kind], seen, place) };
    }
    case "episode_started":
      return { ...contact, episode: fact.episode };
    case "episode_prolonged":
      return { ...contact, episode: episode && { ...episode, ends: fact.ends } };
    case "episode_ended": {
      const recent = sends.filter((send) => isOfLastWeek(send, fact.time));
      return { ...contact, sends: recent, episode: null };
    }
    case "reached":
    case "called_again": {
      const { id, time } = fact;
      const told = (send: Send) =>
        fact.fact === "reached"
          ? { ...send, at: time, heard: time }
          : { ...send, again: [...send.again, time], heard: time };
      return { ...contact, sends: sends.map((one) => (one.id === id ? told(one) : one)) };
    }
    case "decided":
      return evolveDecided(contact, fact);
    case "became":
      return evolveBecame(contact, fact);
  }
};

const evolveDecided = (contact: Contact, fact: Decided): Contact => {
  const { about, status, time } = fact;
  const isWaited = contact.waiting?.about.intervention === about.intervention;
  const waiting = isWaited ? null : contact.waiting;
  const { episode } = contact;
  switch (status) {
    case "suppressed":
      return { ...contact, waiting };
    case "deferred":
      return {
        ...contact,
        waiting: {
          until: fact.until ?? time,
          since: isWaited ? (contact.waiting?.since ?? time) : time,
          about,
        },
      };
    case "held_out":
      return { ...contact, waiting, episode: episode && { ...episode, held: about.level } };
    case "triggered": {
      const kept = contact.sends.filter(
        (send) => send.episode === episode?.id || isOfLastWeek(send, time),
      );
      return { ...contact, waiting, sends: fact.send ? [...kept, fact.send] : kept };
    }
  }
};

const notMade = new Set<string>(["rejected", "expired", "withdrawn"]);

const evolveBecame = (contact: Contact, { status, send }: Became): Contact => {
  const { sends, episode } = contact;
  if (!notMade.has(status))
    return { ...contact, sends: sends.map((one) => (one.id === send.id ? send : one)) };
  const { channel, about } = send;
  const refused = status === "rejected" ? channel : null;
  return {
    ...contact,
    sends: sends.filter((one) => one.id !== send.id),
    episode:
      episode?.id === send.episode
        ? { ...episode, failed: [...episode.failed, { level: about.level, refused }] }
        : episode,
  };
};

/** A prediction as contact sees it; `seen` is a hash of its id. Times in ms. */
export type Scored = Omit<Case, "intervention"> & {
  readonly seen: string;
  readonly time: number;
  /** The time of its features. */
  readonly asOf: number;
  readonly trigger: Prediction["trigger"];
};

/**
 * How predictions follow each other. Those that events made due come in the order of their
 * features, and speak of their event. Those on request come in the order in which they were asked
 * for, and are no newer than their features: what happened in between is still to be scored, and
 * must not count as older news.
 */
export const orderOf = ({ trigger, time, asOf }: Pick<Scored, "trigger" | "time" | "asOf">) =>
  trigger === "request"
    ? ({ kind: "asked", place: time, speaksOf: Math.min(time, asOf) } as const)
    : ({ kind: "seen", place: asOf, speaksOf: time } as const);

/** The next event time at which something is due; none after the customer's observation ends. */
const deadline = ({ waiting, episode, profile }: Contact): number => {
  const next = Math.min(waiting?.until ?? Infinity, episode?.ends ?? Infinity);
  return next > (profile?.observedUntil ?? Infinity) ? Infinity : next;
};

/** Version 2 kept ids alone, those of requests among them, and not since when a contact waits. */
type Second = Omit<Contact, "asked" | "seen" | "waiting"> & {
  seen: readonly string[];
  waiting: { readonly until: number; readonly about: Case } | null;
};
const fromSecond = (row: unknown): Contact => {
  const { seen: ids, waiting, ...rest } = row as Second;
  const time = rest.newest?.time ?? 0;
  const seen: Memory = { last: ids.map((id) => [id, time]), until: null };
  return { ...rest, asked: seen, seen, waiting: waiting && { ...waiting, since: 0 } };
};

export const contactCodec = jsonCodec<Contact>({
  version: 3,
  earlier: fromSecond,
  create: initial,
  deadline,
});
