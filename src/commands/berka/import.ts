import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, root } from "../../config.ts";
import { openPool } from "../../db.ts";
import { type ModelPolicy, policies, type ScoringPolicy } from "../../events/policy.ts";
import { berkaSource, readFolder } from "../../ingest/import/berka/folder.ts";
import { readSpace } from "../../ingest/import/progress.ts";
import { versionAt, versionsOf } from "../../rules/policy.ts";
import { AdminPort } from "../../stream/admin.ts";
import { restore } from "../../stream/restore.ts";
import { inSpace } from "../../stream/space.ts";
import type { Import, Place } from "../import-kind.ts";
import type { Timing } from "../space-totals.ts";
import { loanExamples } from "./examples.ts";
import { trainFolds } from "./folds.ts";
import { foldPolicies, publish, shippedScoring, storeFolds } from "./policies.ts";
import { summarise, summaryLines } from "./summary.ts";

/** Where a space's own models lie. */
const modelsOf = (config: Config): string => join(config.dataFolder, "models", config.space);

type Chosen = { model: ModelPolicy | undefined; scoring: ScoringPolicy | undefined };

/** What the space's policies say now. */
const chosen = async ({ bootstrap, config }: Place): Promise<Chosen> => {
  const entries = new Map<string, unknown>();
  const apply = ({ key, value }: { key: Buffer | null; value: Buffer | null }) => {
    if (value !== null) entries.set(String(key), policies.read(value));
  };
  const topic = inSpace(config.space, policies.name);
  const admin = AdminPort.open(bootstrap);
  try {
    await restore({ bootstrap, admin, parts: [{ topic, partition: 0, apply }] });
  } finally {
    admin.close();
  }
  const newest = <K extends "model" | "scoring">(kind: K) => {
    const versions = versionsOf(entries, kind, "delinquency");
    return versions.length === 0 ? undefined : versionAt(versions, Number.POSITIVE_INFINITY);
  };
  return { model: newest("model"), scoring: newest("scoring") };
};

const allThere = async (folder: string, hashes: readonly string[]): Promise<boolean> => {
  const found = hashes.map((hash) => access(join(folder, `${hash}.json`)));
  return (await Promise.allSettled(found)).every(({ status }) => status === "fulfilled");
};

const usesFile = join(root, "training/uses.json");

/**
 * The ledger of a real Czech bank, 1993-1998: its events, the five models that score each customer
 * out of fold, and what these scores were worth.
 */
export const openBerka = async (folder: string): Promise<Import> => {
  const berka = await readFolder(folder);
  const source = berkaSource(berka);
  /** Whether an earlier run had written everything: then this one's times say nothing. */
  let isDone = false;

  const prepare = async (place: Place): Promise<boolean> => {
    const { config, bootstrap, say } = place;
    const { progress } = await readSpace(bootstrap, config.space);
    const { model } = await chosen(place);
    const models = modelsOf(config);
    isDone = progress.get(source.sha256)?.done === true;
    if (isDone && (await allThere(models, model?.folds ?? [model?.hash ?? ""]))) return true;
    say("Training five models on the bank's loans, each without the customers that it scores …");
    const uses = JSON.parse(await readFile(usesFile, "utf8"));
    const folds = await trainFolds(loanExamples(source, berka.loans), uses);
    if (!folds) {
      say("These loans are too few to train on: the shipped model scores this space.");
      return false;
    }
    await storeFolds(models, folds);
    if (!isDone)
      await publish(bootstrap, config.space, foldPolicies(folds, await shippedScoring()));
    return true;
  };

  const summary = async (place: Place, timing?: Timing) => {
    const { model, scoring } = await chosen(place);
    const shipped = await shippedScoring();
    const pool = openPool(place.config);
    try {
      const json = await summarise({
        pool,
        loans: berka.loans,
        files: berka.reports,
        rules: { folds: model?.folds ?? undefined, shippedHigh: shipped.bands.HIGH },
        bands: scoring?.bands ?? shipped.bands,
        foldBands: scoring?.fold_bands ?? undefined,
        timing: isDone ? undefined : timing,
      });
      return { json, lines: summaryLines(json, (model?.folds ?? []).length > 0) };
    } finally {
      await pool.end();
    }
  };
  return { kind: "berka", source, prepare, summary };
};
