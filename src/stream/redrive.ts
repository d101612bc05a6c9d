import type { RawHeaders } from "./kafka.ts";

/**
 * A record that was put back for one group bears a header with that group's name (without its
 * space). Everybody else who reads the topic has had its turn, and leaves the record out.
 */
export const redriveHeader = "redrive_for";
/** Of such a record, where the dead letter lies that it was: topic, partition and offset. */
export const redriveOfHeader = "redrive_of";

type Headers = readonly Readonly<Record<string, Buffer>>[];

/**
 * The group that a record was put back for; undefined: it is for everybody. A dead letter keeps the
 * headers that it came with, and is for everybody.
 */
export const redriveFor = (headers: Headers | undefined): string | undefined => {
  if (headers === undefined) return undefined;
  let meant: Buffer | undefined;
  for (const header of headers) {
    if (redriveHeader in header) meant = header[redriveHeader];
    else if ("dead" in header) return undefined;
  }
  return meant?.toString("utf8");
};

/** Whether a record was put back, and for another group than this. */
export const isForAnother = (headers: Headers | undefined, group: string): boolean => {
  const meant = redriveFor(headers);
  return meant !== undefined && meant !== group;
};

/**
 * The headers with which a dead letter goes back: those that it came with, for this group, and
 * where the letter lies. What the engine noted about its death is left out.
 */
export const headersForRedrive = (
  headers: Headers | undefined,
  group: string,
  place: string,
): RawHeaders => [
  ...(headers ?? []).filter((header) => !engineNotes.some((name) => name in header)),
  { [redriveHeader]: group },
  { [redriveOfHeader]: place },
];
const engineNotes = ["dead", redriveHeader, redriveOfHeader];
