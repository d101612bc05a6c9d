import { hash as hashOf } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Calibration } from "./rules/scoring/calibration.ts";
import { type Card, matchCard, readCard } from "./rules/scoring/card.ts";
import { type Model, readModel } from "./rules/scoring/model.ts";

export type Shelved = {
  model: Model;
  calibration: Calibration | null;
  typical: Card["typical"] | null;
};

const digest = (content: string | Buffer): string => hashOf("sha256", content, "hex");

/**
 * The model files of this process, found by the SHA-256 of their bytes, whatever they are called.
 * A file that is put into a folder later is found when it is first asked for. A card beside the
 * file (`<name>.card.json`) brings the calibration.
 */
export const modelShelf = (folders: readonly string[]) => {
  const shelved = new Map<string, Shelved>();
  const find = (hash: string): Shelved | undefined => {
    const known = shelved.get(hash);
    if (known) return known;
    for (const path of modelFiles(folders)) {
      const bytes = readFileSync(path);
      if (digest(bytes) !== hash) continue;
      const found = shelve(path, bytes.toString("utf8"), hash);
      shelved.set(hash, found);
      return found;
    }
    return undefined;
  };
  return { find, where: folders.join(" and "), digest };
};

const modelFiles = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith(".json") && !name.endsWith(".card.json"))
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  });

const shelve = (path: string, text: string, hash: string): Shelved => {
  const model = readModel(text, path);
  const cardPath = path.replace(/\.json$/, ".card.json");
  let cardText: string;
  try {
    cardText = readFileSync(cardPath, "utf8");
  } catch {
    return { model, calibration: null, typical: null };
  }
  const card = readCard(cardText, cardPath);
  matchCard(card, model, hash, cardPath);
  return { model, calibration: card.calibration, typical: card.typical ?? null };
};
