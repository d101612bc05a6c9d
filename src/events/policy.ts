import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";
import { checkContact, checkExperiment, checkScoring } from "./policy-checks.ts";
import { riskLevels } from "./prediction.ts";
import { checkRates, rateFields } from "./rates.ts";

const common = {
  name: text(),
  version: text({ maxLength: 50 }),
  effective_from: maybe(time({ description: "Applies to events from then on; null: to all" })),
  activated_by: maybe(text()),
  comment: maybe(text({ maxLength: 2_000 })),
};

const stepSchema = Type.Object({
  risk_level: oneOf(riskLevels),
  intervention_type: text(),
  channel: maybe(text()),
  priority: maybe(Type.Number()),
  message: maybe(text({ maxLength: 2_000 })),
  fallback: maybe(
    Type.Array(text(), {
      maxItems: 5,
      description: "Channels to try in turn when the provider of the one before rejects",
    }),
  ),
});

const hoursOfDay = maybe(
  Type.String({
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
    description: "Local time, the end excluded, such as 08:00-20:00; null: not at all",
  }),
);

const contactSchema = Type.Object({
  kind: oneOf(["contact"]),
  ...common,
  steps: Type.Array(stepSchema, { description: "What to do in each band; LOW: type none" }),
  purpose: text({ description: "The purpose that consent must cover" }),
  person_channel: text({ description: "Where the vulnerable and those in hardship meet a person" }),
  episode_quiet_days: Type.Number({ minimum: 1 }),
  notification_valid_hours: Type.Number({ minimum: 1 }),
  holdout_share: Type.Number({ minimum: 0, maximum: 0.5 }),
  contacts_per_day: Type.Number({ minimum: 0 }),
  contacts_per_week: Type.Number({ minimum: 0, maximum: 50 }),
  calls_per_week: Type.Number({ minimum: 0, maximum: 50 }),
  attempts_per_step: maybe(
    Type.Number({
      minimum: 1,
      maximum: 10,
      description: "How often a step may come to nothing in an episode until it is given up; or 3",
    }),
  ),
  cool_off_hours: Type.Number({ minimum: 0, maximum: 168 }),
  hours: Type.Object({ weekdays: hoursOfDay, saturday: hoursOfDay, sunday: hoursOfDay }),
  closed_days: Type.Array(
    Type.String({ pattern: "^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$" }),
    { description: "Days without contact: 12-25 in every year, or 2027-03-26 once" },
  ),
});
export type ContactPolicy = Static<typeof contactSchema>;

const bandsSchema = Type.Object({
  CRITICAL: Type.Number({ minimum: 0, maximum: 1 }),
  HIGH: Type.Number({ minimum: 0, maximum: 1 }),
  MEDIUM: Type.Number({ minimum: 0, maximum: 1 }),
});
export type Bands = Static<typeof bandsSchema>;

const scoringSchema = Type.Object({
  kind: oneOf(["scoring"]),
  ...common,
  bands: bandsSchema,
  fold_bands: maybe(
    Type.Array(bandsSchema, {
      description: "Bands by fold of the customer, where a model for each fold scores",
    }),
  ),
  cool_down_minutes: Type.Number({ minimum: 0 }),
  rescore_hours: Type.Number({ minimum: 1 }),
  late_after_minutes: Type.Number({
    minimum: 0,
    description: "Older than the customer's newest event by more: late data, never contacts",
  }),
  large_least_debits: Type.Number({ minimum: 1, description: "Debits that make a mean" }),
  large_times_mean: Type.Number({ minimum: 1 }),
  large_floor: Type.Number({
    minimum: 0,
    description: "Least amount of a large transaction, in whole units",
  }),
  large_floor_currency: maybe(
    text({ maxLength: 10, description: "The floor's currency; null: each customer's own" }),
  ),
  salary_late_days: Type.Number({ minimum: 1, description: "Business days" }),
  utility_late_days: Type.Number({ minimum: 1 }),
  due_soon_days: Type.Number({ minimum: 1 }),
  reason_floor: Type.Number({ minimum: 0, description: "Least contribution that is a reason" }),
  reasons_max: Type.Number({ minimum: 1, maximum: 10 }),
});
export type ScoringPolicy = Static<typeof scoringSchema>;

const modelSchema = Type.Object({
  kind: oneOf(["model"]),
  ...common,
  feature_set: text(),
  hash: text({ description: "SHA-256 of the model file, in hexadecimal" }),
  folds: maybe(
    Type.Array(text(), {
      description: "Hashes of models by fold of the customer, so that no score is in sample",
    }),
  ),
});
export type ModelPolicy = Static<typeof modelSchema>;

const experimentSchema = Type.Object({
  kind: oneOf(["experiment"]),
  ...common,
  arms: Type.Array(
    Type.Object({
      arm: text({ maxLength: 50 }),
      policy: text({ description: "The name of the contact policy that is tried" }),
      share: Type.Number({ description: "Of the episodes that are not held out" }),
    }),
    { maxItems: 10, description: "The challengers; the rest is the champion's. None: at an end" },
  ),
});
export type Experiment = Static<typeof experimentSchema>;

const ratesSchema = Type.Object({ kind: oneOf(["rates"]), ...common, ...rateFields });
export type RatesPolicy = Static<typeof ratesSchema>;

const policySchema = Type.Union([
  contactSchema,
  scoringSchema,
  modelSchema,
  experimentSchema,
  ratesSchema,
]);
export type PolicyDocument = Static<typeof policySchema>;

/** The key of a policy document: kind:name:version. */
export const policyKey = (value: PolicyDocument): string =>
  `${value.kind}:${value.name}:${value.version}`;

/** Versions of policies, experiments and active models; never deleted. */
export const policies = contract({
  name: "policies",
  says: "A version of a policy or the choice of a model.",
  key: "kind:name:version",
  type: "policy",
  json: policySchema,
  partitions: 1,
  compacted: true,
  timeOf: () => undefined,
  keyOf: policyKey,
  check: (value) => {
    if (value.kind === "contact") checkContact(value);
    else if (value.kind === "scoring") checkScoring(value);
    else if (value.kind === "experiment") checkExperiment(value);
    else if (value.kind === "rates") checkRates(value);
  },
  audit: "body",
  owner: "policy",
  writtenBy: ["console", "command line"],
  readBy: ["all processors"],
  example: {
    kind: "model",
    name: "delinquency",
    version: "1",
    feature_set: "1",
    hash: "9f2c",
    effective_from: null,
  },
});
