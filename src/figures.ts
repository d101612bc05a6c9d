import { subscribe } from "node:diagnostics_channel";
import { Quantiles } from "./rules/quantiles.ts";
import { type CommitEvent, commitChannel } from "./stream/runner.ts";

/**
 * What one process of `up` measures about itself: plain totals since its start, handed to the
 * supervisor once a second, which adds them up for the terminal and for /metrics.
 */
export type ProcessorFigures = {
  records: number;
  timers: number;
  outputs: number;
  commits: number;
  commitP50Ms: number;
  commitP99Ms: number;
  /** Age of the newest record that has run, by its append time, at the last commit. */
  behindMs: number;
  reasons: Record<string, number>;
};

/** Counted since the midnight, by UTC, before role overview was started; dead letters: all. */
export type LiveFigures = {
  predictions: number;
  interventions: number;
  deadLetters: number;
  bands: Record<string, number>;
  statuses: Record<string, number>;
  /** Of live events in the last minute or two: append time less when their cause came in. */
  predictionP50Ms: number | null;
  predictionP99Ms: number | null;
  interventionP50Ms: number | null;
  interventionP99Ms: number | null;
  /** Says the newest prediction that was not LOW, in words; no personal data. */
  newest: string | null;
  /** Seconds of the group that is furthest behind, records of all; undefined: not known yet. */
  lag: { seconds: number; records: number } | undefined;
  /** The same of each group, by its name without the space; null: there, and not known how old. */
  lags?: Readonly<Record<string, { seconds: number | null; records: number }>>;
};

export type Figures = {
  processors: Record<string, ProcessorFigures>;
  live?: LiveFigures;
  /** Rows that sinks have written, by sink. */
  sinks: Record<string, number>;
  /** Results of notifications, by `channel status`. */
  notified: Record<string, number>;
  /** Where the API answers. */
  api?: { url: string };
  /** What the source has told so far, and whether it has come to the present. */
  source?: { events: number; present: boolean };
};

type Measured = ProcessorFigures & { commitMs: Quantiles };

/** Subscribes to the engine's and the sinks' channels and keeps the totals of this process. */
export const measureProcess = (): { figures: Figures; read: () => Figures } => {
  const measured: Record<string, Measured> = {};
  const figures: Figures = { processors: measured, sinks: {}, notified: {} };
  subscribe(String(commitChannel.name), (message) => {
    const event = message as CommitEvent;
    measured[event.processor] ??= { ...nothing, reasons: {}, commitMs: new Quantiles() };
    const of = measured[event.processor];
    of.records = event.counters.records;
    of.timers = event.counters.timers;
    of.outputs = event.counters.emitted;
    of.commits++;
    of.commitMs.record(event.ms * 1_000);
    of.behindMs = event.lagMs;
    of.reasons = Object.fromEntries(event.counters.reasons);
  });
  subscribe("bellwether.sink", (message) => {
    const { sink, rows } = message as { sink: string; rows: number };
    figures.sinks[sink] = (figures.sinks[sink] ?? 0) + rows;
  });
  subscribe("bellwether.notify", (message) => {
    const { channel, status } = message as { channel: string; status: string };
    const name = `${channel} ${status}`;
    figures.notified[name] = (figures.notified[name] ?? 0) + 1;
  });
  return { figures, read: () => ({ ...figures, processors: rounded(measured) }) };
};

const nothing = {
  records: 0,
  timers: 0,
  outputs: 0,
  commits: 0,
  commitP50Ms: 0,
  commitP99Ms: 0,
  behindMs: 0,
};

const rounded = (measured: Record<string, Measured>): Record<string, ProcessorFigures> =>
  Object.fromEntries(
    Object.entries(measured).map(([name, { commitMs, ...rest }]) => [
      name,
      { ...rest, commitP50Ms: commitMs.at(0.5) / 1_000, commitP99Ms: commitMs.at(0.99) / 1_000 },
    ]),
  );
