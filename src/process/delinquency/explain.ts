import type { ScoringPolicy } from "../../events/policy.ts";
import type { TopFeature } from "../../events/prediction.ts";
import { type Feature, inMoney, percent } from "./feature.ts";
import { features } from "./features.ts";
import type { Scorer } from "./models.ts";

/** What reasons are told with, beside the values themselves. */
export type Background = {
  /** The customer's own usual value of the feature at this place; NaN where it is not known. */
  readonly usual: (place: number) => number;
  readonly currency: string;
};

export type Reasons = {
  readonly raising: TopFeature[];
  readonly lowering: TopFeature[];
};

/** Of what speaks for the customer, staff are told this much. */
const loweringMost = 2;

/** Six decimals: enough for bands and sums, and half the bytes. */
export const short = (value: number): number => Math.round(value * 1e6) / 1e6;

export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : short(value));

const inUnit = (value: number, { unit }: Feature, currency: string): string => {
  if (unit === "%") return `${Math.round(value)} %`;
  if (unit === "share") return percent(value);
  if (unit === "money") return inMoney(value, currency);
  const number = String(Math.round(value * 100) / 100);
  if (unit === "count" || unit === "ratio") return number;
  return `${number} ${number === "1" ? unit.replace(/(day|point)s/, "$1") : unit}`;
};

/** What a feature says as a plain statement: why it lowers the risk is for the reader to see. */
const statement = (feature: Feature, value: number, currency: string): string =>
  `${feature.says.replace(/\.$/, "")}: ${inUnit(value, feature, currency)}`;

type Reasoning = {
  readonly values: Float64Array;
  readonly background: Background;
  readonly scorer: Scorer;
  /** Contributions in the order of the model's features. */
  readonly shares: Float64Array;
  readonly policy: ScoringPolicy;
};

/**
 * The features that move the risk most in one direction, the largest first: above the floor, not
 * missing, and of each group only one.
 */
const strongest = (
  { values, background, scorer, shares, policy }: Reasoning,
  direction: 1 | -1,
  most: number,
): TopFeature[] => {
  const { places, typical } = scorer;
  const found: TopFeature[] = [];
  const groups = new Set<string>();
  const moving: number[] = [];
  for (let n = 0; n < places.length; n++)
    if (direction * shares[n] >= policy.reason_floor && !Number.isNaN(values[places[n]]))
      moving.push(n);
  moving.sort((a, b) => direction * (shares[b] - shares[a]) || a - b);
  for (const n of moving) {
    if (found.length >= most) break;
    const feature = features[places[n]];
    if (groups.has(feature.group)) continue;
    groups.add(feature.group);
    const value = values[places[n]];
    const usual = background.usual(places[n]);
    const { currency } = background;
    found.push({
      feature: feature.id,
      value: short(value),
      contribution: short(shares[n]),
      baseline: orNull(usual),
      peers: typical?.[feature.id] ?? null,
      code: feature.code,
      reason:
        direction === 1
          ? feature.reason(value, usual, currency)
          : statement(feature, value, currency),
    });
  }
  return found;
};

/** What raises the risk, and apart from it what lowers it. */
export const reasonsOf = (reasoning: Reasoning): Reasons => ({
  raising: strongest(reasoning, 1, reasoning.policy.reasons_max),
  lowering: strongest(reasoning, -1, loweringMost),
});
