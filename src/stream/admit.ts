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

/** A value with its event time (ms since 1970), or why nobody can use the record. */
export type Admission =
  | { value: unknown; time: number; reason?: undefined }
  | { reason: DeadReason; detail: string };

const dayMs = 86_400_000;

/**
 * Reads and checks a record by its topic's contract. Processors and sinks ask the same question, so
 * that a record which one dead-letters is not a row of the other.
 */
export const admit = (topic: Topic, record: Candidate, recordMaxBytes: number): Admission => {
  const { key, value: bytes, header, appendTime } = record;
  if (key === null || key === "")
    return { reason: "key_missing", detail: `Records of ${topic.name} need a key` };
  if (bytes === null)
    return topic.tombstones
      ? { value: null, time: header?.eventTime ?? appendTime }
      : { reason: "tombstone", detail: `${topic.name} has no tombstones` };
  if (bytes.length > recordMaxBytes) {
    const detail = `${bytes.length} bytes; a record may have ${recordMaxBytes}`;
    return { reason: "record_too_large", detail };
  }
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
  const latest = (header?.ingestTime ?? appendTime) + dayMs;
  if (time >= 0 && time <= latest) return { value, time };
  const detail = "The event lies before 1970 or more than 24 hours after it was received";
  return { reason: "time_out_of_range", detail };
};
