import type { Intervention } from "../../events/intervention.ts";
import type { Prediction } from "../../events/prediction.ts";
import { interventionsStream, outcomes, predictionsStream } from "../../events/topics.ts";
import { from, Gone, table } from "./table.ts";

const scoreColumns = {
  prediction_id: "text",
  customer_id: "text",
  risk_score: "double precision",
  risk_level: "text",
  score_date: "timestamptz",
  top_features: "jsonb",
  trigger: "text",
  previous_score: "double precision",
  transaction_id: "text",
  base_value: "double precision",
  contributions: "jsonb",
  model_version: "text",
  model_hash: "text",
  feature_set: "text",
  policy_version: "text",
  as_of: "timestamptz",
  more: "jsonb",
} as const;

const inColumns = new Set([...Object.keys(scoreColumns), "timestamp", "event_time", "event_type"]);

/** What a prediction says beyond its columns. */
const moreOf = (prediction: Prediction): object =>
  Object.fromEntries(Object.entries(prediction).filter(([name]) => !inColumns.has(name)));

export const scoreRow = (p: Prediction) => ({
  prediction_id: p.prediction_id,
  customer_id: p.customer_id,
  risk_score: p.risk_score,
  risk_level: p.risk_level,
  score_date: p.timestamp,
  top_features: p.top_features,
  trigger: p.trigger,
  previous_score: p.previous_score,
  transaction_id: p.transaction_id,
  base_value: p.base_value,
  contributions: p.contributions,
  model_version: p.model_version,
  model_hash: p.model_hash,
  feature_set: p.feature_set,
  policy_version: p.policy_version,
  as_of: p.as_of,
  more: moreOf(p),
});

export const riskScoresTable = table({
  name: "risk_scores",
  columns: scoreColumns,
  key: ["prediction_id"],
  keeps: "first",
  from: [from(predictionsStream, scoreRow)],
});

const decisionColumns = {
  intervention_id: "text",
  customer_id: "text",
  intervention_type: "text",
  channel: "text",
  priority: "integer",
  risk_level: "text",
  risk_score: "double precision",
  message: "text",
  timestamp: "timestamptz",
  status: "text",
  top_risk_factors: "jsonb",
  reasons: "jsonb",
  episode_id: "text",
  prediction_id: "text",
  policy_version: "text",
  policy_hash: "text",
  arm: "text",
} as const;

const decisionRow = (i: Intervention) => ({
  intervention_id: i.intervention_id,
  customer_id: i.customer_id,
  intervention_type: i.intervention_type,
  channel: i.channel,
  priority: i.priority,
  risk_level: i.risk_level,
  risk_score: i.risk_score,
  message: i.message,
  timestamp: i.timestamp,
  status: i.status,
  top_risk_factors: i.top_risk_factors,
  reasons: i.reasons,
  episode_id: i.episode_id,
  prediction_id: i.prediction_id,
  policy_version: i.policy_version,
  policy_hash: i.policy_hash,
  arm: i.arm,
});

const notTaken = new Set<string>(["deferred", "suppressed", "held_out"]);
/** A contact is in one of the two tables, with its newest status: it leaves the other. */
const elsewhere = ({ intervention_id }: Intervention) => new Gone({ intervention_id });

/** Steps taken, with what became of them. */
export const interventionsTable = table({
  name: "interventions",
  columns: decisionColumns,
  key: ["intervention_id"],
  keeps: "newest",
  from: [
    from(interventionsStream, (i) => (notTaken.has(i.status) ? elsewhere(i) : decisionRow(i))),
  ],
});

/** Steps stopped, put off, or withheld from the control group. */
export const suppressedInterventionsTable = table({
  name: "suppressed_interventions",
  columns: { ...decisionColumns, suppressed_by: "text", not_before: "timestamptz" },
  key: ["intervention_id"],
  keeps: "newest",
  from: [
    from(interventionsStream, (i) =>
      notTaken.has(i.status)
        ? { ...decisionRow(i), suppressed_by: i.suppressed_by, not_before: i.not_before }
        : elsewhere(i),
    ),
  ],
});

/** Every status that an intervention has had, as each was told. */
export const interventionStatusesTable = table({
  name: "intervention_statuses",
  columns: {
    intervention_id: "text",
    at: "timestamptz",
    status: "text",
    customer_id: "text",
    suppressed_by: "text",
    not_before: "timestamptz",
  },
  key: ["intervention_id", "at", "status"],
  keeps: "first",
  from: [
    from(interventionsStream, (i) => ({
      intervention_id: i.intervention_id,
      at: i.event_time ?? i.timestamp,
      status: i.status,
      customer_id: i.customer_id,
      suppressed_by: i.suppressed_by,
      not_before: i.not_before,
    })),
  ],
});

export const outcomesTable = table({
  name: "outcomes",
  columns: {
    outcome_id: "text",
    customer_id: "text",
    outcome: "text",
    obligation_id: "text",
    amount: "numeric",
    currency: "text",
    due_date: "timestamptz",
    decision_date: "timestamptz",
    intervention_id: "text",
    timestamp: "timestamptz",
    learned_at: "timestamptz",
  },
  key: ["outcome_id"],
  keeps: "first",
  from: [
    from(outcomes, (o) => ({
      outcome_id: o.outcome_id,
      customer_id: o.customer_id,
      outcome: o.outcome,
      obligation_id: o.obligation_id,
      amount: o.amount,
      currency: o.currency,
      due_date: o.due_date,
      decision_date: o.decision_date,
      intervention_id: o.intervention_id,
      timestamp: o.timestamp,
      learned_at: o.event_time,
    })),
  ],
});
