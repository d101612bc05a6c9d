import { hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Bands } from "../../events/policy.ts";
import { isoTime } from "../../events/time.ts";
import { FEATURE_SET, modelFeatures as registry } from "../../process/delinquency/features.ts";
import {
  type Calibration,
  calibrated,
  fitPlatt,
  logistic,
} from "../../rules/scoring/calibration.ts";
import type { Card } from "../../rules/scoring/card.ts";
import { foldOf } from "../../rules/scoring/fold.ts";
import { contributions, type Model, margin, readModel } from "../../rules/scoring/model.ts";
import { train } from "../../rules/scoring/train.ts";
import { measure, metricsOf } from "../model/measured.ts";
import type { LoanExample } from "./examples.ts";

export const foldCount = 5;
/** Fewer than so many loans of either kind teach nothing. */
const fewestOfEither = 5;

/**
 * Shallow and slow, because there are some twenty bad loans. A loan counts up to twelve times, by
 * its half-months, so the least weight of a leaf and the penalty are twelve times as large as well.
 */
const size = { rounds: 100, maxDepth: 2, eta: 0.1, lambda: 12, gamma: 0, minChildWeight: 8 };

/** Where a band begins, as a multiple of the share of bad loans. */
const liftOf = { CRITICAL: 4, HIGH: 2, MEDIUM: 1 } as const;

/** A model that never saw the loans of one fold, with a card that was made without them too. */
export type FoldModel = { text: string; hash: string; card: Card };

export type Folds = {
  models: FoldModel[];
  /** By the share of bad loans among all. */
  bands: Bands;
  /** For each fold, by the share of bad loans in the others. */
  foldBands: Bands[];
  loans: number;
  bad: number;
};

type Ids = readonly string[];

const rowOf = (ids: Ids, features: Record<string, number | null>): Float64Array =>
  Float64Array.from(ids, (id) => features[id] ?? Number.NaN);

/** The features that differ between examples: the others cannot part them. */
const varying = (examples: readonly LoanExample[]): string[] =>
  registry
    .map(({ id }) => id)
    .filter((id) => {
      const first = examples[0]?.vectors[0].features[id];
      return examples.some(({ vectors }) => vectors.some((v) => v.features[id] !== first));
    });

const directionsOf = (ids: Ids): number[] =>
  ids.map((id) => registry.find((feature) => feature.id === id)?.direction ?? 0);

const fit = (ids: Ids, examples: readonly LoanExample[]): string => {
  const rows = examples.flatMap(({ vectors, label }) =>
    vectors.map(({ features }) => ({ row: rowOf(ids, features), label })),
  );
  const set = { features: ids, rows: rows.map((r) => r.row), labels: rows.map((r) => r.label) };
  return train(set, { ...size, monotone: directionsOf(ids) });
};

const marginOf = (model: Model, { vectors }: LoanExample): number =>
  margin(model, rowOf(model.features, vectors[0].features));

type Judged = { example: LoanExample; margin: number; label: 0 | 1; fold: number };

/** Trains models without some of the folds; each set of folds left out is trained once. */
class FoldTrainer {
  readonly ids: Ids;
  readonly #examples: readonly LoanExample[];
  readonly #folds: readonly number[];
  readonly #trained = new Map<string, string>();

  constructor(examples: readonly LoanExample[], folds: readonly number[]) {
    this.ids = varying(examples);
    this.#examples = examples;
    this.#folds = folds;
  }

  outside(...left: readonly number[]): LoanExample[] {
    return this.#examples.filter((_, at) => !left.includes(this.#folds[at]));
  }

  async train(...left: readonly number[]): Promise<string> {
    const key = left.toSorted().join();
    let text = this.#trained.get(key);
    if (text === undefined) {
      // Training blocks; in between, signals and servers are heard.
      await setImmediate();
      text = fit(this.ids, this.outside(...left));
      this.#trained.set(key, text);
    }
    return text;
  }

  /** For each loan outside a fold, its margin at the grant by a model that saw neither fold. */
  async judge(left: number): Promise<Judged[]> {
    const judged: Judged[] = [];
    for (let fold = 0; fold < foldCount; fold++) {
      if (fold === left) continue;
      const model = readModel(await this.train(left, fold));
      for (const [at, example] of this.#examples.entries())
        if (this.#folds[at] === fold)
          judged.push({ example, margin: marginOf(model, example), label: example.label, fold });
    }
    return judged;
  }
}

const platt = (judged: readonly Judged[]): Calibration | null =>
  fitPlatt(
    judged.map((one) => one.margin),
    judged.map((one) => one.label),
  );

/** Scores of which neither the model nor the calibration has seen the loan. */
const scoresOf = (judged: readonly Judged[]): number[] =>
  judged.map((one) => {
    const calibration = platt(judged.filter(({ fold }) => fold !== one.fold));
    return logistic(calibrated(one.margin, calibration));
  });

const importanceOf = (model: Model, examples: readonly LoanExample[]): Record<string, number> => {
  const sums = new Float64Array(model.features.length);
  const shares = new Float64Array(model.features.length + 1);
  for (const { vectors } of examples) {
    contributions(model, rowOf(model.features, vectors[0].features), shares);
    for (let n = 0; n < sums.length; n++) sums[n] += Math.abs(shares[n]);
  }
  const mean = (sum: number) => Math.round((sum / examples.length) * 1e6) / 1e6;
  return Object.fromEntries(model.features.map((id, n) => [id, mean(sums[n])]));
};

type Uses = Pick<Card, "intended_use" | "forbidden_use" | "limits">;

const cardOf = async (
  made: { text: string; hash: string; fold: number },
  examples: readonly LoanExample[],
  judged: readonly Judged[],
  bands: Bands,
  uses: Uses,
): Promise<Card> => {
  const model = readModel(made.text);
  const scores = scoresOf(judged);
  const set = {
    features: model.features,
    rows: judged.map(({ example }) => rowOf(model.features, example.vectors[0].features)),
    labels: judged.map(({ label }) => label),
    folds: judged.map(({ fold }) => fold),
  };
  const groups = judged.map(({ example }) => example);
  const times = examples.flatMap(({ vectors }) => vectors.map(({ at }) => at));
  const directions = directionsOf(model.features);
  return {
    name: made.hash,
    version: `delinquency-berka-fold-${made.fold}`,
    hash: made.hash,
    feature_set: FEATURE_SET,
    features: [...model.features],
    objective: "binary:logistic",
    predicts: "The loan that is about to be granted ends unpaid or in arrears",
    calibration: platt(judged),
    training: {
      description:
        "Loans of a real Czech bank, 1993-1998 (PKDD'99), as their owners stood before the grant" +
        ` and each half-month before that; without fold ${made.fold} of the customers`,
      rows: examples.reduce((sum, { vectors }) => sum + vectors.length, 0),
      positives: examples.reduce((sum, { vectors, label }) => sum + label * vectors.length, 0),
      customers: examples.length,
      from: isoTime(Math.min(...times)),
      to: isoTime(Math.max(...times)),
      folds: foldCount - 1,
      seed: 0,
      trainer: "bellwether",
      parameters: size,
      directions: Object.fromEntries(
        model.features.flatMap((id, n) => (directions[n] === 0 ? [] : [[id, directions[n]]])),
      ),
    },
    metrics: metricsOf(scores, set.labels),
    ...(await measure(groups, set, scores, bands)),
    importance: importanceOf(model, examples),
    ...uses,
  };
};

const round = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Bands by how much likelier than usual trouble is: twice is HIGH. */
export const bandsFor = (bad: number, loans: number): Bands => {
  const at = (level: keyof Bands) => Math.min(0.99, round((liftOf[level] * bad) / loans));
  return { CRITICAL: at("CRITICAL"), HIGH: at("HIGH"), MEDIUM: at("MEDIUM") };
};

/** Whether nothing parts the loans, or any two folds left out leave too little to learn from. */
const tooFew = (examples: readonly LoanExample[], folds: readonly number[]): boolean => {
  if (varying(examples).length === 0) return true;
  const all = Array.from({ length: foldCount }, (_, fold) => fold);
  const count = (label: 0 | 1, left: readonly number[]) =>
    examples.filter((one, at) => one.label === label && !left.includes(folds[at])).length;
  return all.some((a) =>
    all.some((b) => count(0, [a, b]) < fewestOfEither || count(1, [a, b]) < fewestOfEither),
  );
};

/**
 * Trains five models, each without one fold of the customers (`foldOf`), so that every loan is
 * scored by a model that never saw it. Each is calibrated by Platt scaling of margins that its own
 * training loans got from models that had not seen those. Deterministic. Undefined when the loans
 * are too few to learn from.
 */
export const trainFolds = async (
  examples: readonly LoanExample[],
  uses: Uses,
): Promise<Folds | undefined> => {
  const folds = examples.map(({ customer_id: id }) => foldOf(id, foldCount));
  if (tooFew(examples, folds)) return undefined;
  const badOf = (some: readonly LoanExample[]) => some.filter(({ label }) => label === 1).length;
  const bad = badOf(examples);
  const trainer = new FoldTrainer(examples, folds);
  const models: FoldModel[] = [];
  const foldBands: Bands[] = [];
  for (let fold = 0; fold < foldCount; fold++) {
    const text = await trainer.train(fold);
    const made = { text, hash: hash("sha256", text, "hex"), fold };
    const judged = await trainer.judge(fold);
    const others = trainer.outside(fold);
    const bands = bandsFor(badOf(others), others.length);
    const card = await cardOf(made, others, judged, bands, uses);
    foldBands.push(bands);
    models.push({ text, hash: made.hash, card });
  }
  const bands = bandsFor(bad, examples.length);
  return { models, bands, foldBands, loans: examples.length, bad };
};
