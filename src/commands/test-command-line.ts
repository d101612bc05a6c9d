import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../config.ts";

export type Said = { code: number | null; out: string; err: string };

/** The command line in a process of its own, as a user runs it; `env` comes beside the test's. */
export const commandLine = (
  args: readonly string[],
  env: Record<string, string>,
  input = "",
): Promise<Said> =>
  new Promise((resolve) => {
    const flags = ["--disable-warning=ExperimentalWarning", join(root, "src", "cli.ts")];
    const child = spawn(process.execPath, [...flags, ...args], { env: { ...process.env, ...env } });
    const said: Said = { code: null, out: "", err: "" };
    child.stdout.on("data", (chunk) => (said.out += chunk));
    child.stderr.on("data", (chunk) => (said.err += chunk));
    child.once("close", (code) => resolve({ ...said, code }));
    child.stdin.end(input);
  });
