import Type, { type Static } from "typebox";
import { contract, maybe, numbers, oneOf, text, time } from "./contract.ts";

export const riskLevels = ["LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
export type RiskLevel = (typeof riskLevels)[number];

/** What made a score due. `late_data` never leads to contact by itself. */
export const triggers = [
  "failed_transaction",
  "large_transaction",
  "atm_withdrawal",
  "balance_below_zero",
  "penalty",
  "salary_late",
  "utility_late",
  "due_not_covered",
  "score_older_than_a_day",
  "late_data",
  "request",
] as const;
export type Trigger = (typeof triggers)[number];

const topFeatureSchema = Type.Object({
  feature: text(),
  value: Type.Number(),
  contribution: Type.Number({ description: "To the log-odds; positive raises the risk" }),
  baseline: maybe(Type.Number({ description: "The customer's own usual value" })),
  peers: maybe(
    Type.Number({ description: "The middle value of those that the model learned from" }),
  ),
  code: text(),
  reason: text({ maxLength: 300 }),
});
export type TopFeature = Static<typeof topFeatureSchema>;

const predictionSchema = Type.Object({
  prediction_id: text(),
  customer_id: text(),
  risk_score: Type.Number({ minimum: 0, maximum: 1 }),
  risk_level: oneOf(riskLevels),
  top_features: Type.Array(topFeatureSchema, { description: "What raises the risk most" }),
  lowering_features: maybe(
    Type.Array(topFeatureSchema, { description: "What lowers the risk most; for staff" }),
  ),
  base_value: Type.Number({ description: "The log-odds before any feature is known" }),
  contributions: numbers({ description: "Of every feature, to the log-odds" }),
  log_odds: maybe(
    Type.Number({ description: "Of the score: exactly the base value and all contributions" }),
  ),
  previous_score: maybe(Type.Number()),
  trigger: oneOf(triggers),
  transaction_id: maybe(text()),
  model_version: text(),
  model_hash: text(),
  feature_set: text(),
  policy_version: text(),
  policy_hash: maybe(text()),
  as_of: maybe(time({ description: "The time that the features speak of, if not event_time" })),
  timestamp: time(),
  event_time: time(),
  event_type: maybe(text()),
  seal: maybe(text({ description: "SHA-256 of the canonical explanation: rules/explanation" })),
});
export type Prediction = Static<typeof predictionSchema>;

/** Scores with their reasons. */
export const predictionsStream = contract({
  name: "predictions-stream",
  says: "How likely a customer is to miss a payment, and why.",
  key: "customer_id",
  type: "prediction",
  json: predictionSchema,
  timeOf: (value) => value.event_time,
  keyOf: (value) => value.customer_id,
  audit: "body",
  owner: "delinquency",
  writtenBy: ["delinquency", "outbox"],
  readBy: ["contact", "sinks", "live"],
  example: {
    prediction_id: "018d0d6e-0b00-8000-8000-000000000001",
    customer_id: "CUST-001",
    risk_score: 0.75,
    risk_level: "HIGH",
    top_features: [
      {
        feature: "savings_drawdown_30d_pct",
        value: -45.2,
        contribution: 0.61,
        baseline: -3.1,
        peers: 0.4,
        code: "SAVINGS_FELL",
        reason: "Savings fell by 45 % in 30 days; usually they fall by 3 %",
      },
    ],
    lowering_features: [
      {
        feature: "failed_txn_count_7d",
        value: 0,
        contribution: -0.12,
        baseline: 0,
        peers: 0,
        code: "PAYMENTS_FAILED",
        reason: "Failed transactions in 7 days: 0",
      },
    ],
    base_value: 0.608612,
    contributions: { savings_drawdown_30d_pct: 0.61, failed_txn_count_7d: -0.12 },
    log_odds: 1.098612,
    previous_score: 0.41,
    trigger: "failed_transaction",
    transaction_id: "0f6c7c1e-6a0e-4c4c-9a53-0d8f1c1f2a10",
    model_version: "delinquency-1",
    model_hash: "9f2c",
    feature_set: "1",
    policy_version: "scoring:delinquency:1",
    policy_hash: "1d0a",
    timestamp: "2024-01-15T10:30:00.000Z",
    event_time: "2024-01-15T10:30:00.000Z",
    event_type: "prediction",
    seal: "b07460a562afb71e98e29d072a85da55880c27822a0e91cca3b4d3aacd0d8e90",
  },
});

const alertSchema = Type.Object({
  alert_id: text(),
  customer_id: text(),
  alert_type: oneOf([
    "critical_risk",
    "payment_failed",
    "support_ticket_created",
    "subscription_cancelled",
    "refund_requested",
  ]),
  severity: oneOf(["low", "medium", "high", "critical"]),
  risk_score: maybe(Type.Number()),
  risk_level: maybe(oneOf(riskLevels)),
  prediction_id: maybe(text()),
  reasons: maybe(Type.Array(text({ maxLength: 300 }))),
  timestamp: time(),
  event_time: time(),
  event_type: maybe(text()),
});
export type CustomerAlert = Static<typeof alertSchema>;

/**
 * Alerts to staff about one customer. `critical_risk`: an event brings them into the highest band.
 * A score on request raises none: whoever asked is answered, and the event behind the same features
 * has raised it.
 */
export const customerAlerts = contract({
  name: "customer-alerts",
  says: "Something that happened to a customer and that staff should see at once.",
  key: "customer_id",
  type: "customer_alert",
  json: alertSchema,
  timeOf: (value) => value.event_time,
  keyOf: (value) => value.customer_id,
  audit: "body",
  owner: "churn and delinquency",
  writtenBy: ["churn", "delinquency"],
  readBy: ["sinks", "live"],
  example: {
    alert_id: "018d0d6e-0b00-8000-8000-000000000002",
    customer_id: "CUST-001",
    alert_type: "critical_risk",
    severity: "critical",
    risk_score: 0.86,
    risk_level: "CRITICAL",
    prediction_id: "018d0d6e-0b00-8000-8000-000000000001",
    reasons: ["Two payments failed in 7 days"],
    timestamp: "2024-01-15T10:30:00.000Z",
    event_time: "2024-01-15T10:30:00.000Z",
    event_type: "customer_alert",
  },
});
