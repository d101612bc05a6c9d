import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import type { Figures, LiveFigures } from "./figures.ts";
import { figureMetrics } from "./metrics.ts";

const live = (lags: LiveFigures["lags"]): LiveFigures => ({
  predictions: 7,
  interventions: 0,
  deadLetters: 0,
  bands: { LOW: 5, HIGH: 2 },
  statuses: {},
  predictionP50Ms: null,
  predictionP99Ms: null,
  interventionP50Ms: null,
  interventionP99Ms: null,
  newest: null,
  lag: undefined,
  lags,
});
const figures = (records: number): Figures => ({
  processors: {
    adder: {
      records,
      timers: 1,
      outputs: 2,
      commits: 3,
      commitP50Ms: 4,
      commitP99Ms: 5,
      behindMs: 6,
      reasons: { "drop:seen": 8 },
    },
  },
  sinks: { rows: 9 },
  notified: { "sms accepted": 10 },
  live: live({
    "adder-group": { records: 12, seconds: 1.5 },
    "rows-group": { records: 3, seconds: null },
  }),
});

test("given figures, then what only grows is a counter, and everything else a gauge", async () => {
  let now = figures(100);
  const registry = new Registry();
  figureMetrics(registry, () => now);
  const text = await registry.metrics();
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    assert.equal(type, name.endsWith("_total") ? "counter" : "gauge", name);
  for (const line of [
    'bellwether_processor_records_total{processor="adder"} 100',
    'bellwether_processor_commits_total{processor="adder"} 3',
    'bellwether_processor_commit_p99_ms{processor="adder"} 5',
    'bellwether_processor_reasons_total{processor="adder",kind="drop",reason="seen"} 8',
    'bellwether_sink_rows_total{sink="rows"} 9',
    'bellwether_notifications_total{channel="sms",status="accepted"} 10',
    'bellwether_predictions_total{band="HIGH"} 2',
  ])
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
  now = figures(4);
  const again = await registry.metrics();
  assert.match(again, /records_total\{processor="adder"\} 4\n/, "a process that began anew");
});

test("given lag, then each group's is shown in records and, where known, in seconds", async () => {
  let now: Figures = figures(1);
  const registry = new Registry();
  figureMetrics(registry, () => now);
  const lagIn = (text: string) => text.split("\n").filter((line) => /^bellwether_group/.test(line));
  assert.deepEqual(lagIn(await registry.metrics()), [
    'bellwether_group_lag_records{group="adder-group"} 12',
    'bellwether_group_lag_records{group="rows-group"} 3',
    'bellwether_group_lag_seconds{group="adder-group"} 1.5',
  ]);
  now = { ...now, live: undefined };
  assert.deepEqual(lagIn(await registry.metrics()), []);
});
