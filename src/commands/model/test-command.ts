import { spawnSync } from "node:child_process";
import { join } from "node:path";

const cli = join(import.meta.dirname, "../../cli.ts");

/** Runs a command as a user would, in a process of its own. */
export const run = (...args: string[]): { code: number | null; out: string; err: string } => {
  const ran = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8", timeout: 120_000 });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
};
