import type { RiskLevel } from "../../events/prediction.ts";
import { hash32 } from "../random.ts";
import { type ContactProfile, needsPerson } from "./profile.ts";

export type Arm = "holdout" | "champion";

/** Whom nobody may leave without help for the sake of an experiment. */
export const mustBeHelped = (level: RiskLevel, profile: ContactProfile | null): boolean =>
  level === "CRITICAL" || needsPerson(profile);

/**
 * The arm of an episode, by a hash of customer and episode, so that a replay gives the same one.
 * `share` of the episodes are held out: what would have been done is recorded, and not done.
 */
export const armOf = (
  customer: string,
  episode: string,
  level: RiskLevel,
  profile: ContactProfile | null,
  share: number,
): Arm => {
  if (mustBeHelped(level, profile)) return "champion";
  return hash32(`${customer}\n${episode}`) / 2 ** 32 < share ? "holdout" : "champion";
};
