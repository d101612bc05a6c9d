import Type, { type Static } from "typebox";
import { approvalAnswer } from "./approvals.ts";

const text = Type.String();
const orNull = Type.Union([text, Type.Null()]);
const oneOf = <const L extends readonly string[]>(list: L, more = {}) =>
  Type.Unsafe<L[number]>({ type: "string", enum: [...list], ...more });

export const letterStates = ["open", "sending", "redriven", "set_aside"] as const;
export type LetterState = (typeof letterStates)[number];
const letterState = oneOf(letterStates, {
  description: "sending: on its way, or nobody knows whether it arrived",
});

const causeAnswer = Type.Object({
  cause: Type.String({ description: "processor~reason~topic" }),
  processor: text,
  group: Type.Union([text, Type.Null()], { description: "To which it may be redriven" }),
  reason: text,
  topic: text,
  records: Type.Integer(),
  first: text,
  last: text,
  series: Type.Array(Type.Integer(), { description: "How many in each stretch of `step_s`" }),
});
export type CauseAnswer = Static<typeof causeAnswer>;

export const causesAnswer = Type.Object({
  state: letterState,
  /** The series begins here. */
  since: text,
  step_s: Type.Integer(),
  counts: Type.Unsafe<Record<LetterState, number>>({
    type: "object",
    description: "How many there are in each state",
    additionalProperties: { type: "integer" },
  }),
  causes: Type.Array(causeAnswer, { description: "The latest first" }),
});
export type CausesAnswer = Static<typeof causesAnswer>;

const listedAnswer = Type.Object({
  at: Type.String({ description: "Where its bytes lie: topic-partition-offset" }),
  origin: Type.String({ description: "Where it came from" }),
  processor: text,
  reason: text,
  time: text,
  state: letterState,
  settled_by: orNull,
  settled_at: orNull,
});
export type ListedAnswer = Static<typeof listedAnswer>;
export const lettersAnswer = Type.Object({
  records: Type.Array(listedAnswer, { description: "The newest first" }),
  next: Type.Union([text, Type.Null()], { description: "Hand back as `after` for more" }),
});
export type LettersAnswer = Static<typeof lettersAnswer>;

const fieldAnswer = Type.Object({
  path: text,
  asks: orNull,
  needed: Type.Boolean(),
  personal: Type.Boolean(),
  state: oneOf(["kept", "missing", "wrong", "absent", "undeclared", "unread"] as const),
  says: orNull,
});
const refusalAnswer = Type.Union([Type.Object({ reason: text, detail: text }), Type.Null()]);

export const checkAnswer = Type.Object({
  keeps: Type.Boolean({ description: "Whether it keeps the contract of its topic" }),
  refusal: refusalAnswer,
  fields: Type.Array(fieldAnswer),
  key: Type.Union([text, Type.Null()], { description: "Under which it would go back" }),
});
export type CheckAnswer = Static<typeof checkAnswer>;

export const letterAnswer = Type.Object({
  ...listedAnswer.properties,
  settled_because: orNull,
  group: orNull,
  topic: Type.String({ description: "Where it came from" }),
  detail: Type.Union([text, Type.Null()], { description: "The error, in a sentence" }),
  redrivable: Type.Boolean(),
  hindrance: Type.Union([text, Type.Null()], { description: "Why it cannot go back" }),
  others: Type.Array(text, {
    description: "Groups that read the topic too, and would leave it out",
  }),
  key: orNull,
  bytes: Type.Integer(),
  appended_at: text,
  header: Type.Union([
    Type.Object({
      id: text,
      type: text,
      source: text,
      schema: text,
      origin: text,
      event_time: text,
      ingest_time: text,
      trace: text,
    }),
    Type.Null(),
  ]),
  headers: Type.Array(Type.Object({ name: text, bytes: Type.Integer() })),
  text: Type.Union([text, Type.Null()], {
    description: "Where it is UTF-8; personal data has tokens in its place",
  }),
  text_is_whole: Type.Boolean(),
  masked: Type.Integer({ description: "How many pieces of personal data are hidden" }),
  hex: Type.Object({
    from: Type.Integer(),
    bytes: Type.String({ description: "Two digits a byte; personal data is starred out" }),
  }),
  refusal: refusalAnswer,
  fields: Type.Array(fieldAnswer, { description: "Against its contract, field by field" }),
});
export type LetterAnswer = Static<typeof letterAnswer>;

export const dryRunAnswer = Type.Object({
  says: Type.String({ description: "What would happen, and on what state it was tried" }),
  state: oneOf(["restored", "empty", "none"] as const),
  outcomes: Type.Array(
    Type.Object({
      topic: text,
      key: orNull,
      time: text,
      value: Type.Union([text, Type.Null()], { description: "JSON, masked" }),
    }),
  ),
  refusal: refusalAnswer,
  counts: Type.Array(Type.Object({ name: text, times: Type.Integer() })),
});
export type DryRunAnswer = Static<typeof dryRunAnswer>;

export const redriveAnswer = Type.Object({
  redrive_id: text,
  processor: text,
  group: text,
  what: Type.String({ description: "Which records" }),
  edited: Type.Boolean(),
  per_second: Type.Integer(),
  most: Type.Integer(),
  asked_by: text,
  approved_by: orNull,
  began_at: text,
  ended_at: orNull,
  state: oneOf(["running", "done", "stopped", "failed"] as const),
  done: Type.Integer(),
  left_out: Type.Integer({
    description: "Set aside: their bytes are gone, or their customers were erased; each says which",
  }),
  why: orNull,
});
export type RedriveAnswer = Static<typeof redriveAnswer>;
export const redrivesAnswer = Type.Object({ redrives: Type.Array(redriveAnswer) });
export type RedrivesAnswer = Static<typeof redrivesAnswer>;

/** What came of asking for a redrive: it runs, or it waits for a second person. */
export const redriveAskedAnswer = Type.Object({
  effect: Type.String({ description: "What it brings about, in words and numbers" }),
  redrive: Type.Union([redriveAnswer, Type.Null()]),
  approval: Type.Union([approvalAnswer, Type.Null()]),
});
export type RedriveAskedAnswer = Static<typeof redriveAskedAnswer>;

export const settledAnswer = Type.Object({ settled: Type.Integer() });
export type SettledAnswer = Static<typeof settledAnswer>;
