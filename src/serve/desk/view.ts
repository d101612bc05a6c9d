import { isUtf8 } from "node:buffer";
import type { Contract } from "../../events/contract.ts";
import { isoTime } from "../../events/time.ts";
import type { MaskNode } from "../masked.ts";
import type { LetterAnswer } from "../messages/dead-letters.ts";
import { groupOf, type LetterReader, listed } from "./causes.ts";
import { type Hidden, hide, veil } from "./hidden.ts";
import type { Letter } from "./letters.ts";
import { judge } from "./marking.ts";

/** A dead letter as people see it: its bytes, its error, and its fields against the contract. */
const textMost = 65_536;
const hexBytes = 2_048;

export const schemaOf = (contract: Contract<unknown> | undefined): MaskNode | undefined =>
  contract?.json as MaskNode | undefined;

/** The whole text of a record, where it is one that can be shown and edited. */
export const wholeText = (value: Buffer | null): string | undefined =>
  value !== null && value.length <= textMost && isUtf8(value) ? value.toString("utf8") : undefined;

/** A piece of a longer text may end within a character. */
const beginning = (value: Buffer): string | undefined => {
  for (let cut = 0; cut < 4; cut++) {
    const piece = value.subarray(0, textMost - cut);
    if (isUtf8(piece)) return piece.toString("utf8");
  }
  return undefined;
};

export const hiddenOf = (letter: Letter): Hidden | undefined => {
  const text = wholeText(letter.value);
  return text === undefined ? undefined : hide(text, schemaOf(letter.contract));
};

/** Starred bytes: as many as there are, but for personal data each is a star. */
const veiled = (value: Buffer, schema: MaskNode | undefined): Buffer => {
  const encoding = isUtf8(value) ? "utf8" : "latin1";
  return Buffer.from(veil(value.toString(encoding), schema, encoding), encoding);
};

const hexOf = (letter: Letter, from: number): LetterAnswer["hex"] => {
  const { value } = letter;
  if (value === null) return { from: 0, bytes: "" };
  const start = Math.min(from, Math.max(0, value.length - 1)) & ~15;
  // Beyond what is shown as text, fields have no known place: what looks telling is hidden.
  const isShort = value.length <= textMost;
  const piece = isShort ? value : value.subarray(start, start + hexBytes);
  const bytes = veiled(piece, schemaOf(letter.contract));
  const shown = isShort ? bytes.subarray(start, start + hexBytes) : bytes;
  return { from: start, bytes: shown.toString("hex") };
};

const shownKey = (key: Buffer | null): string | null => {
  if (key === null) return null;
  const text = isUtf8(key) ? key.toString("utf8") : `bytes ${key.toString("hex")}`;
  return veil(text.slice(0, 200), undefined, "utf8", true);
};

/** Why a letter cannot go back to its topic; undefined: it can. */
export const hindranceOf = (
  letter: Letter,
  readers: readonly LetterReader[],
): string | undefined => {
  if (letter.partition === undefined)
    return "A timer failed here: it is no record, and its row arms it again by itself.";
  if (letter.contract === undefined) return `Nothing is known of the topic ${letter.topic}.`;
  if (groupOf(readers, letter.row.processor) === undefined)
    return `Nothing that runs here is called ${letter.row.processor}.`;
  const { state } = letter.row;
  if (state === "redriven") return "It was redriven already.";
  if (state === "set_aside") return "It was set aside; put it back first.";
  return undefined;
};

const headerAnswer = ({ header }: Letter): LetterAnswer["header"] =>
  header === undefined
    ? null
    : {
        id: header.id,
        type: header.type,
        source: header.source,
        schema: header.schema,
        origin: header.origin,
        event_time: isoTime(header.eventTime),
        ingest_time: isoTime(header.ingestTime),
        trace: header.trace,
      };

export type ViewPlace = {
  readonly readers: readonly LetterReader[];
  readonly recordMaxBytes: number;
};

export const viewOf = (
  letter: Letter,
  { readers, recordMaxBytes }: ViewPlace,
  hexFrom: number,
): LetterAnswer => {
  const { row, topic, contract, key, value, headers, appendTime, detail } = letter;
  const group = groupOf(readers, row.processor) ?? null;
  const hidden = hiddenOf(letter);
  const start = value === null || hidden ? undefined : beginning(value);
  const shown = hidden ?? (start === undefined ? undefined : hide(start, schemaOf(contract)));
  const judged = { key: key?.toString("utf8") ?? null, value, header: letter.header, appendTime };
  const verdict = contract && judge(contract, judged, recordMaxBytes);
  const hindrance = hindranceOf(letter, readers);
  return {
    ...listed(row),
    settled_because: row.settled_because,
    group,
    topic,
    detail: detail === undefined ? null : veil(detail, undefined, "utf8", true),
    redrivable: hindrance === undefined,
    hindrance: hindrance ?? null,
    others: readers
      .filter((one) => one.group !== group && one.topics.includes(topic))
      .map((one) => one.group),
    key: shownKey(key),
    bytes: value?.length ?? 0,
    appended_at: isoTime(appendTime),
    header: headerAnswer(letter),
    headers: headers.flatMap((header) =>
      Object.entries(header).map(([name, bytes]) => ({ name, bytes: bytes.length })),
    ),
    text: shown?.text ?? null,
    text_is_whole: hidden !== undefined,
    masked: shown?.tokens.length ?? 0,
    hex: hexOf(letter, hexFrom),
    refusal: verdict?.refusal ?? null,
    fields: [...(verdict?.fields ?? [])],
  };
};
