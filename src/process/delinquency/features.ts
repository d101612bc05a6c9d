import { balanceFeatures } from "./balance-features.ts";
import type { Feature } from "./feature.ts";
import { incomeFeatures } from "./income-features.ts";
import { paymentFeatures } from "./payment-features.ts";
import type { Sight } from "./sight.ts";
import { spendingFeatures } from "./spending-features.ts";

export const FEATURE_SET = "1";

/** The feature set "1". */
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
