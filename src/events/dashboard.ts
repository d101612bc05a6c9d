import Type, { type Static, type TSchema } from "typebox";
import { contract, HOUR_MS, numbers, oneOf, text, time } from "./contract.ts";
import { riskLevels } from "./prediction.ts";

const count = Type.Number({ minimum: 0 });
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const at = time();

/** What an entry of each panel holds. An unknown figure is null; all times are in UTC. */
const throughput = Type.Object(
  { at, events_per_s: count, predictions_per_s: count, interventions_per_s: count },
  { description: "One entry each second: mean rates of the last seconds" },
);
const latency = Type.Object(
  {
    at,
    prediction_p50_ms: orNull(count),
    prediction_p99_ms: orNull(count),
    intervention_p50_ms: orNull(count),
    intervention_p99_ms: orNull(count),
  },
  { description: "One entry each second: of live events in the last minute or two, end to end" },
);
const lag = Type.Object({
  at,
  seconds: orNull(count),
  records: orNull(count),
  trend: oneOf(["growing", "shrinking", "steady"]),
  caught_up_in_s: orNull(count),
  groups: Type.Array(Type.Object({ group: text(), seconds: orNull(count), records: count })),
});
const bands = Type.Object(
  { at, customers: numbers(), today: numbers() },
  { description: "Customers by newest band, and how that changed since midnight UTC" },
);
const deadLetters = Type.Object({ at, total: count, reasons: numbers() });
const scores = Type.Object({
  at,
  prediction_id: text(),
  customer_id: text(),
  risk_level: oneOf(riskLevels),
  risk_score: Type.Number(),
  previous_score: orNull(Type.Number()),
  trigger: text(),
  reason: orNull(text({ maxLength: 300 })),
});
const decisions = Type.Object({
  at,
  intervention_id: text({ maxLength: 300 }),
  customer_id: text(),
  risk_level: oneOf(riskLevels),
  intervention_type: text(),
  channel: orNull(text()),
  status: text(),
  why: text({ maxLength: 600 }),
  suppressed_by: orNull(text()),
  not_before: orNull(time()),
});
const alerts = Type.Object({
  at,
  alert_id: text(),
  kind: text(),
  customer_id: orNull(text()),
  risk_score: orNull(Type.Number()),
  says: text({ maxLength: 600 }),
});
const attention = Type.Object(
  {
    at,
    queue: count,
    calls: count,
    unknown_sends: count,
    dead_letters: count,
    approvals: count,
  },
  { description: "How many things wait for a person, by screen" },
);

const values = {
  throughput,
  latency,
  lag,
  bands,
  dead_letters: deadLetters,
  scores,
  decisions,
  alerts,
  attention,
} as const;

export type PanelName = keyof typeof values;
export const panelNames = Object.keys(values) as PanelName[];
export type PanelValues = { [P in PanelName]: Static<(typeof values)[P]> };

/** An entry of a panel; one with the id of an earlier one takes its place. */
export type DashboardUpdate = {
  [P in PanelName]: { panel: P; id: string; value: PanelValues[P] };
}[PanelName];

const update = Type.Unsafe<DashboardUpdate>(
  Type.Union(
    panelNames.map((panel) =>
      Type.Object({
        panel: Type.Literal(panel),
        id: text({ maxLength: 300 }),
        value: values[panel],
      }),
    ),
  ),
);

/** What the console shows as it happens. One partition: a record's offset is its place in line. */
export const dashboardUpdates = contract({
  name: "dashboard-updates",
  says: "An entry of one of the console's live panels, whole.",
  key: "panel",
  type: "dashboard_update",
  json: update,
  partitions: 1,
  retentionMs: HOUR_MS,
  config: { "segment.ms": String(HOUR_MS / 6) },
  timeOf: ({ value }) => value.at,
  keyOf: ({ panel }) => panel,
  audit: "none",
  owner: "overview",
  writtenBy: ["overview"],
  readBy: ["live"],
  example: {
    panel: "scores",
    id: "018d0d6e-0b00-8000-8000-000000000001",
    value: {
      at: "2024-01-15T10:30:00.000Z",
      prediction_id: "018d0d6e-0b00-8000-8000-000000000001",
      customer_id: "CUST-001",
      risk_level: "HIGH",
      risk_score: 0.75,
      previous_score: 0.41,
      trigger: "failed_transaction",
      reason: "Savings fell by 45 % in 30 days; usually they fall by 3 %",
    },
  },
});
