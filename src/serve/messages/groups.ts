import Type, { type Static } from "typebox";
import { approvalAnswer } from "./approvals.ts";

const text = Type.String();
const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const oneOf = <const L extends readonly string[]>(list: L, more = {}) =>
  Type.Unsafe<L[number]>({ type: "string", enum: [...list], ...more });

export const groupStates = ["stable", "changing", "empty", "dead", "unknown"] as const;
export const offsetPlaces = ["kafka", "postgres", "redis", "files", "itself"] as const;
export type OffsetPlace = (typeof offsetPlaces)[number];
export const targets = ["earliest", "latest", "time", "offset"] as const;
export type Target = (typeof targets)[number];

const memberAnswer = Type.Object({
  id: text,
  client: text,
  instance: Type.Union([text, Type.Null()], { description: "A member that keeps its place" }),
  host: text,
  parts: Type.Array(Type.Object({ topic: text, partition: Type.Integer() })),
});
export type MemberAnswer = Static<typeof memberAnswer>;

const partAnswer = Type.Object({
  topic: text,
  partition: Type.Integer(),
  committed: Type.Union([Type.Integer(), Type.Null()], { description: "null: not yet" }),
  end: Type.Integer(),
  records: Type.Integer({ description: "How many it is behind" }),
  seconds: orNull(Type.Number({ description: "How old the oldest of these is; null: unknown" })),
  member: Type.Union([text, Type.Null()], { description: "Who reads it" }),
});
export type PartAnswer = Static<typeof partAnswer>;

const groupAnswer = Type.Object({
  group: Type.String({ description: "Without the space" }),
  of: Type.Union([text, Type.Null()], { description: "The processor or sink; null: not ours" }),
  kind: oneOf(["processor", "sink", "other"] as const),
  state: oneOf(groupStates),
  offsets_in: oneOf(offsetPlaces, { description: "Where it keeps how far it is" }),
  offsets_say: text,
  members: Type.Array(memberAnswer),
  records: orNull(Type.Integer()),
  seconds: orNull(Type.Number()),
  trend: orNull(oneOf(["growing", "shrinking", "steady"] as const)),
  caught_up_in_s: orNull(Type.Number()),
  history: Type.Array(Type.Object({ at: text, records: Type.Integer() })),
  parts: Type.Array(partAnswer),
});
export type GroupAnswer = Static<typeof groupAnswer>;
export const groupsAnswer = Type.Object({ at: text, groups: Type.Array(groupAnswer) });
export type GroupsAnswer = Static<typeof groupsAnswer>;

export const resetAnswer = Type.Object({
  group: text,
  effect: Type.String({ description: "What it brings about, in words and numbers" }),
  parts: Type.Array(
    Type.Object({
      topic: text,
      partition: Type.Integer(),
      from: Type.Integer(),
      to: Type.Integer(),
      again: Type.Integer({ description: "How many are read again, about" }),
      skipped: Type.Integer({ description: "How many are never read, about" }),
    }),
  ),
  hindrance: Type.Union(
    [Type.Object({ says: text, cure: text, command: orNull(text) }), Type.Null()],
    { description: "Why it cannot be done now, and what to do" },
  ),
  warning: orNull(text),
  approval: orNull(approvalAnswer),
});
export type ResetAnswer = Static<typeof resetAnswer>;
