import { isoTime } from "../../events/time.ts";
import { headerName, parseHeader } from "../../stream/header.ts";
import type { RawMessage } from "../../stream/kafka.ts";
import { mask } from "../masked.ts";
import type { Message } from "../messages/topics.ts";
import { decode, hexOf } from "./decode.ts";
import type { TopicDesk } from "./desk.ts";
import type { KnownTopic, Readings } from "./known.ts";

/** A record as it is kept for a page: of a large value, its beginning alone. */
export type Kept = Omit<RawMessage, "value"> & {
  readonly value: Buffer | null;
  /** Bytes of the whole value. */
  readonly size: number;
};

const previewBytes = 512;
const headerTextMost = 2_000;

/** A record with at most so many bytes of its value, copied out of what the client holds. */
export const kept = (message: RawMessage, mostBytes: number): Kept => {
  const { value } = message;
  const size = value?.length ?? 0;
  return { ...message, size, value: value && Buffer.from(value.subarray(0, mostBytes)) };
};

const latestMs = 8.64e15;
/** A header may say any number. */
const timeOf = (ms: number): string => (Math.abs(ms) <= latestMs ? isoTime(ms) : String(ms));

const headerOf = (message: Kept): Message["header"] => {
  const text = message.headers?.find((one) => headerName in one)?.[headerName];
  const header = text && parseHeader(text.toString("utf8"));
  if (!header) return null;
  const { id, type, source, schema, origin, eventTime, ingestTime, trace } = header;
  const times = { event_time: timeOf(eventTime), ingest_time: timeOf(ingestTime) };
  return { id, type, source, schema, origin, trace, ...times };
};

/** Headers beside ours: short texts of the engine and of tracing. */
const othersOf = (message: Kept): Message["headers"] =>
  (message.headers ?? []).flatMap((one) =>
    Object.entries(one)
      .filter(([name]) => name !== headerName)
      .map(([name, bytes]) => ({ name, value: bytes.toString("utf8").slice(0, headerTextMost) })),
  );

/** Whether nobody can say what the bytes hold: they may be personal. */
const mayBePersonal = ({ contract }: KnownTopic): boolean =>
  contract?.json === undefined || contract.personal.length > 0;

type Shown = Pick<Message, "form" | "value" | "preview" | "note">;

const asBytes = (about: KnownTopic, { value, size }: Kept, why: string): Shown => {
  const hide = mayBePersonal(about);
  const hiding = hide ? " What may be text in it is not shown, as it may be personal." : "";
  const beginning = value?.subarray(0, previewBytes) ?? new Uint8Array();
  const cut = size > previewBytes ? ` The first ${previewBytes} of ${size} bytes are shown.` : "";
  return {
    form: "bytes",
    value: null,
    preview: hexOf(beginning, hide),
    note: `${why}${cut}${hiding}`,
  };
};

const shownOf = (about: KnownTopic, readings: Readings, message: Kept): Shown => {
  const { value, size } = message;
  if (value !== null && size > value.length)
    return asBytes(about, message, "The value is too large to be shown as what it is.");
  const decoded = decode(value, readings.named(readings.nameFor(about.name, message)));
  if (decoded.form === "json") {
    return { form: "json", value: decoded.value, preview: null, note: faultOf(about, value) };
  }
  if (decoded.form === "tombstone") {
    const note = "A tombstone: it removes what was said before under its key.";
    return { form: "tombstone", value: null, preview: null, note };
  }
  const why = about.contract?.json
    ? "The value is not the JSON that the contract asks for."
    : "The value is no JSON.";
  return asBytes(about, message, why);
};

/** Why the topic's readers would not take it, if they would not. */
const faultOf = ({ contract }: KnownTopic, value: Buffer | null): string | null => {
  if (contract === undefined || value === null) return null;
  try {
    contract.read(value);
    return null;
  } catch (thrown) {
    return `It does not keep the contract: ${(thrown as Error).message}`;
  }
};

/** A key that repeats a personal field, such as an address, is masked as that is. */
const keyOf = (about: KnownTopic, { key, value }: Kept): string | null => {
  if (key === null) return null;
  const text = key.toString("utf8");
  const personal = about.contract?.personal ?? [];
  const named = about.contract?.key.split(/\W+/) ?? [];
  if (!personal.some((field) => named.includes(field)) || value === null) return text;
  try {
    const fields = JSON.parse(value.toString("utf8")) as Record<string, unknown>;
    return personal.some((field) => fields[field] === text) ? mask : text;
  } catch {
    return mask;
  }
};

/** A record as people see it. */
export const messageOf = (about: KnownTopic, desk: TopicDesk, message: Kept): Message => {
  const header = headerOf(message);
  const [source] = header?.source.split("@") ?? [];
  const { partition, offset, timestamp, size } = message;
  return {
    place: `${about.name}-${partition}-${offset}`,
    partition,
    offset,
    time: isoTime(timestamp),
    key: keyOf(about, message),
    size,
    type: header?.type ?? null,
    header,
    writer: (source && desk.options.writerOf(source, about.name)) || null,
    headers: othersOf(message),
    ...shownOf(about, desk.readings, message),
  };
};
