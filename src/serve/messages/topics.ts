import Type, { type Static, type TSchema } from "typebox";

/** What the API says of topics and of what lies on them. Times are ISO 8601 in UTC. */
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const text = Type.String();
const number = Type.Number();

const party = Type.Object({
  name: text,
  kind: Type.String({ description: "ingest, processor or sink" }),
  role: orNull(text),
  group: orNull(text),
});

const lag = Type.Object({
  group: text,
  records: number,
  seconds: orNull(number),
});

const topicFigures = {
  name: text,
  kind: Type.String({ description: "events, engine, or changelog" }),
  says: text,
  owner: orNull(text),
  key: orNull(Type.String({ description: "What the key is, in words" })),
  partitions: number,
  compacted: Type.Boolean(),
  retention_ms: orNull(Type.Number({ description: "null: kept for ever" })),
  records: orNull(
    Type.Number({ description: "Offsets that are stored: markers of transactions count too" }),
  ),
  per_s: orNull(Type.Number({ description: "Over the last seconds; null: not known yet" })),
  bytes: orNull(
    Type.Number({ description: "About: the mean size of its newest records × records" }),
  ),
  lag: Type.Array(lag, { description: "Of its readers, the furthest behind first" }),
  writers: Type.Array(party),
  readers: Type.Array(party),
};
export const topicSummary = Type.Object(topicFigures);
export type TopicSummary = Static<typeof topicSummary>;

export const topicsAnswer = Type.Object({
  at: text,
  topics: Type.Array(topicSummary),
});
export type TopicsAnswer = Static<typeof topicsAnswer>;

export const topicAnswer = Type.Object({
  ...topicFigures,
  example: orNull(Type.Unknown({ description: "A value as the contract shows it" })),
  key_example: orNull(text),
  /** Why nobody may write here by hand; null: an engineer may. */
  refused: orNull(text),
  range: Type.Object({
    from: orNull(Type.String({ description: "When its first record was appended" })),
    to: orNull(Type.String({ description: "When its last record was appended" })),
  }),
  offsets: Type.Array(Type.Object({ partition: number, start: number, end: number })),
});
export type TopicAnswer = Static<typeof topicAnswer>;

const header = Type.Object({
  id: text,
  type: text,
  source: Type.String({ description: "Who wrote it, @, version" }),
  schema: text,
  origin: Type.String({ description: "topic-partition-offset of its cause, or a name" }),
  event_time: text,
  ingest_time: text,
  trace: text,
});

export const message = Type.Object({
  place: Type.String({ description: "topic-partition-offset" }),
  partition: number,
  offset: number,
  time: Type.String({ description: "When the broker appended it" }),
  key: orNull(text),
  size: Type.Number({ description: "Bytes of the value" }),
  type: orNull(text),
  header: orNull(header),
  writer: orNull(
    Type.String({
      description: "Who wrote it, as the architecture names its parts; null: unknown",
    }),
  ),
  headers: Type.Array(Type.Object({ name: text, value: text })),
  form: Type.String({ description: "json, bytes, or tombstone" }),
  value: Type.Unknown({ description: "Personal fields masked; null where it is not JSON" }),
  preview: orNull(Type.String({ description: "Hexadecimal, its beginning" })),
  note: orNull(Type.String({ description: "Why it is not shown whole, or cannot be used" })),
});
export type Message = Static<typeof message>;

export const messagesAnswer = Type.Object({
  messages: Type.Array(message),
  next: orNull(Type.String({ description: "Give it as `at` for what lies behind; null: the end" })),
  looked: Type.Number({ description: "Records that this page lies over" }),
  until: orNull(Type.String({ description: "Append time of the last record looked at" })),
  took_ms: number,
  filter: orNull(
    Type.Object({
      stopped: orNull(Type.String({ description: "Why it was ended before its time" })),
      failed: Type.Number({ description: "Records on which it could not be computed" }),
      failure: orNull(text),
    }),
  ),
});
export type MessagesAnswer = Static<typeof messagesAnswer>;

/** What the stream of new messages says, again and again. */
export type TailSays = {
  messages: Message[];
  /** How many more came since the last time, and were not shown or not looked at. */
  skipped: number;
  /** Why the filter was ended; then nothing more comes. */
  stopped: string | null;
};

export const producedAnswer = Type.Object({
  written: Type.Boolean(),
  key: orNull(text),
  partition: orNull(number),
  faults: Type.Array(Type.Object({ field: text, says: text })),
});
export type ProducedAnswer = Static<typeof producedAnswer>;
