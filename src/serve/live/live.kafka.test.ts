import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { Registry } from "prom-client";
import { WebSocket } from "ws";
import { testServers } from "../../embedded/test-servers.ts";
import { type DashboardUpdate, dashboardUpdates } from "../../events/dashboard.ts";
import { AdminPort } from "../../stream/admin.ts";
import { inSpace } from "../../stream/space.ts";
import type { Topic } from "../../stream/topic.ts";
import { openWriter } from "../../stream/writer.ts";
import type { Caller } from "../access.ts";
import type { FromServer } from "../messages/live.ts";
import { serve } from "../server.ts";
import type { HubLimits } from "./hub.ts";
import { openLive } from "./live.ts";

const { kafka } = await testServers(["kafka"]);
const { bootstrap } = kafka;
const admin = AdminPort.open(bootstrap);
after(() => admin.close());

const until = async (what: string, isSo: () => boolean | Promise<boolean>) => {
  const late = performance.now() + 240_000;
  while (!(await isSo())) {
    if (performance.now() > late) throw new Error(`It never came to be that ${what}`);
    await delay(10);
  }
};

const token = "a".repeat(43);
type Update = Extract<FromServer, { type: "update" }>;

/** A hub on a topic of its own, with whoever writes to it. */
const openHub = async (limits: Partial<HubLimits> = {}) => {
  const space = `test${randomBytes(4).toString("hex")}`;
  await admin.create(inSpace(space, dashboardUpdates.name), dashboardUpdates as Topic, 1);
  const writer = await openWriter({ bootstrap, space, source: "test@1" });
  const sessions = new Map<string, Caller>([[token, { name: "ann", role: "viewer" }]]);
  const access = {
    required: false,
    keyOf: async () => undefined,
    sessionOf: async (shown: string) => sessions.get(shown),
  };
  const say = () => undefined;
  const stops: (() => Promise<void>)[] = [];
  /** A server of its own, as after a restart. */
  const start = async () => {
    const stop = new AbortController();
    const quick = { everyMs: 20, ...limits };
    const metrics = new Registry();
    const live = openLive({
      bootstrap,
      space,
      access,
      registry: metrics,
      say,
      limits: quick,
      checkMs: 50,
    });
    const pool = { query: async () => ({ rows: [] }) } as unknown as pg.Pool;
    const config = { port: 0, space };
    const serving = await serve({
      config,
      pool,
      registry: metrics,
      access,
      routes: [live.route],
      say,
    });
    const running = live.run(stop.signal);
    const end = async () => {
      stop.abort();
      await serving.close();
      await running;
    };
    stops.push(end);
    return { url: serving.url.replace("http", "ws"), http: serving.url, metrics, end };
  };
  after(async () => {
    for (const stop of stops) await stop();
    await writer.close();
    await admin.remove(inSpace(space, dashboardUpdates.name));
  });
  const put = async (...updates: DashboardUpdate[]) => {
    for (const update of updates) await writer.send(dashboardUpdates, update.panel, update);
    await writer.flush();
  };
  return { ...(await start()), start, put, sessions };
};

const deadLettersNow = (total: number): DashboardUpdate => ({
  panel: "dead_letters",
  id: "now",
  value: { at: new Date().toISOString(), total, reasons: {} },
});
const score = (n: number): DashboardUpdate => {
  const example = dashboardUpdates.example as Extract<DashboardUpdate, { panel: "scores" }>;
  return { ...example, id: `p${n}`, value: { ...example.value, risk_score: n } };
};
const alert = (n: number, says: string): DashboardUpdate => {
  const at = new Date().toISOString();
  const about = { alert_id: `a${n}`, kind: "critical_risk", customer_id: null, risk_score: null };
  return { panel: "alerts", id: `a${n}`, value: { at, ...about, says } };
};

const own = (url: string) => ({
  origin: url.replace("ws", "http"),
  cookie: `bellwether_session=${token}`,
});

/** A console: what it was told, entry by entry, as a page would hold it. */
const look = async (url: string, headers: Record<string, string> = own(url)) => {
  const socket = new WebSocket(`${url}/live`, { headers });
  const said: FromServer[] = [];
  const entries = new Map<string, unknown>();
  let closed: [number, string] | undefined;
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as FromServer;
    said.push(message);
    if (message.type !== "update") return;
    if (message.reset) entries.clear();
    for (const { id, value } of message.entries) entries.set(id, value);
  });
  socket.on("close", (code, reason) => {
    closed = [code, String(reason)];
  });
  const opened = await new Promise<number>((resolve, reject) => {
    socket.on("open", () => resolve(101));
    socket.on("unexpected-response", (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on("error", reject);
  });
  after(() => socket.terminate());
  const send = (message: unknown) =>
    socket.send(typeof message === "string" ? message : JSON.stringify(message));
  const subscribe = (panel: string, after?: number) => send({ type: "subscribe", panel, after });
  const updates = () => said.filter((one): one is Update => one.type === "update");
  const refused = () => said.filter((one) => one.type === "refused");
  return { socket, opened, said, entries, updates, refused, send, subscribe, closed: () => closed };
};

test("given entries from before and after, then a console has each as it is now", async () => {
  const { url, put } = await openHub();
  await put(score(1), deadLettersNow(1));
  const console = await look(url);
  console.subscribe("scores");
  await until("the first score is there", () => console.entries.has("p1"));
  assert.equal(console.updates()[0].reset, true);
  await put(score(2), score(3));
  await until("the others are there", () => console.entries.size === 3);
  assert.ok(console.updates().every(({ panel }) => panel === "scores"));
  assert.ok(
    console
      .updates()
      .slice(1)
      .every(({ reset }) => !reset),
  );
});

test("given who comes back, also to another server, then nothing is missing", async () => {
  const { url, put, start } = await openHub();
  await put(...Array.from({ length: 20 }, (_, n) => score(n)));
  const before = await look(url);
  before.subscribe("scores");
  await until("all are there", () => before.entries.size === 20);
  const { seq } = before.updates().at(-1)!;
  before.socket.terminate();
  await put(score(5), score(20), score(21));
  const other = await start();
  for (const place of [url, other.url]) {
    const back = await look(place);
    back.subscribe("scores", seq);
    await until("what was missed is there", () => back.entries.size === 3);
    const [first] = back.updates();
    assert.equal(first.reset, false, place);
    assert.deepEqual([...back.entries.keys()], ["p5", "p20", "p21"]);
  }
  const last = await look(other.url);
  last.subscribe("scores");
  await until("it has all", () => last.entries.size === 22);
  const nothing = await look(url);
  nothing.subscribe("scores", last.updates().at(-1)!.seq);
  await put(score(22));
  await until("the new one is there", () => nothing.entries.size > 0);
  assert.deepEqual([...nothing.entries.keys()], ["p22"]);
});

test("given a place nobody knows, or one too long ago, then all is sent anew", async () => {
  const { url, put } = await openHub();
  await put(...Array.from({ length: 250 }, (_, n) => score(n)));
  for (const place of [1, 1_000_000]) {
    const back = await look(url);
    back.subscribe("scores", place);
    await until("all that is kept is there", () => back.entries.size === 200);
    assert.equal(back.updates()[0].reset, true, String(place));
  }
});

test("given many changes at once, then a console is sent few, and the newest", async () => {
  const { url, put } = await openHub({ everyMs: 250 });
  const console = await look(url);
  console.subscribe("dead_letters");
  await put(deadLettersNow(0));
  await until("it looks on", () => console.entries.size === 1);
  const began = performance.now();
  for (let n = 1; n <= 60; n++) {
    await put(deadLettersNow(n));
    await delay(5);
  }
  const newest = () => (console.entries.get("now") as { total: number }).total;
  await until("the newest is there", () => newest() === 60);
  const most = 2 + (performance.now() - began) / 250;
  const { length } = console.updates();
  assert.ok(length <= most, `${length} messages where at most ${most} may be`);
});

test("given a console that reads nothing, then little is kept, and it is let go", async () => {
  const bufferMaxBytes = 300_000;
  const { url, put, metrics } = await openHub({ bufferMaxBytes, slowMaxMs: 500, pingMs: 20_000 });
  const slow = await look(url);
  const quick = await look(url);
  for (const one of [slow, quick]) one.subscribe("alerts");
  slow.socket.pause();
  const gauge = async (name: string) => {
    const [{ value }] = (await metrics.getSingleMetric(`bellwether_live_${name}`)!.get()).values;
    return Number(value);
  };
  let most = 0;
  let n = 0;
  await until("it is let go", async () => {
    const batch = Array.from({ length: 100 }, () => alert(n++ % 150, "x".repeat(590)));
    await put(...batch);
    most = Math.max(most, await gauge("buffered_bytes_most"));
    return (await gauge("slow_closed")) >= 1 && (await gauge("clients")) === 1;
  });
  assert.ok(most > bufferMaxBytes / 2, `${most} bytes: it never was slow`);
  assert.ok(most <= bufferMaxBytes, `${most} bytes were kept for it`);
  assert.equal(quick.closed(), undefined, "others go on");
  assert.equal(quick.entries.size, 150);
});

test("given a session that ends, then its socket is closed in words, others are not", async () => {
  const { url, sessions } = await openHub();
  const other = "b".repeat(43);
  sessions.set(other, { name: "bob", role: "auditor" });
  const ann = await look(url);
  const bob = await look(url, { ...own(url), cookie: `bellwether_session=${other}` });
  sessions.delete(token);
  await until("ann is told", () => ann.closed() !== undefined);
  assert.deepEqual(ann.closed(), [4401, "You are not signed in any more."]);
  assert.equal(bob.closed(), undefined);
});

test("given a page of somebody else, no session, or a forged one, then no socket", async () => {
  const { url, http } = await openHub();
  const { cookie, origin } = own(url);
  const statuses = async (headers: Record<string, string>) => (await look(url, headers)).opened;
  assert.equal(await statuses({ cookie, origin: "https://elsewhere.example" }), 403);
  assert.equal(await statuses({ origin }), 401);
  assert.equal(await statuses({ origin, cookie: "bellwether_session=forged" }), 401);
  assert.equal(await statuses({}), 101, "a program on this machine");
  assert.equal(await statuses({ host: "elsewhere.example", cookie }), 421);
  const plain = await fetch(`${http}/live`);
  assert.equal(plain.status, 426);
  assert.equal(((await plain.json()) as { code: string }).code, "LIVE_ONLY");
  const socket = new WebSocket(`${url}/nowhere`, { headers: { origin, cookie } });
  const status = await new Promise((resolve) => {
    socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
    socket.on("error", () => undefined);
  });
  assert.equal(status, 404);
});

test("given junk, then it is refused in words, and who goes on with it is let go", async () => {
  const { url } = await openHub();
  const console = await look(url);
  const junk = [
    "{",
    "null",
    '{"type":"subscribe","panel":"secrets"}',
    '{"type":"subscribe","panel":"scores","after":-1}',
    '{"type":"subscribe","panel":"scores","more":1}',
    "x".repeat(5_000),
  ];
  for (const message of junk) console.send(message);
  console.socket.send(Buffer.from([1, 2, 3]), { binary: true });
  await until("each is refused", () => console.refused().length === junk.length + 1);
  assert.equal(console.closed(), undefined);
  for (let n = 0; n < 10; n++) console.send("{");
  await until("it is let go", () => console.closed() !== undefined);
  assert.deepEqual(console.closed(), [1008, "Too much came that nobody could use."]);
  const huge = await look(url);
  huge.send("x".repeat(100_000));
  await until("it is let go at once", () => huge.closed()?.[0] === 1009);
});

test("given a flood of good messages, then it is refused and let go", async () => {
  const { url, put } = await openHub();
  await put(score(1));
  const [flood, calm] = [await look(url), await look(url)];
  for (let n = 0; n < 300; n++) flood.subscribe("scores");
  await until("it is let go", () => flood.closed() !== undefined);
  calm.subscribe("scores");
  await until("others are answered", () => calm.entries.size === 1);
});

test("given as many as there may be, then the next is refused, until one goes", async () => {
  const { url } = await openHub({ clientsMost: 1 });
  const first = await look(url);
  assert.equal((await look(url)).opened, 503);
  first.socket.close();
  await until("there is room", async () => (await look(url)).opened === 101);
});

test("given as many as one person may have, then the next is told so, others are not", async () => {
  const { url, sessions } = await openHub({ ownClientsMost: 2 });
  sessions.set("b".repeat(43), { name: "ann", role: "viewer" });
  sessions.set("c".repeat(43), { name: "ben", role: "viewer" });
  const as = (letter: string) => ({
    ...own(url),
    cookie: `bellwether_session=${letter.repeat(43)}`,
  });
  const first = await look(url);
  const second = await look(url, as("b"));
  const third = await look(url, as("b"));
  await until("it is let go", () => third.closed() !== undefined);
  const why = "You look on in as many windows as one person may. Close one; this one follows.";
  assert.deepEqual(third.closed(), [4429, why]);
  const others = [await look(url, as("c")), await look(url, {}), await look(url, {})];
  others.push(await look(url, {}));
  first.socket.close();
  await until("there is room", async () => {
    const next = await look(url);
    next.send("{");
    await until("it is answered", () => next.refused().length > 0 || next.closed() !== undefined);
    return next.closed() === undefined;
  });
  for (const one of [second, ...others]) assert.equal(one.closed(), undefined);
});

test("given a panel that nobody wants any more, then it is sent no more", async () => {
  const { url, put } = await openHub();
  const console = await look(url);
  console.subscribe("scores");
  console.subscribe("dead_letters");
  await put(score(1));
  await until("it comes", () => console.entries.has("p1"));
  console.send({ type: "unsubscribe", panel: "scores" });
  console.send("{");
  await until("that was heard", () => console.refused().length === 1);
  await put(score(2), deadLettersNow(1));
  await until("the other comes", () => console.entries.has("now"));
  assert.equal(console.entries.has("p2"), false);
});

test("given a stop, then sockets are told, and the server ends", async () => {
  const { url, end } = await openHub();
  const console = await look(url);
  await end();
  await until("it is told", () => console.closed() !== undefined);
  assert.deepEqual(console.closed(), [1001, "The server stops; connect again in a moment."]);
});
