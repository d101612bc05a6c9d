import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { runningServers } from "../src/embedded/servers.ts";
import { failure } from "../src/errors.ts";
import { predictionsStream } from "../src/events/prediction.ts";
import { readPosition } from "../src/ingest/simulate/position.ts";
import type { FromServer, PanelValues } from "../src/serve/messages/live.ts";
import { Consumer } from "../src/stream/kafka.ts";
import { type Bench, launcher, logFolder, measureUndisturbed } from "./context.ts";
import { memoryOf } from "./memory.ts";
import { lastWords, type Program, startProgram } from "./program.ts";

const pollMs = 50;
const startMaxMs = 180_000;

type Wait = { bench: Bench; up: Program; until: number };

const waitFor = async <T>(
  { bench, up, until }: Wait,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> => {
  for (;;) {
    bench.signal.throwIfAborted();
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (up.hasEnded()) throw failure("FAILED", `up ended: ${lastWords(up)}`);
    if (Date.now() > until) throw failure("FAILED", `up: no ${what} in time`);
    await delay(pollMs);
  }
};

/** Reads until a committed prediction can be read. */
const firstPrediction = async (wait: Wait, bootstrap: string): Promise<void> => {
  const consumer = await Consumer.connect({ bootstrap, group: "bench" });
  const { name: topic, partitions } = predictionsStream;
  const part = (partition: number) => ({ topic, partition, offset: 0 });
  consumer.assign(Array.from({ length: partitions }, (_, partition) => part(partition)));
  try {
    await waitFor(wait, "prediction", async () => {
      const { messages } = await consumer.consume(1, pollMs);
      return messages.length > 0 ? true : undefined;
    });
  } finally {
    await consumer.close();
  }
};

/** Whether an answer of `/live` shows that events come in. */
const moves = (text: string): boolean => {
  const said = JSON.parse(text) as FromServer;
  if (said.type !== "update" || said.panel !== "throughput") return false;
  return said.entries.some(({ value }) => (value as PanelValues["throughput"]).events_per_s > 0);
};

/** Looks at `/live` as the console does; undefined where the socket ends before anything moves. */
const lookAtLive = (link: string, cookie: string, until: number): Promise<true | undefined> =>
  new Promise((resolve) => {
    const { origin } = new URL(link);
    const socket = new WebSocket(`${origin.replace("http", "ws")}/live`, {
      origin,
      headers: { cookie },
    });
    const late = setTimeout(() => socket.terminate(), until - Date.now());
    socket.on("open", () =>
      socket.send(JSON.stringify({ type: "subscribe", panel: "throughput" })),
    );
    socket.on("message", (data) => {
      if (!moves(String(data))) return;
      resolve(true);
      socket.terminate();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(late);
      resolve(undefined);
    });
  });

/** Signs in by the link that `up` prints, and waits for a figure of the console that moves. */
const consoleAlive = async (wait: Wait): Promise<void> => {
  const link = await waitFor(
    wait,
    "link to the console",
    async () => /The console, once .*: (http\S+)/.exec(wait.up.output())?.[1],
  );
  const answer = await fetch(link, { redirect: "manual" });
  const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  await waitFor(wait, "figure that moves", () => lookAtLive(link, cookie, wait.until));
};

/** Memory of the whole tree, second by second: from 60 s after history ended, for 30 s. */
const memoryAfter = async (bench: Bench, pid: number): Promise<number> => {
  const [restS, watchS] = bench.quick ? [5, 5] : [60, 30];
  await delay(restS * 1_000, undefined, { signal: bench.signal });
  let most = 0;
  for (let second = 0; second < watchS; second++) {
    most = Math.max(most, memoryOf(pid));
    await delay(1_000, undefined, { signal: bench.signal });
  }
  return most;
};

/**
 * `up` with an empty data folder and all servers embedded: seconds from the command until its first
 * prediction can be read, until a signed-in console is sent a rate of events above zero, until
 * history has been told, and the memory of everything it runs.
 */
export const timeUp = async (bench: Bench): Promise<Record<string, unknown>> => {
  const data = join(bench.folder, "up");
  rmSync(data, { recursive: true, force: true });
  const unset = { KAFKA_BOOTSTRAP_SERVERS: "", KAFKA_BROKER: "", DATABASE_URL: "" };
  const env = { ...unset, POSTGRES_HOST: "", REDIS_HOST: "", SPACE: "", DATA_FOLDER: data };
  const log = join(logFolder, "bench-up.log");
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 10) / 100;
  const up = startProgram({
    name: "up",
    file: launcher,
    args: ["up"],
    cpus: bench.pins.all,
    env,
    log,
  });
  try {
    const wait = { bench, up, until: Date.now() + startMaxMs };
    const bootstrap = await waitFor(
      wait,
      "Kafka",
      async () => runningServers(data)?.kafka?.bootstrap,
    );
    const servers = seconds();
    const [prediction, alive] = await Promise.all([
      firstPrediction(wait, bootstrap).then(seconds),
      consoleAlive(wait).then(seconds),
    ]);
    await waitFor(wait, "end of history", async () =>
      (await readPosition(bootstrap, "live"))?.present ? true : undefined,
    );
    const history = seconds();
    const memory = Math.round(await memoryAfter(bench, up.pid));
    return {
      servers_s: servers,
      first_prediction_s: prediction,
      console_alive_s: alive,
      history_told_s: history,
      memory_pss_mb: memory,
    };
  } finally {
    await up.stop();
    rmSync(data, { recursive: true, force: true });
  }
};

export const measureUp = (bench: Bench): Promise<void> => {
  const subject = {
    section: "up",
    what: "from an empty folder",
    who: "Bellwether",
    round: 1,
  } as const;
  return measureUndisturbed(bench, subject, () => timeUp(bench));
};
