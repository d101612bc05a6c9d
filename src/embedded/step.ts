import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { type Failure, failure } from "../errors.ts";
import { spawnGuarded } from "./guard.ts";
import type { Say } from "./supervise.ts";

export type Step = {
  title: string;
  file: string;
  args: string[];
  /** Holds the output of the last run. */
  log: string;
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** How long each try may take, in minutes: one that takes longer is ended and tried again. */
  limits: number[];
  say: Say;
};

/** What a program prints on both streams; empty when there is no such program. */
export const tryRun = (file: string, args: string[]): string => {
  const { stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`;
};

const progressEveryMs = 15_000;

/** On a terminal a line that counts the seconds, elsewhere one line now and then. */
export const progress = (title: string, say: Say): (() => void) => {
  const since = performance.now();
  const seconds = () => Math.round((performance.now() - since) / 1_000);
  if (!process.stderr.isTTY) {
    say(`${title} …`);
    const timer = setInterval(() => say(`${title} … ${seconds()} s`), progressEveryMs);
    return () => clearInterval(timer);
  }
  const show = () => process.stderr.write(`\r${title} … ${seconds()} s `);
  show();
  const timer = setInterval(show, 1_000);
  return () => {
    clearInterval(timer);
    process.stderr.write("\r\x1b[K");
  };
};

/** A step that knows what is wrong says it on a line of its own; else its last lines are shown. */
const complaint = (step: Step, how: string): Failure => {
  const output = readFileSync(step.log, "utf8").trimEnd();
  const sentence = /^bellwether: (.*)$/m.exec(output)?.[1];
  if (sentence) return failure("FAILED", sentence);
  const lines = output.split("\n").slice(-25);
  process.stderr.write(`${lines.map((line) => `  | ${line}`).join("\n")}\n`);
  return failure("SETUP_FAILED", step.title, how, step.log);
};

/** Answers how the program failed, or undefined. Past its limit it is ended with all it started. */
const runOnce = async (step: Step, limit: number): Promise<string | undefined> => {
  const { file, args, log, cwd, env } = step;
  const child = spawnGuarded({ file, args, log, cwd, env, stopSignal: "SIGTERM", group: true });
  let overdue = false;
  const timer = setTimeout(() => {
    overdue = true;
    process.kill(-child.pid!, "SIGKILL");
  }, limit * 60_000);
  const how = await new Promise<string | undefined>((resolve) => {
    child.once("error", (thrown) => resolve(thrown.message));
    child.once("exit", (code, signal) =>
      resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)),
    );
  });
  clearTimeout(timer);
  return overdue ? overdueAfter(limit) : how;
};

const overdueAfter = (limit: number): string => `no end after ${limit} minutes`;

/**
 * Runs one step of set-up, quietly: its output goes to a log, which is shown when the step fails
 * (SETUP_FAILED). The end of this process ends the step and everything that it started.
 */
export const runStep = async (step: Step): Promise<void> => {
  const { title, log, limits, say } = step;
  const since = performance.now();
  for (const [tries, limit] of limits.entries()) {
    rmSync(log, { force: true });
    const done = progress(title, say);
    const how = await runOnce(step, limit);
    done();
    if (how === undefined) break;
    if (how !== overdueAfter(limit) || tries === limits.length - 1) throw complaint(step, how);
    say(`${title}: ${how}; trying again.`);
  }
  say(`${title}: done in ${((performance.now() - since) / 1_000).toFixed(0)} s.`);
};
