import type { CustomerUpdate } from "../../events/customer.ts";
import type { Intervention } from "../../events/intervention.ts";
import {
  caseDecisions,
  customerUpdates,
  interventionsStream,
  predictionsStream,
} from "../../events/topics.ts";
import { dueWithinMonth } from "../../rules/obligations.ts";
import { type Arrival, from, fromErasable, type Table, table } from "./table.ts";

/** What people decided about customers, as it came; table `cases` follows from it by a trigger. */
const caseDecisionsTable = table({
  name: "case_decisions",
  columns: {
    case_decision_id: "text",
    customer_id: "text",
    kind: "text",
    decision: "text",
    reason_codes: "text[]",
    note: "text",
    rests_until: "timestamptz",
    assignee: "text",
    undoes: "text",
    risk_level: "text",
    risk_score: "double precision",
    prediction_id: "text",
    made_by: "text",
    role: "text",
    made_at: "timestamptz",
  },
  key: ["case_decision_id"],
  keeps: "first",
  from: [
    from(caseDecisions, (d) => ({
      case_decision_id: d.case_decision_id,
      customer_id: d.customer_id,
      kind: d.kind,
      decision: d.decision,
      reason_codes: d.reason_codes,
      note: d.note,
      rests_until: d.rests_until,
      assignee: d.to,
      undoes: d.undoes,
      risk_level: d.risk_level,
      risk_score: d.risk_score,
      prediction_id: d.prediction_id,
      made_by: d.by,
      role: d.role,
      made_at: d.timestamp,
    })),
  ],
});

/** The newest score of each customer. */
const caseScoresTable = table({
  name: "case_scores",
  into: "cases",
  columns: {
    customer_id: "text",
    prediction_id: "text",
    risk_score: "double precision",
    risk_level: "text",
    scored_at: "timestamptz",
    reason_code: "text",
    reason: "text",
  },
  key: ["customer_id"],
  keeps: "newest",
  from: [
    from(predictionsStream, (p) => ({
      customer_id: p.customer_id,
      prediction_id: p.prediction_id,
      risk_score: p.risk_score,
      risk_level: p.risk_level,
      scored_at: p.timestamp,
      reason_code: p.top_features[0]?.code,
      reason: p.top_features[0]?.reason,
    })),
  ],
});

const simulators = /^simulator@/;

/** What a profile says that the queue is ranked and filtered by. */
const profileRow = (profile: CustomerUpdate, { header }: Arrival, currency: string) => {
  const obligations = profile.obligations ?? [];
  const dues = dueWithinMonth(obligations, profile.base_currency ?? currency);
  const [first, ...more] = Object.entries(dues);
  const one = more.length === 0 ? first : undefined;
  return {
    customer_id: profile.customer_id,
    country: profile.country,
    products: [...new Set(obligations.map(({ product }) => product))],
    statuses: profile.statuses ?? [],
    due: one?.[1],
    due_currency: one?.[0],
    dues: more.length === 0 ? undefined : dues,
    simulated: simulators.test(header?.source ?? ""),
  };
};

const caseProfilesTable = (currency: string): Table =>
  table({
    name: "case_profiles",
    into: "cases",
    columns: {
      customer_id: "text",
      country: "text",
      products: "text[]",
      statuses: "text[]",
      due: "double precision",
      due_currency: "text",
      dues: "jsonb",
      simulated: "boolean",
    },
    key: ["customer_id"],
    keeps: "newest",
    from: [
      fromErasable(customerUpdates, (profile: CustomerUpdate, arrival) =>
        profileRow(profile, arrival, currency),
      ),
    ],
  });

/** A step that was not taken because of an earlier one leaves the customer as that one did. */
const changesNothing = new Set([
  "step_already_taken",
  "step_already_waiting",
  "older_than_newest",
  "late_data",
]);

/** How each customer was contacted last, or why not. */
const caseContactsTable = table({
  name: "case_contacts",
  into: "cases",
  columns: {
    customer_id: "text",
    contact_status: "text",
    contact_reason: "text",
    contact_channel: "text",
    contact_at: "timestamptz",
    contact_not_before: "timestamptz",
  },
  key: ["customer_id"],
  keeps: "newest",
  from: [
    from(interventionsStream, (i: Intervention) =>
      changesNothing.has(i.suppressed_by ?? "")
        ? undefined
        : {
            customer_id: i.customer_id,
            contact_status: i.status,
            contact_reason: i.suppressed_by,
            contact_channel: i.channel,
            contact_at: i.timestamp,
            contact_not_before: i.not_before,
          },
    ),
  ],
});

/** The tables of the queue. `currency` is the one of obligations that name none. */
export const caseTables = (currency: string): Table[] => [
  caseDecisionsTable,
  caseScoresTable,
  caseProfilesTable(currency),
  caseContactsTable,
];
