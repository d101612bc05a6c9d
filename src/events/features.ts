import Type, { type Static } from "typebox";
import { contract, maybe, numbersOrNull, text, time, withTombstones } from "./contract.ts";
import { erasureSeenMs } from "./customer.ts";

const featuresSchema = Type.Object({
  customer_id: text(),
  feature_set: text(),
  features: numbersOrNull({ description: "By id of the feature; null: the sources cannot say" }),
  baselines: numbersOrNull({ description: "The customer's own usual value, where there is one" }),
  transaction_id: maybe(text()),
  as_of: time(),
  event_time: time(),
  event_type: maybe(text()),
});
export type CustomerFeatures = Static<typeof featuresSchema>;

/** The newest feature vector of each customer; its tombstone follows an erasure. */
export const customerFeatures = withTombstones(
  contract({
    name: "customer-features",
    says: "The feature vector that a score was made from; null once the customer is erased.",
    key: "customer_id",
    type: "features",
    json: featuresSchema,
    compacted: true,
    config: { "delete.retention.ms": String(erasureSeenMs) },
    timeOf: (value) => value.event_time,
    keyOf: (value) => value.customer_id,
    audit: "digest",
    owner: "delinquency",
    writtenBy: ["delinquency"],
    readBy: ["sinks"],
    example: {
      customer_id: "CUST-001",
      feature_set: "1",
      features: {
        savings_drawdown_30d_pct: -45.2,
        failed_txn_count_7d: 2,
        salary_delay_days: null,
      },
      baselines: { savings_drawdown_30d_pct: -3.1 },
      transaction_id: "0f6c7c1e-6a0e-4c4c-9a53-0d8f1c1f2a10",
      as_of: "2024-01-15T10:30:00.000Z",
      event_time: "2024-01-15T10:30:00.000Z",
      event_type: "features",
    },
  }),
);
