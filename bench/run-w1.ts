import type { Config } from "../src/config.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { changelogNames } from "../src/stream/assignment.ts";
import { changelogTopic } from "../src/stream/changelog.ts";
import { Runner } from "../src/stream/runner.ts";
import { takeSlot } from "../src/stream/slot.ts";
import { topic } from "../src/stream/topic.ts";
import { w1 } from "./w1.ts";

export type W1Options = {
  config: Config;
  bootstrap: string;
  input: string;
  output: string;
  group: string;
  slot: number | undefined;
  /** Commit exactly this often, instead of our own bounds. */
  commitMs: number | undefined;
};

const lines = topic("bench-dead-letters", { config: { "max.message.bytes": "12582912" } });

/** Runs W1 until SIGTERM or SIGINT; prints one line of JSON at the end. */
export const runW1 = async (options: W1Options): Promise<void> => {
  const { config, bootstrap, group, commitMs } = options;
  const processor = w1(options);
  const admin = AdminPort.open(bootstrap);
  const [partitions] = (await admin.describe([options.input])).map((t) => t.partitions);
  for (const name of changelogNames(processor))
    await admin.create(name, changelogTopic(name, partitions ?? 6), config.replication);
  await admin.create(lines.name, lines, config.replication);
  admin.close();
  const slot = takeSlot(config.dataFolder, group, options.slot);
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  const runner = new Runner({
    processor,
    bootstrap,
    space: "live",
    slot,
    task: {
      release: "1",
      disorderMs: config.disorderMs,
      recordMaxBytes: config.recordMaxBytes,
      stateRowMaxBytes: config.stateRowMaxBytes,
      deadLetters: lines,
      lateEvents: lines,
    },
    commitMinIntervalMs: commitMs ?? config.commitMinIntervalMs,
    commitMaxIntervalMs: commitMs ?? config.commitMaxIntervalMs,
    commitMaxRecords: commitMs === undefined ? config.commitMaxRecords : 10_000_000,
    drainMaxMs: config.drainMaxMs,
    say: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  try {
    await runner.run(stop.signal);
  } finally {
    slot.release();
  }
  const { records, emitted } = runner.counters;
  process.stdout.write(`${JSON.stringify({ group, records, outputs: emitted })}\n`);
};
