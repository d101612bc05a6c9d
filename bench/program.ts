import { readFileSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { spawnGuarded } from "../src/embedded/guard.ts";
import { failure } from "../src/errors.ts";

export type ProgramOptions = {
  name: string;
  file: string;
  args: readonly (string | number)[];
  /** Where its output of both kinds goes. */
  log: string;
  /** For `taskset -c`; undefined: anywhere. */
  cpus?: string;
  env?: Record<string, string | undefined>;
  cwd?: string;
};

/** A program that was started to be measured, or to measure. */
export type Program = {
  readonly name: string;
  readonly pid: number;
  /** Its exit code; a signal counts as -1. */
  readonly ended: Promise<number>;
  readonly hasEnded: () => boolean;
  /** Ends it and all that it started, kindly first. */
  readonly stop: () => Promise<void>;
  readonly output: () => string;
};

const running = new Set<Program>();
const stopMaxMs = 12_000;

/** Starts a program in a process group of its own. It cannot outlive this process. */
export const startProgram = (options: ProgramOptions): Program => {
  const { name, file, args, log, cpus, cwd } = options;
  rmSync(log, { force: true });
  const [first, ...rest] = [...(cpus ? ["taskset", "-c", cpus] : []), file, ...args.map(String)];
  const env = { ...process.env, ...options.env };
  const command = { file: first, args: rest, log, cwd, env, stopSignal: "SIGTERM", group: true };
  const child = spawnGuarded({ ...command, stopSignal: "SIGTERM" });
  const pid = child.pid;
  if (pid === undefined) throw failure("FAILED", `${name} could not be started`);
  let over = false;
  const ended = new Promise<number>((resolve) => {
    child.once("error", () => resolve(-1));
    child.once("exit", (code) => resolve(code ?? -1));
  }).finally(() => {
    over = true;
    running.delete(program);
  });
  const signal = (which: NodeJS.Signals) => {
    try {
      process.kill(-pid, which);
    } catch {
      // It is gone.
    }
  };
  const stop = async (): Promise<void> => {
    if (!over) signal("SIGTERM");
    const patience = new AbortController();
    const late = delay(stopMaxMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([ended, late]);
    patience.abort();
    signal("SIGKILL");
    await ended;
  };
  const output = () => readFileSync(log, "utf8");
  const program: Program = { name, pid, ended, hasEnded: () => over, stop, output };
  running.add(program);
  return program;
};

/** Stops whatever still runs, the latest first. */
export const stopPrograms = async (): Promise<void> => {
  for (const program of [...running].reverse()) await program.stop();
};

/** What a program said last, for the sentence about its failure. */
export const lastWords = (program: Program): string =>
  program.output().trim().split("\n").at(-1)?.slice(-300) || "it said nothing";

/** Runs a program to its end and returns what it printed. Throws when it fails or is stopped. */
export const runProgram = async (options: ProgramOptions, signal: AbortSignal): Promise<string> => {
  const program = startProgram(options);
  const onAbort = () => void program.stop();
  signal.addEventListener("abort", onAbort);
  const code = await program.ended;
  signal.removeEventListener("abort", onAbort);
  signal.throwIfAborted();
  if (code !== 0)
    throw failure("FAILED", `${options.name} failed (code ${code}): ${lastWords(program)}`);
  return program.output();
};

/** CPU seconds of a process so far and the most memory it ever held, from /proc. */
export const usageOf = (pid: number): { cpuS: number; maxRssMb: number } => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const peak = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN);
  // Linux counts in hundredths of a second on every platform that we know.
  return { cpuS: (Number(fields[11]) + Number(fields[12])) / 100, maxRssMb: peak / 1_024 };
};
