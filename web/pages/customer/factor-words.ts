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

/** The same in short: without what stands in brackets or explains. */
export const shortName = (registry: Registry | undefined, id: string): string =>
  nameOf(registry, id)
    .replace(/ \([^)]*\)/g, "")
    .split(/[,;:] /)[0];

/** A value of a feature with its unit. */
export const inUnit = (registry: Registry | undefined, id: string, value: number): string => {
  const unit = entryOf(registry, id)?.unit;
  if (unit === "%") return `${count(value)} %`;
  if (unit === "share") return percent(value);
  const whole = count(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1);
  if (unit === undefined || unit === "count" || unit === "ratio") return whole;
  return `${whole} ${whole === "1" ? unit.replace("days", "day") : unit}`;
};

/** The reason without what it is held against, which is told beside it. */
export const reasonOf = ({ reason }: Told): string => reason.split("; ")[0];

/** The value, the customer's own usual one, and the middle of others, in words. */
export const usualOf = (
  registry: Registry | undefined,
  { feature, value, baseline, peers }: Told,
): string => {
  const say = (one: number | null | undefined) =>
    one == null ? "not known" : inUnit(registry, feature, one);
  return `now ${say(value)} · own usual ${say(baseline)} · others ${say(peers)}`;
};

export const microsOf = (value: number): number => Math.round(value * 1e6);

const cents = (micros: number): number => Math.round(micros / 10_000);

/**
 * Whole millionths as they are shown with two decimals, so that those shown add up to the sum
 * shown: what rounding leaves goes to `rest`, which stands for many.
 */
export const addingUp = (
  told: readonly number[],
  rest: number,
): { shown: number[]; rest: number; sum: number } => {
  const sum = cents(told.reduce((total, part) => total + part, rest));
  const shown = told.map(cents);
  const left = sum - shown.reduce((total, part) => total + part, 0);
  return { shown: shown.map((part) => part / 100), rest: left / 100, sum: sum / 100 };
};

const small = 50_000;
const quiet = 100_000;

/** What lies between two scores in one sentence. */
export const sentenceOf = (changes: Changes, registry: Registry | undefined): string => {
  const { score_before, score_after, factors, change, same_model } = changes;
  const scores = `From A ${score_before.toFixed(2)} to B ${score_after.toFixed(2)}`;
  const large = factors.filter((one) => Math.abs(microsOf(one.change)) > small).slice(0, 3);
  const model = same_model ? "" : " Another model scored B: part of it may come from that.";
  if (large.length === 0) return `${scores}: nothing moved by more than 0.05.${model}`;
  const parts = large.map((one) => {
    const verb = one.change > 0 ? "added" : "took away";
    return `“${shortName(registry, one.feature)}” ${verb} ${Math.abs(one.change).toFixed(2)}`;
  });
  const left = large.reduce((sum, one) => sum - microsOf(one.change), microsOf(change));
  const most = Math.max(
    Math.abs(microsOf(changes.base_change)),
    ...factors.slice(large.length).map((one) => Math.abs(microsOf(one.change))),
    0,
  );
  const verb = left < 0 ? "took away" : "added";
  const end =
    most <= quiet
      ? `nothing else moved by more than ${(Math.ceil(most / 10_000) / 100).toFixed(2)}`
      : `all others together ${verb} ${Math.abs(left / 1e6).toFixed(2)}`;
  return `${scores}: ${parts.join(", ")}; ${end}.${model}`;
};
