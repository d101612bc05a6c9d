import Type, { type Static } from "typebox";
import { interventionStatuses } from "../../events/intervention.ts";
import { riskLevels } from "../../events/prediction.ts";
import { textOf } from "../messages.ts";

const text = Type.String();
const orNull = Type.Union([text, Type.Null()]);
const oneOf = <const L extends readonly string[]>(list: L, more = {}) =>
  Type.Unsafe<L[number]>({ type: "string", enum: [...list], ...more });
const day = "A time in ISO 8601";

/** The dimensions by which decisions are counted and chosen. */
export const dimensions = ["status", "band", "type", "channel", "arm", "reason"] as const;
export type Dimension = (typeof dimensions)[number];

const chosen = {
  status: Type.Optional(oneOf(interventionStatuses)),
  band: Type.Optional(oneOf(riskLevels)),
  type: Type.Optional(textOf(200)),
  channel: Type.Optional(textOf(200)),
  arm: Type.Optional(textOf(200)),
  reason: Type.Optional(textOf(200, { description: "What stopped or delayed it" })),
  from: Type.Optional(textOf(40, { description: `${day}: from then on` })),
  to: Type.Optional(textOf(40, { description: `${day}: until just before` })),
  days: Type.Optional(
    textOf(3, {
      pattern: "^([1-9]|[1-9]\\d|[12]\\d\\d|3[0-5]\\d|36[0-6])$",
      description: "In place of from: so many days before the end or the newest decision, 1 to 366",
    }),
  ),
};
export const statisticsQuery = Type.Object(chosen);
export const listQuery = Type.Object({
  ...chosen,
  before: Type.Optional(
    textOf(400, { description: "The place that the page before named as next" }),
  ),
  limit: Type.Optional(
    textOf(3, { pattern: "^([1-9]|[1-9]\\d|1\\d\\d|200)$", description: "Rows, 1 to 200" }),
  ),
});
export type Chosen = Static<typeof statisticsQuery>;

const span = Type.Object({ from: orNull, to: orNull }, { description: "null: without an end" });

const listedIntervention = Type.Object({
  intervention_id: text,
  customer_id: text,
  decided_at: text,
  outcome: oneOf(["taken", "stopped", "delayed", "held_out"] as const, {
    description: "Whether the step was taken, and else what kept it",
  }),
  status: oneOf(interventionStatuses),
  why: Type.String({ description: "Why, in a sentence" }),
  suppressed_by: orNull,
  not_before: orNull,
  risk_level: oneOf(riskLevels),
  risk_score: Type.Number(),
  intervention_type: text,
  channel: orNull,
  arm: orNull,
  prediction_id: orNull,
  policy_version: orNull,
  episode_id: orNull,
});
export type ListedIntervention = Static<typeof listedIntervention>;

export const interventionsAnswer = Type.Object({
  span,
  interventions: Type.Array(listedIntervention, { description: "The newest first" }),
  next: Type.Union([text, Type.Null()], {
    description: "To be given as before for the next page; null: there is none",
  }),
});
export type InterventionsAnswer = Static<typeof interventionsAnswer>;

const tally = Type.Array(
  Type.Object({
    value: orNull,
    count: Type.Number(),
  }),
  { description: "How many there would be with this value, the other filters as they are" },
);
const interval = Type.Object({ value: Type.Number(), low: Type.Number(), high: Type.Number() });
const armAnswer = Type.Object({
  arm: text,
  episodes: Type.Number({ description: "Whose outcome is known" }),
  missed: Type.Number({ description: "Of these, with a payment missed in the time" }),
  share: Type.Union([interval, Type.Null()], {
    description: "With its interval of 95 %; null: too few episodes to say",
  }),
  difference: Type.Union([interval, Type.Null()], {
    description: "Of its share to that of the control group",
  }),
  says: text,
});

export const statisticsAnswer = Type.Object({
  span,
  total: Type.Number(),
  outcomes: Type.Object({
    taken: Type.Number(),
    stopped: Type.Number(),
    delayed: Type.Number(),
    held_out: Type.Number(),
  }),
  by: Type.Object({
    status: tally,
    band: tally,
    type: tally,
    channel: tally,
    arm: tally,
    reason: tally,
  }),
  reasons: Type.Array(
    Type.Object({ reason: text, says: text, stopped: Type.Number(), delayed: Type.Number() }),
    { description: "What stopped and delayed contacts, the most frequent first" },
  ),
  course: Type.Array(Type.Object({ at: text, taken: Type.Number(), not_taken: Type.Number() }), {
    description: "In equal steps over the span",
  }),
  step_ms: Type.Number(),
  arms: Type.Object({
    within_days: Type.Number(),
    least_episodes: Type.Number(),
    compared: Type.Array(armAnswer),
    says: Type.String({ description: "What is compared, and what is left out" }),
  }),
});
export type StatisticsAnswer = Static<typeof statisticsAnswer>;

const statusAnswer = Type.Object({
  status: oneOf(interventionStatuses),
  at: text,
  why: text,
  not_before: orNull,
});
const attemptAnswer = Type.Object({
  attempt: Type.Number(),
  channel: text,
  provider: orNull,
  idempotent: Type.Boolean({ description: "The provider sends one key once" }),
  simulated: Type.Boolean({ description: "Nothing left the house" }),
  state: text,
  reason: orNull,
  reserved_at: text,
  settled_at: orNull,
  released_by: Type.Union([text, Type.Null()], {
    description: "Who allowed a further attempt",
  }),
  released_at: orNull,
});
export type AttemptAnswer = Static<typeof attemptAnswer>;

export const courseAnswer = Type.Object({
  intervention_id: text,
  statuses: Type.Array(statusAnswer, { description: "Each status it had, the oldest first" }),
  attempts: Type.Array(attemptAnswer, { description: "The ledger of what was tried" }),
});
export type CourseAnswer = Static<typeof courseAnswer>;
