import { customerUpdates } from "../../events/customer.ts";
import type { PanelValues } from "../../events/dashboard.ts";
import { deadLetters } from "../../events/engine.ts";
import {
  type Intervention,
  interventionsStream,
  sequelStatuses,
} from "../../events/intervention.ts";
import {
  type CustomerAlert,
  customerAlerts,
  type Prediction,
  predictionsStream,
} from "../../events/prediction.ts";
import { isHistory, isoTime, timeMs } from "../../events/time.ts";
import { Recent } from "../../rules/recent.ts";
import type { Received } from "../../stream/reader.ts";
import { BandCount } from "./bands.ts";
import { Ticker } from "./ticker.ts";

/** What came out of a space, for people who watch it. Latencies in microseconds. */
export type Overview = {
  predictions: number;
  interventions: number;
  deadLetters: number;
  /** Predictions, not customers. */
  bands: Record<string, number>;
  statuses: Record<string, number>;
  predictionUs: Recent;
  interventionUs: Recent;
  newest: string | null;
  customers: BandCount;
  scores: Ticker<PanelValues["scores"]>;
  decisions: Ticker<PanelValues["decisions"]>;
  alerts: Ticker<PanelValues["alerts"]>;
};

/** Says why a contact was made or not. */
export type Why = (decision: Intervention) => string;

const tickerMost = 50;
/** A score within the same band is news only if it moved so far. */
const movedLeast = 0.05;

export const newOverview = (): Overview => ({
  predictions: 0,
  interventions: 0,
  deadLetters: 0,
  bands: {},
  statuses: {},
  predictionUs: new Recent(),
  interventionUs: new Recent(),
  newest: null,
  customers: new BandCount(),
  scores: new Ticker(tickerMost),
  decisions: new Ticker(tickerMost),
  alerts: new Ticker(tickerMost),
});

const count = (of: Record<string, number>, name: string) => {
  of[name] = (of[name] ?? 0) + 1;
};

/** History has no latency. */
const measure = (into: Recent, { header, appendTime }: Received): void => {
  if (!header || isHistory(header)) return;
  into.record((appendTime - header.ingestTime) * 1_000, appendTime);
};

/** A reason as a line of a panel: without what only the score's own page needs. */
const lineMost = 300;
const line = (words: string | undefined): string => (words ?? "").slice(0, lineMost);

const onPrediction = (overview: Overview, record: Received, value: Prediction): void => {
  const { customer_id, risk_level, risk_score, previous_score, prediction_id, trigger } = value;
  const at = timeMs(value.event_time);
  overview.predictions++;
  count(overview.bands, risk_level);
  measure(overview.predictionUs, record);
  overview.customers.note(customer_id, risk_level, at, record.appendTime);
  const before = previous_score ?? null;
  const [first] = value.top_features;
  if (risk_level !== "LOW" || (before !== null && Math.abs(risk_score - before) >= movedLeast))
    overview.scores.put(prediction_id, {
      at: isoTime(at),
      prediction_id,
      customer_id,
      risk_level,
      risk_score,
      previous_score: before,
      trigger,
      reason: first ? line(first.reason) : null,
    });
  if (risk_level === "LOW" && overview.newest !== null) return;
  const why = first ? `: ${first.reason}` : "";
  overview.newest = `${customer_id} ${risk_level} ${risk_score.toFixed(2)}${why}`;
};

/** Not decisions, but what became of contacts. */
const sequels = new Set<Intervention["status"]>(sequelStatuses);

const onIntervention = (
  overview: Overview,
  record: Received,
  value: Intervention,
  why: Why,
): void => {
  count(overview.statuses, value.status);
  overview.decisions.put(value.intervention_id, {
    at: isoTime(timeMs(value.timestamp)),
    intervention_id: value.intervention_id,
    customer_id: value.customer_id,
    risk_level: value.risk_level,
    intervention_type: value.intervention_type,
    channel: value.channel ?? null,
    status: value.status,
    why: why(value),
    suppressed_by: value.suppressed_by ?? null,
    not_before: value.not_before ?? null,
  });
  if (sequels.has(value.status)) return;
  overview.interventions++;
  measure(overview.interventionUs, record);
};

const onAlert = (overview: Overview, value: CustomerAlert): void => {
  overview.alerts.put(value.alert_id, {
    at: isoTime(timeMs(value.event_time)),
    alert_id: value.alert_id,
    kind: value.alert_type,
    customer_id: value.customer_id,
    risk_score: value.risk_score ?? null,
    says: line(value.reasons?.[0]),
  });
};

/** Where the customer is erased, nothing that is kept here names them any more. */
const forget = (
  { customers, scores, decisions, alerts }: Overview,
  customer: string,
  takenAt: number,
): void => {
  customers.forget(customer, takenAt);
  for (const ticker of [scores, decisions, alerts])
    ticker.removeWhere((one: { customer_id: string | null }) => one.customer_id === customer);
};

const addOne = (overview: Overview, record: Received, value: unknown, why: Why): void => {
  const { customer_id } = value as { customer_id: string };
  if (overview.customers.isErased(customer_id, record.appendTime)) return;
  if (record.topic.name === predictionsStream.name)
    onPrediction(overview, record, value as Prediction);
  else if (record.topic.name === customerAlerts.name) onAlert(overview, value as CustomerAlert);
  else onIntervention(overview, record, value as Intervention, why);
};

/** Adds a batch. A record that cannot be read is in dead letters already. */
export const addTo = (overview: Overview, batch: readonly Received[], why: Why): void => {
  for (const record of batch) {
    const { topic, key, value } = record;
    if (topic.name === deadLetters.name) overview.deadLetters++;
    else if (topic.name === customerUpdates.name) {
      if (value === null && key !== null) forget(overview, key, record.appendTime);
    } else if (value !== null)
      try {
        addOne(overview, record, topic.read(value), why);
      } catch {
        count(overview.statuses, "unreadable");
      }
  }
};

export const overviewTopics = [
  predictionsStream,
  interventionsStream,
  customerAlerts,
  deadLetters,
  customerUpdates,
];
