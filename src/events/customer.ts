import Type, { type Static } from "typebox";
import { contract, maybe, money, oneOf, text, time, WEEK_MS, withTombstones } from "./contract.ts";
import { currencyDecimals } from "./currency.ts";
import { BadRecord } from "./reading.ts";

/** Ways in which a customer can be reached: each has an adapter, and texts in every language. */
export const contactChannels = ["phone", "sms", "email", "push"] as const;
export type ContactChannel = (typeof contactChannels)[number];

/** What consent can be given for; nothing is sent by letter. */
export const consentChannels = [...contactChannels, "letter", "any"] as const;

/** Circumstances that change whether and how a customer may be contacted. */
export const customerStatuses = [
  "deceased",
  "bankrupt",
  "breathing_space",
  "disputed",
  "represented",
  "cease_contact",
  "fraud_block",
  "vulnerable",
  "hardship",
] as const;

export const obligationProducts = [
  "loan",
  "mortgage",
  "credit_card",
  "leasing",
  "rent",
  "utility",
  "telecom",
  "other",
] as const;

const accountSchema = Type.Object({
  account_id: text({ personal: true }),
  type: oneOf(["current", "savings", "card", "loan", "other"]),
  role: oneOf(["owner", "authorised"]),
  currency: maybe(text({ maxLength: 10 })),
  opened: maybe(time()),
  credit_limit: maybe(money({ minimum: 0, description: "Of a card: what may be owed on it" })),
});

const obligationSchema = Type.Object({
  obligation_id: text(),
  product: oneOf(obligationProducts),
  instalment: money({ minimum: 0 }),
  currency: maybe(text({ maxLength: 10 })),
  due_rule: maybe(
    Type.String({
      pattern: "^(day ([1-9]|[12][0-9]|3[01])|every [1-9][0-9]{0,2} days|once)$",
      description:
        '"day 12" of each month (the last day of a shorter one), "every 14 days", "once"',
    }),
  ),
  next_due: maybe(time()),
  days_past_due: maybe(Type.Number({ minimum: 0 })),
  outstanding: maybe(money({ minimum: 0 })),
});
export type Obligation = Static<typeof obligationSchema>;

const consentSchema = Type.Object({
  purpose: text(),
  channel: oneOf(consentChannels),
  basis: maybe(text()),
  given: Type.Boolean(),
  at: maybe(time()),
});
export type Consent = Static<typeof consentSchema>;

const customerSchema = Type.Object({
  customer_id: text(),
  version: Type.Number({ minimum: 0 }),
  name: maybe(text({ personal: true })),
  email: maybe(text({ personal: true })),
  phone: maybe(text({ personal: true })),
  date_of_birth: maybe(time({ personal: true })),
  gender: maybe(text({ personal: true })),
  time_zone: maybe(text({ description: "A name of the IANA database, such as Europe/Prague" })),
  country: maybe(text({ maxLength: 3 })),
  language: maybe(text({ maxLength: 35 })),
  base_currency: maybe(text({ maxLength: 10, description: "Missing: the setting `currency`" })),
  accounts: maybe(Type.Array(accountSchema, { maxItems: 100 })),
  obligations: maybe(Type.Array(obligationSchema, { maxItems: 100 })),
  consent: maybe(Type.Array(consentSchema, { maxItems: 100 })),
  statuses: maybe(Type.Array(oneOf(customerStatuses))),
  profiling_objection: maybe(Type.Boolean()),
  observed_until: maybe(
    time({ description: "Nothing is known after this time: no timer fires, nothing is scored" }),
  ),
  event_time: time(),
  event_type: maybe(text()),
});
export type CustomerUpdate = Static<typeof customerSchema>;

const checkCurrency = (currency: string | null | undefined, field: string): void => {
  if (currency !== null && currency !== undefined && !currencyDecimals.has(currency))
    throw new BadRecord(
      "unknown_currency",
      `${field} is not a code of ISO 4217: send one such as EUR.`,
    );
};

/** Tombstones stay for longer than any copy of what they erase, so that none outlives them. */
export const erasureSeenMs = 6 * WEEK_MS;

/** Profiles of customers, whole at each change; the tombstone erases the customer. */
export const customerUpdates = withTombstones(
  contract({
    name: "customer-updates",
    says: "The whole profile of a customer as it stands; a null value erases the customer.",
    key: "customer_id",
    type: "customer_update",
    json: customerSchema,
    compacted: true,
    config: { "delete.retention.ms": String(erasureSeenMs) },
    timeOf: (value) => value.event_time,
    keyOf: (value) => value.customer_id,
    check: (value) => {
      checkCurrency(value.base_currency, "base_currency");
      for (const one of value.accounts ?? []) checkCurrency(one.currency, "accounts.currency");
      for (const one of value.obligations ?? [])
        checkCurrency(one.currency, "obligations.currency");
    },
    audit: "body",
    owner: "identity",
    door: true,
    writtenBy: ["identity", "importers", "simulator", "profile writer"],
    readBy: ["delinquency", "contact", "churn", "sinks"],
    example: {
      customer_id: "CUST-001",
      version: 7,
      name: "Example Person",
      email: "person@example.org",
      phone: "+420000000000",
      time_zone: "Europe/Prague",
      country: "CZ",
      base_currency: "CZK",
      accounts: [{ account_id: "ACC-001", type: "current", role: "owner" }],
      obligations: [
        {
          obligation_id: "OBL-001",
          product: "loan",
          instalment: 200,
          currency: "CZK",
          due_rule: "day 12",
          next_due: "2024-02-12T00:00:00Z",
          days_past_due: 0,
          outstanding: 5000,
        },
      ],
      consent: [
        {
          purpose: "service",
          channel: "sms",
          basis: "contract",
          given: true,
          at: "2023-01-01T00:00:00Z",
        },
      ],
      statuses: [],
      profiling_objection: false,
      event_time: "2024-01-15T10:30:00Z",
      event_type: "customer_update",
    },
  }),
);
