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
  say: Say;
};

/** What a program prints on both streams; empty when there is no such program. */
export const tryRun = (file: string, args: string[]): string => {
  const { stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`;
};

const progressEveryMs = 15_000;

/** On a terminal a line that counts the seconds, elsewhere one line now and then. */
const progress = (title: string, say: Say): (() => void) => {
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

/**
 * Runs one step of set-up, quietly: its output goes to a log, which is shown when the step fails
 * (SETUP_FAILED). The end of this process ends the step and everything that it started.
 */
export const runStep = async (step: Step): Promise<void> => {
  const { title, file, args, log, cwd, env, say } = step;
  rmSync(log, { force: true });
  const since = performance.now();
  const done = progress(title, say);
  const child = spawnGuarded({ file, args, log, cwd, env, stopSignal: "SIGTERM", group: true });
  const how = await new Promise<string | undefined>((resolve) => {
    child.once("error", (thrown) => resolve(thrown.message));
    child.once("exit", (code, signal) =>
      resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)),
    );
  });
  done();
  if (how !== undefined) throw complaint(step, how);
  say(`${title}: done in ${((performance.now() - since) / 1_000).toFixed(0)} s.`);
};
