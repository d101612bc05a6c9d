import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../config.ts";
import {
  type ModelPolicy,
  type PolicyDocument,
  policies,
  policyKey,
  type ScoringPolicy,
} from "../../events/policy.ts";
import { FEATURE_SET } from "../../process/delinquency/features.ts";
import { openWriter } from "../../stream/writer.ts";
import { type Folds, foldCount } from "./folds.ts";

/** The name of the models and of the bands that go with them. */
const version = "berka-folds-1";

/** The choice of the fold models, and the shipped rules of scoring with the bands of this bank. */
export const foldPolicies = (folds: Folds, shipped: ScoringPolicy): PolicyDocument[] => {
  const model: ModelPolicy = {
    kind: "model",
    name: "delinquency",
    version,
    feature_set: FEATURE_SET,
    hash: folds.models[0].hash,
    folds: folds.models.map(({ hash }) => hash),
    effective_from: null,
    comment: `${foldCount} models, each trained without the customers that it scores`,
  };
  const scoring: ScoringPolicy = {
    ...shipped,
    version,
    bands: folds.bands,
    fold_bands: folds.foldBands,
    effective_from: null,
    comment:
      `${folds.bad} of ${folds.loans} loans went bad; MEDIUM begins at the share of bad loans ` +
      "in the other folds, HIGH at twice, CRITICAL at four times it",
  };
  return [model, scoring];
};

const put = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.draft`, text);
  await rename(`${path}.draft`, path);
};

/** Each model under its hash, with its card beside it. */
export const storeFolds = async (folder: string, folds: Folds): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const { hash, text, card } of folds.models) {
    await put(join(folder, `${hash}.card.json`), `${JSON.stringify(card, null, 2)}\n`);
    await put(join(folder, `${hash}.json`), text);
  }
};

export const shippedScoring = async (): Promise<ScoringPolicy> => {
  const bytes = await readFile(join(root, "policies/scoring.json"));
  return policies.read(bytes) as ScoringPolicy;
};

/** Puts documents into the space's policies. */
export const publish = async (
  bootstrap: string,
  space: string,
  documents: readonly PolicyDocument[],
): Promise<void> => {
  const writer = await openWriter({ bootstrap, space, source: "import-berka@1" });
  try {
    for (const document of documents) await writer.send(policies, policyKey(document), document);
    await writer.flush();
  } finally {
    await writer.close();
  }
};
