import type { Prediction, TopFeature } from "../../events/prediction.ts";
import { sha256 } from "../sha256.ts";
import { fromMicros, microsOf } from "./micros.ts";

const reason = (top: TopFeature) => [
  top.feature,
  top.value,
  top.contribution,
  top.baseline ?? null,
  top.peers ?? null,
  top.code,
  top.reason,
];

/**
 * The text that a prediction's seal is the hash of: JSON of a list in a fixed order, contributions
 * by name, so it is the same wherever the prediction was kept meanwhile. It holds everything that
 * was said of the customer, and the versions and hashes of what it was said by; the first entry is
 * the version of this layout.
 */
export const canonicalOf = (p: Prediction): string => {
  const { contributions } = p;
  const names = Object.keys(contributions).sort();
  return JSON.stringify([
    1,
    p.prediction_id,
    p.customer_id,
    p.event_time,
    p.as_of ?? null,
    p.trigger,
    p.transaction_id ?? null,
    p.model_version,
    p.model_hash,
    p.feature_set,
    p.policy_version,
    p.policy_hash ?? null,
    p.risk_score,
    p.risk_level,
    p.previous_score ?? null,
    p.base_value,
    p.log_odds ?? null,
    names,
    names.map((name) => contributions[name]),
    p.top_features.map(reason),
    (p.lowering_features ?? []).map(reason),
  ]);
};

/** SHA-256 of the canonical explanation, in hexadecimal. */
export const sealOf = (prediction: Prediction): string => sha256(canonicalOf(prediction));

/** The prediction with its seal. `digest` is SHA-256, where the machine has a faster one. */
export const sealed = (prediction: Prediction, digest = sha256): Prediction => ({
  ...prediction,
  seal: digest(canonicalOf(prediction)),
});

/** What is wrong with a sealed prediction, in a sentence; undefined: nothing. */
export const brokenSeal = (prediction: Prediction): string | undefined => {
  if (prediction.seal == null) return "It bears no seal: it was made before predictions had one.";
  if (prediction.seal !== sealOf(prediction))
    return "Its seal is of another content: something was changed after it was made.";
  const { base_value, contributions, log_odds } = prediction;
  const sum = Object.values(contributions).reduce(
    (total, part) => total + microsOf(part),
    microsOf(base_value),
  );
  return log_odds == null || microsOf(log_odds) === sum
    ? undefined
    : `Its contributions add up to ${fromMicros(sum)}, not to its log-odds ${log_odds}.`;
};
