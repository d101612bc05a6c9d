import assert from "node:assert/strict";
import { test } from "node:test";
import type { Contract } from "../events/contract.ts";
import { customerUpdates, transactionsStream } from "../events/topics.ts";
import type { ImportEvent } from "./import/importer.ts";
import { type PastRecord, pacer, replaySource } from "./replay.ts";

const hourMs = 3_600_000;
const profiles = customerUpdates as unknown as Contract<unknown>;
const transactions = transactionsStream as unknown as Contract<unknown>;

const past = (
  topic: Contract<unknown>,
  key: string | null,
  at: number,
  value: unknown = { key, at },
): PastRecord => ({
  topic,
  partition: 3,
  key,
  at,
  bytes: value === null ? null : Buffer.from(JSON.stringify(value)),
  value,
  id: `${topic.name} ${key} ${at}`,
  origin: `origin ${at}`,
});

const replayed = async (records: PastRecord[], from = 0, to = Number.POSITIVE_INFINITY) => {
  const source = replaySource({
    identity: "test",
    from,
    to,
    records: async function* () {
      yield* records;
    },
  });
  const events: ImportEvent[] = [];
  for await (const event of source.events()) events.push(event);
  return events;
};
const told = (events: ImportEvent[]) =>
  events.map(({ topic, key, at }) => `${topic.name.slice(0, 5)} ${key ?? "all"} ${at / hourMs}`);

test("given records hours apart, then a tick for each hour between and at the end", async () => {
  const events = await replayed([
    past(transactions, "A", 0.5 * hourMs),
    past(transactions, "A", 2.5 * hourMs),
  ]);
  assert.deepEqual(told(events), [
    "trans A 0.5",
    "ticks all 1",
    "ticks all 2",
    "trans A 2.5",
    "ticks all 2.5",
  ]);
});

test("given a long silence, then a tick a day until it ends", async () => {
  const events = await replayed([
    past(transactions, "A", hourMs),
    past(transactions, "A", 2_000 * hourMs),
  ]);
  const ticks = events.filter(({ key }) => key === null);
  assert.ok(ticks.length > 80 && ticks.length < 150, `${ticks.length} ticks`);
  assert.deepEqual(
    ticks.map(({ at }) => at),
    ticks.map(({ at }) => at).toSorted((a, b) => a - b),
  );
});

test("given a beginning, then first the profiles as they stood there", async () => {
  const events = await replayed(
    [
      past(profiles, "A", 1 * hourMs),
      past(profiles, "B", 2 * hourMs),
      past(profiles, "C", 2 * hourMs),
      past(transactions, "A", 3 * hourMs),
      past(profiles, "A", 4 * hourMs),
      past(profiles, "C", 4 * hourMs, null),
      past(transactions, "A", 10 * hourMs),
      past(transactions, "A", 20 * hourMs),
    ],
    10 * hourMs,
    20 * hourMs,
  );
  const shown = told(events).filter((line) => !line.startsWith("ticks"));
  assert.deepEqual(shown, ["custo B 2", "custo A 4", "trans A 10"]);
  assert.equal(told(events).at(-1), "ticks all 20", "deadlines up to --to are reached");
});

test("given a record, then its id, origin, place and bytes go along", async () => {
  const broken = { ...past(transactions, null, 5), bytes: Buffer.from("{"), value: undefined };
  const [event] = await replayed([broken]);
  const { id, origin, partition, bytes, value, key } = event;
  assert.deepEqual(
    { id, origin, partition, bytes, value, key },
    {
      id: broken.id,
      origin: "origin 5",
      partition: 3,
      bytes: broken.bytes,
      value: null,
      key: null,
    },
  );
});

test("given a speed, then it waits for what lies ahead and never for what lies behind", () => {
  let now = 1_000;
  const stop = AbortSignal.abort();
  const pace = pacer(60, 5_000, stop, () => now);
  assert.equal(pace(0), undefined, "what lies before the beginning is not waited for");
  assert.equal(pace(5_000), undefined);
  assert.equal(pace(5_000 + 60 * 19), undefined, "19 ms are not worth a commit");
  assert.ok(pace(5_000 + 60 * 200));
  now += 500;
  assert.equal(pace(5_000 + 60 * 200), undefined);
});
