import assert from "node:assert/strict";
import { test } from "node:test";
import type { RawMessage } from "./kafka.ts";
import { type PageAsk, readPage } from "./page.ts";
import type { Reached, StretchReader } from "./stretch.ts";

/** Records of a log in memory; offsets between them were compacted away or never records. */
type Log = Map<number, RawMessage[]>;

/** Numbers that look random and are the same each time. */
const numbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const makeLog = (seed: number) => {
  const draw = numbers(seed);
  const log: Log = new Map();
  const parts = Array.from({ length: 1 + draw(5) }, (_, partition) => {
    const messages: RawMessage[] = [];
    let offset = draw(50);
    const start = offset;
    let timestamp = draw(1_000);
    for (let n = draw(120); n > 0; n--) {
      offset += draw(6) === 0 ? draw(400) : 0;
      timestamp += draw(3) === 0 ? draw(200) : 0;
      messages.push({ topic: "t", partition, offset, timestamp, key: null, value: null });
      offset++;
    }
    log.set(partition, messages);
    return { topic: "t", partition, start, end: offset + draw(30) };
  });
  return { draw, log, parts };
};

const readerOf = (log: Log): Pick<StretchReader, "read"> => ({
  read: async (stretches, tell, { most = Number.POSITIVE_INFINITY }) => {
    const reached: Reached[] = [];
    for (const { partition, from, to } of stretches) {
      const within = (log.get(partition) ?? []).filter((m) => m.offset >= from && m.offset < to);
      const told = within.slice(0, most);
      for (const message of told) await tell(message);
      const isCut = told.length < within.length;
      const last = told.at(-1)?.offset ?? from;
      reached.push(isCut ? { offset: last + 1, by: "most" } : { offset: to, by: "to" });
    }
    return reached;
  },
});

const placeOf = ({ partition, offset }: RawMessage) => `${partition}-${offset}`;

test("given any log, then pages one behind the other hold each record once, in order", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { draw, log, parts } = makeLog(seed);
    const order = draw(2) === 0 ? "older" : "newer";
    const wanted = (message: RawMessage) => message.offset % 3 !== 0;
    const isJudged = draw(2) === 0;
    const ask: Omit<PageAsk<RawMessage>, "from"> = {
      parts,
      order,
      most: 1 + draw(30),
      lookMost: draw(3) === 0 ? 20 : 10_000,
      maxMs: 10_000,
      judge: isJudged ? async (messages) => messages.map(wanted) : undefined,
      keep: (message) => message,
    };
    const found: RawMessage[] = [];
    let from: readonly number[] = parts.map(({ start, end }) => (order === "older" ? end : start));
    for (let pages = 0; ; pages++) {
      const page = await readPage(readerOf(log), { ...ask, from });
      assert.ok(page.found.length <= ask.most, `seed ${seed}`);
      found.push(...page.found);
      from = page.next;
      if (page.atEnd) break;
      assert.ok(pages < 2_000, `seed ${seed} never ends`);
    }
    const all = [...log.values()].flat().filter((message) => !isJudged || wanted(message));
    assert.deepEqual(found.map(placeOf).sort(), all.map(placeOf).sort(), `seed ${seed}`);
    const times = found.map(({ timestamp }) => timestamp);
    const sorted = [...times].sort((a, b) => (order === "older" ? b - a : a - b));
    assert.deepEqual(times, sorted, `seed ${seed}`);
  }
});

test("given what can no longer be judged, then the page ends with what was known", async () => {
  const messages = Array.from({ length: 3_000 }, (_, offset) => ({
    topic: "t",
    partition: 0,
    offset,
    timestamp: offset,
    key: null,
    value: null,
  }));
  let asked = 0;
  const page = await readPage(readerOf(new Map([[0, messages]])), {
    parts: [{ topic: "t", partition: 0, start: 0, end: 3_000 }],
    from: [3_000],
    order: "older",
    most: 1_000,
    lookMost: 10_000,
    maxMs: 10_000,
    judge: async (judged) => (asked++ === 0 ? judged.map(() => true) : undefined),
    keep: ({ offset }) => offset,
  });
  assert.deepEqual([page.found[0], page.found.length, page.atEnd], [2_999, 500, false]);
  assert.deepEqual([page.next, page.looked, page.until], [[2_500], 500, 2_500]);
});

test("given a wide gap with much behind it, then it is passed in small pieces", async () => {
  const at = (offset: number) => ({ offset, timestamp: offset });
  const offsets = [...Array.from({ length: 30_000 }, (_, n) => n), 9_000_000];
  const messages = offsets.map((offset) => {
    return { topic: "t", partition: 0, key: null, value: null, ...at(offset) };
  });
  let told = 0;
  const reader = readerOf(new Map([[0, messages]]));
  const page = await readPage(
    {
      read: (stretches, tell, options) =>
        reader.read(
          stretches,
          (message) => {
            told++;
            return tell(message);
          },
          options,
        ),
    },
    {
      parts: [{ topic: "t", partition: 0, start: 0, end: 9_000_001 }],
      from: [9_000_001],
      order: "older",
      most: 10,
      lookMost: 20_000,
      maxMs: 10_000,
      keep: ({ offset }) => offset,
    },
  );
  const newest = Array.from({ length: 9 }, (_, n) => 29_999 - n);
  assert.deepEqual(page.found, [9_000_000, ...newest]);
  assert.ok(told < 60_000, `${told} records were read`);
});
