import { Counter, Gauge, type Registry } from "prom-client";
import type { Figures, ProcessorFigures } from "./figures.ts";

/** Shows the figures of all processes as Prometheus metrics, read anew at each scrape. */
export const figureMetrics = (registry: Registry, everything: () => Figures): void => {
  const shown = { registry, everything };
  processorMetrics(shown);
  outputMetrics(shown);
  lagMetrics(shown);
};

type Shown = { registry: Registry; everything: () => Figures };

const processorMetrics = ({ registry, everything }: Shown): void => {
  const ofEach = (field: NumberField) => (set: Set) => {
    for (const [processor, figures] of Object.entries(everything().processors))
      set({ processor }, figures[field]);
  };
  for (const [field, help] of processorTotals)
    total(registry, `bellwether_processor_${field}_total`, help, ["processor"], ofEach(field));
  for (const [field, help] of processorGauges)
    gauge(registry, `bellwether_processor_${snake(field)}`, help, ["processor"], ofEach(field));
  total(
    registry,
    "bellwether_processor_reasons_total",
    "Drops, dead letters, late records and counts of a processor, by kind and reason",
    ["processor", "kind", "reason"],
    (set) => {
      for (const [processor, { reasons }] of Object.entries(everything().processors))
        for (const [name, count] of Object.entries(reasons)) {
          const [kind, reason] = name.split(":", 2);
          set({ processor, kind, reason }, count);
        }
    },
  );
};

const outputMetrics = ({ registry, everything }: Shown): void => {
  total(registry, "bellwether_sink_rows_total", "Rows written by a sink", ["sink"], (set) => {
    for (const [sink, rows] of Object.entries(everything().sinks)) set({ sink }, rows);
  });
  total(
    registry,
    "bellwether_notifications_total",
    "What became of notifications, by channel and status",
    ["channel", "status"],
    (set) => {
      for (const [name, count] of Object.entries(everything().notified)) {
        const [channel, status] = name.split(" ", 2);
        set({ channel, status }, count);
      }
    },
  );
  total(registry, "bellwether_predictions_total", "Predictions by band", ["band"], (set) => {
    for (const [band, count] of Object.entries(everything().live?.bands ?? {}))
      set({ band }, count);
  });
};

const lagMetrics = ({ registry, everything }: Shown): void => {
  const groups = () => Object.entries(everything().live?.lags ?? {});
  const records = "Records that a group has not committed yet";
  gauge(registry, "bellwether_group_lag_records", records, ["group"], (set) => {
    for (const [group, lag] of groups()) set({ group }, lag.records);
  });
  const seconds = "Age of the oldest record that a group has not committed; none: not known yet";
  gauge(registry, "bellwether_group_lag_seconds", seconds, ["group"], (set) => {
    for (const [group, lag] of groups()) if (lag.seconds !== null) set({ group }, lag.seconds);
  });
};

type NumberField = {
  [F in keyof ProcessorFigures]: ProcessorFigures[F] extends number ? F : never;
}[keyof ProcessorFigures];

const processorTotals: [NumberField, string][] = [
  ["records", "Records that a processor has run since its start"],
  ["timers", "Timers that a processor has run since its start"],
  ["outputs", "Records that a processor has emitted since its start"],
  ["commits", "Transactions that a processor has committed since its start"],
];

const processorGauges: [NumberField, string][] = [
  ["commitP50Ms", "Median time of a commit in ms"],
  ["commitP99Ms", "99th percentile of the time of a commit in ms"],
  ["behindMs", "Age of the newest record that a processor has run, in ms"],
];

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

type Set = (labels: Record<string, string>, value: number) => void;
type Register = (
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  collect: (set: Set) => void,
) => void;

/** Collected anew each time it is asked for; each set of labels is told once. */
const registering =
  (Kind: typeof Gauge | typeof Counter): Register =>
  (registry, name, help, labelNames, collect) => {
    const metric = new Kind({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        metric.reset();
        collect((labels, value) => metric.inc(labels, value));
      },
    });
  };

const gauge = registering(Gauge);
/** What only grows while its process lives; a process that starts anew counts from 0 again. */
const total = registering(Counter);
