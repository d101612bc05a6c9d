import type { Consent, CustomerUpdate } from "../../events/customer.ts";
import { timeMs } from "../../events/time.ts";

/** One word of the customer on being contacted: the newest for its purpose and channel. */
export type ConsentGiven = {
  readonly purpose: string;
  /** A channel, or `any`. */
  readonly channel: string;
  readonly given: boolean;
  /** When it was said, in ms; 0 if that is not known. */
  readonly at: number;
};

/** What of a profile decides whether and how its customer may be contacted. */
export type ContactProfile = {
  readonly version: number;
  readonly statuses: readonly string[];
  readonly consent: readonly ConsentGiven[];
  readonly objects: boolean;
  readonly timeZone: string | null;
  readonly country: string | null;
  /** Nothing is known after it, in ms; null: no such limit. */
  readonly observedUntil: number | null;
};

const newestOf = (entries: readonly Consent[]): ConsentGiven[] => {
  const newest = new Map<string, ConsentGiven>();
  for (const { purpose, channel, given, at } of entries) {
    const entry = { purpose, channel, given, at: at ? timeMs(at) : 0 };
    const key = `${purpose}\n${channel}`;
    const known = newest.get(key);
    const isNewer = !known || entry.at > known.at || (entry.at === known.at && !given);
    if (isNewer) newest.set(key, entry);
  }
  return [...newest.values()];
};

export const profileOf = (update: CustomerUpdate): ContactProfile => ({
  version: update.version,
  statuses: update.statuses ?? [],
  consent: newestOf(update.consent ?? []),
  objects: update.profiling_objection ?? false,
  timeZone: update.time_zone ?? null,
  country: update.country ?? null,
  observedUntil: update.observed_until ? timeMs(update.observed_until) : null,
});

/**
 * Whether consent covers a purpose and a channel. The newest word counts; of two of the same time
 * the one on the channel itself beats the one on any channel. No word is no consent.
 */
export const consents = (profile: ContactProfile, purpose: string, channel: string): boolean => {
  const words = profile.consent.filter(
    (word) => word.purpose === purpose && (word.channel === channel || word.channel === "any"),
  );
  words.sort((a, b) => b.at - a.at || (a.channel === channel ? -1 : 1));
  return words.length > 0 && words[0].given;
};

/** Whom a person should speak to, rather than a machine. */
export const needsPerson = (profile: ContactProfile | null): boolean =>
  profile?.statuses.some((status) => status === "vulnerable" || status === "hardship") ?? false;
