import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { Registry } from "prom-client";
import { readConfig } from "../../config.ts";
import { openPool } from "../../db.ts";
import {
  customerUpdates,
  deadLetters,
  lateEvents,
  notifications,
  predictionsStream,
  transactionsStream,
} from "../../events/topics.ts";
import { AdminPort } from "../../stream/admin.ts";
import { headerName, writeHeader } from "../../stream/header.ts";
import { Producer } from "../../stream/kafka.ts";
import { inSpace } from "../../stream/space.ts";
import type { Topic } from "../../stream/topic.ts";
import { topologyOf } from "../../stream/topology.ts";
import type { AccessOptions } from "../access.ts";
import type { MessagesAnswer } from "../messages/topics.ts";
import type { ErrorAnswer } from "../messages.ts";
import { openTopics } from "../routes/topics.ts";
import { serve } from "../server.ts";

/** Predictions, of which there may be many: a contract of ours without personal fields. */
export const many = predictionsStream as unknown as Topic;
const declared = [
  many,
  transactionsStream,
  customerUpdates,
  notifications,
  lateEvents,
  deadLetters,
] as unknown as Topic[];
const assess = {
  name: "assess",
  group: "assess-group",
  reads: [transactionsStream as Topic],
  writes: [many],
  state: { customer: { name: "customer", codec: {} } },
  run: () => undefined,
};
const ingest = (name: string, topic: unknown) => ({
  role: name,
  processors: [],
  ingests: [{ name, topics: [topic as Topic] }],
  sinks: [],
});
export const topology = topologyOf(
  [
    ingest("http", transactionsStream),
    ingest("simulator", customerUpdates),
    { role: "line", processors: [assess as never], ingests: [], sinks: [] },
  ],
  { topics: declared, deadLetters: deadLetters as Topic, lateEvents: lateEvents as Topic },
);
export const changelog = topology.topics.find(
  ({ name }) => !declared.some((one) => one.name === name),
) as Topic;

type Sent = {
  key?: string;
  partition?: number;
  header?: boolean;
  headers?: Record<string, string>[];
};

const ourHeader = {
  [headerName]: writeHeader({
    id: "id-1",
    type: "test",
    source: "test@1",
    schema: "1",
    origin: "file-1",
    eventTime: 1_700_000_000_000,
    ingestTime: 1_700_000_000_000,
    trace: "0".repeat(32),
  }),
};

/** A few topics in a space of the file's own, and the API over them; removed after the file. */
export const openTopicsWorld = async (bootstrap: string, access?: AccessOptions) => {
  const space = `test${randomBytes(4).toString("hex")}`;
  const admin = AdminPort.open(bootstrap);
  for (const one of topology.topics) await admin.create(inSpace(space, one.name), one, 1);
  const producer = await Producer.connect({ bootstrap, settings: { "linger.ms": 5 } });
  const writerOf = (name: string) => (name === "test" ? "ingest:http" : undefined);
  const map = { topology: () => topology, writerOf, groups: () => [] };
  const topics = openTopics({ bootstrap, space, ...map, access });
  // Nothing here asks Postgres; the pool connects when somebody does.
  const pool = openPool(readConfig({ space }, {}));
  const registry = new Registry();
  const server = { config: { port: 0, space }, pool, registry, routes: [topics.route], access };
  const serving = await serve({ ...server, say: () => {} });
  after(async () => {
    await topics.close();
    await serving.close();
    await producer.close();
    for (const one of topology.topics) await admin.remove(inSpace(space, one.name));
    admin.close();
    await pool.end();
  });
  const get = async <T = MessagesAnswer>(path: string): Promise<T> => {
    const response = await fetch(serving.url + path);
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return JSON.parse(body) as T;
  };
  const refused = async (path: string): Promise<ErrorAnswer & { status: number }> => {
    const response = await fetch(serving.url + path);
    return { status: response.status, ...((await response.json()) as ErrorAnswer) };
  };
  const pageOf = (query: Record<string, string | number>, name = many.name) => {
    const pairs = Object.entries(query).map(([field, value]) => [field, String(value)]);
    return get(`/topics/${name}/messages?${new URLSearchParams(Object.fromEntries(pairs))}`);
  };
  const send = async (to: { name: string }, value: Buffer | null, how: Sent = {}) => {
    const { key = "CUST-1", partition = -1, header = true, headers = [] } = how;
    const all = [...(header ? [ourHeader] : []), ...headers];
    assert.equal(producer.produce(inSpace(space, to.name), partition, value, key, all), 0);
    await producer.flush();
  };
  return { space, producer, url: serving.url, get, refused, pageOf, send };
};

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
