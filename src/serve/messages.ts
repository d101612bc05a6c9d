import Type, { type Static, type TSchema } from "typebox";
import { reviewAnswer } from "./messages/reviews.ts";

/**
 * What the API answers: one definition gives the type, the check and the documentation. Fields may
 * be added, never renamed or removed. Times are ISO 8601 in UTC.
 */
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const text = Type.String();
const words = Type.Array(text);
const anything = Type.Unsafe<Record<string, unknown>>({
  type: "object",
  additionalProperties: true,
});
const figures = Type.Unsafe<Record<string, number | null>>({
  type: "object",
  additionalProperties: { type: ["number", "null"] },
});

/** Text in a path or a body: not empty, without control characters. */
export const textOf = (maxLength: number, more: Record<string, unknown> = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000-\\u001f]+$", ...more });

export const errorAnswer = Type.Object({
  error: Type.String({ description: "What is wrong, in a sentence" }),
  code: Type.String({ description: "Stable, for programs" }),
  cure: orNull(Type.String({ description: "What to do about it" })),
});
export type ErrorAnswer = Static<typeof errorAnswer>;

export const componentStates = ["up", "starting", "degraded", "down"] as const;
const componentAnswer = Type.Object({
  state: Type.Unsafe<(typeof componentStates)[number]>({ type: "string", enum: componentStates }),
  needed: Type.Boolean({ description: "Whether the API can answer without it" }),
  detail: Type.Optional(text),
});
export type ComponentAnswer = Static<typeof componentAnswer>;

export const healthStates = ["healthy", "degraded", "unhealthy"] as const;
export const healthAnswer = Type.Object({
  status: Type.Unsafe<(typeof healthStates)[number]>({ type: "string", enum: healthStates }),
  space: text,
  components: Type.Unsafe<Record<string, ComponentAnswer>>({
    type: "object",
    additionalProperties: componentAnswer,
  }),
});
export type HealthAnswer = Static<typeof healthAnswer>;

const scoreAnswer = Type.Object({
  prediction_id: text,
  risk_score: Type.Number({ minimum: 0, maximum: 1 }),
  risk_level: text,
  score_date: text,
  trigger: text,
  previous_score: orNull(Type.Number()),
  top_features: Type.Array(
    Type.Object({
      feature: text,
      value: Type.Number(),
      contribution: Type.Number(),
      baseline: Type.Optional(orNull(Type.Number())),
      code: text,
      reason: text,
    }),
  ),
  model_version: text,
  policy_version: text,
});
export type ScoreAnswer = Static<typeof scoreAnswer>;

export const featuresAnswer = Type.Object({
  feature_set: text,
  as_of: text,
  features: figures,
  baselines: figures,
});
export type FeaturesAnswer = Static<typeof featuresAnswer>;

const transactionAnswer = Type.Object({
  transaction_id: text,
  source: Type.String({ description: "The system whose id it is; empty: it did not say" }),
  txn_time: text,
  amount: Type.Number(),
  currency: text,
  txn_type: text,
  category: text,
  channel: text,
  merchant_id: orNull(text),
  is_failed: Type.Boolean(),
  posted: Type.Boolean(),
  account_id: Type.String({ description: "Masked" }),
  balance_after: orNull(Type.Number()),
});
export type TransactionAnswer = Static<typeof transactionAnswer>;

const interventionAnswer = Type.Object({
  intervention_id: text,
  timestamp: text,
  status: text,
  intervention_type: text,
  channel: orNull(text),
  priority: orNull(Type.Number()),
  risk_level: text,
  risk_score: Type.Number(),
  message: orNull(text),
  top_risk_factors: words,
  suppressed_by: orNull(text),
  not_before: orNull(text),
  arm: orNull(text),
  prediction_id: orNull(text),
});
export type InterventionAnswer = Static<typeof interventionAnswer>;

export const customerAnswer = Type.Object({
  customer_id: text,
  space: text,
  profile: orNull(Type.Unsafe<Record<string, unknown>>({ ...anything, description: "Masked" })),
  score: orNull(scoreAnswer),
  features: orNull(featuresAnswer),
  transactions: Type.Array(transactionAnswer, { description: "The newest first" }),
  interventions: Type.Array(interventionAnswer, { description: "Taken or not, the newest first" }),
  missing: Type.Array(text, { description: "Parts that could not be read just now" }),
});
export type CustomerAnswer = Static<typeof customerAnswer>;

export const decisionAnswer = Type.Object({
  decision_id: text,
  kind: Type.Unsafe<"prediction" | "intervention" | "what_if">({
    type: "string",
    enum: ["prediction", "intervention", "what_if"],
  }),
  customer_id: text,
  prediction: orNull(
    Type.Unsafe<Record<string, unknown>>({ ...anything, description: "The whole event" }),
  ),
  seal: orNull(
    Type.Object({
      intact: Type.Boolean({ description: "Whether the prediction is what was sealed" }),
      detail: orNull(text),
    }),
  ),
  changes: orNull(
    Type.Unsafe<Record<string, unknown>>({
      ...anything,
      description: "Since the prediction before, factor by factor, adding up exactly",
    }),
  ),
  what_if: orNull(Type.Object({ instead: anything, asked_by: text, asked_at: text })),
  interventions: Type.Array(anything, { description: "What was decided about it, oldest first" }),
  contact: Type.Object({
    contacted: Type.Boolean(),
    status: text,
    why: Type.String({ description: "Why the customer was contacted, or not, in a sentence" }),
  }),
  policies: Type.Array(Type.Object({ key: text, hash: text, document: anything }), {
    description: "The versions that it rests on, word for word",
  }),
  reviews: Type.Array(reviewAnswer),
});
export type DecisionAnswer = Static<typeof decisionAnswer>;
