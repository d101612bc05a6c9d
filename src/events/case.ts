import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";
import { riskLevels } from "./prediction.ts";
import { BadRecord } from "./reading.ts";

/** What a person does with a customer in the queue. */
export const caseKinds = ["decided", "assigned", "released", "reopened", "undone"] as const;
export type CaseKind = (typeof caseKinds)[number];

/** What a person decides about a customer at risk. */
export const decisionKinds = [
  "contact_by_person",
  "payment_plan",
  "watch",
  "no_action",
  "false_alarm",
] as const;
export type DecisionKind = (typeof decisionKinds)[number];

/** Why it was decided so. */
export const caseReasons = [
  "spoke_with_customer",
  "promised_to_pay",
  "plan_agreed",
  "income_on_its_way",
  "known_expense",
  "already_in_contact",
  "needs_support",
  "small_amount",
  "data_wrong",
  "not_credible",
  "other",
] as const;
export type CaseReason = (typeof caseReasons)[number];

const caseSchema = Type.Object({
  case_decision_id: text(),
  customer_id: text(),
  kind: oneOf(caseKinds),
  decision: maybe(oneOf(decisionKinds)),
  reason_codes: maybe(Type.Array(oneOf(caseReasons), { maxItems: 5 })),
  note: maybe(text({ maxLength: 2_000, description: "In the person's own words" })),
  rests_until: maybe(
    time({ description: "Until then it waits for nobody, unless the risk rises to another band" }),
  ),
  to: maybe(text({ description: "Whose it is from now on" })),
  undoes: maybe(text({ description: "The case_decision_id that counts no more" })),
  risk_level: maybe(oneOf(riskLevels, { description: "The band that the person saw" })),
  risk_score: maybe(Type.Number({ minimum: 0, maximum: 1 })),
  prediction_id: maybe(text({ description: "The score that the person saw" })),
  by: text(),
  role: text({ maxLength: 50 }),
  timestamp: time(),
  event_time: time(),
  event_type: maybe(text()),
});
export type CaseDecision = Static<typeof caseSchema>;

const needs: Readonly<Record<CaseKind, readonly (keyof CaseDecision)[]>> = {
  decided: ["decision", "reason_codes", "rests_until"],
  assigned: ["to"],
  released: [],
  reopened: [],
  undone: ["undoes"],
};

const checkCase = (value: CaseDecision): void => {
  const missing = needs[value.kind].find((field) => value[field] == null);
  if (missing)
    throw new BadRecord("missing_field", `${missing} is missing: a record "${value.kind}" has it.`);
};

/** What people decide about customers in the queue, and who takes care of whom. */
export const caseDecisions = contract({
  name: "case-decisions",
  says: "What a person decided about a customer at risk, who takes care of it, or what was undone.",
  key: "customer_id",
  type: "case_decision",
  json: caseSchema,
  timeOf: (value) => value.event_time,
  keyOf: (value) => value.customer_id,
  check: checkCase,
  audit: "body",
  owner: "cases",
  writtenBy: ["console"],
  readBy: ["sinks"],
  example: {
    case_decision_id: "018d0d6e-0b00-7000-8000-000000000006",
    customer_id: "CUST-001",
    kind: "decided",
    decision: "contact_by_person",
    reason_codes: ["promised_to_pay"],
    note: "Will pay when the salary comes on Friday",
    rests_until: "2024-01-22T10:31:00.000Z",
    to: null,
    undoes: null,
    risk_level: "HIGH",
    risk_score: 0.75,
    prediction_id: "018d0d6e-0b00-8000-8000-000000000001",
    by: "ada",
    role: "analyst",
    timestamp: "2024-01-15T10:31:00.000Z",
    event_time: "2024-01-15T10:31:00.000Z",
    event_type: "case_decision",
  },
});
