import type { CustomerFeatures } from "../../events/features.ts";
import type { ScoringPolicy } from "../../events/policy.ts";
import {
  type CustomerAlert,
  type Prediction,
  type RiskLevel,
  riskLevels,
  type Trigger,
} from "../../events/prediction.ts";
import { isoTime } from "../../events/time.ts";
import { fromMicros, roundParts } from "../../rules/explanation/micros.ts";
import { sealed } from "../../rules/explanation/seal.ts";
import { calibrateContributions, calibrated, logistic } from "../../rules/scoring/calibration.ts";
import { contributions } from "../../rules/scoring/model.ts";
import { type Background, orNull, reasonsOf, short } from "./explain.ts";
import type { Feature } from "./feature.ts";
import { FEATURE_SET, features, valuesOf } from "./features.ts";
import { notFinite, type Scorer, type ScoringRules } from "./models.ts";
import type { CustomerRow } from "./row.ts";
import type { Sight } from "./sight.ts";

/** Why and when a score is made. Times in ms since 1970. */
export type Cause = {
  readonly trigger: Trigger;
  /** Event time of the cause. */
  readonly time: number;
  /** The time that the features speak of: the customer's newest, or the timer's. */
  readonly asOf: number;
  readonly transaction: string | null;
};

export type Scored = {
  readonly prediction: Prediction;
  readonly features: CustomerFeatures;
  /** Only when the customer enters the highest band. */
  readonly alert: CustomerAlert | undefined;
};

/** The band of a score that the model of this fold made. */
export const bandOf = (score: number, policy: ScoringPolicy, fold = 0): RiskLevel => {
  const bands = policy.fold_bands?.[fold] ?? policy.bands;
  if (score >= bands.CRITICAL) return "CRITICAL";
  if (score >= bands.HIGH) return "HIGH";
  return score >= bands.MEDIUM ? "MEDIUM" : "LOW";
};

const values = new Float64Array(features.length);
const ordered = new Float64Array(features.length);

type Values = Record<string, number | null>;

/** Vectors begin as copies of these, since objects that grow entry by entry are slow. */
const blank = (of: readonly Feature[]): Values =>
  Object.fromEntries(of.map(({ id }) => [id, null]));
const noValues = blank(features);
const noBaselines = blank(features.filter(({ usual }) => usual));

const vectorOf = (customer: string, sight: Sight, cause: Cause): CustomerFeatures => {
  const byId = { ...noValues };
  const baselines = { ...noBaselines };
  for (let n = 0; n < features.length; n++) {
    const { id, usual } = features[n];
    byId[id] = orNull(values[n]);
    if (usual) baselines[id] = orNull(usual(sight));
  }
  return {
    customer_id: customer,
    feature_set: FEATURE_SET,
    features: byId,
    baselines,
    transaction_id: cause.transaction,
    as_of: isoTime(cause.asOf),
    event_time: isoTime(cause.time),
    event_type: "features",
  };
};

/** The vector of a customer who is not scored now, as an export or a comparison asks for it. */
export const vectorAt = (customer: string, sight: Sight, cause: Cause): CustomerFeatures => {
  valuesOf(sight, values);
  return vectorOf(customer, sight, cause);
};

const alertOf = (prediction: Prediction, id: string): CustomerAlert => ({
  alert_id: id,
  customer_id: prediction.customer_id,
  alert_type: "critical_risk",
  severity: "critical",
  risk_score: prediction.risk_score,
  risk_level: prediction.risk_level,
  prediction_id: prediction.prediction_id,
  reasons: prediction.top_features.map((top) => top.reason),
  timestamp: prediction.timestamp,
  event_time: prediction.event_time,
  event_type: "customer_alert",
});

const byModel = new WeakMap<Scorer, Float64Array>();
const sharesFor = (scorer: Scorer): Float64Array => {
  const known = byModel.get(scorer);
  if (known) return known;
  const made = new Float64Array(scorer.places.length + 1);
  byModel.set(scorer, made);
  return made;
};

/** A score with its reasons, whoever asked for it. */
export type Judgement = Pick<
  Prediction,
  | "risk_score"
  | "risk_level"
  | "top_features"
  | "lowering_features"
  | "base_value"
  | "contributions"
  | "log_odds"
>;

/**
 * Scores values in the order of the feature set, NaN where one is missing. Contributions are to the
 * calibrated log-odds: in whole millionths, with the base value, they add up to `log_odds` exactly.
 */
export const judge = (
  values: Float64Array,
  background: Background,
  scorer: Scorer,
  policy: ScoringPolicy,
): Judgement => {
  const { places, model, calibration } = scorer;
  const vector = ordered.subarray(0, places.length);
  for (let n = 0; n < places.length; n++) vector[n] = values[places[n]];
  const shares = sharesFor(scorer);
  const margin = contributions(model, vector, shares);
  calibrateContributions(shares, calibration);
  const risk = short(logistic(calibrated(margin, calibration)));
  if (!Number.isFinite(risk)) throw notFinite(scorer.hash, risk);
  const logOdds = roundParts(shares);
  for (let n = 0; n < shares.length; n++) shares[n] = fromMicros(shares[n]);
  const byId: Record<string, number> = {};
  for (let n = 0; n < places.length; n++) byId[features[places[n]].id] = shares[n];
  const { raising, lowering } = reasonsOf({ values, background, scorer, shares, policy });
  return {
    risk_score: risk,
    risk_level: bandOf(risk, policy, scorer.fold),
    top_features: raising,
    lowering_features: lowering,
    base_value: shares[places.length],
    contributions: byId,
    log_odds: fromMicros(logOdds),
  };
};

/** Scores a customer as `sight` shows it, and remembers in the row that it was scored. */
export const score = (
  customer: string,
  row: CustomerRow,
  sight: Sight,
  cause: Cause,
  scorer: Scorer,
  rules: ScoringRules,
  mint: (ordinal: number) => string,
): Scored => {
  valuesOf(sight, values);
  const usual = (place: number) => features[place].usual?.(sight) ?? Number.NaN;
  const judged = judge(values, { usual, currency: sight.currency }, scorer, rules.policy);
  const { risk_score: risk, risk_level: level } = judged;
  const time = isoTime(cause.time);
  const prediction: Prediction = {
    prediction_id: mint(0),
    customer_id: customer,
    ...judged,
    previous_score: Number.isNaN(row.score) ? null : row.score,
    trigger: cause.trigger,
    transaction_id: cause.transaction,
    model_version: scorer.version,
    model_hash: scorer.hash,
    feature_set: FEATURE_SET,
    policy_version: rules.name,
    policy_hash: rules.hash,
    as_of: cause.asOf === cause.time ? null : isoTime(cause.asOf),
    timestamp: time,
    event_time: time,
    event_type: "prediction",
  };
  const enters = level === "CRITICAL" && riskLevels[row.band] !== "CRITICAL";
  const isLate = cause.trigger === "late_data";
  row.score = risk;
  row.scoredAt = cause.asOf;
  if (!isLate) row.band = riskLevels.indexOf(level);
  return {
    prediction: sealed(prediction, scorer.digest),
    features: vectorOf(customer, sight, cause),
    alert: enters && !isLate ? alertOf(prediction, mint(1)) : undefined,
  };
};
