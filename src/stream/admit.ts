import { sentenceOf } from "../errors.ts";
import { type DeadReason, reasonOf, type Topic } from "./topic.ts";

/** A record as it lies in the log, as far as admission looks at it. */
export type Candidate = {
  /** Text of the key; null or empty: there is none. */
  key: string | null;
  value: Buffer | null;
  header: { eventTime: number; ingestTime: number } | undefined;
  /** ms since 1970. */
  appendTime: number;
};

type Refusal = { reason: DeadReason; detail: string };

/** A value with its event time (ms since 1970), or why nobody can use the record. */
export type Admission = { value: unknown; time: number; reason?: undefined } | Refusal;

const dayMs = 86_400_000;

/**
 * Reads and checks a record by its topic's contract. Processors and sinks ask the same question, so
 * that a record which one dead-letters is not a row of the other.
 */
export const admit = (topic: Topic, record: Candidate, recordMaxBytes: number): Admission => {
  const { key, value: bytes, header, appendTime } = record;
  const received = header?.ingestTime ?? appendTime;
  if (key === null || key === "")
    return { reason: "key_missing", detail: `Records of ${topic.name} need a key` };
  const size = key.length + (bytes === null ? 0 : bytes.length);
  if (size > recordMaxBytes) {
    const detail = `${size} bytes; a record may have ${recordMaxBytes}`;
    return { reason: "record_too_large", detail };
  }
  if (bytes === null)
    return topic.tombstones
      ? inTime(null, header?.eventTime ?? appendTime, received)
      : { reason: "tombstone", detail: `${topic.name} has no tombstones` };
  let value: unknown;
  let time: number;
  try {
    value = topic.read(bytes);
    time = topic.timeOf(value) ?? header?.eventTime ?? appendTime;
    if (topic.keyOf && topic.keyOf(value) !== key)
      return { reason: "key_mismatch", detail: "The record's key differs from its value's" };
  } catch (thrown) {
    return { reason: reasonOf(thrown) ?? "processor_failed", detail: sentenceOf(thrown) };
  }
  return inTime(value, time, received);
};

const inTime = (value: unknown, time: number, received: number): Admission => {
  if (time >= 0 && time <= received + dayMs) return { value, time };
  const detail = "The event lies before 1970 or more than 24 hours after it was received";
  return { reason: "time_out_of_range", detail };
};

/**
 * The time that a tick tells, or why it cannot be one. Clocks never go back, so a tick of long ago
 * does no harm; one from far ahead would fire every deadline up to it.
 */
export const admitTick = (
  topic: Topic<number>,
  value: Buffer | null,
  appendTime: number,
): { time: number; reason?: undefined } | Refusal => {
  if (value === null) return { reason: "tombstone", detail: `${topic.name} has no tombstones` };
  let time: number;
  try {
    time = topic.read(value);
  } catch (thrown) {
    return { reason: reasonOf(thrown) ?? "not_a_number", detail: sentenceOf(thrown) };
  }
  if (time <= appendTime + dayMs) return { time };
  const detail = "The tick lies more than 24 hours after it was received, or tells no time";
  return { reason: "time_out_of_range", detail };
};
