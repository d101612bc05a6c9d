import type { CustomerUpdate } from "../../events/customer.ts";
import { customerFeatures, customerUpdates } from "../../events/topics.ts";
import { from, fromErasable, table } from "./table.ts";

/** Profiles as they stand. The tombstone of a customer takes their rows out of every table. */
export const customersTable = table({
  name: "customers",
  columns: {
    customer_id: "text",
    version: "bigint",
    country: "text",
    time_zone: "text",
    base_currency: "text",
    statuses: "jsonb",
    profile: "jsonb",
    updated_at: "timestamptz",
  },
  key: ["customer_id"],
  keeps: "newest",
  from: [
    fromErasable(customerUpdates, (profile: CustomerUpdate) => ({
      customer_id: profile.customer_id,
      version: Math.trunc(profile.version),
      country: profile.country,
      time_zone: profile.time_zone,
      base_currency: profile.base_currency,
      statuses: profile.statuses ?? [],
      profile,
      updated_at: profile.event_time,
    })),
  ],
});

/** The feature vector of each customer's newest score. */
export const customerFeaturesTable = table({
  name: "customer_features",
  columns: {
    customer_id: "text",
    feature_set: "text",
    features: "jsonb",
    baselines: "jsonb",
    as_of: "timestamptz",
  },
  key: ["customer_id"],
  keeps: "newest",
  from: [
    from(customerFeatures, (f) => ({
      customer_id: f.customer_id,
      feature_set: f.feature_set,
      features: f.features,
      baselines: f.baselines,
      as_of: f.as_of,
    })),
  ],
});
