import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";

export const stories = ["healthy", "job_loss", "salary_late"] as const;

const truthSchema = Type.Object({
  customer_id: text(),
  seed: Type.Number(),
  story: oneOf(stories),
  starts_at: maybe(time({ description: "When the trouble begins; null: never" })),
  first_missed_payment: maybe(time({ description: "Due date of the first payment missed" })),
  recovers_at: maybe(time()),
  event_time: time(),
  event_type: maybe(text()),
});
export type Truth = Static<typeof truthSchema>;

/** What the simulator knows and no processor may: who is in trouble, and since when. */
export const simulationTruth = contract({
  name: "simulation-truth",
  says: "The story that a simulated customer lives through. No processor may read it.",
  key: "customer_id",
  type: "truth",
  json: truthSchema,
  timeOf: (value) => value.event_time,
  keyOf: (value) => value.customer_id,
  audit: "none",
  owner: "simulator",
  writtenBy: ["simulator"],
  readBy: ["evaluation"],
  example: {
    customer_id: "CUST-001",
    seed: 1,
    story: "job_loss",
    starts_at: "2024-01-15T00:00:00.000Z",
    first_missed_payment: "2024-02-12T00:00:00.000Z",
    recovers_at: null,
    event_time: "2024-01-15T00:00:00.000Z",
    event_type: "truth",
  },
});
