import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { failure } from "../src/errors.ts";
import {
  type DashboardUpdate,
  dashboardUpdates,
  type PanelName,
  panelNames,
} from "../src/events/dashboard.ts";
import { Quantiles } from "../src/rules/quantiles.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { inSpace } from "../src/stream/space.ts";
import type { Topic } from "../src/stream/topic.ts";
import { openWriter, type Writer } from "../src/stream/writer.ts";
import { type Bench, launcher, logFolder, measure } from "./context.ts";
import { newSpace, removeSpace } from "./line-setup.ts";
import { lastWords, type Program, startProgram, usageOf } from "./program.ts";

/** Consoles that look at every panel, and some more that take nothing in. */
const consoles = 200;
const slowConsoles = 5;
const updatesPerS = 10;
/** What stands in a line of a list at most. */
const words = "x".repeat(290);
const waitMaxMs = 60_000;

const now = () => new Date().toISOString();

/** What an update says does not matter; that it is new, and when it was made, does. */
const updateOf = (panel: PanelName, n: number): DashboardUpdate => {
  const at = now();
  const id = `${n % 200}`;
  const about = { customer_id: `CUST-${id}`, risk_level: "HIGH", risk_score: 0.75 } as const;
  const values: { [P in PanelName]: Extract<DashboardUpdate, { panel: P }>["value"] } = {
    throughput: { at, events_per_s: n, predictions_per_s: n, interventions_per_s: n },
    latency: {
      at,
      prediction_p50_ms: 40,
      prediction_p99_ms: 90,
      intervention_p50_ms: 50,
      intervention_p99_ms: 100,
    },
    lag: { at, seconds: 0, records: n, trend: "steady", caught_up_in_s: 0, groups: [] },
    bands: { at, customers: { LOW: n }, today: { LOW: n } },
    dead_letters: { at, total: n, reasons: {} },
    scores: {
      at,
      ...about,
      prediction_id: id,
      previous_score: null,
      trigger: "penalty",
      reason: words,
    },
    decisions: {
      at,
      ...about,
      intervention_id: id,
      intervention_type: "proactive_support",
      channel: "sms",
      status: "sent",
      why: words,
      suppressed_by: null,
      not_before: null,
    },
    alerts: {
      at,
      alert_id: id,
      kind: "critical_risk",
      customer_id: about.customer_id,
      risk_score: 0.9,
      says: words,
    },
    attention: { at, queue: n, calls: 0, unknown_sends: 0, dead_letters: 0, approvals: 0 },
  };
  return { panel, id, value: values[panel] } as DashboardUpdate;
};

/** Ten updates of each panel every second, one after another, until told to stop. */
const feed = async (writer: Writer, signal: AbortSignal): Promise<void> => {
  const stepMs = 1_000 / updatesPerS / panelNames.length;
  const began = performance.now();
  for (let n = 0; !signal.aborted; n++) {
    const panel = panelNames[n % panelNames.length];
    await writer.send(dashboardUpdates, panel, updateOf(panel, Math.floor(n / panelNames.length)));
    const wait = began + n * stepMs - performance.now();
    if (wait > 0) await delay(wait, undefined, { signal }).catch(() => {});
  }
};

type Seen = { newest: Quantiles; messages: number; bytes: number; from: number };

/** A console: notes how old the newest value of each message is when it has come. */
const open = async (url: string, seen: Seen | undefined): Promise<WebSocket> => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/live`);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  for (const panel of panelNames) socket.send(JSON.stringify({ type: "subscribe", panel }));
  if (seen === undefined) socket.pause();
  else
    socket.on("message", (data) => {
      const at = Date.now();
      if (at < seen.from) return;
      const text = (data as Buffer).toString("latin1");
      const newest = Date.parse(text.slice(text.lastIndexOf('"at":"') + 6).slice(0, 24));
      seen.newest.record((at - newest) * 1_000);
      seen.messages++;
      seen.bytes += text.length;
    });
  return socket;
};

const lists = ["scores", "decisions", "alerts"] as const;

/** What little changes would fill no buffer soon: who takes nothing in asks for whole lists. */
const greedy = (sockets: readonly WebSocket[]): NodeJS.Timeout => {
  let n = 0;
  return setInterval(() => {
    const panel = lists[n++ % lists.length];
    for (const socket of sockets)
      if (socket.readyState === WebSocket.OPEN)
        socket.send(JSON.stringify({ type: "subscribe", panel }));
  }, 200);
};

const gaugesOf = async (url: string): Promise<Record<string, number>> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.matchAll(/^bellwether_live_(\w+) (\S+)$/gm);
  return Object.fromEntries([...found].map(([, name, value]) => [name, Number(value)]));
};

const startApi = async (bench: Bench, space: string): Promise<[Program, string]> => {
  // No table is asked for: programs on this machine need no session.
  const env = {
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
    REDIS_HOST: "127.0.0.1",
    REDIS_PORT: "1",
    KAFKA_BOOTSTRAP_SERVERS: bench.bootstrap,
    SPACE: space,
    PORT: "0",
    DATA_FOLDER: join(bench.folder, "live"),
  };
  const log = join(logFolder, "bench-live.log");
  const cpus = bench.pins.one;
  const api = startProgram({
    name: "run api",
    file: launcher,
    args: ["run", "api"],
    log,
    env,
    cpus,
  });
  for (const until = Date.now() + waitMaxMs; Date.now() < until; await delay(50)) {
    bench.signal.throwIfAborted();
    const url = /http:\/\/[\d.]+:\d+/.exec(api.output())?.[0];
    if (url) return [api, url];
    if (api.hasEnded()) break;
  }
  throw failure("FAILED", `live: the API does not answer: ${lastWords(api)}`);
};

const watch = async (bench: Bench, api: Program, url: string) => {
  const [warmS, watchS] = bench.quick ? [3, 5] : [20, 30];
  const seen: Seen = { newest: new Quantiles(), messages: 0, bytes: 0, from: Infinity };
  const sockets: WebSocket[] = [];
  const slow: WebSocket[] = [];
  const asking = greedy(slow);
  try {
    for (let n = 0; n < consoles; n++) sockets.push(await open(url, seen));
    for (let n = 0; n < slowConsoles; n++) slow.push(await open(url, undefined));
    await delay(warmS * 1_000, undefined, { signal: bench.signal });
    const before = usageOf(api.pid);
    const sentBefore = (await gaugesOf(url)).messages_sent;
    seen.from = Date.now();
    let buffered = 0;
    for (let second = 0; second < watchS; second++) {
      await delay(1_000, undefined, { signal: bench.signal });
      buffered = Math.max(buffered, (await gaugesOf(url)).buffered_bytes_most);
    }
    const { cpuS, maxRssMb } = usageOf(api.pid);
    const gauges = await gaugesOf(url);
    const ms = (q: number) => Math.round(seen.newest.at(q) / 1_000);
    return {
      newest_p50_ms: ms(0.5),
      newest_p99_ms: ms(0.99),
      newest_most_ms: ms(1),
      messages_per_panel_s: round(seen.messages / consoles / panelNames.length / watchS),
      sent: gauges.messages_sent - sentBefore,
      kb_per_console_s: round(seen.bytes / consoles / watchS / 1_000),
      buffered_most_kb: round(buffered / 1_000),
      slow_closed: gauges.slow_closed,
      cpu_s: round(cpuS - before.cpuS),
      max_rss_mb: Math.round(maxRssMb),
    };
  } finally {
    clearInterval(asking);
    for (const socket of [...sockets, ...slow]) socket.terminate();
  }
};

const round = (value: number): number => Math.round(value * 100) / 100;

/** Consoles on one API while every panel changes ten times a second. */
export const measureLive = async (bench: Bench): Promise<void> => {
  const { bootstrap, rounds } = bench;
  const space = newSpace();
  const admin = AdminPort.open(bootstrap);
  await admin.create(inSpace(space, dashboardUpdates.name), dashboardUpdates as Topic, 1);
  const writer = await openWriter({ bootstrap, space, source: "bench@1" });
  const stop = new AbortController();
  const feeding = feed(writer, AbortSignal.any([stop.signal, bench.signal]));
  let api: Program | undefined;
  try {
    const [started, url] = await startApi(bench, space);
    api = started;
    for (let number = 1; number <= rounds; number++)
      await measure(
        bench,
        { section: "live", what: `${consoles} consoles`, who: "Bellwether", round: number },
        () => watch(bench, started, url),
      );
  } finally {
    stop.abort();
    await feeding;
    await writer.close();
    await api?.stop();
    admin.close();
    await removeSpace(bootstrap, space);
  }
};
