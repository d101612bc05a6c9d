import assert from "node:assert/strict";
import { test } from "node:test";
import { openPool } from "../../db.ts";
import { testServers } from "../../embedded/test-servers.ts";
import { testLine, testSpace } from "../../embedded/test-space.ts";
import { Failure } from "../../errors.ts";
import { Random } from "../../rules/random.ts";
import type { Received } from "../../stream/reader.ts";
import { type Topic, topic } from "../../stream/topic.ts";
import { PostgresSink } from "./sink.ts";
import { from, table } from "./table.ts";

const { postgres } = await testServers(["postgres"]);
const numbers = topic<{ n: number }>("numbers", { partitions: 2 });
const perPartition = 400;
const parts = [0, 1].map((partition) => ({ topic: numbers.name, partition }));

// Without a key in the table nothing but the offset guard keeps a record from counting twice.
const counted = table({
  name: "counted",
  columns: { n: "integer" },
  key: [],
  keeps: "first",
  from: [from(numbers, ({ n }) => ({ n }))],
});

const record = (partition: number, offset: number): Received => ({
  topic: numbers as Topic,
  partition,
  offset,
  key: "key",
  value: numbers.write({ n: partition * perPartition + offset }),
  header: undefined,
  appendTime: Date.parse("2026-01-01T00:00:00Z"),
});

/** A sink with a reader's position on both partitions, as the reader keeps it. */
const openReading = async (pool: ReturnType<typeof openPool>) => {
  const sink = new PostgresSink({
    name: "test-sink",
    space: "live",
    tables: [counted],
    erasable: [],
    pool,
    address: "",
    topicId: async () => "id",
    recordMaxBytes: 1_000_000,
    readElsewhere: new Set(),
    say: () => undefined,
  });
  const start = await sink.startAt(parts);
  const at = parts.map((p) => start.get(`numbers-${p.partition}`)!);
  const next = (random: Random): Received[] =>
    at.flatMap((from, partition) => {
      const count = Math.min(random.whole(0, 30), perPartition - from);
      return Array.from({ length: count }, (_, i) => record(partition, from + i));
    });
  const advance = (batch: Received[]) => {
    for (const { partition, offset } of batch) at[partition] = offset + 1;
  };
  return { handle: sink.handle, next, advance, isDone: () => at.every((n) => n === perPartition) };
};

const moments = ["begin", "sink offsets", "sink counted", "commit"];

const live = async (seed: number): Promise<void> => {
  const random = new Random(seed, 1, 2, 3);
  const { config, pool } = await testSpace(postgres.url);
  await pool.query("create table counted (n integer)");
  const url = new URL(postgres.url);
  const line = await testLine({ host: url.hostname, port: Number(url.port) });
  url.port = String(line.port);
  const far = openPool({ ...config, databaseUrl: url.href });
  const sinks = [await openReading(far), await openReading(far)];
  let lost = 0;
  const step = async (which: number): Promise<void> => {
    if (random.chance(0.05)) sinks[which] = await openReading(far);
    const sink = sinks[which];
    const batch = sink.next(random);
    if (random.chance(0.3)) line.cutAfter(random.pick(moments));
    try {
      await sink.handle(batch);
      sink.advance(batch);
    } catch (thrown) {
      assert.ok(thrown instanceof Failure && thrown.code === "POSTGRES_UNREACHABLE", `${thrown}`);
      lost++;
    }
  };
  while (!sinks.some((sink) => sink.isDone())) await Promise.all([step(0), step(1)]);
  await far.end();
  const { rows } = await pool.query<{ n: number }>("select n from counted order by n");
  const all = Array.from({ length: 2 * perPartition }, (_, n) => n);
  assert.deepEqual(
    rows.map((row) => row.n),
    all,
  );
  assert.ok(lost > 0, "some connections were lost");
};

const drawn = () => Math.floor(Math.random() * 1_000_000);
const seeds = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, 3, drawn()];
for (const seed of seeds)
  test(`given two sinks and losses at any moment, then each record counts once: SEED=${seed}`, () =>
    live(seed));
