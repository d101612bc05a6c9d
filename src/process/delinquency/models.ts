import { failure } from "../../errors.ts";
import type { ModelPolicy, RatesPolicy, ScoringPolicy } from "../../events/policy.ts";
import { policyKey } from "../../events/policy.ts";
import { timeMs } from "../../events/time.ts";
import { policyHash, type Version, versionAt, versionsOf } from "../../rules/policy.ts";
import { noRates, type RateTable, rateTable } from "../../rules/rates.ts";
import type { Calibration } from "../../rules/scoring/calibration.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { type Model, margin, probability } from "../../rules/scoring/model.ts";
import { sha256 } from "../../rules/sha256.ts";
import { featureSets, features } from "./features.ts";

/** A model with what its card says of calibration. */
export type ShelvedModel = {
  readonly model: Model;
  readonly calibration?: Calibration | null;
  /** By feature: the middle value of those that it learned from. */
  readonly typical?: Readonly<Record<string, number | null>> | null;
};

/** The model files of this process, by the SHA-256 of their bytes. */
export type ModelShelf = {
  readonly find: (hash: string) => ShelvedModel | undefined;
  /** Where they were looked for, for the sentence that says that one is missing. */
  readonly where?: string;
  /** SHA-256 as the machine offers it: the pure one takes 15 µs to seal a score, this one 3. */
  readonly digest?: (text: string) => string;
};

/** A model that is ready to score customers. */
export type Scorer = ShelvedModel & {
  readonly hash: string;
  /** Such as delinquency-1. */
  readonly version: string;
  /** Which of the models by fold it is; 0 where there is one alone. */
  readonly fold: number;
  /** For each feature of the model, in its order, its place in the feature set. */
  readonly places: Int32Array;
  readonly digest: (text: string) => string;
};

export type ScoringRules = {
  readonly policy: ScoringPolicy;
  readonly name: string;
  readonly hash: string;
};

/** What the policies say about scoring, by event time and customer. */
export type ScoringView = {
  /** What is missing before anything can be scored. */
  readonly waitsFor: string | undefined;
  readonly rulesAt: (time: number) => ScoringRules;
  readonly ratesAt: (time: number) => RateTable;
  readonly scorerFor: (customer: string, time: number) => Scorer;
};

const name = "delinquency";

const placesOf = (model: Model, hash: string, set: string): Int32Array =>
  Int32Array.from(model.features, (id) => {
    if (featureSets.get(set)?.has(id)) return features.findIndex((feature) => feature.id === id);
    const isAmount = features.some((feature) => feature.id === id && feature.unit === "money");
    const why = isAmount
      ? `it asks for ${id}, an amount that differs by the customer's currency`
      : `it asks for the feature ${id}, which feature set ${set} does not have`;
    const cure = "Train it on exported features, or activate another version.";
    throw failure("MODEL_WRONG", `Model ${hash}`, why, cure);
  });

const scorerOf = (shelf: ModelShelf, document: ModelPolicy, hash: string, fold: number): Scorer => {
  const shelved = shelf.find(hash);
  if (!shelved) throw failure("MODEL_MISSING", hash, shelf.where ?? "the models folder");
  if (!featureSets.has(document.feature_set))
    throw failure(
      "MODEL_WRONG",
      `Model ${hash}`,
      `it needs feature set ${document.feature_set}, and this release has ` +
        [...featureSets.keys()].join(" and "),
      "Activate a model of these feature sets, or run the release that it was trained for.",
    );
  const { name: objective } = shelved.model.objective;
  if (objective !== "binary:logistic")
    throw failure(
      "MODEL_WRONG",
      `Model ${hash}`,
      `its objective is ${objective}, and risk is scored by binary:logistic`,
      "Train it on labels 0 and 1, or activate another version.",
    );
  const places = placesOf(shelved.model, hash, document.feature_set);
  const version = `${document.name}-${document.version}`;
  return { ...shelved, hash, version, fold, places, digest: shelf.digest ?? sha256 };
};

/** One scorer, or one for each fold. */
const scorersOf = (shelf: ModelShelf, document: ModelPolicy): readonly Scorer[] => {
  const folds = document.folds ?? [];
  const hashes = folds.length > 0 ? folds : [document.hash];
  return hashes.map((hash, fold) => scorerOf(shelf, document, hash, fold));
};

/**
 * Throws MODEL_MISSING or MODEL_WRONG where customers cannot be scored by a model: asked before it
 * comes into force, since from then on the line could not go on without it.
 */
export const checkModel = (document: ModelPolicy, shelf: ModelShelf): void => {
  for (const { model, hash, places } of scorersOf(shelf, document))
    for (const value of [Number.NaN, 0]) {
      const risk = probability(model, margin(model, new Float64Array(places.length).fill(value)));
      if (!Number.isFinite(risk)) throw notFinite(hash, risk);
    }
};

export const notFinite = (hash: string, risk: number): Error =>
  failure("MODEL_WRONG", `Model ${hash}`, `it predicts ${risk}`, "Train it again.");

const withRules = (version: Version<ScoringPolicy>): Version<ScoringRules> => ({
  from: version.from,
  document: {
    policy: version.document,
    name: policyKey(version.document),
    hash: policyHash(version.document),
  },
});

const ratesOf = ({ from, document }: Version<RatesPolicy>): Version<RateTable> => ({
  from,
  document: rateTable(
    document.base,
    document.entries.map((entry) => ({ from: timeMs(entry.from), rates: entry.rates })),
  ),
});

/**
 * The view of topic `policies` that scoring needs: every version of the scoring policy and of the
 * active model. Throws MODEL_MISSING when a version names a hash that no file has: it does not
 * guess.
 */
export const scoringView = (
  entries: ReadonlyMap<string, unknown>,
  shelf: ModelShelf,
): ScoringView => {
  const rules = versionsOf(entries, "scoring", name).map(withRules);
  const models = versionsOf(entries, "model", name).map(({ from, document }) => ({
    from,
    document: scorersOf(shelf, document),
  }));
  const rates = versionsOf(entries, "rates", "default").map(ratesOf);
  const missing = [
    ...(rules.length === 0 ? ["a policy scoring:delinquency"] : []),
    ...(models.length === 0 ? ["an active model:delinquency"] : []),
  ];
  return {
    waitsFor: missing.length === 0 ? undefined : missing.join(" and "),
    rulesAt: (time) => versionAt(rules, time),
    ratesAt: (time) => (rates.length === 0 ? noRates : versionAt(rates, time)),
    scorerFor: (customer, time) => {
      const scorers = versionAt(models, time);
      return scorers.length === 1 ? scorers[0] : scorers[foldOf(customer, scorers.length)];
    },
  };
};
