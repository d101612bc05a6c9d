import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Failure, failure, sentenceOf } from "../errors.ts";
import { type GuardedCommand, spawnGuarded } from "./guard.ts";

export type Say = (line: string) => void;

/** One server as the supervisor needs to know it. */
export type ServerPlan = {
  /** As people call it: Kafka, Postgres, Redis. */
  name: string;
  command: GuardedCommand;
  /** Asked again and again: is it this very process that answers, by its own protocol? */
  answers: (pid: number) => Promise<boolean>;
  /** Undoes what a kill -9 may have left behind; run before every start. */
  beforeStart?: () => Promise<void>;
  /** Told of each new process, before it answers. */
  onProcess: (pid: number) => void;
  startMaxMs: number;
  stopMaxMs: number;
};

export type Supervised = {
  pid: () => number | undefined;
  /** Ends when the server cannot be kept running. */
  failed: Promise<Failure>;
  /** Kills what has not stopped within its own bound, or within this one where that is shorter. */
  stop: (withinMs?: number) => Promise<void>;
};

const pollMs = 20;
const backoffMinMs = 200;
const backoffMaxMs = 10_000;
/** A server that ends sooner than this after its start counts as failing, even if it answered. */
const quickEndMs = 30_000;
/** A start that fails this often in a row is given up: the first time early, later patiently. */
const firstStartsMax = 3;
const restartsMax = 20;

/** What a log says last, as one line for people: the last complaint, else the last line. */
export const lastComplaint = (log: string, since = 0): string => {
  try {
    const lines = readFileSync(log)
      .subarray(since)
      .toString("utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("at "));
    const complaints = lines.filter((line) => /error|fatal|exception|cannot|denied/i.test(line));
    return (complaints.at(-1) ?? lines.at(-1) ?? "it said nothing").slice(0, 300);
  } catch {
    return "it said nothing";
  }
};

/** One process of the server; `ended` says how it ended. */
type Run = { child: ChildProcess; ended: Promise<string> };

const spawnRun = (plan: ServerPlan): Run => {
  const child = spawnGuarded(plan.command);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (thrown) => resolve(sentenceOf(thrown)));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  if (child.pid !== undefined) plan.onProcess(child.pid);
  return { child, ended };
};

const halt = async (run: Run, first: NodeJS.Signals, maxMs: number): Promise<void> => {
  const { child, ended } = run;
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(first);
  const timer = setTimeout(() => child.kill("SIGKILL"), maxMs);
  await ended;
  clearTimeout(timer);
};

/** Undefined once the process answers, else why it does not. */
const answered = async (
  plan: ServerPlan,
  { child, ended }: Run,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const deadline = performance.now() + plan.startMaxMs;
  while (performance.now() < deadline) {
    if (signal.aborted) return "stopped";
    const asked = child.pid === undefined ? ended : plan.answers(child.pid);
    const result = await Promise.race([ended, asked]);
    if (result === true) return undefined;
    if (typeof result === "string") return result;
    await delay(pollMs);
  }
  return `no answer in ${plan.startMaxMs / 1_000} s`;
};

/**
 * Starts a server, waits until it answers, and keeps it running on the same port until `stop`.
 * Throws SERVER_NOT_STARTED when it does not answer after three tries. States: starting, running,
 * resting (after an end that nobody asked for; doubled up to 10 s while it keeps ending), starting.
 */
export const supervise = async (plan: ServerPlan, say: Say): Promise<Supervised> => {
  let run: Run | undefined;
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = (times: number) => {
    const restMs = times === 0 ? 0 : Math.min(backoffMaxMs, backoffMinMs * 2 ** (times - 1));
    return delay(restMs, undefined, { signal }).catch(() => undefined);
  };

  /** Undefined once it answers or `stop` was called, else why it was given up. */
  const start = async (triesMax: number): Promise<Failure | undefined> => {
    let why = "";
    for (let tries = 0; tries < triesMax; tries += 1) {
      await rest(tries);
      if (signal.aborted) return undefined;
      await plan.beforeStart?.();
      run = spawnRun(plan);
      const result = await answered(plan, run, signal).catch((thrown) => thrown);
      if (result === undefined || signal.aborted) return undefined;
      await halt(run, "SIGKILL", plan.stopMaxMs);
      if (result instanceof Failure) return result;
      why = `${sentenceOf(result)} (${lastComplaint(plan.command.log)})`;
    }
    return failure("SERVER_NOT_STARTED", plan.name, why, plan.command.log);
  };

  const watch = async (): Promise<Failure | undefined> => {
    for (let quickEnds = 0; !signal.aborted; ) {
      const since = performance.now();
      const how = await run?.ended;
      if (signal.aborted) break;
      say(`${plan.name} ended (${how}); starting it again.`);
      quickEnds = performance.now() - since < quickEndMs ? quickEnds + 1 : 0;
      await rest(quickEnds);
      const lost = await start(restartsMax);
      if (lost) return lost;
      if (!signal.aborted) say(`${plan.name} is back.`);
    }
    return undefined;
  };

  const refused = await start(firstStartsMax);
  if (refused) throw refused;
  const watching = watch();
  const failed = new Promise<Failure>((resolve) => {
    watching.then((lost) => lost && resolve(lost));
  });
  const stop = async (withinMs = plan.stopMaxMs): Promise<void> => {
    stopping.abort();
    const maxMs = Math.min(withinMs, plan.stopMaxMs);
    const stopRun = async () => run && halt(run, plan.command.stopSignal, maxMs);
    await stopRun();
    await watching;
    // A restart may have been on its way when the stop came.
    await stopRun();
  };
  return { pid: () => run?.child.pid, failed, stop };
};
