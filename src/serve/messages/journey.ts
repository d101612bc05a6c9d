import Type, { type Static, type TSchema } from "typebox";
import { message } from "./topics.ts";

/** The way of one record through the topics: what caused it, and what it caused. */
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const text = Type.String();
const number = Type.Number();

export const hopStates = ["kafka", "archive", "gone", "timer"] as const;

const hop = Type.Object({
  id: Type.String({ description: "topic-partition-offset, or the deadline that was reached" }),
  parent: orNull(Type.String({ description: "`id` of what caused it" })),
  main: Type.Boolean({ description: "Whether it is on the way that leads through the record" }),
  asked: Type.Boolean(),
  slowest: Type.Boolean(),
  state: Type.Unsafe<(typeof hopStates)[number]>({ type: "string", enum: [...hopStates] }),
  topic: orNull(text),
  partition: orNull(number),
  offset: orNull(number),
  says: Type.String({ description: "What it is, in a few words" }),
  by: orNull(Type.String({ description: "Who wrote it" })),
  version: orNull(text),
  began_at: orNull(
    Type.String({ description: "When its cause was appended; of the first, when it came in" }),
  ),
  append_at: orNull(text),
  event_at: orNull(text),
  waiting_ms: orNull(Type.Number({ description: "Until whoever wrote it was free for its cause" })),
  working_ms: orNull(Type.Number({ description: "From then until it was appended" })),
  ended: orNull(Type.String({ description: "Why nothing more follows from it, in a sentence" })),
  message: orNull(message),
});
export type Hop = Static<typeof hop>;

export const journeyAnswer = Type.Object({
  id: text,
  kind: Type.String({ description: "What was asked for, in words" }),
  customer_id: orNull(text),
  hops: Type.Array(hop, { description: "Causes before what they caused" }),
  began_at: orNull(text),
  ended_at: orNull(text),
  notes: Type.Array(Type.String({ description: "What could not be found, and why" })),
});
export type JourneyAnswer = Static<typeof journeyAnswer>;
