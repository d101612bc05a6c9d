import { Failure, sentenceOf } from "../../src/errors.ts";
import { commitChannel, Runner } from "../../src/stream/runner.ts";
import { takeSlot } from "../../src/stream/slot.ts";
import { inSpace } from "../../src/stream/space.ts";
import type { Gap } from "../../src/stream/transaction.ts";
import { line, lineTopics } from "./line.ts";

/**
 * One process of the line, which can be told to kill or stop itself in a gap of its nth commit.
 * Run by tests with its options as JSON; says `<what> <detail>` on standard output.
 */
export type WorkerOptions = {
  bootstrap: string;
  space: string;
  hop: "sum" | "mark";
  partitions: number;
  folder: string;
  slot?: number;
  run?: string;
  rulesWanted?: number;
  disorderMs?: number;
  /** How seldom it commits by itself, ms: what it runs meanwhile waits, for a rebalance say. */
  commitMs?: number;
  /** `commit`: the how manieth; "asked": the first after SIGUSR2, also one without records. */
  at?: { gap: Gap; commit: number | "asked"; signal: "SIGKILL" | "SIGSTOP" };
};

const restMs = 3_000;
const say = (what: string, detail: unknown) => process.stdout.write(`${what} ${detail}\n`);

/** Says when a commit came long after the one before. */
const tellRests = (): void => {
  let since = performance.now();
  commitChannel.subscribe(() => {
    const ms = performance.now() - since;
    since += ms;
    if (ms > restMs) say("rested", `${(ms / 1_000).toFixed(1)} s`);
  });
};

/** Counts the commits that carried records: those of offsets alone come when they like. */
const hit = (at: WorkerOptions["at"], records: () => number) => {
  let commit = 1;
  let counted = 0;
  let isAsked = false;
  process.on("SIGUSR2", () => {
    isAsked = true;
    say("asked", "");
  });
  return (gap: Gap) => {
    const isTime = gap === "taken" || records() > counted ? commit === at?.commit : false;
    if (gap === at?.gap && (isTime || (isAsked && at.commit === "asked"))) {
      say("gap", gap);
      process.kill(process.pid, at.signal);
      at = undefined;
    }
    if (gap !== "committed" || records() === counted) return;
    counted = records();
    if (commit === 1) say("committed", counted);
    commit++;
  };
};

const work = async (options: WorkerOptions): Promise<void> => {
  const { bootstrap, space, hop, folder } = options;
  const topics = lineTopics(options.partitions, options.run);
  const processor = line(topics, options.rulesWanted, options.run)[hop];
  const slot = takeSlot(folder, inSpace(space, processor.group), options.slot);
  say("slot", slot.number);
  const stop = new AbortController();
  tellRests();
  process.once("SIGTERM", () => stop.abort());
  const runner: Runner = new Runner({
    processor,
    bootstrap,
    space,
    slot,
    task: {
      release: "1",
      disorderMs: options.disorderMs ?? 0,
      recordMaxBytes: 10_000,
      stateRowMaxBytes: 10_000,
      deadLetters: topics.deadLetters,
      lateEvents: topics.deadLetters,
    },
    commitMinIntervalMs: options.commitMs ?? 5,
    commitMaxIntervalMs: options.commitMs ?? 50,
    commitMaxRecords: options.commitMs === undefined ? 400 : 1_000_000,
    drainMaxMs: 5_000,
    say: (sentence) => say("says", sentence),
    gap: hit(options.at, () => runner.counters.records),
  });
  const looking = setInterval(() => {
    if (runner.counters.records === 0) return;
    clearInterval(looking);
    say("runs", "");
  }, 20);
  looking.unref();
  try {
    await runner.run(stop.signal);
    say("counted", JSON.stringify([...runner.counters.reasons]));
  } finally {
    slot.release();
  }
};

try {
  await work(JSON.parse(process.argv[2]));
} catch (thrown) {
  say("failed", thrown instanceof Failure ? thrown.code : sentenceOf(thrown));
  process.exit(thrown instanceof Failure ? thrown.exit : 1);
}
