import assert from "node:assert/strict";
import { after } from "node:test";
import { testServers } from "./embedded/test-servers.ts";
import { testSpace } from "./embedded/test-space.ts";
import { deadLetters, lateEvents, transactionsStream } from "./events/topics.ts";
import { createKey } from "./keys.ts";
import { modelShelf } from "./models.ts";
import { assess } from "./process/delinquency/assess.ts";
import { openPostgresSink } from "./sink/postgres/sink.ts";
import { sinkTables } from "./sink/postgres/tables.ts";
import { openTopicIds } from "./sink/topic-ids.ts";
import { createTopics, seedPolicies } from "./space-setup.ts";
import { AdminPort } from "./stream/admin.ts";
import { openReader, type Received } from "./stream/reader.ts";
import { Runner } from "./stream/runner.ts";
import { takeSlot } from "./stream/slot.ts";
import { inSpace } from "./stream/space.ts";
import type { Topic } from "./stream/topic.ts";
import { startFront } from "./test-front.ts";

/** The API over a space of its own, with the processor of the product, for two test files. */
const { kafka, postgres } = await testServers(["kafka", "postgres"]);
export const { bootstrap } = kafka;
export const { pool, config, space } = await testSpace(postgres.url);
await createTopics(config, bootstrap);
await seedPolicies(config, bootstrap);
const url = await startFront(config, bootstrap);
export const [ann, ben] = [
  await createKey(pool, { name: "ann", role: "engineer" }),
  await createKey(pool, { name: "ben", role: "lead" }),
];
export const admin = AdminPort.open(bootstrap);
after(() => admin.close());

export const until = async <T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
): Promise<T> => {
  const last = performance.now() + 240_000;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    assert.ok(performance.now() < last, `In vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

export const call = async <T>(path: string, body?: unknown, key = ann): Promise<T> => {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  assert.ok(response.ok, `${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer as T;
};
export const refused = async (path: string, body: unknown, key = ann): Promise<string> => {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(!response.ok, path);
  return ((await response.json()) as { code: string }).code;
};

/** Runs something until it is stopped. */
const running = (run: (signal: AbortSignal) => Promise<void>) => {
  const stop = new AbortController();
  const ended = run(stop.signal);
  return async () => {
    stop.abort();
    await ended;
  };
};

/** The sink that fills the table of dead letters. */
const startTables = () => {
  const topicIds = openTopicIds(bootstrap, space);
  const tables = sinkTables("EUR")
    .flatMap((sink) => sink.tables)
    .filter(({ name }) => name === "dead_letters");
  const sink = openPostgresSink({
    name: "read-model-sink",
    tables,
    space,
    erasable: [],
    pool,
    address: "",
    topicId: topicIds.of,
    recordMaxBytes: 1_000_000,
    readElsewhere: new Set([transactionsStream.name]),
    say: () => undefined,
    bootstrap,
  });
  const stop = running(sink.run);
  after(async () => {
    await stop();
    topicIds.close();
  });
};
startTables();

export const shelf = modelShelf([config.modelsFolder]);
/** The processor of the product, until it is stopped. */
export const startAssess = () => {
  const processor = assess(shelf, "EUR");
  const slot = takeSlot(config.dataFolder, inSpace(space, processor.group), undefined);
  const topics = { deadLetters: deadLetters as Topic, lateEvents: lateEvents as Topic };
  const runner = new Runner({
    ...config,
    processor,
    bootstrap,
    slot,
    task: { ...config, release: "1", ...topics },
    say: () => undefined,
  });
  const run = running((signal) => runner.run(signal));
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= run().then(() => slot.release());
    return stopped;
  };
  after(stop);
  return stop;
};

/** What a group of its own is given of the topic that letters go back to. */
export const listenTo = (group: string, topics: readonly unknown[]) => {
  const seen: Received[] = [];
  const reader = openReader({
    bootstrap,
    space,
    group,
    topics: topics as Topic[],
    handle: async (batch) => void seen.push(...batch),
  });
  const stop = running((signal) => reader.run(signal));
  after(stop);
  return seen;
};

export const day = Date.parse("2026-11-01T10:00:00Z");
export const transaction = (customer: string, n: number, more: object = {}) => ({
  ...transactionsStream.example,
  customer_id: customer,
  transaction_id: `${customer}-${n}`,
  txn_time: new Date(day + n * 1_000).toISOString(),
  event_time: null,
  account_id: "ACC-SECRET-7",
  currency: "EUR",
  is_failed: true,
  ...more,
});
