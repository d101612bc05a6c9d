import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { transact } from "../../db.ts";
import { testServers } from "../../embedded/test-servers.ts";
import { testLine, testSpace } from "../../embedded/test-space.ts";
import {
  type Notification,
  type NotificationResult,
  notificationResults,
  notifications,
} from "../../events/notification.ts";
import { isoTime } from "../../events/time.ts";
import { AdminPort } from "../../stream/admin.ts";
import { openReader } from "../../stream/reader.ts";
import { inSpace } from "../../stream/space.ts";
import type { Topic } from "../../stream/topic.ts";
import { openWriter } from "../../stream/writer.ts";
import { putResults, type Result } from "./ledger.ts";
import { openRelay } from "./relay.ts";
import { openSimulatedProvider } from "./simulated-provider.ts";

const { kafka, postgres } = await testServers(["kafka", "postgres"]);
const worker = fileURLToPath(new URL("test-worker.ts", import.meta.url));
const topics = [notifications, notificationResults] as unknown as Topic[];
const HOUR = 3_600_000;

const intent = (id: string): Notification => ({
  notification_id: id,
  audience: "staff",
  recipient: "+420111222",
  intervention_id: `INT_${id}`,
  channel: "sms",
  priority: 2,
  message: "offer payment options",
  expires_at: isoTime(Date.now() + HOUR),
  timestamp: isoTime(Date.now()),
  event_time: isoTime(Date.now()),
});

const setUp = async () => {
  const { space, pool } = await testSpace(postgres.url);
  const admin = AdminPort.open(kafka.bootstrap);
  for (const topic of topics) await admin.create(inSpace(space, topic.name), topic, 1);
  admin.close();
  const provider = await openSimulatedProvider();
  after(provider.close);
  const url = new URL(postgres.url);
  const toPostgres = await testLine({ host: url.hostname, port: Number(url.port) });
  url.port = String(toPostgres.port);
  const said: string[] = [];
  const children = new Set<ChildProcess>();
  after(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  const start = () => {
    const place = { bootstrap: kafka.bootstrap, databaseUrl: url.href, space, url: provider.url };
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const child = spawn(process.execPath, [worker, JSON.stringify(place)], { stdio: [...stdio] });
    children.add(child);
    child.stdout?.on("data", (text) => said.push(...String(text).trim().split("\n")));
    const end = async (signal: NodeJS.Signals) => {
      const ended = once(child, "exit");
      child.kill(signal);
      children.delete(child);
      return (await ended)[0] as number | null;
    };
    return { stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
  };
  const writer = await openWriter({ bootstrap: kafka.bootstrap, space, source: "test@1" });
  after(() => writer.close());
  const send = async (ids: readonly string[]) => {
    for (const id of ids) await writer.send(notifications, id, intent(id));
    await writer.flush();
  };
  const states = async () => {
    const { rows } = await pool.query<{ id: string; state: string }>(
      "select notification_id as id, state from notifications",
    );
    return new Map(rows.map(({ id, state }) => [id, state]));
  };
  const until = async (holds: () => boolean | Promise<boolean>) => {
    while (!(await holds())) await delay(10);
  };
  return { space, pool, provider, toPostgres, said, start, send, states, until };
};

/** Every result of the topic, read until `isAll`; duplicates of one id count once. */
const readResults = async (space: string, isAll: (found: Map<string, string>) => boolean) => {
  const found = new Map<string, NotificationResult>();
  const newest = new Map<string, string>();
  const stop = new AbortController();
  const reader = openReader({
    bootstrap: kafka.bootstrap,
    space,
    group: "test-results",
    topics: [notificationResults as unknown as Topic],
    handle: async (batch) => {
      for (const { value, header } of batch) {
        const result = notificationResults.read(value as Buffer);
        assert.equal(header?.id, result.result_id);
        found.set(result.result_id, result);
        newest.set(result.notification_id, result.status);
      }
      if (isAll(newest)) stop.abort();
    },
  });
  await reader.run(stop.signal);
  return { found, newest };
};

const settled = (states: Map<string, string>, count: number) =>
  states.size === count && [...states.values()].every((s) => s === "accepted" || s === "unknown");

test("given kills at any point and a provider that breaks, then none is taken twice", async () => {
  const { space, provider, start, send, states, until } = await setUp();
  const ids = Array.from({ length: 120 }, (_, i) => `n${i}`);
  const broken = ["accept_then_drop", "accept", "accept_then_500", "accept", "accept"] as const;
  provider.behave(...Array.from({ length: 60 }, (_, i) => broken[i % broken.length]), "accept");
  await send(ids.slice(0, 60));
  let rest = ids.slice(60);
  for (let kill = 1; kill <= 4; kill++) {
    const { kill: end } = start();
    const asked = provider.asked();
    await until(() => provider.asked() > asked);
    await end();
    await send(rest.slice(0, 15));
    rest = rest.slice(15);
  }
  provider.behave("accept");
  const last = start();
  await until(async () => settled(await states(), ids.length));
  const keys = provider.accepted.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
  const now = await states();
  for (const [id, state] of now)
    if (state === "accepted") assert.ok(keys.includes(id), `${id} was never sent`);
  for (const key of keys) assert.ok(now.has(String(key)));
  const { newest } = await readResults(space, (found) => found.size === ids.length);
  assert.deepEqual(newest, now);
  assert.equal(await last.stop(), 0);
});

test("given a process killed while it sends, then another says so, and does not send", async () => {
  const { provider, start, send, states, until } = await setUp();
  provider.behave("hang");
  const first = start();
  await send(["n"]);
  await until(() => provider.asked() === 1);
  await first.kill();
  provider.behave("accept");
  const second = start();
  await until(async () => (await states()).get("n") === "unknown");
  assert.deepEqual([provider.asked(), provider.accepted.length], [1, 0]);
  await second.stop();
});

test("given a Postgres that goes away, then it is said once, and nothing is lost", async () => {
  const { provider, start, send, states, until, toPostgres, said } = await setUp();
  const own = start();
  await send(["a"]);
  await until(() => provider.accepted.length === 1);
  await toPostgres.cut();
  await until(() => said.length > 0);
  await send(["b", "c"]);
  await toPostgres.mend();
  await until(async () => settled(await states(), 3));
  await own.stop();
  assert.deepEqual(new Set(provider.accepted.map(({ key }) => key)), new Set(["a", "b", "c"]));
  assert.deepEqual(
    said.filter((sentence) => /does not answer/.test(sentence)).length,
    said.filter((sentence) => /answers again/.test(sentence)).length,
  );
  assert.ok(said.length <= 4, said.join("\n"));
});

test("given a broker that is away, then results wait, and go out oldest first", async () => {
  const { pool, space, said } = await setUp();
  const say = (sentence: string) => said.push(sentence);
  const ids = Array.from({ length: 700 }, (_, i) => `n${i}`);
  const results = ids.map(
    (id, i): Result => ({
      ...{ notification_id: id, key: "one", customer_id: null, intervention_id: null },
      ...{ channel: "sms", attempt: 1, status: "accepted", reason: null, simulated: true },
      ...{ by: null, at: Date.now() + i },
    }),
  );
  await transact(pool, (client) => putResults(client, results));
  const relay = async (bootstrap: string, isEnough: () => boolean | Promise<boolean>) => {
    const stop = new AbortController();
    const running = openRelay({ bootstrap, space, pool, say }).run(stop.signal);
    while (!(await isEnough())) await delay(10);
    stop.abort();
    await running;
  };
  const waiting = async () => (await pool.query("select 1 from notification_outbox")).rowCount;
  await relay("127.0.0.1:9", () => said.length > 0);
  assert.match(said[0], /^Results of notifications wait: Kafka does not answer/);
  assert.equal(await waiting(), ids.length);
  await relay(kafka.bootstrap, async () => (await waiting()) === 0);
  assert.equal(said.length, 1);
  const { newest } = await readResults(space, (found) => found.size === ids.length);
  assert.deepEqual([...newest.keys()], ids);
});
