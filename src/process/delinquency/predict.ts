import { failure } from "../../errors.ts";
import type { CustomerFeatures } from "../../events/features.ts";
import type { Prediction } from "../../events/prediction.ts";
import { isoTime } from "../../events/time.ts";
import { sealed } from "../../rules/explanation/seal.ts";
import { FEATURE_SET, features } from "./features.ts";
import type { Scorer, ScoringRules } from "./models.ts";
import { judge } from "./score.ts";

/** A score asked for, not made due by an event. */
export type Request = {
  readonly id: string;
  /** The customer's newest vector. */
  readonly features: CustomerFeatures;
  /** Values to put in place of the vector's own, to see what they would change. */
  readonly instead?: Readonly<Record<string, number | null>>;
  readonly previous: number | null;
  readonly currency: string;
  /** ms since 1970. */
  readonly time: number;
};

const places = new Map(features.map((feature, place) => [feature.id, place]));

/** Throws FEATURE_UNKNOWN, which names the first feature that the set lacks. */
export const checkFeatures = (ids: Iterable<string>): void => {
  for (const id of ids) if (!places.has(id)) throw failure("FEATURE_UNKNOWN", id, FEATURE_SET);
};

const numbersOf = (byId: Readonly<Record<string, number | null>>): Float64Array =>
  Float64Array.from(features, ({ id }) => byId[id] ?? Number.NaN);

/** A vector that is older than the release may lack what the model asks for. */
const checkVector = (
  { customer_id, feature_set, features: byId }: CustomerFeatures,
  { places, version }: Scorer,
): void => {
  for (const place of places)
    if (!Object.hasOwn(byId, features[place].id))
      throw failure("FEATURES_OUTDATED", customer_id, feature_set, version, features[place].id);
};

/**
 * Scores a stored feature vector as `assess` scores a customer: same model, calibration, bands and
 * reasons. Throws FEATURE_UNKNOWN, and FEATURES_OUTDATED for a vector that lacks what the model
 * asks for.
 */
export const predict = (asked: Request, scorer: Scorer, rules: ScoringRules): Prediction => {
  const { features: from, instead = {}, time } = asked;
  checkFeatures(Object.keys(instead));
  checkVector(from, scorer);
  const values = numbersOf({ ...from.features, ...instead });
  const baselines = numbersOf(from.baselines);
  const background = { usual: (place: number) => baselines[place], currency: asked.currency };
  const judged = judge(values, background, scorer, rules.policy);
  const prediction: Prediction = {
    prediction_id: asked.id,
    customer_id: from.customer_id,
    ...judged,
    previous_score: asked.previous,
    trigger: "request",
    transaction_id: null,
    model_version: scorer.version,
    model_hash: scorer.hash,
    feature_set: from.feature_set,
    policy_version: rules.name,
    policy_hash: rules.hash,
    as_of: from.as_of,
    timestamp: isoTime(time),
    event_time: isoTime(time),
    event_type: "prediction",
  };
  return sealed(prediction, scorer.digest);
};
