import { join } from "node:path";
import { failure } from "../src/errors.ts";
import { customerFeatures } from "../src/events/features.ts";
import { transactionsStream } from "../src/events/transaction.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { inSpace } from "../src/stream/space.ts";
import type { Topic } from "../src/stream/topic.ts";
import { type Bench, launcher, logFolder, measureUndisturbed } from "./context.ts";
import { drain, partsOf } from "./drain.ts";
import {
  type Backlog,
  newSpace,
  prepareSpace,
  removeSpace,
  type Shelf,
  shelve,
  writeBacklog,
} from "./line-setup.ts";
import { type Program, runProgram, startProgram, usageOf } from "./program.ts";

const settingsOf = (bench: Bench, space: string): Record<string, string> => ({
  KAFKA_BOOTSTRAP_SERVERS: bench.bootstrap,
  SPACE: space,
  DATA_FOLDER: join(bench.folder, "state"),
  MODELS_FOLDER: join(bench.folder, "models"),
});

const startRole = (bench: Bench, space: string, role: string): Program =>
  startProgram({
    name: `run ${role}`,
    file: launcher,
    args: ["run", role],
    cpus: bench.pins.one,
    env: settingsOf(bench, space),
    log: join(logFolder, `bench-${role}.log`),
  });

type Load = { rate: number; seconds: number; seed: number };

/** A load begins by telling of all its customers at once; that is not what is measured. */
const loadWarmUpS = 5;

const load = async (bench: Bench, space: string, { rate, seconds, seed }: Load) => {
  const warmUp = ["--warm-up", loadWarmUpS];
  const size = ["--rate", rate, "--seconds", loadWarmUpS + seconds, "--seed", seed, ...warmUp];
  const args = [
    "load",
    "transactions",
    ...size,
    "--failed-share",
    0.2,
    "--troubled-share",
    0,
    "--json",
  ];
  const output = await runProgram(
    {
      name: "load",
      file: launcher,
      args,
      cpus: bench.pins.toolsOfOne,
      env: settingsOf(bench, space),
      log: join(logFolder, "bench-load.log"),
    },
    bench.signal,
  );
  const line = output.split("\n").findLast((each) => each.startsWith("{"));
  if (line === undefined) throw failure("FAILED", "load printed no result");
  return JSON.parse(line);
};

/** Transaction to intervention under a steady load, after a warm-up. */
export const lineLatency = async (bench: Bench, shelf: Shelf): Promise<void> => {
  const { bootstrap, quick, rounds } = bench;
  const space = newSpace();
  await prepareSpace(bootstrap, space, shelf, 15);
  const line = startRole(bench, space, "line");
  const rate = 2_000;
  try {
    bench.say("The line is warmed up under load.");
    await load(bench, space, { rate, seconds: quick ? 10 : 60, seed: 1 });
    for (let round = 1; round <= rounds; round++)
      await measureUndisturbed(
        bench,
        { section: "line", what: `${rate}/s`, who: "Bellwether", round },
        async (attempt) => {
          const before = usageOf(line.pid);
          const { sent, per_second, delay, latency } = await load(bench, space, {
            rate,
            seconds: quick ? 8 : 30,
            seed: 1 + round + rounds * attempt,
          });
          const { cpuS, maxRssMb } = usageOf(line.pid);
          const hop = (topic: string) => latency[inSpace(space, topic)];
          const [first, both] = [hop("predictions-stream"), hop("interventions-stream")];
          return {
            sent,
            per_second,
            sent_late_p99_ms: delay.p99_ms,
            predictions: first.count,
            prediction_p50_ms: first.p50_ms,
            prediction_p99_ms: first.p99_ms,
            interventions: both.count,
            visible_p50_ms: both.p50_ms,
            visible_p99_ms: both.p99_ms,
            visible_max_ms: both.most_ms,
            cpu_s: Math.round((cpuS - before.cpuS) * 100) / 100,
            max_rss_mb: Math.round(maxRssMb),
          };
        },
      );
  } finally {
    await line.stop();
    await removeSpace(bootstrap, space);
  }
};

const lengthOf = async (admin: AdminPort, space: string, topic: Topic): Promise<number> => {
  const ends = await admin.endOffsets(partsOf(inSpace(space, topic.name), topic.partitions));
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
};

/** Runs assess alone over a backlog, from the start of its process to its last commit. */
const drainSpace = async (bench: Bench, space: string, events: number) => {
  const { bootstrap, signal } = bench;
  const admin = AdminPort.open(bootstrap);
  const group = inSpace(space, "feature-processor-group");
  const { name, partitions } = transactionsStream;
  const parts = partsOf(inSpace(space, name), partitions);
  const start = () => startRole(bench, space, "feature-processor");
  try {
    const figures = await drain({ bootstrap, group, parts, events, start, signal });
    // With the markers of transactions, which are offsets too: some per mille more.
    return { ...figures, vectors: await lengthOf(admin, space, customerFeatures) };
  } finally {
    admin.close();
  }
};

/** What assess alone sustains on one core, with one transaction in five scored and with all. */
export const assessDrains = async (bench: Bench, shelf: Shelf): Promise<void> => {
  const { bootstrap, quick, rounds } = bench;
  const part = quick ? 0.1 : 1;
  const shapes: [string, number, Backlog][] = [
    [
      "one in five scored",
      15,
      { events: 600_000 * part, failedShare: 0.2, withdrawals: false, customers: 10_000 },
    ],
    [
      "all scored",
      0,
      { events: 200_000 * part, failedShare: 0.2, withdrawals: true, customers: 10_000 },
    ],
  ];
  for (let round = 1; round <= rounds; round++)
    for (const [what, coolDown, backlog] of shapes) {
      const subject = { section: "line", what, who: "Bellwether", round } as const;
      await measureUndisturbed(bench, subject, async () => {
        const space = newSpace();
        await prepareSpace(bootstrap, space, shelf, coolDown);
        try {
          await writeBacklog(bootstrap, space, backlog);
          return await drainSpace(bench, space, backlog.events);
        } finally {
          await removeSpace(bootstrap, space);
        }
      });
    }
};

export const measureLine = async (bench: Bench): Promise<void> => {
  const shelf = shelve(bench.folder);
  await lineLatency(bench, shelf);
  await assessDrains(bench, shelf);
};
