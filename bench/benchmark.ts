import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../src/config.ts";
import { failure, sentenceOf } from "../src/errors.ts";
import { measureAlone } from "./alone.ts";
import { measureArchitecture } from "./architecture.ts";
import { startBroker } from "./broker.ts";
import { type Bench, logFolder } from "./context.ts";
import { measureLine } from "./line.ts";
import { measureLive } from "./live.ts";
import { machine, pin, pinsHere } from "./machine.ts";
import { type Peers, peersLack, preparePeers } from "./peers.ts";
import { measurePredict } from "./predict.ts";
import { stopPrograms } from "./program.ts";
import { report } from "./report.ts";
import { type Line, merged, type Run, readResults, type Section, writeResults } from "./results.ts";
import { timeScoring } from "./scoring.ts";
import { measureState } from "./state.ts";
import { measureTimeline } from "./timeline.ts";
import { measureTopics } from "./topics.ts";
import { measureUp } from "./up.ts";
import { correctness, drains, generateInput, latencies, restarts } from "./w1-rounds.ts";

export type BenchmarkOptions = {
  only: readonly Section[];
  rounds: number;
  quick: boolean;
  data: string | undefined;
  peers: string | undefined;
  /** A bench broker that runs already; without it one is started. */
  bootstrap: string | undefined;
  say: (sentence: string) => void;
};

const folder = join(root, ".bellwether", "bench");

const commit = (): string => {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", root, ...args], { encoding: "utf8" });
    const changed = git("status", "--porcelain", "--untracked-files=no", "src").trim() !== "";
    return git("rev-parse", "--short", "HEAD").trim() + (changed ? " with changes" : "");
  } catch {
    return "unknown";
  }
};

const ofPeers: readonly Section[] = ["w1", "latency", "restart", "correct"];
const ofBroker: readonly Section[] = [
  ...ofPeers,
  "line",
  "predict",
  "state",
  "timeline",
  "architecture",
  "topics",
  "live",
];

const findPeers = async (
  options: BenchmarkOptions,
  notes: string[],
): Promise<Peers | undefined> => {
  const { only, peers, data, say } = options;
  if (!only.some((section) => ofPeers.includes(section))) return undefined;
  const lack =
    peersLack(peers) ??
    (data ? undefined : "No folder of real data is given: pass --data or BELLWETHER_DATA.");
  if (lack === undefined && peers) return preparePeers(peers, say);
  const note = `${lack} Only ours is measured, without latency and oracle of W1.`;
  notes.push(note);
  say(note);
  return undefined;
};

/** A part that cannot even be set up is noted, and the others go on. */
const attempt = async (bench: Bench, part: Section, run: () => Promise<void>): Promise<void> => {
  try {
    await run();
  } catch (thrown) {
    bench.signal.throwIfAborted();
    const sentence = `${part}: ${sentenceOf(thrown).replaceAll(root, ".")}`;
    bench.failures.push(sentence);
    bench.say(sentence);
  }
};

const besidePeers = async (bench: Bench, only: readonly Section[]): Promise<void> => {
  await generateInput(bench);
  if (only.includes("correct")) await correctness(bench);
  for (let round = 1; round <= bench.rounds; round++) {
    if (only.includes("w1")) await drains(bench, round);
    // The long ones in every other round.
    if (round % 2 === 0) continue;
    if (only.includes("latency")) await latencies(bench, round);
    if (only.includes("restart")) await restarts(bench, round);
  }
};

const withBroker = async (bench: Bench, only: readonly Section[]): Promise<void> => {
  if (bench.peers) await attempt(bench, "w1", () => besidePeers(bench, only));
  else if (only.includes("w1") || only.includes("restart"))
    await attempt(bench, "w1", () => measureAlone(bench, only));
  if (only.includes("line")) await attempt(bench, "line", () => measureLine(bench));
  if (only.includes("predict")) await attempt(bench, "predict", () => measurePredict(bench));
  if (only.includes("state")) await attempt(bench, "state", () => measureState(bench));
  if (only.includes("live")) await attempt(bench, "live", () => measureLive(bench));
  if (only.includes("timeline")) await attempt(bench, "timeline", () => measureTimeline(bench));
  if (only.includes("architecture"))
    await attempt(bench, "architecture", () => measureArchitecture(bench));
  if (only.includes("topics")) await attempt(bench, "topics", () => measureTopics(bench));
};

const scoring = (bench: Bench): void => {
  for (const { model, call, ...figures } of timeScoring(bench.data)) {
    const what = `${model}, ${call}`;
    const subject = { section: "scoring", what, who: "Bellwether", round: 1 } as const;
    const at = new Date().toISOString();
    bench.measurements.push({ kind: "measurement", run: bench.run, ...subject, at, figures });
  }
};

const measureAll = async (options: BenchmarkOptions, bench: Omit<Bench, "bootstrap">) => {
  const { only, say } = options;
  if (only.includes("scoring")) scoring({ ...bench, bootstrap: "" });
  if (only.some((section) => ofBroker.includes(section))) {
    const { pins, peers, signal } = bench;
    const data = join(root, ".bellwether", "bench-kafka");
    const log = join(logFolder, "bench-broker.log");
    const started = options.bootstrap
      ? undefined
      : await startBroker({ peers: peers?.folder, data, log, cpus: pins.broker, say, signal });
    const bootstrap = options.bootstrap ?? started?.bootstrap ?? "";
    await withBroker({ ...bench, bootstrap }, only);
    await started?.stop();
  }
  if (only.includes("up")) await measureUp({ ...bench, bootstrap: "" });
};

/** Where the results go: beside this file, but those of a quick run apart. */
const resultsFolder = (quick: boolean): string => (quick ? folder : import.meta.dirname);

const publish = (run: Run, bench: Omit<Bench, "bootstrap">): string => {
  const into = resultsFolder(run.quick);
  const file = join(into, "results.jsonl");
  const fresh: Line[] = [run, ...bench.measurements];
  const lines = merged(readResults(file), fresh);
  writeResults(file, lines);
  const page = join(into, "RESULTS.md");
  writeFileSync(page, report(lines));
  return page;
};

/**
 * Measures ours and the peers in turns and writes results.jsonl and RESULTS.md. All that was
 * started is stopped at the end, also on Ctrl-C. Resolves with what failed, in sentences.
 */
export const benchmark = async (options: BenchmarkOptions): Promise<string[]> => {
  const { say, rounds, quick, data } = options;
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, onSignal);
  mkdirSync(folder, { recursive: true });
  const notes: string[] = [];
  const failures: string[] = [];
  const pins = pinsHere();
  const id = new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, "")
    .toLowerCase();
  try {
    const peers = await findPeers(options, notes);
    const words = machine(peers?.words);
    pin(process.pid, pins.toolsOfOne);
    const run: Run = {
      kind: "run",
      run: id,
      machine: words,
      pins: pins.says,
      commit: commit(),
      rounds,
      quick,
      notes,
    };
    const shared = { run: id, pins, peers, data, folder, rounds, quick, say, failures };
    const bench = { ...shared, signal: stop.signal, measurements: [] };
    await measureAll(options, bench);
    notes.push(...failures);
    say(`Written: ${publish(run, bench)}`);
    return failures;
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
    throw failure("FAILED", `Stopped before the end: no results were written.`);
  } finally {
    await stopPrograms().catch((thrown) => say(sentenceOf(thrown)));
    for (const part of ["state", "models", "predict", "timeline", "live", "up"])
      rmSync(join(folder, part), { recursive: true, force: true });
    rmSync(join(root, ".bellwether", "bench-kafka"), { recursive: true, force: true });
  }
};
