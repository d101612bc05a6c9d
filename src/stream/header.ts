/**
 * The one header of our records, `bw`: a version and eight fields in fixed order, parted by `|`.
 * One packed header costs a third of eight separate ones (docs/decisions/hot-loop.md).
 */
export type Header = {
  /** Identity of this record. */
  id: string;
  /** What kind of event it is. */
  type: string;
  /** Who wrote it: processor or ingest, `@`, version. */
  source: string;
  schema: string;
  /** `topic-partition-offset` of the record that caused it, or the origin that an ingest names. */
  origin: string;
  /** ms since 1970. */
  eventTime: number;
  /** When the first cause entered our system, ms since 1970. */
  ingestTime: number;
  /** Derived from the first cause; the same on everything that follows from it. */
  trace: string;
};

export const headerName = "bw";
const version = "1";
/** What follows from a record bears much of its header: one that is longer is nobody's. */
const headerMaxBytes = 16_384;

/** `|` and `%` inside a field are percent-encoded, and NUL, where the client would cut it off. */
const field = (text: string): string =>
  /[|%]/.test(text) || text.includes("\0") ? encodeURIComponent(text) : text;
const plain = (text: string): string => (text.includes("%") ? decodeURIComponent(text) : text);

export const writeHeader = (h: Header): string =>
  `${version}|${field(h.id)}|${field(h.type)}|${field(h.source)}|${h.schema}|${field(h.origin)}|` +
  `${h.eventTime}|${h.ingestTime}|${h.trace}`;

/** undefined when there is none, or it is of a version or form that we do not know. */
export const readHeader = (headers: Record<string, Buffer>[] | undefined): Header | undefined => {
  const bytes = headers?.find((h) => h[headerName] !== undefined)?.[headerName];
  if (bytes === undefined || bytes.length > headerMaxBytes) return undefined;
  return parseHeader(bytes.toString("utf8"));
};

export const parseHeader = (text: string): Header | undefined => {
  const parts = text.split("|");
  if (parts.length !== 9 || parts[0] !== version) return undefined;
  const eventTime = Number(parts[6]);
  const ingestTime = Number(parts[7]);
  if (!Number.isFinite(eventTime) || !Number.isFinite(ingestTime)) return undefined;
  try {
    return {
      id: plain(parts[1]),
      type: plain(parts[2]),
      source: plain(parts[3]),
      schema: parts[4],
      origin: plain(parts[5]),
      eventTime,
      ingestTime,
      trace: parts[8],
    };
  } catch {
    return undefined;
  }
};
