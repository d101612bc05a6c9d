import { zonesOf } from "./hours.ts";
import { consents } from "./profile.ts";
import type { ContactRequest } from "./request.ts";

/** Statuses under which nobody contacts the customer, in the order in which they are named. */
const forbidding = [
  "deceased",
  "bankrupt",
  "breathing_space",
  "disputed",
  "represented",
  "cease_contact",
  "fraud_block",
] as const;

type Stop = (ask: ContactRequest) => string | false | undefined;

const status: Stop = ({ profile }) => forbidding.find((one) => profile?.statuses.includes(one));
const noProfile: Stop = ({ profile }) => profile === null && "no_profile";
const objection: Stop = ({ profile }) => profile?.objects && "profiling_objection";
const noConsent: Stop = ({ profile, policy, channel }) =>
  profile !== null && !consents(profile, policy.purpose, channel) && "no_consent";
const unknownZone: Stop = ({ profile }) =>
  profile !== null &&
  zonesOf(profile.timeZone, profile.country).length === 0 &&
  "time_zone_unknown";

/**
 * What stops a contact for good. Order matters: the first rule that says no is the reason that
 * people see, so what the customer would call decisive comes first.
 */
const stops: readonly Stop[] = [status, noProfile, objection, noConsent, unknownZone];

/** Why this contact may not be made at all; undefined when nothing stops it. */
export const stopOf = (ask: ContactRequest): string | undefined => {
  for (const stop of stops) {
    const by = stop(ask);
    if (by) return by;
  }
  return undefined;
};
