import { admit } from "./admit.ts";
import { type Header, headerName, readHeader } from "./header.ts";
import type { RawMessage } from "./kafka.ts";
import { redriveFor } from "./redrive.ts";
import type { DeadReason, Topic } from "./topic.ts";

export type Dead = { reason: DeadReason; detail: string };

/** A record that was read from an input, in the order of its log. */
export type Item = {
  /** Event time in ms. A record that cannot run has none and waits for nobody. */
  time: number;
  offset: number;
  /** Of key and value. */
  bytes: number;
  input: number;
  raw: RawMessage;
  key: string;
  value: unknown;
  header: Header | undefined;
  /** Why the record cannot run, if it cannot. */
  dead: Dead | undefined;
  /** The group that a redriven record is meant for, if it is. */
  redriveFor: string | undefined;
  /** W3C trace context, where the trace was sampled: handed on to what the record causes. */
  traceparent: string | undefined;
};

export const traceHeader = "traceparent";
/** One of W3C has 55 signs; it goes on with each output. */
const traceMaxBytes = 200;

/** W3C trace context, version 0; ids of noughts alone are none, an odd last digit says sampled. */
const sampled = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** A sender's trace context where its trace is sampled; what is none is passed over. */
export const sampledTrace = (given: string | undefined): string | undefined =>
  given !== undefined && sampled.test(given) ? given : undefined;

const traceIn = (headers: Record<string, Buffer>[]): string | undefined => {
  const bytes = headers.find((header) => traceHeader in header)?.[traceHeader];
  return bytes && bytes.length <= traceMaxBytes ? sampledTrace(bytes.toString("utf8")) : undefined;
};

/** Reads a record as far as its topic's contract goes; what breaks it is kept as the reason. */
export const takeIn = (
  topic: Topic,
  raw: RawMessage,
  input: number,
  recordMaxBytes: number,
): Item => {
  const { headers, offset } = raw;
  const item: Item = {
    time: Number.NEGATIVE_INFINITY,
    offset,
    bytes: (raw.key?.length ?? 0) + (raw.value?.length ?? 0),
    input,
    raw,
    key: raw.key === null ? "" : raw.key.toString("utf8"),
    value: null,
    header: undefined,
    dead: undefined,
    redriveFor: undefined,
    traceparent: undefined,
  };
  if (topic.envelope && headers !== undefined) {
    item.redriveFor = redriveFor(headers);
    item.header = readHeader(headers);
    if (item.header === undefined && headers.some((h) => headerName in h)) {
      item.dead = { reason: "header_unreadable", detail: "The header bw is not in a known form" };
      return item;
    }
    if (headers.length > 1) item.traceparent = traceIn(headers);
  }
  const { key, header } = item;
  const candidate = { key, value: raw.value, header, appendTime: raw.timestamp };
  const admission = admit(topic, candidate, recordMaxBytes);
  if (admission.reason !== undefined) {
    item.dead = admission;
    return item;
  }
  item.value = admission.value;
  item.time = admission.time;
  return item;
};
