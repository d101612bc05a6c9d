import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../src/errors.ts";
import type { TopicPartition } from "../src/stream/kafka.ts";
import { GroupOffsets } from "../src/stream/wire/group-offsets.ts";
import { lastWords, type Program, usageOf } from "./program.ts";

export type Drain = {
  bootstrap: string;
  /** Its full name. */
  group: string;
  /** What it reads, with full names; none is in a transaction, so that offsets count records. */
  parts: TopicPartition[];
  events: number;
  start: () => Program;
  /** Kills the process with -9 at this share of the events, and starts it again. */
  killAt?: number;
  signal: AbortSignal;
};

export const partsOf = (topic: string, partitions: number): TopicPartition[] =>
  Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));

const pollMs = 50;
const drainMaxMs = 300_000;
const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** A program that drains a topic, seen through the offsets that its group has committed. */
class Drained {
  readonly #options: Drain;
  readonly #group: GroupOffsets;
  program: Program;
  began = performance.now();
  at = this.began;
  done = 0;
  readonly tenth = { at: 0, done: 0 };

  constructor(options: Drain, group: GroupOffsets) {
    this.#options = options;
    this.#group = group;
    this.program = options.start();
  }

  restart(): void {
    this.program = this.#options.start();
  }

  async until(wanted: number): Promise<void> {
    const { parts, events, signal } = this.#options;
    while (this.done < wanted) {
      await delay(pollMs, undefined, { signal });
      const committed = await this.#group.read(parts).catch(() => []);
      this.at = performance.now();
      this.done = committed.reduce((sum, part) => sum + part.offset, 0);
      const { at, done, program, tenth } = this;
      if (tenth.at === 0 && done >= events / 10) Object.assign(tenth, { at, done });
      if (program.hasEnded() || at - this.began > drainMaxMs)
        throw failure("FAILED", `It stopped at ${done} of ${events}: ${lastWords(program)}`);
    }
  }
}

const killed = async (run: Drained, at: number): Promise<Record<string, number>> => {
  await run.until(at);
  const { cpuS } = usageOf(run.program.pid);
  process.kill(run.program.pid, "SIGKILL");
  await run.program.ended;
  const restarted = performance.now();
  run.restart();
  const before = run.done;
  await run.until(before + 1);
  return {
    killed_at: before,
    cpu_s_before_kill: hundredths(cpuS),
    restarted_at: restarted,
    restart_to_first_commit_s: hundredths((run.at - restarted) / 1_000),
  };
};

/**
 * From the start of a program until its group has committed the last event. Steady: from the 10th
 * to the 100th percentile of the events.
 */
export const drain = async (options: Drain): Promise<Record<string, number>> => {
  const { bootstrap, group: name, events, killAt } = options;
  const group = new GroupOffsets(bootstrap, name);
  const run = new Drained(options, group);
  try {
    const kill = killAt === undefined ? undefined : await killed(run, events * killAt);
    await run.until(events);
    const { cpuS, maxRssMb } = usageOf(run.program.pid);
    const { at, began, tenth } = run;
    const { restarted_at: restarted, ...more } = kill ?? { restarted_at: Number.NaN };
    return {
      events,
      seconds: hundredths((at - began) / 1_000),
      events_per_s: Math.round((events * 1_000) / (at - began)),
      steady_events_per_s: Math.round(((events - tenth.done) * 1_000) / (at - tenth.at)),
      cpu_s: hundredths(cpuS),
      max_rss_mb: Math.round(maxRssMb),
      ...more,
      ...(kill && { restart_to_caught_up_s: hundredths((at - restarted) / 1_000) }),
    };
  } finally {
    await run.program.stop();
    group.close();
  }
};
