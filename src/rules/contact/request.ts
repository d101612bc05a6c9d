import type { ContactPolicy } from "../../events/policy.ts";
import type { ContactProfile } from "./profile.ts";

/** A contact that was made: when, in ms of event time, and on which channel. */
export type Contacted = { readonly at: number; readonly channel: string };

/** A contact that one would like to make. */
export type ContactRequest = {
  /** Event time in ms. */
  readonly time: number;
  readonly channel: string;
  readonly profile: ContactProfile | null;
  /** Contacts of the last 7 days, oldest first. */
  readonly contacts: readonly Contacted[];
  /** Until when, in ms, a contact is on its way of which nothing is known yet; -Infinity: none. */
  readonly pendingUntil: number;
  readonly policy: ContactPolicy;
};
