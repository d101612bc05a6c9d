import { count, percent } from "../../parts/figures.tsx";

/** A feature as the registry tells of it. */
export type FeatureEntry = { feature: string; unit: string; says: string };
export type Registry = { features: readonly FeatureEntry[] };

export type Told = {
  feature: string;
  value: number;
  contribution: number;
  baseline?: number | null;
  peers?: number | null;
  reason: string;
};
export type Explained = {
  prediction_id: string;
  risk_score: number;
  risk_level: string;
  event_time: string;
  base_value: number;
  contributions: Record<string, number>;
  log_odds?: number;
  top_features: readonly Told[];
  lowering_features?: readonly Told[];
  model_version: string;
  feature_set: string;
  policy_version: string;
  seal?: string | null;
};
export type FactorChange = {
  feature: string;
  before: number;
  after: number;
  change: number;
  value_before: number | null;
  value_after: number | null;
};
export type Changes = {
  from: string;
  to: string;
  score_before: number;
  score_after: number;
  change: number;
  base_change: number;
  same_model: boolean;
  factors: readonly FactorChange[];
};

const entryOf = (registry: Registry | undefined, id: string): FeatureEntry | undefined =>
  registry?.features.find(({ feature }) => feature === id);

/** What a feature is called: the registry's sentence without its end. */
export const nameOf = (registry: Registry | undefined, id: string): string =>
  entryOf(registry, id)?.says.replace(/\.$/, "") ?? id.replaceAll("_", " ");

/** A value of a feature with its unit. */
export const inUnit = (registry: Registry | undefined, id: string, value: number): string => {
  const unit = entryOf(registry, id)?.unit;
  if (unit === "%") return `${count(value)} %`;
  if (unit === "share") return percent(value);
  const whole = count(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1);
  return unit === undefined || unit === "count" || unit === "ratio" ? whole : `${whole} ${unit}`;
};

/** The reason without what is usual, which is told beside it. */
export const reasonOf = ({ reason }: Told): string => reason.split("; usually ")[0];

/** The customer's own usual value, and the middle of others, in words. */
export const usualOf = (
  registry: Registry | undefined,
  { feature, baseline, peers }: Told,
): string => {
  const own = baseline == null ? "own usual not known" : `usually ${say(baseline)}`;
  const others = peers == null ? "others not known" : `others ${say(peers)}`;
  return `${own}; ${others}`;
  function say(value: number): string {
    return inUnit(registry, feature, value);
  }
};

export const microsOf = (value: number): number => Math.round(value * 1e6);

/**
 * Numbers in whole millionths as they are shown with two decimals, so that those shown add up to
 * the sum shown: each is the step that the rounded running sum makes.
 */
export const addingUp = (micros: readonly number[]): { shown: number[]; sum: number } => {
  let sum = 0;
  let told = 0;
  const shown = micros.map((part) => {
    sum += part;
    const now = Math.round(sum / 10_000);
    const step = now - told;
    told = now;
    return step / 100;
  });
  return { shown, sum: told / 100 };
};

const small = 50_000;

/** What lies between two scores in one sentence. */
export const sentenceOf = (changes: Changes, registry: Registry | undefined): string => {
  const { score_before, score_after, factors, base_change, same_model } = changes;
  const scores = `From A ${score_before.toFixed(2)} to B ${score_after.toFixed(2)}`;
  const large = factors.filter(({ change }) => Math.abs(microsOf(change)) > small).slice(0, 3);
  if (large.length === 0) return `${scores}: nothing moved by more than 0.05.`;
  const parts = large.map(({ feature, change }, n) => {
    const name = nameOf(registry, feature);
    const said = n === 0 ? name : name.charAt(0).toLowerCase() + name.slice(1);
    return `“${said}” ${change > 0 ? "added" : "took away"} ${Math.abs(change).toFixed(2)}`;
  });
  const rest = Math.max(
    0,
    Math.abs(microsOf(base_change)),
    ...factors.slice(large.length).map(({ change }) => Math.abs(microsOf(change))),
  );
  const end = `nothing else moved by more than ${(Math.ceil(rest / 10_000) / 100).toFixed(2)}`;
  const model = same_model ? "" : " Another model scored B: part of it may come from that.";
  return `${scores}: ${parts.join(", ")}; ${end}.${model}`;
};
