import Type, { type Static } from "typebox";
import { contract, maybe, oneOf, text, time } from "./contract.ts";
import { riskLevels } from "./prediction.ts";

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
});
export type ContactStep = Static<typeof stepSchema>;

const contactSchema = Type.Object({
  kind: oneOf(["contact"]),
  ...common,
  steps: Type.Array(stepSchema, { description: "What to do in each band; LOW: type none" }),
  episode_quiet_days: Type.Number({ minimum: 1 }),
  notification_valid_hours: Type.Number({ minimum: 1 }),
});
export type ContactPolicy = Static<typeof contactSchema>;

const scoringSchema = Type.Object({
  kind: oneOf(["scoring"]),
  ...common,
  bands: Type.Object({
    CRITICAL: Type.Number({ minimum: 0, maximum: 1 }),
    HIGH: Type.Number({ minimum: 0, maximum: 1 }),
    MEDIUM: Type.Number({ minimum: 0, maximum: 1 }),
  }),
  cool_down_minutes: Type.Number({ minimum: 0 }),
  rescore_hours: Type.Number({ minimum: 1 }),
  late_window_days: Type.Number({ minimum: 0, maximum: 90 }),
  large_times_mean: Type.Number({ minimum: 1 }),
  large_floor: Type.Number({
    minimum: 0,
    description: "Least amount of a large transaction, in whole units of the base currency",
  }),
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

const policySchema = Type.Union([contactSchema, scoringSchema, modelSchema]);
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
