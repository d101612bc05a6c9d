import { balanceFeatures } from "./balance-features.ts";
import type { Feature, Unit } from "./feature.ts";
import { incomeFeatures } from "./income-features.ts";
import { paymentFeatures } from "./payment-features.ts";
import type { Sight } from "./sight.ts";
import { spendingFeatures } from "./spending-features.ts";

/** The feature set that vectors are made of, and that models are trained on. */
export const FEATURE_SET = "2";

/** Every feature, in the order of the vector. */
export const features: readonly Feature[] = [
  ...balanceFeatures,
  ...paymentFeatures,
  ...incomeFeatures,
  ...spendingFeatures,
];

/** Fills `into`, one number per feature. */
export const valuesOf = (s: Sight, into: Float64Array): void => {
  for (let n = 0; n < features.length; n++) into[n] = features[n].value(s);
};

/** Whether a model may learn from a feature: it means the same in every currency. */
const isForModels = ({ unit, aboutData }: Feature): boolean => unit !== "money" && !aboutData;

/** The features that models are trained on. */
export const modelFeatures: readonly Feature[] = features.filter(isForModels);

const idsOf = (some: readonly Feature[]): ReadonlySet<string> => new Set(some.map(({ id }) => id));

/**
 * What a model of each feature set may ask for. Set 1 still had amounts of money, which differ by
 * currency: its models score as they did, and none is trained anew.
 */
export const featureSets: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["1", idsOf(features.filter(({ since }) => since === undefined))],
  [FEATURE_SET, idsOf(modelFeatures)],
]);

/** A feature as the API, exports and people are told of it. */
export type FeatureEntry = {
  readonly feature: string;
  readonly unit: Unit;
  /** What it is, in a sentence. */
  readonly says: string;
  readonly owner: string;
  /** The days that it looks at; null: as far back as is known. */
  readonly window_days: number | null;
  /** When the stored value is made anew. */
  readonly freshness: string;
  /** How the risk moves when the value grows, where that is known: 1 up, -1 down. */
  readonly direction: 1 | -1 | 0;
  /** Of the reason that it may be. */
  readonly code: string;
  /** For staff only. */
  readonly sensitive: boolean;
  /** Whether models learn from it. */
  readonly for_models: boolean;
  /** The feature set that it came with. */
  readonly since_set: string;
};

const freshness = "At each score: when a trigger fires, and else once a day with a transaction.";

/** The registry of features, as plain values. */
export const featureRegistry: readonly FeatureEntry[] = features.map((feature) => ({
  feature: feature.id,
  unit: feature.unit,
  says: feature.says,
  owner: "delinquency",
  window_days: feature.window,
  freshness,
  direction: feature.direction,
  code: feature.code,
  sensitive: feature.sensitive ?? false,
  for_models: isForModels(feature),
  since_set: feature.since ?? "1",
}));
