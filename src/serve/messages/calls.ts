import Type, { type Static } from "typebox";

const orNull = Type.Union([Type.String(), Type.Null()]);
const call = {
  call_id: Type.String(),
  customer_id: orNull,
  intervention_id: orNull,
  priority: Type.Number(),
  message: Type.String({ description: "What the contact policy asks for" }),
  state: Type.String({ description: "waiting, taken, answered, no_answer" }),
  taken_by: orNull,
  taken_at: orNull,
  free_at: Type.Union([Type.String(), Type.Null()], {
    description: "From then on anybody may take it, although somebody has it",
  }),
  listed_at: Type.String(),
  expires_at: Type.String(),
};
export const callAnswer = Type.Object(call);
export type Call = Static<typeof callAnswer>;
export const callsAnswer = Type.Object({
  calls: Type.Array(callAnswer, { description: "The most urgent first" }),
});
export const takenAnswer = Type.Object({
  ...call,
  name: orNull,
  phone: orNull,
  script: Type.String({ description: "What to say, in the customer's language" }),
});

const tried = Type.Object({
  attempt: Type.Number(),
  state: Type.String(),
  reason: orNull,
  provider: orNull,
  idempotent: Type.Boolean({ description: "The provider sends one key once" }),
  simulated: Type.Boolean({ description: "Nothing left the house" }),
  reserved_at: Type.String(),
  settled_at: orNull,
  released_by: Type.Union([Type.String(), Type.Null()], {
    description: "Who allowed a further attempt",
  }),
});
const doubt = {
  notification_id: Type.String(),
  customer_id: orNull,
  intervention_id: orNull,
  channel: Type.String(),
  priority: Type.Number(),
  message: Type.String(),
  attempt: Type.Number(),
  provider: orNull,
  reason: orNull,
  since: Type.String(),
  expires_at: Type.String(),
  attempts: Type.Array(tried, { description: "What was tried, the oldest first" }),
};
const doubtAnswer = Type.Object(doubt);
export type Doubt = Static<typeof doubtAnswer>;
export const doubtsAnswer = Type.Object({
  notifications: Type.Array(doubtAnswer, { description: "The oldest first" }),
});
export const sentAgainAnswer = Type.Object({
  notification_id: Type.String(),
  asked_by: Type.String(),
});

export type CallsAnswer = Static<typeof callsAnswer>;
export type TakenCall = Static<typeof takenAnswer>;
export type DoubtsAnswer = Static<typeof doubtsAnswer>;
