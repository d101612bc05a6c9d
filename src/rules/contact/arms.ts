import type { RiskLevel } from "../../events/prediction.ts";
import { hash32 } from "../random.ts";
import { type ContactProfile, needsPerson } from "./profile.ts";

/** The contact policy that is in force for all, apart from challengers. */
export const championPolicy = "default";

/** Of an experiment: its name and the contact policy that it follows. */
export type Arm = { readonly name: string; readonly policy: string };
export type Challenger = Arm & { readonly share: number };

export const champion: Arm = { name: "champion", policy: championPolicy };
/** Its policy says what would have been done, and what is done for whom it must not hold. */
export const holdout: Arm = { name: "holdout", policy: championPolicy };

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
};

/**
 * The arm of an episode, by a hash of customer and episode, so that a replay gives the same one. A
 * share is held out: what would have been done is recorded, and not done. Of the others the
 * challengers take their shares, in their order, and the champion has the rest.
 */
export const armOf = (ask: ArmRequest): Arm => {
  const { customer, episode, level, profile, held, challengers } = ask;
  if (mustBeHelped(level, profile)) return champion;
  const drawn = hash32(`${customer}\n${episode}`) / 2 ** 32;
  if (drawn < held) return holdout;
  let left = (drawn - held) / (1 - held);
  for (const { name, policy, share } of challengers) {
    if (left < share) return { name, policy };
    left -= share;
  }
  return champion;
};
