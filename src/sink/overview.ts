import { deadLetters } from "../events/engine.ts";
import { type Intervention, interventionsStream } from "../events/intervention.ts";
import { type Prediction, predictionsStream } from "../events/prediction.ts";
import { Recent } from "../rules/recent.ts";
import { openReader, type Received } from "../stream/reader.ts";

/** Totals of what came out of a space, for people who watch it. Times in ms. */
export type Overview = {
  predictions: number;
  interventions: number;
  deadLetters: number;
  bands: Record<string, number>;
  statuses: Record<string, number>;
  predictionMs: Recent;
  interventionMs: Recent;
  newest: string | null;
};

/** Told this long ago or longer before it came in: history, which is left out of latencies. */
const historyMs = 5 * 60_000;

export const newOverview = (): Overview => ({
  predictions: 0,
  interventions: 0,
  deadLetters: 0,
  bands: {},
  statuses: {},
  predictionMs: new Recent(),
  interventionMs: new Recent(),
  newest: null,
});

const count = (of: Record<string, number>, name: string) => {
  of[name] = (of[name] ?? 0) + 1;
};

const measure = (into: Recent, { header, appendTime }: Received): void => {
  if (!header || header.ingestTime - header.eventTime >= historyMs) return;
  into.record((appendTime - header.ingestTime) * 1_000, appendTime);
};

const onPrediction = (overview: Overview, record: Received, value: Prediction): void => {
  overview.predictions++;
  count(overview.bands, value.risk_level);
  measure(overview.predictionMs, record);
  if (value.risk_level === "LOW" && overview.newest !== null) return;
  const [first] = value.top_features;
  const why = first ? `: ${first.reason}` : "";
  const score = value.risk_score.toFixed(2);
  overview.newest = `${value.customer_id} ${value.risk_level} ${score}${why}`;
};

/** Not decisions, but what became of contacts. */
const sequels = new Set<Intervention["status"]>([
  "sent",
  "rejected",
  "expired",
  "withdrawn",
  "unknown",
  "no_answer",
  "answered",
  "closed",
]);

const onIntervention = (overview: Overview, record: Received, value: Intervention): void => {
  count(overview.statuses, value.status);
  if (sequels.has(value.status)) return;
  overview.interventions++;
  measure(overview.interventionMs, record);
};

/** Adds a batch to the totals. A record that cannot be read is in dead letters already. */
export const addTo = (overview: Overview, batch: readonly Received[]): void => {
  for (const record of batch) {
    if (record.topic.name === deadLetters.name) {
      overview.deadLetters++;
      continue;
    }
    if (record.value === null) continue;
    try {
      const value = record.topic.read(record.value);
      if (record.topic.name === predictionsStream.name)
        onPrediction(overview, record, value as Prediction);
      else onIntervention(overview, record, value as Intervention);
    } catch {
      count(overview.statuses, "unreadable");
    }
  }
};

export const overviewTopics = [predictionsStream, interventionsStream, deadLetters];

/** Reads what comes out of a space and keeps the totals, from the beginning of what is stored. */
export const openOverview = (
  overview: Overview,
  at: { bootstrap: string; space: string; say: (sentence: string) => void },
) =>
  openReader({
    ...at,
    group: "overview-group",
    topics: overviewTopics,
    startAt: async (parts) =>
      new Map(parts.map(({ topic, partition }) => [`${topic}-${partition}`, 0])),
    handle: async (batch) => addTo(overview, batch),
  });
