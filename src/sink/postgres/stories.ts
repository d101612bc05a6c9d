import { simulationTruth } from "../../events/topics.ts";
import { from, table } from "./table.ts";

/** The stories of simulated people, each as it was told last. Truths about faults have no row. */
export const simulatedStoriesTable = table({
  name: "simulated_stories",
  columns: {
    customer_id: "text",
    starts_at: "timestamptz",
    story: "text",
    look_alike: "boolean",
    peaks_at: "timestamptz",
    first_missed_payment: "timestamptz",
    recovers_at: "timestamptz",
    told_at: "timestamptz",
  },
  key: ["customer_id", "starts_at"],
  keeps: "newest",
  from: [
    from(simulationTruth, (truth) =>
      truth.fault || !truth.starts_at
        ? undefined
        : {
            customer_id: truth.customer_id,
            starts_at: truth.starts_at,
            story: truth.story,
            look_alike: truth.look_alike ?? false,
            peaks_at: truth.peaks_at,
            first_missed_payment: truth.first_missed_payment,
            recovers_at: truth.recovers_at,
            told_at: truth.event_time,
          },
    ),
  ],
});
