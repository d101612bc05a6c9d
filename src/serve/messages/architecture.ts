import Type, { type Static, type TSchema } from "typebox";
import { errorAnswer } from "../messages.ts";
import { platformFile } from "./platform.ts";

const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

export const architectureAnswer = Type.Object({
  own: platformFile,
  platform: orNull(platformFile),
  platform_file: Type.String({ description: "Where the platform is told" }),
  platform_fault: orNull(errorAnswer),
});
export type ArchitectureAnswer = Static<typeof architectureAnswer>;

/** seen: within 7 days. unknown: it cannot be known, or not yet. */
export const flowStates = ["seen", "not_seen", "undeclared", "unknown"] as const;

const liveFlow = Type.Object({
  from: Type.String(),
  to: Type.String(),
  state: Type.Unsafe<(typeof flowStates)[number]>({ type: "string", enum: [...flowStates] }),
  seen_at: orNull(Type.String({ description: "When it was last seen" })),
  why: Type.String({ description: "What the state rests on, in a sentence" }),
  rate_per_s: orNull(Type.Number({ description: "Records; null is unknown, 0 is none" })),
  lag_records: orNull(Type.Number({ description: "Of the reader; null is unknown" })),
  lag_seconds: orNull(Type.Number()),
});
export type LiveFlow = Static<typeof liveFlow>;

const liveTopic = Type.Object({
  topic: Type.String(),
  rate_per_s: orNull(Type.Number({ description: "Records; null is unknown, 0 is none" })),
  stored: orNull(Type.Number({ description: "Offsets between the first and the end" })),
  newest_at: orNull(Type.String({ description: "When the newest record was appended" })),
});
export type LiveTopic = Static<typeof liveTopic>;

export const architectureLiveAnswer = Type.Object({
  sampled_at: orNull(Type.String()),
  /** What keeps the figures from being known, in a sentence. */
  fault: orNull(Type.String()),
  watched_days: Type.Integer({ description: "Of the last 7, days on which somebody watched" }),
  topics: Type.Array(liveTopic),
  flows: Type.Array(liveFlow),
});
export type ArchitectureLiveAnswer = Static<typeof architectureLiveAnswer>;
