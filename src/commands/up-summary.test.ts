import assert from "node:assert/strict";
import { test } from "node:test";
import { summaryBlock, summaryLine } from "./up-summary.ts";

const processor = {
  timers: 0,
  outputs: 0,
  commits: 1,
  commitP50Ms: 3,
  commitP99Ms: 9,
  behindMs: 4,
  reasons: {},
};
const live = {
  predictions: 1_300,
  interventions: 40,
  deadLetters: 2,
  bands: { CRITICAL: 3, HIGH: 12, LOW: 1_285 },
  statuses: { recommended: 30, suppressed: 1_000 },
  newest: "C1 HIGH 0.71",
  predictionP50Ms: 12.4,
  predictionP99Ms: 40,
  interventionP50Ms: 20,
  interventionP99Ms: null,
  lag: { seconds: 1.25, records: 2_000 },
};
const moment = {
  seconds: 61.2,
  eventsPerSecond: 1_234.4,
  figures: {
    processors: { "feature-processor": { ...processor, records: 5_000 } },
    sinks: {},
    notified: {},
    live,
    source: { events: 7_000, present: false },
  },
};

test("given a space that runs, then the block shows its figures and what to try next", () => {
  const block = summaryBlock(moment, ["./bellwether lag --watch"]).join("\n");
  assert.equal(
    block,
    `
  Bellwether   up for 61 s, telling history (7,000)

  events         1,234/s   (5,000 so far)
  to prediction  p50 12 ms   p99 40 ms
  to decision    p50 20 ms   p99 –
  lag            1.3 s (2,000 records)
  predictions    CRITICAL 3   HIGH 12   MEDIUM 0   LOW 1,285
  decisions      recommended 30   suppressed 1,000
  dead letters   2
  newest         C1 HIGH 0.71

  Try next, in another terminal:
    ./bellwether lag --watch

  Ctrl-C stops everything; the data stays.`,
  );
});

test("given a space of which nothing is known yet, then dashes stand for figures", () => {
  const figures = { processors: {}, sinks: {}, notified: {} };
  const block = summaryBlock({ seconds: 0, eventsPerSecond: 0, figures }, []);
  assert.ok(block.includes("  lag            –"));
  assert.ok(block.includes("  decisions      none yet"));
  assert.ok(block.includes("  newest         –"));
});

test("given a pipe, then the same is one line", () => {
  assert.equal(
    summaryLine(moment),
    "61 s · 1,234 events/s · end to end p50 20 ms, p99 – · lag 1.3 s (2,000 records) · " +
      "CRITICAL 3, HIGH 12, MEDIUM 0, LOW 1285 · dead letters 2",
  );
});
