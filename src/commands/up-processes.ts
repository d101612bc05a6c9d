import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessName } from "../app.ts";
import { root } from "../config.ts";
import type { Figures } from "../figures.ts";
import type { ToProcess, ToSupervisor } from "./run.ts";

/**
 * The processes of `up`, supervised: one that fails (code 1) or is killed is started again with
 * backoff; one that ends with 2, 3 or 4 would end so again, and is not. A process ends by itself
 * when this one is gone, since its link breaks.
 */
export type SupervisedProcesses = {
  /** What all processes measured last, added up. */
  figures: () => Figures;
  /** Resolves with the code of the first process that will not be started again. */
  given: Promise<{ name: string; code: number }>;
  /** Stops these processes, in this order, within the bound. */
  stop: (names: readonly ProcessName[], withinMs: number) => Promise<void>;
};

export type Supervise = {
  names: readonly ProcessName[];
  /** Environment and flags for each of them. */
  env: Record<string, string>;
  flags: readonly string[];
  /** What a process runs instead of its roles: a command with its arguments. */
  instead?: Partial<Record<ProcessName, readonly string[]>>;
  say: (sentence: string) => void;
  /** How long to wait before the n-th start again, from 0. */
  backoffMs?: (attempt: number) => number;
};

const final = new Set([0, 2, 3, 4]);
const usualBackoffMs = (attempt: number) => Math.min(10_000, 250 * 2 ** attempt);
const healthyMs = 30_000;
const shareEveryMs = 1_000;
/** Those that show what all of them measure. */
const showing = ["front", "side"] as const;
/** Clients that block a thread of the pool each, and room for files and names. */
const clientsOf: Record<ProcessName, number> = { line: 6, side: 6, out: 12, front: 8, source: 4 };

const smallHeap = ["--max-semi-space-size=4", "--max-old-space-size=512"];
/**
 * A large young generation is worth its memory only where records run. The bound of the old one
 * lies far above what is needed: V8 takes its measure from it of how far to let garbage grow.
 */
const heaps: Record<ProcessName, string[]> = {
  line: ["--max-semi-space-size=16"],
  out: ["--max-semi-space-size=8", "--max-old-space-size=512"],
  side: smallHeap,
  front: smallHeap,
  source: smallHeap,
};

/** Who gives way where the machine is short: what the line decides comes before its copies. */
const yielding: ReadonlySet<ProcessName> = new Set(["out", "side"]);
const politely = ["nice", "-n", "10"];

type Child = {
  name: ProcessName;
  process: ChildProcess | undefined;
  figures: Figures | undefined;
  stop: AbortController;
  ended: Promise<void>;
};

const start = (child: Child, { env, flags, instead }: Supervise): ChildProcess => {
  const command = instead?.[child.name] ?? ["run", child.name];
  const script = [join(root, "src/cli.ts"), ...command, ...flags];
  const node = [process.execPath, ...heaps[child.name], ...script];
  const [file, ...args] = yielding.has(child.name) ? [...politely, ...node] : node;
  const threads = String(4 + 2 * clientsOf[child.name]);
  return spawn(file, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...env, UV_THREADPOOL_SIZE: threads },
  });
};

export const superviseProcesses = (options: Supervise): SupervisedProcesses => {
  const children = new Map<ProcessName, Child>();
  let giveUp: (end: { name: string; code: number }) => void;
  const given = new Promise<{ name: string; code: number }>((resolve) => {
    giveUp = resolve;
  });
  for (const name of options.names) {
    const child: Child = {
      name,
      process: undefined,
      figures: undefined,
      stop: new AbortController(),
      ended: Promise.resolve(),
    };
    children.set(name, child);
    child.ended = keepRunning(child, options, (code) => giveUp({ name, code }));
  }
  const figures = () => addUp([...children.values()].flatMap((c) => c.figures ?? []));
  const stop = (names: readonly ProcessName[], withinMs: number) =>
    stopAll(
      names.flatMap((name) => children.get(name) ?? []),
      withinMs,
      options.say,
    );
  const share = setInterval(() => {
    const message: ToProcess = { everything: figures() };
    for (const name of showing) {
      const { process: shows } = children.get(name) ?? {};
      if (shows?.connected) shows.send(message);
    }
  }, shareEveryMs);
  share.unref();
  return { figures, given, stop };
};

const keepRunning = async (
  child: Child,
  options: Supervise,
  giveUp: (code: number) => void,
): Promise<void> => {
  const { signal } = child.stop;
  const { backoffMs = usualBackoffMs } = options;
  for (let attempt = 0; !signal.aborted; attempt++) {
    const began = performance.now();
    const code = await runOnce(child, options);
    if (signal.aborted) return;
    if (final.has(code)) {
      giveUp(code);
      return;
    }
    if (performance.now() - began > healthyMs) attempt = 0;
    options.say(`The process ${child.name} ended with ${code}; it is started again.`);
    await delay(backoffMs(attempt), undefined, { signal }).catch(() => {});
  }
};

const runOnce = (child: Child, options: Supervise): Promise<number> =>
  new Promise((resolve) => {
    const running = start(child, options);
    child.process = running;
    running.on("message", (message: ToSupervisor) => {
      if ("figures" in message) child.figures = message.figures;
      else options.say(message.said);
    });
    running.on("error", () => resolve(1));
    running.on("exit", (code, signal) => {
      child.process = undefined;
      resolve(code ?? (signal ? 1 : 0));
    });
  });

const stopAll = async (
  stopping: readonly Child[],
  withinMs: number,
  say: (sentence: string) => void,
): Promise<void> => {
  for (const child of stopping) {
    child.stop.abort();
    if (child.process?.connected) child.process.send({ stop: true } satisfies ToProcess);
  }
  const late = new AbortController();
  const bound = delay(withinMs, undefined, { signal: late.signal }).then(() => {
    for (const child of stopping)
      if (child.process?.kill("SIGKILL"))
        say(`The process ${child.name} was killed, since it did not end in time.`);
  });
  await Promise.all(stopping.map((child) => child.ended));
  late.abort();
  await bound.catch(() => {});
};

const addUp = (all: readonly Figures[]): Figures => {
  const sum: Figures = { processors: {}, sinks: {}, notified: {} };
  for (const { processors, sinks, notified, live, source, api } of all) {
    Object.assign(sum.processors, processors);
    Object.assign(sum.sinks, sinks);
    Object.assign(sum.notified, notified);
    sum.live ??= live;
    sum.source ??= source;
    sum.api ??= api;
  }
  return sum;
};
