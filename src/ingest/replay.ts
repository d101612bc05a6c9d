import { hash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Contract } from "../events/contract.ts";
import { customerUpdates, ticks } from "../events/topics.ts";
import { DAY_MS } from "../rules/calendar.ts";
import type { ImportEvent, ImportSource } from "./import/importer.ts";

/** A record of the past, in its turn. `at`, `from` and `to` are event times, ms since 1970. */
export type PastRecord = {
  readonly topic: Contract<unknown>;
  readonly partition: number;
  readonly key: string | null;
  readonly at: number;
  readonly bytes: Buffer | null;
  /** The checked value; undefined: it cannot be read. */
  readonly value: unknown;
  readonly id: string;
  readonly origin: string;
};

export type Replay = {
  /** What the past is: the same text, the same records. */
  readonly identity: string;
  readonly from: number;
  readonly to: number;
  /** In event-time order; a partition's own order is that of its log. */
  readonly records: () => AsyncIterable<PastRecord>;
};

const tickEveryMs = 3_600_000;

/**
 * The past as a source for a space of its own: the records of `from` up to `to` with the ids and
 * origins that they had, in the partitions that they lay in, and a tick for each hour between and
 * at the end, so that deadlines come in quiet hours too. Before all comes each customer's profile
 * as it stood at `from`. What could not be read then cannot be read now: its bytes go along.
 */
export const replaySource = (replay: Replay): ImportSource<AsyncIterable<ImportEvent>> => ({
  kind: "replay",
  sha256: hash("sha256", JSON.stringify([replay.identity, replay.from, replay.to])),
  events: () => eventsOf(replay),
  reports: [],
});

async function* eventsOf({ records, from, to }: Replay): AsyncGenerator<ImportEvent> {
  const profiles = new Map<string, PastRecord>();
  let tick: number | undefined;
  let newest: number | undefined;
  for await (const record of records()) {
    const { at, topic, key } = record;
    if (at < from) {
      if (topic.name === customerUpdates.name && key !== null) stand(profiles, key, record);
      continue;
    }
    if (at >= to) continue;
    if (tick === undefined) {
      for (const profile of inTime(profiles)) yield eventOf(profile);
      tick = Math.ceil(at / tickEveryMs) * tickEveryMs;
    }
    for (; tick <= at; tick += stepTo(at, tick)) yield tickAt(tick);
    yield eventOf(record);
    newest = Math.max(newest ?? at, at);
  }
  if (newest === undefined || tick === undefined) return;
  const end = Number.isFinite(to) ? to : newest;
  for (; tick < end; tick += stepTo(end, tick)) yield tickAt(tick);
  yield tickAt(end);
}

/** In long silences a tick a day is enough: a deadline is reached by the next one all the same. */
const stepTo = (until: number, tick: number): number =>
  until - tick > 2 * DAY_MS ? DAY_MS : tickEveryMs;

/** The newest profile of each; a tombstone leaves none. */
const stand = (profiles: Map<string, PastRecord>, key: string, record: PastRecord): void => {
  if (record.bytes === null) profiles.delete(key);
  else if (record.value !== undefined) profiles.set(key, record);
};

const inTime = (profiles: ReadonlyMap<string, PastRecord>): PastRecord[] =>
  [...profiles.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));

const eventOf = ({ topic, partition, key, at, bytes, value, id, origin }: PastRecord) => ({
  at,
  topic,
  key,
  value: value ?? null,
  origin,
  id,
  partition,
  bytes: bytes ?? undefined,
});

const tickAt = (at: number): ImportEvent => ({
  at,
  topic: ticks as unknown as Contract<unknown>,
  key: null,
  value: at,
  origin: `replay-tick-${at}`,
});

/**
 * Lets event time pass `speed` times as fast as it did, from the first record at or after `from`.
 * Commits would be too many if it waited for each moment: it waits once it is some ms ahead.
 */
export const pacer = (speed: number, from: number, signal: AbortSignal, now: () => number) => {
  let began: { at: number; wall: number } | undefined;
  return (at: number): Promise<unknown> | undefined => {
    if (at < from) return undefined;
    began ??= { at, wall: now() };
    const ahead = (at - began.at) / speed - (now() - began.wall);
    if (!(ahead > aheadMostMs)) return undefined;
    return delay(Math.min(ahead, longestMs), undefined, { signal }).catch(() => undefined);
  };
};

const aheadMostMs = 20;
/** The longest that a timer can wait. */
const longestMs = 2 ** 31 - 1;
