import type { RiskLevel } from "../../events/prediction.ts";
import { hash32 } from "../random.ts";
import { type ContactProfile, needsPerson } from "./profile.ts";

/** The contact policy that is in force for all, apart from challengers. */
export const championPolicy = "default";

/** Its name, the contact policy that it follows, and the version of the experiment, if any. */
export type Arm = {
  readonly name: string;
  readonly policy: string;
  readonly experiment: string | null;
};
export type Challenger = Omit<Arm, "experiment"> & { readonly share: number };

/** Whom nobody may leave without help for the sake of an experiment. */
export const mustBeHelped = (level: RiskLevel, profile: ContactProfile | null): boolean =>
  level === "CRITICAL" || needsPerson(profile);

/** What decides the arm of an episode. */
export type ArmRequest = {
  readonly customer: string;
  readonly episode: string;
  readonly level: RiskLevel;
  readonly profile: ContactProfile | null;
  /** The share of episodes that is held out. */
  readonly held: number;
  readonly challengers: readonly Challenger[];
  readonly experiment: string | null;
};

/**
 * The arm of an episode, by a hash of customer and episode, so that a replay gives the same one. A
 * share is held out: what would have been done is recorded, and not done. Of the others the
 * challengers take their shares, in their order, and the champion has the rest.
 */
export const armOf = (ask: ArmRequest): Arm => {
  const { customer, episode, level, profile, held, challengers, experiment } = ask;
  const champion: Arm = { name: "champion", policy: championPolicy, experiment };
  if (mustBeHelped(level, profile)) return champion;
  const drawn = hash32(`${customer}\n${episode}`) / 2 ** 32;
  // The champion's policy says what would have been done, and helps whom it must not hold.
  if (drawn < held) return { ...champion, name: "holdout" };
  let left = (drawn - held) / (1 - held);
  for (const { name, policy, share } of challengers) {
    if (left < share) return { name, policy, experiment };
    left -= share;
  }
  return champion;
};
