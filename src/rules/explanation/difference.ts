import type { Prediction } from "../../events/prediction.ts";
import { fromMicros, microsOf } from "./micros.ts";

/** What of a prediction its explanation is; one that was stored long ago may lack `log_odds`. */
export type Explained = Pick<
  Prediction,
  "prediction_id" | "event_time" | "risk_score" | "base_value" | "contributions" | "model_hash"
> &
  Partial<Pick<Prediction, "log_odds" | "top_features" | "lowering_features">>;

/** One factor of two explanations. Values are known where the factor was among the reasons. */
export type FactorChange = {
  readonly feature: string;
  readonly before: number;
  readonly after: number;
  /** After less before; positive: it raised the risk. */
  readonly change: number;
  readonly value_before: number | null;
  readonly value_after: number | null;
};

/** What lies between two scores, in log-odds. */
export type Difference = {
  readonly from: string;
  readonly to: string;
  readonly score_before: number;
  readonly score_after: number;
  readonly log_odds_before: number;
  readonly log_odds_after: number;
  /** After less before: the changes of the base and of all factors add up to it exactly. */
  readonly change: number;
  readonly base_change: number;
  /** False: part of the change may come from the model, not from the customer. */
  readonly same_model: boolean;
  /** The factors that changed, the largest change first. */
  readonly factors: readonly FactorChange[];
};

/** The sum of an explanation's parts, in whole millionths. */
const totalOf = ({ base_value, contributions }: Explained): number =>
  Object.values(contributions).reduce((sum, part) => sum + microsOf(part), microsOf(base_value));

const toldOf = (explained: Explained, feature: string): number | null => {
  const { top_features = [], lowering_features } = explained;
  const told = [...top_features, ...(lowering_features ?? [])];
  return told.find((one) => one.feature === feature)?.value ?? null;
};

/**
 * What changed from explanation `a` to explanation `b`, factor by factor. In whole millionths of
 * log-odds the base's change and the factors' changes add up exactly to the change of the log-odds.
 * A factor that one of the two does not know counts as 0 there.
 */
export const difference = (a: Explained, b: Explained): Difference => {
  const features = new Set([...Object.keys(a.contributions), ...Object.keys(b.contributions)]);
  const factors = [...features].map((feature): FactorChange => {
    const before = microsOf(a.contributions[feature] ?? 0);
    const after = microsOf(b.contributions[feature] ?? 0);
    return {
      feature,
      before: fromMicros(before),
      after: fromMicros(after),
      change: fromMicros(after - before),
      value_before: toldOf(a, feature),
      value_after: toldOf(b, feature),
    };
  });
  const [before, after] = [totalOf(a), totalOf(b)];
  return {
    from: a.prediction_id,
    to: b.prediction_id,
    score_before: a.risk_score,
    score_after: b.risk_score,
    log_odds_before: fromMicros(before),
    log_odds_after: fromMicros(after),
    change: fromMicros(after - before),
    base_change: fromMicros(microsOf(b.base_value) - microsOf(a.base_value)),
    same_model: a.model_hash === b.model_hash,
    factors: factors
      .filter(({ change }) => change !== 0)
      .toSorted((x, y) => Math.abs(y.change) - Math.abs(x.change)),
  };
};
