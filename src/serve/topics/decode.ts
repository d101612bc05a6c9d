import { type MaskNode, masked } from "../masked.ts";

/** How the value of a record may be read: as JSON by a schema, as a plain number, or not at all. */
export type Reading = { readonly json?: MaskNode; readonly number?: boolean };

export type Decoded =
  | { readonly form: "json"; readonly value: unknown }
  | { readonly form: "bytes" }
  | { readonly form: "tombstone" };

const bytes: Decoded = { form: "bytes" };

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * A value as people may see it: personal fields masked, and what no schema declares left out. Bytes
 * that cannot be read by the topic's contract stay bytes, of which nobody knows what they hold.
 */
export const decode = (value: Uint8Array | null, reading: Reading): Decoded => {
  if (value === null) return { form: "tombstone" };
  if (reading.json === undefined && !reading.number) return bytes;
  const read = jsonOf(Buffer.from(value.buffer, value.byteOffset, value.length).toString("utf8"));
  if (reading.number) return typeof read === "number" ? { form: "json", value: read } : bytes;
  if (typeof read !== "object" || read === null) return bytes;
  return { form: "json", value: masked(read, reading.json ?? {}) };
};

const lineBytes = 16;
const hidden = "··";

/** Whether a byte is a letter, a digit, or a sign that stands within addresses and numbers. */
const isText = (byte: number): boolean =>
  byte >= 0x80 ||
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x40 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2b ||
  byte === 0x2d ||
  byte === 0x2e;

/** In lines of 16. Where `hide`, runs of three or more that may be text are not shown. */
export const hexOf = (value: Uint8Array, hide: boolean): string => {
  const cells = Array.from(value, (byte) => byte.toString(16).padStart(2, "0"));
  for (let from = 0; hide && from < value.length; ) {
    let to = from;
    while (to < value.length && isText(value[to])) to++;
    if (to - from > 2) cells.fill(hidden, from, to);
    from = Math.max(to, from + 1);
  }
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += lineBytes)
    lines.push(cells.slice(at, at + lineBytes).join(" "));
  return lines.join("\n");
};
