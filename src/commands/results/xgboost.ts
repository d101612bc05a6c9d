import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root } from "../../config.ts";
import { failure, sentenceOf } from "../../errors.ts";
import type { FoldSet } from "./out-of-fold.ts";

/** XGBoost as it comes from PyPI, to compare ours with; or why it is not here. */
export type Xgboost =
  | { readonly lack: string }
  | {
      readonly lack?: undefined;
      readonly outOfFold: (set: FoldSet) => Promise<{ version: string; scores: number[] }>;
    };

/** What "plain" means: settings that fit most tables, not tuned to any of these. */
export const plain = { rounds: 100, max_depth: 4, eta: 0.1, nthread: 2 };

const requirements = join(root, "training", "requirements.txt");
const program = join(root, "training", "floor.py");
const installMs = 600_000;
const trainMs = 600_000;

/** Runs a program to its end and gives what it printed; throws FAILED with its last words. */
const run = async (
  file: string,
  args: readonly string[],
  timeout: number,
  input = "",
): Promise<string> => {
  // Not the option `timeout`: its timer outlives a program that could not be started.
  const signal = AbortSignal.timeout(timeout);
  const child = spawn(file, args, { signal, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A program that ends early closes its input; what it says tells why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code === 0) return out;
  throw failure("FAILED", `${file} ended with ${code}: ${err.trim().split("\n").at(-1)}`);
};

/** Outside the checkout, so that nothing of Python is ever part of it. */
const venvFolder = (): string => {
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "bellwether", `python-${hash}`);
};

const install = async (say: (line: string) => void): Promise<string> => {
  const folder = venvFolder();
  const python = join(folder, "bin", "python");
  const works = () => run(python, ["-c", "import xgboost, numpy"], installMs);
  if (existsSync(python))
    try {
      await works();
      return python;
    } catch {
      rmSync(folder, { recursive: true, force: true });
    }
  say("Installing XGBoost from PyPI, to compare with …");
  mkdirSync(folder, { recursive: true });
  await run("python3", ["-m", "venv", folder], installMs);
  await run(python, ["-m", "pip", "install", "--quiet", "-r", requirements], installMs);
  await works();
  return python;
};

const nullForNaN = (row: ArrayLike<number>): (number | null)[] =>
  Array.from(row, (value) => (Number.isNaN(value) ? null : value));

/** Finds XGBoost, or installs it in a virtual environment of its own; never throws. */
export const openXgboost = async (say: (line: string) => void): Promise<Xgboost> => {
  let python: string;
  try {
    python = await install(say);
  } catch (thrown) {
    const lack = `XGBoost cannot be run here (${sentenceOf(thrown)}): only ours is measured.`;
    say(lack);
    return { lack: "XGBoost could not be run where this was computed: only ours was measured." };
  }
  const outOfFold = async ({ rows, labels, folds }: FoldSet) => {
    const given = { rows: rows.map(nullForNaN), labels, folds, parameters: plain };
    return JSON.parse(await run(python, [program], trainMs, JSON.stringify(given)));
  };
  return { outOfFold };
};
