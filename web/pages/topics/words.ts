import type { Message } from "../../../src/serve/messages/topics.ts";
import { count } from "../../parts/figures.tsx";

export const kindWords: Record<string, string> = {
  events: "Events",
  engine: "Of the engine",
  changelog: "Memory of processors",
};

/** 0, 0.4, 12, 1,240 a second; null stays unknown. */
export const rateOf = (perS: number | null): string | null =>
  perS === null ? null : count(perS, perS > 0 && perS < 10 ? 1 : 0);

const fieldsMost = 8;
/** Ids are told by the key, and when the message is opened. */
const isId = (value: unknown): boolean =>
  typeof value === "string" && value.length > 24 && !/\s/.test(value);
const isPlain = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);

/** The first fields of a value that can be said in a few words, without the key. */
export const firstFields = ({ value, key, form, preview, note }: Message): string => {
  if (form === "tombstone") return "Tombstone";
  if (form === "bytes") return preview?.split("\n")[0] || (note ?? "");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .filter(([, one]) => isPlain(one) && !isId(one) && one !== key && one !== "***")
    .slice(0, fieldsMost)
    .map(([name, one]) => `${name.replaceAll("_", " ")} ${one}`)
    .join(" · ");
};

const placePattern = /^.+-\d+-\d+$/;

/** Whether a text names a record by where it lies. */
export const isPlace = (text: string): boolean =>
  placePattern.test(text) && !text.startsWith("timer-");

/** Messages as they are saved: what is seen, without what only serves to draw it. */
export const rowOf = ({ place, time, key, type, size, header, value, preview }: Message) => ({
  place,
  time,
  key,
  type,
  size,
  id: header?.id ?? null,
  source: header?.source ?? null,
  origin: header?.origin ?? null,
  value: value ?? preview,
});
