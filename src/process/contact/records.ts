import { type Intervention, interventionsStream } from "../../events/intervention.ts";
import { type Notification, notifications } from "../../events/notification.ts";
import { policyKey } from "../../events/policy.ts";
import { isoTime } from "../../events/time.ts";
import { emit, type OutcomeOf } from "../../stream/processor.ts";
import type { Became, Case, Decided, Send } from "./contact.ts";

const ofCase = (about: Case) => ({
  intervention_id: about.intervention,
  risk_score: about.score,
  risk_level: about.level,
  top_risk_factors: [...about.factors],
  prediction_id: about.prediction,
  reasons: [...about.reasons],
  event_type: "intervention",
});

const ofRuling = ({ under, step }: Pick<Decided, "under" | "step">) => ({
  intervention_type: step.type,
  message: step.message,
  channel: step.channel,
  priority: step.priority,
  policy_version: policyKey(under.policy),
  policy_hash: under.hash,
});

const decisionRecord = (customer: string, made: Decided): Intervention => ({
  ...ofCase(made.about),
  ...ofRuling(made),
  customer_id: customer,
  timestamp: isoTime(made.time),
  event_time: isoTime(made.time),
  status: made.status,
  episode_id: made.episode?.id ?? null,
  arm: made.episode?.arm.name ?? null,
  experiment: made.episode?.arm.experiment ?? null,
  not_before: made.until === null ? null : isoTime(made.until),
  suppressed_by: made.by,
});

/** `timestamp` stays that of the decision. */
const sequelRecord = (customer: string, made: Became): Intervention => ({
  ...ofCase(made.send.about),
  ...ofRuling(made),
  customer_id: customer,
  timestamp: isoTime(made.send.decided),
  event_time: isoTime(made.time),
  status: made.status,
  episode_id: made.send.episode,
  arm: made.send.arm.name,
  experiment: made.send.arm.experiment,
  not_before: null,
  suppressed_by: null,
});

/** The intent to send. Reasons stay out of it: some are not for the customer's eyes. */
const intentRecord = (customer: string, made: Decided, send: Send): Notification => ({
  notification_id: send.id,
  audience: "customer",
  customer_id: customer,
  intervention_id: send.about.intervention,
  channel: send.channel,
  priority: made.step.priority ?? 3,
  purpose: made.under.policy.purpose,
  message: made.step.message ?? "",
  policy_version: policyKey(made.under.policy),
  not_before: null,
  expires_at: isoTime(send.expires),
  timestamp: isoTime(made.time),
  event_time: isoTime(made.time),
  event_type: "notification",
});

export const writes = [interventionsStream, notifications] as const;
export type Said = OutcomeOf<typeof writes>;

/** What the world is told of a decision, or of what became of a contact. */
export const recordsOf = (customer: string, made: Decided | Became): Said[] => {
  if (made.fact === "became")
    return [emit(interventionsStream, customer, sequelRecord(customer, made))];
  const record = emit(interventionsStream, customer, decisionRecord(customer, made));
  if (made.send === null) return [record];
  return [record, emit(notifications, customer, intentRecord(customer, made, made.send))];
};
