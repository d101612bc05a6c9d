import Type, { type Static } from "typebox";
import { contract, maybe, money, oneOf, text, time } from "./contract.ts";

/** What happened after; the loan words are the bank's own verdict on a whole loan. */
export const outcomeKinds = [
  "payment_made",
  "payment_missed",
  "payment_cured",
  "loan_repaid",
  "loan_defaulted",
  "loan_running",
  "loan_in_arrears",
  "customer_answered",
] as const;

const outcomeSchema = Type.Object({
  outcome_id: text(),
  customer_id: text(),
  outcome: oneOf(outcomeKinds),
  obligation_id: maybe(text()),
  amount: maybe(money({ minimum: 0 })),
  currency: maybe(text({ maxLength: 10 })),
  due_date: maybe(time()),
  decision_date: maybe(
    time({ description: "When the loan was granted: scores before it are judged by the outcome" }),
  ),
  intervention_id: maybe(text({ maxLength: 300 })),
  timestamp: time(),
  event_time: time({ description: "When a real system would have learned of it" }),
  event_type: maybe(text()),
});
export type OutcomeEvent = Static<typeof outcomeSchema>;

/** What became of customers, as far as a real system would know, when it would. */
export const outcomes = contract({
  name: "outcomes",
  says: "What happened after: a payment made or missed, a loan repaid or defaulted.",
  key: "customer_id",
  type: "outcome",
  json: outcomeSchema,
  timeOf: (value) => value.event_time,
  keyOf: (value) => value.customer_id,
  audit: "digest",
  owner: "contact",
  door: true,
  writtenBy: ["HTTP", "importers", "simulator"],
  readBy: ["contact", "sinks"],
  example: {
    outcome_id: "018d0d6e-0b00-8000-8000-000000000005",
    customer_id: "CUST-001",
    outcome: "payment_missed",
    obligation_id: "OBL-001",
    amount: 200,
    currency: "CZK",
    due_date: "2024-02-12T00:00:00Z",
    decision_date: null,
    timestamp: "2024-02-13T00:00:00Z",
    event_time: "2024-02-13T00:00:00Z",
    event_type: "outcome",
  },
});
