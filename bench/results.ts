import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What the benchmark consists of, in the order in which it is reported. */
export const sections = [
  "w1",
  "latency",
  "restart",
  "correct",
  "line",
  "predict",
  "state",
  "live",
  "scoring",
  "timeline",
  "architecture",
  "topics",
  "up",
] as const;
export type Section = (typeof sections)[number];

/** One run of the benchmark on one machine. */
export type Run = {
  kind: "run";
  run: string;
  machine: string;
  pins: string;
  commit: string;
  rounds: number;
  quick: boolean;
  /** What was left out, and why. */
  notes: string[];
};

/** One measurement, raw. */
export type Measurement = {
  kind: "measurement";
  run: string;
  section: Section;
  /** What was measured: "one core", "2000/s", … */
  what: string;
  who: string;
  round: number;
  at: string;
  figures: Record<string, unknown>;
};

export type Line = Run | Measurement;

export const readResults = (file: string): Line[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
    : [];

/**
 * The new lines in place of the old ones of the same sections; runs of which nothing is left go.
 */
export const merged = (old: readonly Line[], fresh: readonly Line[]): Line[] => {
  const redone = new Set(fresh.map((line) => line.kind === "measurement" && line.section));
  const kept = old.filter((line) => line.kind === "run" || !redone.has(line.section));
  const used = new Set(kept.map((line) => line.kind === "measurement" && line.run));
  return [...kept.filter((line) => used.has(line.run)), ...fresh];
};

export const writeResults = (file: string, lines: readonly Line[]): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
};
