import type pg from "pg";
import { failure } from "../../errors.ts";
import { type Found, placeOf, type Records } from "./records.ts";
import { lookUp, topicOf } from "./tables.ts";

const traceSlackMs = 500;

/** The time that a UUIDv7 begins with, in ms; undefined for any other id. */
const timeIn = (hex: string): number | undefined =>
  /^[0-9a-f]{12}7/.test(hex) ? Number.parseInt(hex.slice(0, 12), 16) : undefined;

/** The id as it stands in records, and, where it is a trace, as the id that the trace came from. */
const namesOf = (id: string): string[] => {
  const hex = id.toLowerCase();
  const isTrace = /^[0-9a-f]{32}$/.test(hex);
  return isTrace ? [id, hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")] : [id];
};

/** The first record of a trace, whose id tells when it came in: looked for in every partition. */
const byTrace = async (records: Records, trace: string, ms: number): Promise<Found | undefined> => {
  const entries = [...records.desk.topics.values()].filter(
    ({ writers, topic }) => topic.envelope && writers.some(({ kind }) => kind === "ingest"),
  );
  for (const about of entries) {
    const hit = await records.anywhereAfter(
      about,
      ms - traceSlackMs,
      ({ header }) => header?.trace === trace || header?.id.replaceAll("-", "") === trace,
    );
    if (hit) return hit;
  }
  return undefined;
};

/**
 * The record that somebody's id names: a place, an id of ours, or a trace. Throws RECORD_UNKNOWN,
 * RECORD_GONE, READ_MODEL_AWAY, TOPICS_AWAY.
 */
export const resolve = async (records: Records, pool: pg.Pool, id: string): Promise<Found> => {
  const spot = records.spotOf(id);
  if (spot) {
    const found = await records.at(spot);
    if (found) return found;
    const isAhead = !(await records.wasWritten(spot));
    throw isAhead ? failure("RECORD_UNKNOWN", id) : failure("RECORD_GONE", placeOf(spot));
  }
  const names = namesOf(id);
  for (const name of names) {
    const known = await lookUp(pool, name);
    if (known === undefined) continue;
    const { topic, idIn } = topicOf[known.kind];
    const about = records.desk.about(topic);
    const found = await records.near(
      about,
      known.customer_id,
      known.at.getTime(),
      ({ fields }) => idIn(fields) === name,
    );
    if (found) return found;
    throw failure("RECORD_GONE", `The ${known.kind} "${name}"`);
  }
  const hex = id.replaceAll("-", "").toLowerCase();
  const ms = /^[0-9a-f]{32}$/.test(hex) ? timeIn(hex) : undefined;
  const first = ms === undefined ? undefined : await byTrace(records, hex, ms);
  if (first) return first;
  throw failure("RECORD_UNKNOWN", id);
};
