import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";
import { riskLevels } from "./prediction.ts";

/** What became of a contact after `triggered`. */
export const sequelStatuses = [
  "sent",
  "rejected",
  "expired",
  "withdrawn",
  "unknown",
  "no_answer",
  "answered",
  "closed",
] as const;

/** What is decided about a contact, and what became of it. */
export const interventionStatuses = [
  "triggered",
  "deferred",
  "suppressed",
  "held_out",
  ...sequelStatuses,
] as const;

const interventionSchema = Type.Object({
  intervention_id: text({ maxLength: 300 }),
  customer_id: text(),
  risk_score: Type.Number(),
  risk_level: oneOf(riskLevels),
  intervention_type: text(),
  message: maybe(text({ maxLength: 2_000 })),
  channel: maybe(text()),
  priority: maybe(Type.Number()),
  top_risk_factors: Type.Array(text()),
  timestamp: time({ description: "When it was decided" }),
  status: oneOf(interventionStatuses),
  episode_id: maybe(text()),
  policy_version: maybe(text()),
  policy_hash: maybe(text({ description: "SHA-256 of what the policy says" })),
  arm: maybe(text()),
  experiment: maybe(text({ description: "The version of the experiment that gave the arm" })),
  not_before: maybe(time()),
  suppressed_by: maybe(text()),
  prediction_id: maybe(text()),
  reasons: maybe(Type.Array(text({ maxLength: 300 }))),
  event_time: maybe(time()),
  event_type: maybe(text()),
});
export type Intervention = Static<typeof interventionSchema>;

/** Every decision to contact a customer, or not to. */
export const interventionsStream = contract({
  name: "interventions-stream",
  says: "A decision to contact a customer, to wait, or not to, and why; then what became of it.",
  key: "customer_id",
  type: "intervention",
  json: interventionSchema,
  timeOf: (value) => value.event_time ?? value.timestamp,
  keyOf: (value) => value.customer_id,
  audit: "body",
  owner: "contact",
  writtenBy: ["contact"],
  readBy: ["sinks", "live"],
  example: {
    intervention_id: "INT_CUST-001_20240115103010_9f3c01ab77de",
    customer_id: "CUST-001",
    risk_score: 0.75,
    risk_level: "HIGH",
    intervention_type: "proactive_support",
    message: "offer payment options",
    channel: "sms",
    priority: 2,
    top_risk_factors: ["savings_drawdown_30d_pct"],
    timestamp: "2024-01-15T10:30:10.000Z",
    status: "triggered",
    episode_id: "018d0d6e-0b00-8000-8000-000000000003",
    policy_version: "contact:default:1",
    policy_hash: "4d1f",
    arm: "champion",
    not_before: null,
    suppressed_by: null,
    prediction_id: "018d0d6e-0b00-8000-8000-000000000001",
    event_time: "2024-01-15T10:30:10.000Z",
    event_type: "intervention",
  },
});
