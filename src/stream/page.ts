import type { RawMessage, TopicPartition } from "./kafka.ts";
import type { Stretch, StretchReader } from "./stretch.ts";

/** Whatever reads stretches: a log in memory does for a test. */
type Reader = Pick<StretchReader, "read">;

/**
 * A page of several partitions, merged by append time, the newest or the oldest first. Nothing is
 * read but what may be shown: from where the page begins, pieces of each partition are read in the
 * direction of the page, until no unread record can come before the page's last one. The place
 * behind the page is one offset for each partition, from which the next one goes on.
 */
export type PagePart = TopicPartition & {
  /** The first offset that is stored, and the one behind the last. */
  readonly start: number;
  readonly end: number;
};

export type PageAsk<K> = {
  readonly parts: readonly PagePart[];
  /**
   * For each partition where the page begins: its first offset, or, for older records, the one
   * behind that.
   */
  readonly from: readonly number[];
  readonly order: "older" | "newer";
  readonly most: number;
  /** How many records are looked at at most. */
  readonly lookMost: number;
  readonly maxMs: number;
  /** Which of these records count; without it all do. Undefined: nothing more can be judged. */
  readonly judge?: (messages: readonly RawMessage[]) => Promise<readonly boolean[] | undefined>;
  /** What is kept of a record that counts. */
  readonly keep: (message: RawMessage) => K;
  readonly signal?: AbortSignal;
};

export type Page<K> = {
  readonly found: readonly K[];
  /** Where the next page begins. */
  readonly next: readonly number[];
  /** How many records the page lies over, and the append time of the last of them in ms. */
  readonly looked: number;
  readonly until: number | null;
  /** Whether nothing lies behind it. */
  readonly atEnd: boolean;
};

/** A record's place in the order of a page. */
type Place = { readonly time: number; readonly lane: number; readonly offset: number };
type Found<K> = { readonly place: Place; readonly kept: K };
type Lane<K> = {
  readonly index: number;
  readonly part: PagePart;
  next: number;
  size: number;
  /** Bytes and records read, from which the size of the next piece follows. */
  bytes: number;
  records: number;
  done: boolean;
  readonly seen: Place[];
  readonly found: Found<K>[];
};

const pieceMost = 4_000;
const pieceBytes = 8_000_000;
const judgedAtOnce = 500;
const judgedBytes = 4_000_000;

const piece = (most: number, lanes: number, judged: boolean): number =>
  judged ? judgedAtOnce : Math.ceil((2 * most) / Math.max(1, lanes)) + 8;

export const readPage = async <K>(reader: Reader, ask: PageAsk<K>): Promise<Page<K>> => {
  const older = ask.order === "older";
  const compare = (a: Place, b: Place): number => {
    const by = a.time - b.time || b.lane - a.lane || a.offset - b.offset;
    return older ? -by : by;
  };
  const size = piece(ask.most, ask.parts.length, ask.judge !== undefined);
  const lanes = ask.parts.map((part, index): Lane<K> => {
    const next = Math.min(Math.max(ask.from[index], part.start), part.end);
    const done = older ? next <= part.start : next >= part.end;
    return { index, part, next, size, bytes: 0, records: 0, done, seen: [], found: [] };
  });
  const until = performance.now() + ask.maxMs;
  let looked = 0;
  for (;;) {
    const frontier = frontierOf(lanes, compare);
    const ready = readyOf(lanes, frontier, compare);
    const left = until - performance.now();
    const isOver =
      frontier === undefined ||
      ready.length >= ask.most ||
      (looked >= ask.lookMost && frontier !== "none") ||
      left <= 0 ||
      ask.signal?.aborted;
    if (isOver) return pageOf(ask, lanes, { frontier, ready, compare });
    const read = await readRound(reader, ask, lanesToRead(lanes, compare), left);
    if (read === "ended") {
      const now = frontierOf(lanes, compare);
      return pageOf(ask, lanes, { frontier: now, ready: readyOf(lanes, now, compare), compare });
    }
    looked += read;
  }
};

type Compare = (a: Place, b: Place) => number;

/**
 * The place up to which the order is known: no record that is still unread comes before it. "none":
 * of some partition nothing is known yet. Undefined: all is read.
 */
const frontierOf = <K>(lanes: readonly Lane<K>[], compare: Compare): Place | "none" | undefined => {
  let first: Place | undefined;
  for (const { done, seen } of lanes) {
    if (done) continue;
    const last = seen.at(-1);
    if (last === undefined) return "none";
    if (first === undefined || compare(last, first) < 0) first = last;
  }
  return first;
};

const readyOf = <K>(
  lanes: readonly Lane<K>[],
  frontier: Place | "none" | undefined,
  compare: Compare,
): Found<K>[] =>
  frontier === "none"
    ? []
    : lanes
        .flatMap(({ found }) => found)
        .filter(({ place }) => frontier === undefined || compare(place, frontier) <= 0)
        .sort((a, b) => compare(a.place, b.place));

/** Those that hold the page up: the half that is known the least far, and all unknown ones. */
const lanesToRead = <K>(lanes: readonly Lane<K>[], compare: Compare): Lane<K>[] => {
  const open = lanes.filter(({ done }) => !done);
  const unknown = open.filter(({ seen }) => seen.length === 0);
  if (unknown.length > 0) return unknown;
  open.sort((a, b) => compare(a.seen[a.seen.length - 1], b.seen[b.seen.length - 1]));
  return open.slice(0, Math.ceil(open.length / 2));
};

const stretchOf = <K>({ part, next, size }: Lane<K>, older: boolean): Stretch => {
  const { topic, partition, start, end } = part;
  return older
    ? { topic, partition, from: Math.max(start, next - size), to: next }
    : { topic, partition, from: next, to: end };
};

type Seen<K> = { readonly place: Place; readonly found: Found<K> | undefined };

/** Reads one piece of each lane; returns how many records, or that time ran out. */
const readRound = async <K>(
  reader: Reader,
  ask: PageAsk<K>,
  lanes: readonly Lane<K>[],
  maxMs: number,
): Promise<number | "ended"> => {
  const older = ask.order === "older";
  const stretches = lanes.map((lane) => stretchOf(lane, older));
  const byPart = new Map(lanes.map((lane, at) => [lane.part.partition, { lane, at }]));
  const read: Seen<K>[][] = lanes.map(() => []);
  const stop = new AbortController();
  let batch: RawMessage[] = [];
  let bytes = 0;
  const judge = async () => {
    const judged = batch;
    batch = [];
    bytes = 0;
    if (stop.signal.aborted || judged.length === 0) return;
    const verdicts = ask.judge ? await ask.judge(judged) : judged.map(() => true);
    if (verdicts === undefined) {
      stop.abort();
      return;
    }
    for (const [n, message] of judged.entries()) {
      const { lane, at } = byPart.get(message.partition) as { lane: Lane<K>; at: number };
      const place = { time: message.timestamp, lane: lane.index, offset: message.offset };
      const found = verdicts[n] ? { place, kept: ask.keep(message) } : undefined;
      read[at].push({ place, found });
      lane.records++;
      lane.bytes += message.value?.length ?? 0;
    }
  };
  const most = older ? 2 * pieceMost : Math.max(...lanes.map(({ size }) => size));
  const tell = (message: RawMessage): undefined | Promise<void> => {
    batch.push(message);
    bytes += message.value?.length ?? 0;
    return batch.length >= judgedAtOnce || bytes >= judgedBytes ? judge() : undefined;
  };
  const signal = ask.signal ? AbortSignal.any([ask.signal, stop.signal]) : stop.signal;
  const reached = await reader.read(stretches, tell, { maxMs, most, signal });
  await judge();
  if (stop.signal.aborted) return "ended";
  let looked = 0;
  for (const [at, lane] of lanes.entries()) {
    const { offset, by } = reached[at];
    // Of a piece that leads back, what was not read is what comes first: it is read anew, smaller.
    if (older && by === "most") lane.size = Math.max(8, Math.floor(lane.size / 32));
    if (older && (by === "time" || by === "most")) continue;
    looked += read[at].length;
    advance(lane, read[at], older ? stretches[at].from : offset, older);
    lane.done ||= !older && by === "end";
  }
  return reached.every(({ by }) => by !== "time") ? looked : "ended";
};

const advance = <K>(lane: Lane<K>, read: Seen<K>[], next: number, older: boolean): void => {
  if (older) read.reverse();
  for (const { place, found } of read) {
    const before = lane.seen.at(-1)?.time ?? place.time;
    // A log whose times go back and forth is shown in the order of its offsets.
    const time = older ? Math.min(before, place.time) : Math.max(before, place.time);
    const at = time === place.time ? place : { ...place, time };
    lane.seen.push(at);
    if (found) lane.found.push({ place: at, kept: found.kept });
  }
  lane.next = next;
  lane.done = older ? next <= lane.part.start : next >= lane.part.end;
  const usual = lane.records === 0 ? 1 : Math.max(1, lane.bytes / lane.records);
  const dense = Math.max(8, Math.min(lane.size * 4, pieceMost, Math.ceil(pieceBytes / usual)));
  // Where compaction left nothing, a piece of any size costs nothing.
  lane.size = read.length === 0 ? lane.size * 4 : dense;
};

type Reached<K> = {
  readonly frontier: Place | "none" | undefined;
  readonly ready: readonly Found<K>[];
  readonly compare: Compare;
};

const pageOf = <K>(
  { most, from, order, parts }: PageAsk<K>,
  lanes: readonly Lane<K>[],
  { frontier, ready, compare }: Reached<K>,
): Page<K> => {
  const found = ready.slice(0, most);
  const isCut = ready.length >= most;
  const last = isCut ? found[found.length - 1].place : frontier;
  const passed = lanes.map(({ seen }) => {
    if (last === undefined) return seen;
    return last === "none" ? [] : seen.slice(0, countUpTo(seen, last, compare));
  });
  const next = lanes.map((lane, at) => {
    const own = passed[at].at(-1);
    if (passed[at].length === lane.seen.length) return lane.next;
    if (own === undefined) return Math.min(Math.max(from[at], parts[at].start), parts[at].end);
    return order === "older" ? own.offset : own.offset + 1;
  });
  const atEnd = lanes.every(({ done, seen }, at) => done && passed[at].length === seen.length);
  const newest = passed.flatMap((places) => places.at(-1) ?? []).sort(compare);
  const looked = passed.reduce((sum, { length }) => sum + length, 0);
  return {
    found: found.map(({ kept }) => kept),
    next,
    looked,
    until: newest.at(-1)?.time ?? null,
    atEnd,
  };
};

/** How many of these places, which are in order, come no later than another. */
const countUpTo = (places: readonly Place[], last: Place, compare: Compare): number => {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(places[middle], last) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
};
