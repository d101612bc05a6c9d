import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";

/** Stories that lead towards missed payments. */
export const riskStories = [
  "job_loss",
  "salary_late",
  "medical_shock",
  "gambling_spiral",
  "payday_loans",
  "divorce",
  "seasonal_worker",
] as const;
/** Stories that look like trouble from outside and are none. */
export const lookAlikes = ["holiday", "new_job", "house_move", "large_purchase"] as const;
export const stories = ["healthy", ...riskStories, ...lookAlikes] as const;

/** What goes wrong on the way and has nothing to do with the customer. */
export const faults = ["late_burst", "duplicated_delivery", "double_charge", "poison"] as const;

const truthSchema = Type.Object({
  customer_id: text(),
  seed: Type.Number(),
  story: oneOf(stories),
  look_alike: maybe(Type.Boolean({ description: "Looks risky, but the customer is well off" })),
  starts_at: maybe(time({ description: "When the story begins; null: never" })),
  peaks_at: maybe(time({ description: "When it is at its worst, as far as is known" })),
  first_missed_payment: maybe(time({ description: "Due date of the first payment missed" })),
  recovers_at: maybe(time()),
  fault: maybe(oneOf(faults, { description: "Given where it tells of a fault, not of a story" })),
  transaction_id: maybe(text({ description: "The transaction that the fault struck" })),
  event_time: time(),
  event_type: maybe(text()),
});
export type Truth = Static<typeof truthSchema>;

/** What only the simulator may know: who is in trouble, since when, and what is a fault. */
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
    look_alike: false,
    starts_at: "2024-01-15T00:00:00.000Z",
    peaks_at: "2024-02-10T00:00:00.000Z",
    first_missed_payment: "2024-02-12T00:00:00.000Z",
    recovers_at: null,
    fault: null,
    transaction_id: null,
    event_time: "2024-01-15T00:00:00.000Z",
    event_type: "truth",
  },
});
