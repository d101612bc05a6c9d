import type { ContactPolicy } from "../../events/policy.ts";
import { type RiskLevel, riskLevels } from "../../events/prediction.ts";
import { consents, needsPerson } from "../../rules/contact/profile.ts";
import type { Contact, Episode, Step } from "./contact.ts";

export const isAtLeast = (one: RiskLevel, other: RiskLevel): boolean =>
  riskLevels.indexOf(one) >= riskLevels.indexOf(other);

const none: Step = { type: "none", channel: null, priority: null, message: null };
const attemptsWithoutLimit = 3;

const failedAt = (level: RiskLevel, episode: Episode | null) =>
  (episode?.failed ?? []).filter((one) => one.level === level);

/** Whether this step has come to nothing as often as the policy tries. */
export const isUsedUp = (policy: ContactPolicy, level: RiskLevel, episode: Episode): boolean =>
  failedAt(level, episode).length >= (policy.attempts_per_step ?? attemptsWithoutLimit);

/** The channels on which a provider has refused this step in this episode. */
export const refusedAt = (level: RiskLevel, episode: Episode | null): readonly string[] =>
  failedAt(level, episode).flatMap(({ refused }) => refused ?? []);

/** The step's channels that no provider has refused in this episode. */
const channelsLeft = (own: ContactPolicy["steps"][number], refused: readonly string[]): string[] =>
  [own.channel, ...(own.fallback ?? [])].filter(
    (channel): channel is string => typeof channel === "string" && !refused.includes(channel),
  );

/** A step as the policy words it, on the channel on which it was taken. */
export const stepOn = (channel: string, policy: ContactPolicy, level: RiskLevel): Step => {
  const own = policy.steps.find((one) => one.risk_level === level);
  if (own === undefined) return { ...none, channel };
  const { intervention_type: type, priority, message } = own;
  return { type, channel, priority: priority ?? null, message: message ?? null };
};

/**
 * The policy's step for a band, as the customer's circumstances have it: a person for those who
 * need one; where a provider has refused the channel, the next one that the customer agreed to.
 */
export const stepOf = (policy: ContactPolicy, level: RiskLevel, contact: Contact): Step => {
  const own = policy.steps.find((one) => one.risk_level === level);
  if (own === undefined || own.intervention_type === "none") return none;
  const { profile, episode } = contact;
  if (needsPerson(profile)) return stepOn(policy.person_channel, policy, level);
  const refused = refusedAt(level, episode);
  const left = channelsLeft(own, refused);
  const agreed = left.find((one) => profile !== null && consents(profile, policy.purpose, one));
  const next = refused.length === 0 ? own.channel : (agreed ?? left[0] ?? own.channel);
  return stepOn(next ?? policy.person_channel, policy, level);
};
