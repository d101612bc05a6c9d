import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../src/config.ts";
import { findMaven, mavenCure } from "../src/embedded/jars.ts";
import { runStep, tryRun } from "../src/embedded/step.ts";
import { failure } from "../src/errors.ts";
import { runProgram } from "./program.ts";

/** The peers, ready to run in a folder of ours, with their measuring tools in Python. */
export type Peers = { folder: string; python: string; words: string };

const copyFolder = join(root, ".bellwether", "peers");
const logs = join(root, ".bellwether", "log");
/** Minutes that one try of a step may take. */
const limits = [10, 30];
const adapter = join(import.meta.dirname, "w1-peer.py");

const leastPython = [3, 11];
const askPython = "import ensurepip, sys, venv; print('Python %d.%d.%d' % sys.version_info[:3])";

const findPython = (): { file: string; words: string } | undefined => {
  for (const file of ["python3", "python3.14", "python3.13", "python3.12", "python3.11"]) {
    const words = tryRun(file, ["-c", askPython]).trim();
    const [major, minor] = (/^Python (\d+)\.(\d+)\.\d+$/.exec(words) ?? []).slice(1).map(Number);
    if (major > leastPython[0] || (major === leastPython[0] && minor >= leastPython[1]))
      return { file, words };
  }
  return undefined;
};

/** Why the peers cannot run here; undefined when they can. */
export const peersLack = (from: string | undefined): string | undefined => {
  if (from === undefined) return "No folder of peers is given: pass --peers or BELLWETHER_PEERS.";
  if (!existsSync(join(from, "bench.py"))) return `There are no peers in ${from}.`;
  if (process.platform !== "linux") return "The peers are measured through /proc, on Linux alone.";
  if (!tryRun("taskset", ["--version"]).includes("util-linux"))
    return "The peers need taskset (Debian: apt-get install util-linux).";
  if (!findPython())
    return "The peers need Python 3.11 or later with venv (Debian: apt-get install python3-venv).";
  return undefined;
};

const isBuilt = (folder: string): boolean => existsSync(join(folder, "target", "built"));

const build = async (folder: string, say: (sentence: string) => void): Promise<void> => {
  const maven = findMaven();
  if (!maven)
    throw failure("PREREQUISITE_MISSING", "Maven builds the peers and is missing", mavenCure);
  const goals: Record<string, string[]> = {
    broker: ["dependency:copy-dependencies", "-DoutputDirectory=target/libs"],
    "kafka-streams": [
      "package",
      "dependency:copy-dependencies",
      "-DincludeScope=runtime",
      "-DoutputDirectory=target/libs",
    ],
  };
  for (const [name, args] of Object.entries(goals)) {
    const cwd = join(folder, name);
    if (isBuilt(cwd)) continue;
    const log = join(logs, `peer-${name}.log`);
    const title = `Building the peers' ${name} with Maven`;
    await runStep({ title, file: maven, args: ["-B", "-ntp", ...args], log, cwd, limits, say });
    writeFileSync(join(cwd, "target", "built"), "");
  }
};

const environment = async (
  folder: string,
  file: string,
  say: (sentence: string) => void,
): Promise<string> => {
  const venv = join(folder, "venv");
  const python = join(venv, "bin", "python");
  const has = () => tryRun(python, ["-c", "import confluent_kafka, quixstreams; print('all')"]);
  if (existsSync(python) && has().includes("all")) return python;
  const log = join(logs, "peer-python.log");
  const step = (title: string, program: string, args: string[]) =>
    runStep({ title, file: program, args, log, cwd: folder, limits, say });
  await step("Making a Python environment for the peers", file, ["-m", "venv", "--clear", venv]);
  const install = ["-m", "pip", "install", "-q", "-r", "requirements.txt"];
  await step("Fetching the peers' Python packages", python, install);
  return python;
};

/**
 * Copies the peers to `.bellwether/peers`, since they build into themselves, and builds them there;
 * what is built already stays. Our own adapter is put beside theirs. `peersLack` went before.
 */
export const preparePeers = async (
  from: string,
  say: (sentence: string) => void,
): Promise<Peers> => {
  const built = new Set(["venv", "target", "__pycache__"]);
  mkdirSync(copyFolder, { recursive: true });
  cpSync(from, copyFolder, { recursive: true, filter: (path) => !built.has(basename(path)) });
  mkdirSync(join(copyFolder, "bellwether"), { recursive: true });
  cpSync(adapter, join(copyFolder, "bellwether", "run.py"));
  await build(copyFolder, say);
  const found = findPython();
  if (!found) throw failure("PREREQUISITE_MISSING", "There is no Python 3.11", "Install it");
  const python = await environment(copyFolder, found.file, say);
  return { folder: copyFolder, python, words: found.words };
};

export type PeerRun = {
  peers: Peers;
  /** The script in the peers' folder and its arguments. */
  script: string;
  args: readonly (string | number)[];
  /** Where the measuring tools run. */
  tools: string | undefined;
  env?: Record<string, string>;
  signal: AbortSignal;
};

/** Runs one of the Python programs and returns the line of JSON that it ends with. */
export const runPeer = async (run: PeerRun): Promise<Record<string, unknown>> => {
  const { peers, script, args, tools, signal } = run;
  const log = join(logs, "bench-tool.log");
  const env = { ...run.env, PEER_LOG: join(logs, "bench-peer.log"), PYTHONUNBUFFERED: "1" };
  const name = [script, ...args].join(" ");
  const all = [script, ...args];
  const options = { name, file: peers.python, args: all, cpus: tools, cwd: peers.folder, log, env };
  const output = await runProgram(options, signal);
  const line = output.split("\n").findLast((each) => each.startsWith("{"));
  if (line === undefined) throw failure("FAILED", `${name} printed no result`);
  // Paths of this machine say nothing about the measurement.
  const { launcher: _, ...figures } = JSON.parse(line);
  return figures;
};
