import type { Prediction, RiskLevel } from "../../events/prediction.ts";
import type { Arm } from "../../rules/contact/arms.ts";
import type { ContactProfile } from "../../rules/contact/profile.ts";
import type { Contacted } from "../../rules/contact/request.ts";
import { jsonCodec } from "../../stream/codec.ts";

/** From the first score that is not LOW until so many quiet days have passed. Times in ms. */
export type Episode = {
  readonly id: string;
  readonly arm: Arm;
  readonly ends: number;
  /** The highest band whose step was taken. */
  readonly taken: RiskLevel | null;
  /** The highest band whose step was held out. */
  readonly held: RiskLevel | null;
};

/** A prediction's case for contact: what is kept of it while the contact is put off. */
export type Case = {
  readonly intervention: string;
  readonly prediction: string;
  readonly score: number;
  readonly level: RiskLevel;
  readonly factors: readonly string[];
  readonly reasons: readonly string[];
};

export type Contact = {
  profile: ContactProfile | null;
  newest: { readonly time: number; readonly level: RiskLevel } | null;
  /** Hashes of the ids of the last predictions that were not LOW, newest last. */
  seen: readonly string[];
  /** Contacts of the last 7 days, oldest first. */
  contacts: readonly Contacted[];
  episode: Episode | null;
  waiting: { readonly until: number; readonly about: Case } | null;
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
};

export type Fact =
  | { readonly fact: "profile_changed"; readonly profile: ContactProfile }
  | { readonly fact: "scored"; readonly seen: string; readonly time: number; level: RiskLevel }
  | { readonly fact: "episode_started"; readonly episode: Episode }
  | { readonly fact: "episode_prolonged"; readonly ends: number }
  | { readonly fact: "episode_ended" }
  | Decided;

export const initial = (): Contact => ({
  profile: null,
  newest: null,
  seen: [],
  contacts: [],
  episode: null,
  waiting: null,
});

const seenMost = 10;
const WEEK_MS = 7 * 24 * 3_600_000;

/** The contact after a fact. */
export const evolve = (contact: Contact, fact: Fact): Contact => {
  const { newest, seen, episode } = contact;
  switch (fact.fact) {
    case "profile_changed":
      return { ...contact, profile: fact.profile };
    case "scored": {
      const isNewest = newest === null || fact.time >= newest.time;
      return {
        ...contact,
        newest: isNewest ? { time: fact.time, level: fact.level } : newest,
        seen: fact.level === "LOW" ? seen : [...seen, fact.seen].slice(-seenMost),
      };
    }
    case "episode_started":
      return { ...contact, episode: fact.episode };
    case "episode_prolonged":
      return { ...contact, episode: episode && { ...episode, ends: fact.ends } };
    case "episode_ended":
      return { ...contact, episode: null };
    case "decided":
      return evolveDecided(contact, fact);
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
      return { ...contact, waiting: { until: fact.until ?? time, about } };
    case "held_out":
      return { ...contact, waiting, episode: episode && { ...episode, held: about.level } };
    case "triggered": {
      const recent = contact.contacts.filter(({ at }) => at > time - WEEK_MS);
      const contacts = [...recent, { at: time, channel: fact.step.channel ?? "" }];
      const taken = episode && { ...episode, taken: about.level };
      return { ...contact, waiting, episode: taken, contacts };
    }
  }
};

/** A prediction as contact sees it; `seen` is a hash of its id. */
export type Scored = Omit<Case, "intervention"> & {
  readonly seen: string;
  readonly time: number;
  readonly trigger: Prediction["trigger"];
};

/** The next event time at which something is due; none after the customer's observation ends. */
const deadline = ({ waiting, episode, profile }: Contact): number => {
  const next = Math.min(waiting?.until ?? Infinity, episode?.ends ?? Infinity);
  return next > (profile?.observedUntil ?? Infinity) ? Infinity : next;
};

export const contactCodec = jsonCodec<Contact>({ version: 1, create: initial, deadline });
