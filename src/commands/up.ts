import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type ProcessName, processNames } from "../app.ts";
import { type Config, environmentOf } from "../config.ts";
import { type Servers, serverEnvironment, startServers } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { createTables, createTopics, groupsOf, seedPolicies } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import { LagWatch, type PartLag } from "../stream/lag.ts";
import { takeSlot } from "../stream/slot.ts";
import { type Command, print, say as sayPlain } from "./command.ts";
import { type SupervisedProcesses, superviseProcesses } from "./up-processes.ts";
import { type Moment, summaryBlock, summaryLine } from "./up-summary.ts";

const drawEveryMs = 1_000;
const lineEveryMs = 5_000;
/** What faces users stops first, then what feeds the line, then the line, then what drains it. */
const stopOrder: ProcessName[][] = [["front", "source"], ["line"], ["side", "out"]];
const stopWithinMs = 7_000;

/** `up`: servers, topics, tables and the five processes, with a live summary until Ctrl-C. */
export const up: Command = async (args, { config }) => {
  const { values } = parseArgs({
    args,
    options: { import: { type: "string" }, once: { type: "boolean" }, json: { type: "boolean" } },
  });
  if (values.import !== undefined) {
    const { upImport } = await import("./up-import.ts");
    return upImport(config, values.import, values);
  }
  if (values.once)
    throw failure("ARGUMENT_WRONG", "--once needs an import", "Add --import berka:<folder>.");
  const began = performance.now();
  const stop = stopSignal();
  const screen = openScreen();
  const stage = await openStage(config, screen.say);
  try {
    await createTopics(stage.config, stage.bootstrap);
    await seedPolicies(stage.config, stage.bootstrap);
    await createTables(stage.config, screen.say, stop);
    const processes = superviseProcesses({
      names: processNames,
      env: stage.env,
      flags: ["--space", config.space],
      say: screen.say,
    });
    const watching = watch(stage, processes, screen, began, stop);
    const ended = await Promise.race([
      aborted(stop),
      processes.given,
      stage.servers.failed.then((thrown) => Promise.reject(thrown)),
    ]);
    screen.close();
    sayPlain("Stopping …");
    await stopInOrder(processes);
    await watching;
    return ended?.code ?? 0;
  } finally {
    screen.close();
    await stage.close();
  }
};

/** Aborts at Ctrl-C or SIGTERM; a second Ctrl-C ends at once. */
export const stopSignal = (): AbortSignal => {
  const stop = new AbortController();
  const end = () => (stop.signal.aborted ? process.exit(1) : stop.abort());
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  return stop.signal;
};

export const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

export const stopInOrder = async (processes: SupervisedProcesses): Promise<void> => {
  const until = performance.now() + stopWithinMs;
  for (const names of stopOrder)
    await processes.stop(names, Math.max(500, until - performance.now()));
};

export type Stage = {
  config: Config;
  servers: Servers;
  bootstrap: string;
  env: Record<string, string>;
  close: () => Promise<void>;
};

/** The servers and the space's lock: what every way of running `up` needs first. */
export const openStage = async (
  config: Config,
  say: (sentence: string) => void,
): Promise<Stage> => {
  const lock = spaceLock(config);
  try {
    const servers = await startServers({ config, say });
    const env = { ...environmentOf(config), ...serverEnvironment(servers) };
    const { kafka, postgres, redis } = servers;
    say(
      `Kafka ${kafka.bootstrap} · Postgres ${hidden(postgres.url)} · Redis ${redis.host}:${redis.port}`,
    );
    const located: Config = {
      ...config,
      kafkaBootstrapServers: kafka.bootstrap,
      databaseUrl: postgres.url,
      redisHost: redis.host,
      redisPort: redis.port,
      redisPassword: redis.password,
    };
    const close = async () => {
      await servers.stop();
      lock.release();
    };
    return { config: located, servers, bootstrap: kafka.bootstrap, env, close };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
};

const spaceLock = (config: Config) => {
  try {
    return takeSlot(config.dataFolder, `up-${config.space}`, 0);
  } catch {
    throw failure("SPACE_BUSY", config.space);
  }
};

const hidden = (url: string): string => url.replace(/:[^:@/]*@/, ":***@");

const tries = [
  "./bellwether sql 'select * from risk_scores order by score_date desc limit 5'",
  "./bellwether sql 'select risk_level, count(*) from interventions group by 1'",
  "./bellwether lag --watch",
  "./bellwether load transactions --rate 500 --seconds 30",
  "./bellwether topics tail predictions-stream",
];

export type Screen = {
  say: (sentence: string) => void;
  show: (moment: Moment) => void;
  close: () => void;
};

/** A redrawn block on a terminal, plain lines in a pipe. Sentences stay above the block. */
export const openScreen = (): Screen => {
  const tty = process.stdout.isTTY === true;
  let drawn = 0;
  let lastLine = 0;
  const clear = () => {
    if (drawn > 0) process.stdout.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  let last: string[] = [];
  const draw = () => {
    if (last.length === 0) return;
    const width = process.stdout.columns ?? 100;
    process.stdout.write(`${last.map((line) => line.slice(0, width - 1)).join("\n")}\n`);
    drawn = last.length;
  };
  const show = (moment: Moment) => {
    if (tty) {
      clear();
      last = summaryBlock(moment, tries);
      draw();
    } else if (performance.now() - lastLine >= lineEveryMs) {
      lastLine = performance.now();
      print(summaryLine(moment));
    }
  };
  const say = (sentence: string) => {
    clear();
    sayPlain(sentence);
    if (tty) draw();
  };
  return {
    say,
    show,
    close: () => {
      drawn = 0;
      last = [];
    },
  };
};

/** Shows the figures once a second; says when the first prediction and the present came. */
export const watch = async (
  stage: Stage,
  processes: SupervisedProcesses,
  screen: Screen,
  began: number,
  stop: AbortSignal,
): Promise<void> => {
  const admin = AdminPort.open(stage.bootstrap);
  const lagWatch = new LagWatch(stage.bootstrap, admin);
  const groups = groupsOf(stage.config);
  let lags: readonly PartLag[] = [];
  let records = 0;
  let at = performance.now();
  const news = newsTeller(screen, began);
  while (!stop.aborted) {
    const figures = processes.figures();
    const now = performance.now();
    const ran = figures.processors["feature-processor"]?.records ?? 0;
    const eventsPerSecond = Math.max(0, ((ran - records) * 1_000) / (now - at));
    records = ran;
    at = now;
    news(figures.live?.newest ?? undefined, figures.source);
    lags = await lagWatch.read(groups, Date.now()).catch(() => lags);
    screen.show({ seconds: (now - began) / 1_000, figures, lags, eventsPerSecond });
    await delay(drawEveryMs, undefined, { signal: stop }).catch(() => {});
  }
  await lagWatch.close();
  admin.close();
};

const newsTeller = (screen: Screen, began: number) => {
  let predicted = false;
  let present = false;
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1);
  return (newest: string | undefined, source: { events: number; present: boolean } | undefined) => {
    if (newest !== undefined && !predicted) {
      predicted = true;
      screen.say(`First prediction after ${seconds()} s: ${newest}`);
    }
    if (source?.present && !present) {
      present = true;
      screen.say(`History told (${source.events} events) after ${seconds()} s; now in real time.`);
    }
  };
};
