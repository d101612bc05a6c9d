import Type, { type Static } from "typebox";
import { textOf } from "../messages.ts";

const text = Type.String();
const orNull = Type.Union([text, Type.Null()]);

/** What a line of a customer's timeline is about. */
export const lineKinds = [
  "money",
  "scores",
  "timers",
  "contacts",
  "holds",
  "dues",
  "outcomes",
  "profile",
  "people",
] as const;
export type LineKind = (typeof lineKinds)[number];

const kind = Type.Unsafe<LineKind>({
  type: "string",
  enum: [...lineKinds],
  description:
    "money, scores, timers: what was expected and did not happen; contacts, holds: contacts not " +
    "made; dues: instalments; outcomes; profile; people: what staff decided or asked",
});

const line = Type.Object({
  id: text,
  at: text,
  kind,
  says: Type.String({ description: "What happened, in plain words" }),
  detail: Type.String({ description: "More about it; may be empty" }),
  tone: Type.Unsafe<"bad" | "good" | "plain">({ type: "string", enum: ["bad", "good", "plain"] }),
  band: Type.Union([text, Type.Null()], { description: "Of a score" }),
  until: Type.Union([text, Type.Null()], { description: "Put off: when it is decided again" }),
  event: Type.Union([text, Type.Null()], { description: "The record whose journey shows it" }),
  prediction: Type.Union([text, Type.Null()], { description: "The prediction that explains it" }),
});
export type Line = Static<typeof line>;

export const timelineQuery = Type.Object({
  before: Type.Optional(textOf(700, { description: "The place that the page before named next" })),
  kinds: Type.Optional(
    textOf(200, {
      pattern: `^(${lineKinds.join("|")})(,(${lineKinds.join("|")}))*$`,
      description: `Only these, with commas between them: ${lineKinds.join(", ")}`,
    }),
  ),
  limit: Type.Optional(
    textOf(3, { pattern: "^([1-9]|[1-9]\\d|[1-4]\\d\\d|500)$", description: "1 to 500; 100" }),
  ),
});

export const timelineAnswer = Type.Object({
  customer_id: text,
  lines: Type.Array(line, { description: "The newest first; what falls due stands ahead of now" }),
  next: Type.Union([text, Type.Null()], {
    description: "To be given as before for the next page; null: there is none",
  }),
});
export type TimelineAnswer = Static<typeof timelineAnswer>;

export const timelineCounts = Type.Object({
  customer_id: text,
  counts: Type.Unsafe<Record<LineKind, number>>({
    type: "object",
    additionalProperties: { type: "number" },
  }),
});
export type TimelineCounts = Static<typeof timelineCounts>;

export const scoresQuery = Type.Object({
  from: Type.Optional(textOf(40, { description: "A time in ISO 8601; else 90 days before to" })),
  to: Type.Optional(textOf(40, { description: "A time in ISO 8601; else the newest score's" })),
});

const point = Type.Object({
  prediction_id: text,
  at: text,
  risk_score: Type.Number(),
  risk_level: text,
});
export type ScorePoint = Static<typeof point>;

export const scoresAnswer = Type.Object({
  customer_id: text,
  from: orNull,
  to: orNull,
  scores: Type.Number({ description: "How many there are in the span" }),
  points: Type.Array(point, {
    description: "The oldest first; at most 500, of many the first, last, lowest and highest stay",
  }),
  marks: Type.Array(
    Type.Object({ at: text, what: text, from: text, to: text, prediction_id: text }),
    { description: "Where another version of model or policy began to score; at most 50" },
  ),
  bands: Type.Union(
    [
      Type.Object({
        policy: text,
        MEDIUM: Type.Number(),
        HIGH: Type.Number(),
        CRITICAL: Type.Number(),
      }),
      Type.Null(),
    ],
    { description: "The least score of each band, by the policy in force at the end" },
  ),
  newest: Type.Union([point, Type.Null()]),
  week_before: Type.Union([point, Type.Null()], {
    description: "The score that held a week before the newest",
  }),
});
export type ScoresAnswer = Static<typeof scoresAnswer>;

const channel = Type.Object({
  channel: text,
  may: Type.Unsafe<"now" | "later" | "no" | "unknown">({
    type: "string",
    enum: ["now", "later", "no", "unknown"],
  }),
  from: Type.Union([text, Type.Null()], { description: "later: when every rule allows it" }),
  until: Type.Union([text, Type.Null()], { description: "now: when a rule begins to object" }),
  reason: Type.Union([text, Type.Null()], { description: "What stops or delays it" }),
  says: Type.String({ description: "All of it in words, in the customer's local time" }),
});
export type ContactChannel = Static<typeof channel>;

export const contactStateAnswer = Type.Object({
  customer_id: text,
  as_of: text,
  time_zone: Type.Union([text, Type.Null()], { description: "The customer's; null: unknown" }),
  policy: orNull,
  channels: Type.Array(channel),
  contacts_of_7_days: Type.Union([Type.Number(), Type.Null()]),
  statuses: Type.Array(text),
  needs_person: Type.Boolean({ description: "A person speaks with them, not a machine" }),
  episode: Type.Union([
    Type.Object({
      episode_id: text,
      since: text,
      day: Type.Number({ description: "The first day is 1" }),
      ends_at: Type.String({ description: "Unless another score that is not low prolongs it" }),
      arm: text,
      step: Type.Number({ description: "The highest step taken; 0: none" }),
      steps: Type.Number(),
    }),
    Type.Null(),
  ]),
  unknown: Type.Array(text, { description: "What could not be looked at, in sentences" }),
});
export type ContactStateAnswer = Static<typeof contactStateAnswer>;
