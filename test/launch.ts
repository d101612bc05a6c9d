import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { envName, root, type SettingName, settings } from "../src/config.ts";

/** The command line in a process of its own, as a user runs it. */
export type Launched = {
  child: ChildProcess;
  out: () => string;
  err: () => string;
  /** Resolves with what is matched in the output; throws when the process ends without it. */
  says: (what: RegExp) => Promise<RegExpExecArray>;
  /** Resolves when the process has ended and both its outputs are read. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends the signal; resolves when the process has ended, with how long that took. */
  stop: (signal: NodeJS.Signals) => Promise<{ code: number | null; ms: number }>;
};

const pollMs = 25;
const waitMaxMs = 240_000;
/**
 * A stop is given ten seconds by the product's own clock. This only tells an end from none, also on
 * a machine that others keep busy.
 */
export const endMaxMs = 60_000;

/** Waits until the answer is not false, null or undefined; throws `what` when it never is. */
export const until = async <T>(
  what: string | (() => string),
  ask: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  maxMs = waitMaxMs,
): Promise<T> => {
  const deadline = performance.now() + maxMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (performance.now() > deadline)
      throw new Error(`In vain: ${typeof what === "string" ? what : what()}`);
    await delay(pollMs);
  }
};

/** No setting of the user's or of an outer run reaches the process. */
const bareEnvironment = (): Record<string, string | undefined> => {
  const env: Record<string, string | undefined> = { ...process.env };
  for (const name of Object.keys(settings) as SettingName[]) {
    const { also = [] } = settings[name] as { also?: string[] };
    for (const variable of [envName(name), ...also]) delete env[variable];
  }
  return env;
};

const running = new Set<ChildProcess>();
const killAll = () => {
  for (const child of running) child.kill("SIGKILL");
};
// A run that is interrupted or takes too long gets one of these.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.once(signal, () => {
    killAll();
    process.exit(code);
  });
after(async () => {
  killAll();
  await until("the processes end", () => running.size === 0);
});

export const launch = (args: string[], env: Record<string, string>): Launched => {
  const flags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=32"];
  const child = spawn(process.execPath, [...flags, join(root, "src/cli.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...bareEnvironment(), UV_THREADPOOL_SIZE: "24", ...env },
  });
  running.add(child);
  let out = "";
  let err = "";
  let over = false;
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  const ended: Launched["ended"] = new Promise((resolve) => {
    child.once("exit", () => running.delete(child));
    child.once("close", (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  const says = (what: RegExp) =>
    until(
      () => `${args.join(" ")} says ${what}, not:\n${out}${err}`,
      () => {
        const found = what.exec(out) ?? what.exec(err);
        if (!found && over) throw new Error(`It ended without ${what}:\n${out}${err}`);
        return found;
      },
    );
  const stop = async (signal: NodeJS.Signals) => {
    const began = performance.now();
    child.kill(signal);
    const { code } = await ended;
    return { code, ms: performance.now() - began };
  };
  return { child, out: () => out, err: () => err, says, ended, stop };
};
