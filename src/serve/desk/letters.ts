import { failure } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { type Header, readHeader } from "../../stream/header.ts";
import type { RawMessage, TopicPartition } from "../../stream/kafka.ts";
import { partitionKey } from "../../stream/partition.ts";
import { inSpace } from "../../stream/space.ts";
import type { Stretch, StretchReader } from "../../stream/stretch.ts";
import { askingKafka } from "../topics/desk.ts";
import { bareIn, type LetterRow } from "./causes.ts";

/** A dead letter with its bytes. */
export type Letter = {
  readonly row: LetterRow;
  /** Without the space. */
  readonly topic: string;
  readonly contract: Contract<unknown> | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>[];
  readonly header: Header | undefined;
  /** When it was appended to the topic that it came from, ms. */
  readonly appendTime: number;
  /** Where it lay in its topic; undefined: it was no record, but a timer. */
  readonly partition: number | undefined;
  readonly detail: string | undefined;
};

type Why = {
  detail?: string;
  topic?: string;
  partition?: number;
  append_time?: number;
  timer?: unknown;
};

export const placeOf = (at: string): (TopicPartition & { offset: number }) | undefined => {
  const found = /^(.+)-(\d{1,6})-(\d{1,16})$/.exec(at);
  return found
    ? { topic: found[1], partition: Number(found[2]), offset: Number(found[3]) }
    : undefined;
};

const denseMost = 2_000;
const readMaxMs = 8_000;

/**
 * The records at these places, by place; those that Kafka has no more are not among them. Throws
 * TOPICS_AWAY where it cannot say.
 */
export const recordsAt = async (
  reader: StretchReader,
  places: readonly string[],
): Promise<Map<string, RawMessage>> => {
  const wanted = new Map<string, number[]>();
  const parts = new Map<string, TopicPartition>();
  for (const at of places) {
    const place = placeOf(at);
    if (place === undefined) continue;
    const key = partitionKey(place);
    parts.set(key, place);
    wanted.set(key, [...(wanted.get(key) ?? []), place.offset]);
  }
  for (const offsets of wanted.values()) offsets.sort((a, b) => a - b);
  const found = new Map<string, RawMessage>();
  const keep = (message: RawMessage) => {
    if (message.offset < 0) return;
    const at = `${message.topic}-${message.partition}-${message.offset}`;
    if (asked.has(at)) found.set(at, message);
  };
  const asked = new Set(places);
  // Each round reads one stretch of each partition: neighbours together, far ones by themselves.
  while (wanted.size > 0) {
    const stretches: Stretch[] = [];
    for (const [key, offsets] of wanted) {
      const from = offsets[0];
      const near = offsets.filter((offset) => offset < from + denseMost);
      stretches.push({
        ...(parts.get(key) as TopicPartition),
        from,
        to: (near.at(-1) ?? from) + 1,
      });
      if (near.length === offsets.length) wanted.delete(key);
      else wanted.set(key, offsets.slice(near.length));
    }
    const reached = await askingKafka(() => reader.read(stretches, keep, { maxMs: readMaxMs }));
    // Time ran out: what was not read may be there all the same.
    if (reached.some(({ by }) => by === "time")) throw failure("TOPICS_AWAY");
  }
  return found;
};

const whyOf = (headers: Letter["headers"]): Why => {
  const bytes = headers.find((header) => "dead" in header)?.dead;
  if (bytes === undefined) return {};
  try {
    return JSON.parse(bytes.toString("utf8")) as Why;
  } catch {
    return {};
  }
};

export type LetterPlace = {
  readonly space: string;
  readonly contracts: readonly Contract<unknown>[];
};

/** Puts together what the table and Kafka say. */
export const letterOf = (
  row: LetterRow,
  message: RawMessage,
  { space, contracts }: LetterPlace,
): Letter => {
  const headers = message.headers ?? [];
  const why = whyOf(headers);
  const origin = placeOf(row.origin);
  const isTimer = why.timer !== undefined;
  const topic = bareIn(space, row.topic);
  return {
    row,
    topic,
    contract: isTimer ? undefined : contracts.find(({ name }) => name === topic),
    key: message.key,
    value: message.value,
    headers,
    header: readHeader(headers),
    appendTime: why.append_time ?? message.timestamp,
    partition: isTimer ? undefined : origin?.partition,
    detail: why.detail,
  };
};

/** Reads dead letters; a row whose bytes Kafka has no more has none. */
export const readLetters = async (
  reader: StretchReader,
  rows: readonly LetterRow[],
  place: LetterPlace,
): Promise<(Letter | undefined)[]> => {
  const { space, contracts } = place;
  // Only topics of ours: a row names a place, and a place is no key to every topic there is.
  const ours = new Set(contracts.map(({ name }) => inSpace(space, name)));
  const atOf = (row: LetterRow) => row.kept_at ?? row.origin;
  const readable = rows.filter((row) => ours.has(placeOf(atOf(row))?.topic ?? ""));
  const found = await recordsAt(reader, readable.map(atOf));
  return rows.map((row) => {
    const message = found.get(atOf(row));
    return message && letterOf(row, message, place);
  });
};
