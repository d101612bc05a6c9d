import { createHash } from "node:crypto";
import type { CustomerUpdate } from "../../events/customer.ts";
import { customerUpdates } from "../../events/topics.ts";
import { fromErasable, table } from "./table.ts";

/** Fields that say which record it is, not what is known of the customer. */
const about = new Set(["customer_id", "version", "event_time", "event_type", "accounts"]);
const personalFields = new Set(customerUpdates.personal.map((path) => path.split(".")[0]));

/** Of what has few possible values, such as a date of birth, any bits would say too much. */
const traced = new Set(["name", "email", "phone"]);

/** 16 bits: enough to see that a value changed, too few to find it. */
const trace = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 4);

/** Accounts without their numbers. */
const accountsOf = (accounts: CustomerUpdate["accounts"]) =>
  accounts?.map(({ type, role, currency, opened, credit_limit }) => ({
    type,
    role,
    currency,
    opened,
    credit_limit,
  }));

const factsOf = (profile: CustomerUpdate): object => ({
  ...Object.fromEntries(
    Object.entries(profile).filter(([name]) => !about.has(name) && !personalFields.has(name)),
  ),
  accounts: accountsOf(profile.accounts),
});

const tracesOf = (profile: CustomerUpdate): object =>
  Object.fromEntries(
    Object.entries(profile)
      .filter(([name, value]) => traced.has(name) && value != null)
      .map(([name, value]) => [name, trace(value)]),
  );

/** Every version of each profile, without what is personal: what changed, and when. */
export const profileVersionsTable = table({
  name: "profile_versions",
  columns: {
    customer_id: "text",
    version: "bigint",
    at: "timestamptz",
    facts: "jsonb",
    personal: "jsonb",
  },
  key: ["customer_id", "version"],
  keeps: "first",
  from: [
    fromErasable(customerUpdates, (profile: CustomerUpdate) => ({
      customer_id: profile.customer_id,
      version: Math.trunc(profile.version),
      at: profile.event_time,
      facts: factsOf(profile),
      personal: tracesOf(profile),
    })),
  ],
});
