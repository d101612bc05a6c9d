import { join } from "node:path";
import { root } from "../src/config.ts";
import { sentenceOf } from "../src/errors.ts";
import type { Pins } from "./machine.ts";
import type { Peers } from "./peers.ts";
import type { Measurement, Section } from "./results.ts";
import { machineOurs, stolenMaxPct, stolenSince } from "./stolen.ts";

export const launcher = join(root, "bellwether");
export const logFolder = join(root, ".bellwether", "log");

/** What every part of the benchmark shares. */
export type Bench = {
  readonly run: string;
  readonly bootstrap: string;
  readonly pins: Pins;
  /** Missing: only ours runs. */
  readonly peers: Peers | undefined;
  /** The folder of real data. */
  readonly data: string | undefined;
  /** Where files of this run may be put. */
  readonly folder: string;
  readonly rounds: number;
  /** Little work, to see that everything runs. */
  readonly quick: boolean;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
  readonly measurements: Measurement[];
  readonly failures: string[];
};

export type Subject = { section: Section; what: string; who: string; round: number };

type Figures = Record<string, unknown>;
const triesMax = 3;

/**
 * Takes figures while the machine is ours: of three tries at most, each after a wait for a quiet
 * moment, the first in which the host gave next to nothing of it to others, else the one with the
 * least of that. What they showed plays no part.
 */
const undisturbed = async (
  { say, signal }: Bench,
  take: (attempt: number) => Promise<Figures>,
): Promise<Figures> => {
  let least: { figures: Figures; stolen: number } | undefined;
  for (let attempt = 0; attempt < triesMax; attempt++) {
    await machineOurs(signal);
    const since = stolenSince();
    const figures = await take(attempt);
    const stolen = since();
    if (least === undefined || stolen < least.stolen) least = { figures, stolen };
    if (stolen <= stolenMaxPct) break;
    say(`Others took ${stolen} % of the machine meanwhile.`);
  }
  return { ...least?.figures, stolen_pct: least?.stolen };
};

/** As `measure`, where `take` bears to be called again, with the number of the try. */
export const measureUndisturbed = (
  bench: Bench,
  subject: Subject,
  take: (attempt: number) => Promise<Figures>,
): Promise<void> => measure(bench, subject, () => undisturbed(bench, take));

/** Takes one measurement and notes it. One that fails is said and noted; the others go on. */
export const measure = async (
  bench: Bench,
  subject: Subject,
  take: () => Promise<Figures>,
): Promise<void> => {
  const { run, measurements, failures, say, signal } = bench;
  const { section, what, who, round } = subject;
  signal.throwIfAborted();
  const began = performance.now();
  try {
    const figures = await take();
    const at = new Date().toISOString();
    measurements.push({ kind: "measurement", run, ...subject, at, figures });
    const seconds = Math.round((performance.now() - began) / 1_000);
    say(`Round ${round}: ${section}, ${what}, ${who}: ${digest(figures)} (${seconds} s)`);
  } catch (thrown) {
    signal.throwIfAborted();
    const why = sentenceOf(thrown).replaceAll(root, ".").replace(/\s+/g, " ").trim();
    const sentence = `${section}, ${what}, ${who}, round ${round}: ${why}`;
    failures.push(sentence);
    say(sentence);
  }
};

const told = [
  "events_per_s",
  "steady_events_per_s",
  "cpu_s",
  "max_rss_mb",
  "visible_p50_ms",
  "visible_p99_ms",
  "p50_ms",
  "p99_ms",
  "page_p99_ms",
  "frame_p99_ms",
  "frames_late_pct",
  "restart_to_caught_up_s",
  "equal",
  "seconds",
  "stolen_pct",
];
const digest = (figures: Record<string, unknown>): string =>
  told
    .filter((name) => figures[name] !== undefined && figures[name] !== null)
    .map((name) => `${name} ${figures[name]}`)
    .join(", ");
