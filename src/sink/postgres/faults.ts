import { deadLetters, lateEvents } from "../../events/topics.ts";
import { type Arrival, from, fromUnread, table } from "./table.ts";

const columns = {
  origin: "text",
  processor: "text",
  reason: "text",
  at: "timestamptz",
} as const;
/** `kept_at` is where the bytes lie in topic `dead-letters`, where they were put there. */
const deadColumns = { ...columns, kept_at: "text" } as const;
const key = ["origin", "processor"] as const;

/** What the engine writes beside the bytes of a dead letter, as far as it is shown. */
type Why = {
  reason?: string;
  processor?: string;
  topic?: string;
  partition?: number;
  offset?: number;
};

const readWhy = (arrival: Arrival): Why => {
  const bytes = arrival.headers?.find((h) => h.dead !== undefined)?.dead;
  return bytes === undefined ? {} : (JSON.parse(bytes.toString("utf8")) as Why);
};

const placeOf = (why: Why, arrival: Arrival): string =>
  why.offset === undefined ? arrival.place : `${why.topic}-${why.partition}-${why.offset}`;

/** Where records that could not be used came from, and why; never what was in them. */
export const deadLettersTable = table({
  name: "dead_letters",
  columns: deadColumns,
  key,
  keeps: "first",
  from: [
    fromUnread(deadLetters, (arrival) => {
      const why = readWhy(arrival);
      return {
        origin: placeOf(why, arrival),
        processor: why.processor ?? "unknown",
        reason: why.reason ?? "unknown",
        at: new Date(arrival.appendTime).toISOString(),
        kept_at: arrival.place,
      };
    }),
  ],
});

export const lateEventsTable = table({
  name: "late_events",
  columns,
  key,
  keeps: "first",
  from: [
    from(lateEvents, (late, { header }) => ({
      origin: late.origin,
      processor: late.processor,
      reason: late.reason,
      at: late.event_time ?? new Date(header?.eventTime ?? 0).toISOString(),
    })),
  ],
});
