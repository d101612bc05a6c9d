import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { type Card, matchCard, readCard } from "../../rules/scoring/card.ts";
import { type Model, readModel } from "../../rules/scoring/model.ts";
import { textOf } from "./text.ts";

/** A model file, and the card beside it if there is one: it must speak of this file. */
export const readWithCard = (file: string): { model: Model; card: Card | undefined } => {
  const text = textOf(file);
  const model = readModel(text, file);
  const path = file.replace(/\.json$/, ".card.json");
  if (path === file || !existsSync(path)) return { model, card: undefined };
  const card = readCard(textOf(path), path);
  matchCard(card, model, hash("sha256", text, "hex"), path);
  return { model, card };
};
