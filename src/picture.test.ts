import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { classesOf, lagLevel, travelMs, widthOf } from "../web/pages/architecture/drawn.ts";
import { graphOf } from "../web/pages/architecture/graph.ts";
import { type Step, scenarioOfJourney } from "../web/pages/architecture/trace.ts";
import { ownPart } from "./architecture.ts";
import { readConfig } from "./config.ts";
import { declaredArchitecture } from "./serve/architecture.ts";
import type { LiveFlow } from "./serve/messages/architecture.ts";
import type { Hop, JourneyAnswer } from "./serve/messages/journey.ts";
import { writerOf } from "./serve/own-part.ts";

const config = readConfig({}, {});
const own = ownPart(config);
const graph = graphOf(declaredArchitecture(own, config.platformFile), "own");

test("given a rate, then a line is as wide as it says, and unknown is not drawn as none", () => {
  assert.deepEqual([widthOf(null), widthOf(undefined), widthOf(0)], [1.2, 1.2, 1.2]);
  assert.equal(widthOf(1).toFixed(2), "2.03");
  assert.equal(widthOf(100).toFixed(2), "3.60");
  assert.equal(widthOf(10_000_000), 6);
  const flow = { from: "a", to: "b", lag_records: 0, lag_seconds: 0, seen_at: null };
  const live = (rate: number | null, more: Partial<LiveFlow> = {}) =>
    ({ ...flow, rate_per_s: rate, state: "declared", ...more }) as LiveFlow;
  const read = { kind: "stream", to: "processor:a" } as const;
  assert.deepEqual(classesOf(read, live(0)), ["arch-flow", "lag-none", "still"]);
  assert.deepEqual(classesOf(read, live(5)), ["arch-flow", "lag-none"]);
  assert.deepEqual(classesOf(read, live(null, { lag_seconds: null })), [
    "arch-flow",
    "lag-unknown",
    "unmeasured",
  ]);
  assert.deepEqual(classesOf(read, live(5, { lag_seconds: null, lag_records: 8 })), [
    "arch-flow",
    "lag-unknown",
  ]);
  assert.ok(classesOf(read, live(5, { state: "not_seen" })).includes("drifted"));
  assert.ok(classesOf(read, live(5, { state: "undeclared" })).includes("drifted"));
});

test("given a lag, then its colour is one of five", () => {
  const levels = [null, undefined, 0, 0.9, 1, 9.9, 10, 59, 60, 3_600].map(lagLevel);
  assert.deepEqual(levels.join(" "), "unknown unknown none none short short long long grave grave");
});

test("given a speed, then a step travels so much faster, and never tediously long", () => {
  assert.equal(travelMs(0, 1), 500);
  assert.ok(travelMs(1_000, 1) > travelMs(10, 1));
  assert.equal(travelMs(1_000, 2), travelMs(1_000, 1) / 2);
  assert.equal(travelMs(1_000, 0.5), travelMs(1_000, 1) * 2);
  assert.equal(travelMs(1e12, 1), 2_400);
});

test("given any part or layer of the picture, then its icon is known", () => {
  const file = join(import.meta.dirname, "../web/pages/architecture/icons.tsx");
  const [, table] = /const icons[^{]*\{([^}]*)\}/.exec(readFileSync(file, "utf8")) ?? [];
  const known = new Set(Array.from(table.matchAll(/^ {2}"?([\w-]+)"?:/gm), ([, name]) => name));
  const { platform } = declaredArchitecture(own, config.platformFile);
  const drawn = [own.drawn, platform!].flatMap(({ layers, components }) => [
    ...layers,
    ...components,
  ]);
  assert.ok(known.size > 30 && drawn.length > 50);
  assert.deepEqual(
    drawn.filter(({ icon }) => !known.has(icon)),
    [],
  );
});

type Told = Partial<Hop> & { headers?: { name: string; value: string }[] };
const hop = (id: string, source: string | null, { headers = [], ...more }: Told = {}): Hop => {
  const [, topic, partition, offset] = /^(.+)-(\d+)-(\d+)$/.exec(id) ?? [];
  const writer = source === null ? null : (writerOf(own, source, topic) ?? null);
  return {
    ...{ id, parent: null, main: true, asked: false, slowest: false, state: "kafka", says: id },
    ...{ topic, partition: Number(partition), offset: Number(offset), by: source, version: "1" },
    ...{ began_at: null, append_at: null, event_at: null, ended: null },
    ...{ waiting_ms: 3, working_ms: 5, message: { writer, headers } as never },
    ...more,
  } as Hop;
};
const walked = (hops: Hop[]) =>
  scenarioOfJourney(graph, {
    ...{ id: "t", kind: "Transaction", customer_id: null, hops, began_at: null, ended_at: null },
    notes: [],
  } satisfies JourneyAnswer);

test("given a record by any writer of ours, then its trace has a step from who wrote it", () => {
  const from = (source: string, topic: string) => {
    const { steps } = walked([hop(`${topic}-0-1`, source)]);
    assert.equal(steps.length, 1, source);
    assert.equal(steps[0].to, `topic:${topic}`);
    return steps[0].from;
  };
  assert.equal(from("simulate", "transactions-stream"), "ingest:simulator");
  assert.equal(from("load", "transactions-stream"), "ingest:simulator");
  assert.equal(from("import-berka", "transactions-stream"), "ingest:importer");
  assert.equal(from("profiles", "customer-updates"), "ingest:profile-writer");
  assert.equal(from("policies", "policies"), "ingest:command-line");
  assert.equal(from("overview", "dashboard-updates"), "ingest:dashboard");
  assert.equal(from("http", "transactions-stream"), "ingest:http");
  assert.equal(from("http", "case-decisions"), "ingest:people");
  assert.equal(from("console", "transactions-stream"), "ingest:people");
  assert.equal(from("feature-processor", "predictions-stream"), "processor:feature-processor");
  const stranger = walked([hop("transactions-stream-0-1", "somebody")]);
  assert.match(stranger.steps[0].from, /^ingest:/);
  assert.match(stranger.steps[0].says, /Written by somebody\./);
  assert.equal(walked([hop("transactions-stream-0-1", null)]).steps.length, 1);
});

test("given a journey, then each hop is a step with the journey's own times", () => {
  const hops = [
    hop("transactions-stream-0-1", "load", { waiting_ms: 0, working_ms: 7 }),
    hop("predictions-stream-0-1", "feature-processor", {
      ...{ parent: "transactions-stream-0-1", waiting_ms: 11, working_ms: 13 },
    }),
    hop("interventions-stream-0-1", "intervention-worker", {
      ...{ parent: "predictions-stream-0-1", waiting_ms: null, working_ms: null },
    }),
  ];
  const { steps } = walked(hops);
  assert.deepEqual(
    (steps as Step[]).map(({ from, to, takes_ms, measured }) => [from, to, takes_ms, measured]),
    [
      ["ingest:simulator", "topic:transactions-stream", 7, true],
      ["topic:transactions-stream", "processor:feature-processor", 11, true],
      ["processor:feature-processor", "topic:predictions-stream", 13, true],
      ["topic:predictions-stream", "processor:intervention-worker", 0, false],
      ["processor:intervention-worker", "topic:interventions-stream", 0, false],
    ],
  );
});

test("given a deadline, a cause that is gone or a redrive, then the trace says so", () => {
  const none = { topic: null, message: null, by: null };
  const timer = hop("timer-a", null, { ...none, state: "timer", event_at: "2026-11-01T10:00Z" });
  const made = hop("interventions-stream-0-1", "intervention-worker", { parent: "timer-a" });
  const late = walked([timer, made]);
  assert.match(late.says, /begins with a deadline that was reached at 2026-11-01T10:00Z/);
  assert.equal(late.steps.length, 1);
  const gone = hop("transactions-stream-0-9", null, { ...none, state: "gone" });
  assert.match(walked([gone]).says, /begins behind transactions-stream-0-9, which is no longer/);
  const letter = hop("dead-letters-0-1", "feature-processor");
  const again = hop("transactions-stream-0-2", "http", {
    parent: letter.id,
    headers: [{ name: "redrive_for", value: "feature-processor-group" }],
  });
  const [, back] = walked([letter, again]).steps;
  assert.match(back.says, /^A person puts .* back, for feature-processor-group alone\.$/);
});
