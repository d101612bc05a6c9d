import type pg from "pg";
import { failure } from "../../errors.ts";
import { isoTime, timeMs } from "../../events/time.ts";
import {
  type Line,
  type LineKind,
  lineKinds,
  type TimelineAnswer,
  type TimelineCounts,
} from "../messages/timeline.ts";
import { rowsOf } from "./rows.ts";
import { countsSql, type LineSource, lineSources, pageSql } from "./sources.ts";
import { wordsOf } from "./words.ts";

type Row = { at: string; id: string; source: string; kind: LineKind; body: unknown };
type Place = readonly [at: string, id: string];

const first: Place = ["infinity", ""];
const placePattern = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

const write = (place: Place): string => Buffer.from(JSON.stringify(place)).toString("base64url");

const read = (text: string): Place => {
  try {
    const [at, id] = JSON.parse(Buffer.from(text, "base64url").toString()) as unknown[];
    if (typeof at === "string" && typeof id === "string" && placePattern.test(at)) return [at, id];
  } catch {
    // Said below.
  }
  throw failure("REQUEST_WRONG", "before is not a place that a page named as next");
};

const utcOrNull = (time: string | null | undefined): string | null =>
  time == null ? null : isoTime(timeMs(time));

const lineOf = ({ at, id, source, kind, body }: Row): Line => {
  const said = wordsOf(source, body);
  return {
    id,
    at: isoTime(timeMs(at)),
    kind,
    says: said.says,
    detail: said.detail ?? "",
    tone: said.tone ?? "plain",
    band: said.band ?? null,
    until: utcOrNull(said.until),
    event: said.event ?? null,
    prediction: said.prediction ?? null,
  };
};

export const mustBeKnown = async (pool: pg.Pool, customer: string): Promise<void> => {
  const [{ known }] = await rowsOf<{ known: boolean }>(pool, {
    name: "customer known",
    text: `select exists (select from customers where customer_id = $1)
      or exists (select from risk_scores where customer_id = $1)
      or exists (select from transactions where customer_id = $1) as known`,
    values: [customer],
  });
  if (!known) throw failure("CUSTOMER_UNKNOWN", customer);
};

const sourcesOf = (kinds: readonly string[]): readonly LineSource[] =>
  lineSources.filter(({ kind }) => kinds.includes(kind));

type Asked = { before?: string | undefined; kinds?: string | undefined; limit?: number };

/**
 * A page of everything that is known of a customer, newest first. Throws CUSTOMER_UNKNOWN,
 * REQUEST_WRONG and READ_MODEL_AWAY.
 */
export const readTimeline = async (
  pool: pg.Pool,
  customer: string,
  { before, kinds, limit = 100 }: Asked,
): Promise<TimelineAnswer> => {
  const sources = sourcesOf(kinds?.split(",") ?? lineKinds);
  const [at, id] = before === undefined ? first : read(before);
  const rows = await rowsOf<Row>(pool, {
    text: pageSql(sources),
    values: [customer, at, id, limit + 1],
  });
  if (rows.length === 0 && before === undefined) await mustBeKnown(pool, customer);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? write([last.at, last.id]) : null;
  return { customer_id: customer, lines: page.map(lineOf), next };
};

/** How many lines of each kind there are. */
export const countTimeline = async (pool: pg.Pool, customer: string): Promise<TimelineCounts> => {
  const rows = await rowsOf<{ kind: LineKind; lines: number }>(pool, {
    name: "timeline counts",
    text: countsSql(lineSources),
    values: [customer],
  });
  const counts = Object.fromEntries(lineKinds.map((kind) => [kind, 0])) as Record<LineKind, number>;
  for (const { kind, lines } of rows) counts[kind] = lines;
  return { customer_id: customer, counts };
};
