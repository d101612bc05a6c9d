import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readConfig } from "../../src/config.ts";
import { removeOutsideData } from "../../src/embedded/postgres-home.ts";
import { anyPorts, startServers } from "../../src/embedded/servers.ts";
import { seeded } from "../../src/stream/test-task.ts";
import { Line, type Worker } from "./harness.ts";
import { line } from "./line.ts";
import { checkMark, checkSum } from "./oracle.ts";

/**
 * node test/soak/soak.ts --seed 1 --seconds 60 [--processes 2]
 *
 * Runs the line of two hops under load and kills, stops and restarts its processes as the seed has
 * it; then computes from the input log what must be there. Exit 1 on a difference, with the seed.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1e6) },
    seconds: { type: "string", default: "30" },
    processes: { type: "string", default: "2" },
  },
});
const seed = Number(values.seed);
const endsAt = Date.now() + Number(values.seconds) * 1_000;
const broken = new AbortController();
const isOver = () => broken.signal.aborted || Date.now() >= endsAt;
/** SIGTERM: it was asked to stop before it had begun to listen. */
const expected: unknown[] = [0, "SIGKILL", "SIGTERM"];
const say = (sentence: string) => process.stdout.write(`${sentence}\n`);

type Hop = "sum" | "mark";
type Fault = "killed" | "stopped" | "frozen" | "killed in a gap";
const faults: Fault[] = ["killed", "stopped", "frozen", "killed in a gap"];
const gaps = ["taken", "ran", "sent", "offsets", "committed"] as const;

/** Keeps one process of a hop in its slot alive, and does to it what the seed says. */
const keep = async (of: Line, hop: Hop, slot: number, counts: Map<Fault, number>) => {
  const random = seeded(seed * 100 + slot * 2 + (hop === "sum" ? 0 : 1));
  let worker = of.start({ hop, slot });
  while (!isOver()) {
    await delay(500 + random() * 3_000);
    const fault = faults[Math.floor(random() * faults.length)];
    const commit = 1 + Math.floor(random() * 20);
    const gap = gaps[Math.floor(random() * gaps.length)];
    const nap = random() < 0.3 ? 7_000 + random() * 5_000 : random() * 2_000;
    if (isOver()) break;
    await strike(worker, fault, nap);
    counts.set(fault, (counts.get(fault) ?? 0) + 1);
    if (fault === "frozen" && !worker.isOver) continue;
    const ended = await worker.ended;
    if (!expected.includes(ended)) throw new Error(`${hop} ended with ${ended}: ${worker.said}`);
    const at =
      fault === "killed in a gap" ? { gap, commit, signal: "SIGKILL" as const } : undefined;
    worker = of.start({ hop, slot, at });
    // What is to kill itself has to be given the time; its successor starts when it has.
    if (at) worker = await successor(of, worker, { hop, slot });
  }
  return worker;
};

const strike = async (worker: Worker, fault: Fault, nap: number): Promise<void> => {
  if (fault === "stopped") worker.signal("SIGTERM");
  else if (fault === "frozen") {
    worker.signal("SIGSTOP");
    await delay(nap);
    worker.signal("SIGCONT");
  } else worker.signal("SIGKILL");
};

const successor = async (of: Line, doomed: Worker, options: { hop: Hop; slot: number }) => {
  while (!doomed.isOver && !isOver()) await delay(20);
  if (!doomed.isOver) doomed.signal("SIGKILL");
  await doomed.ended;
  return of.start(options);
};

const soak = async (of: Line): Promise<void> => {
  const { sum, mark } = line(of.topics);
  const counts = new Map<Fault, number>();
  const loading = await of.load();
  const slots = Array.from({ length: Number(values.processes) }, (_, slot) => slot);
  const keeping = slots.flatMap((slot) => [
    keep(of, "sum", slot, counts),
    keep(of, "mark", slot, counts),
  ]);
  // One that fails ends the others too, so that nothing is left running.
  for (const each of keeping) each.catch(() => broken.abort());
  await Promise.allSettled(keeping);
  await loading.stop();
  const workers = await Promise.all(keeping);
  await of.drained(sum);
  await of.drained(mark);
  for (const worker of workers) await worker.stop();
  const [sums, marks] = [await checkSum(of), await checkMark(of)];
  const struck = [...counts].map(([fault, count]) => `${count} ${fault}`).join(", ");
  say(`${loading.sent()} orders sent; ${struck || "no fault"}.`);
  say(`${sums.outputs} and ${marks.outputs} outputs are as computed. Seed ${seed}: right.`);
};

say(`Seed ${seed}, ${values.seconds} seconds, ${values.processes} processes of each hop.`);
const config = readConfig({}, process.env);
const folder = join(config.dataFolder, `test-${process.pid}`);
const servers = await startServers({ config, folder, need: ["kafka"], ports: anyPorts, say });
const of = await Line.open(servers.kafka.bootstrap, 4);
try {
  await soak(of);
} catch (thrown) {
  say(thrown instanceof Error ? thrown.message : String(thrown));
  say(`Seed ${seed}: wrong.`);
  process.exitCode = 1;
} finally {
  await of.close();
  await servers.stop();
  removeOutsideData(folder);
  rmSync(folder, { recursive: true, force: true });
}
