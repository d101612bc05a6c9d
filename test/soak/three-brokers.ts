import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { seeded } from "../../src/stream/test-task.ts";
import { Line, type Worker } from "./harness.ts";
import { line } from "./line.ts";
import { checkMark, checkSum } from "./oracle.ts";
import { ThreeBrokers } from "./three.ts";

/**
 * node test/soak/three-brokers.ts --seed 1 --seconds 300 [--faults stopped,killed,frozen]
 *
 * Runs the line of two hops, each in two slots, on three brokers, and does to one broker after the
 * other what the seed says; then computes from the input log what must be there. With `--faults`
 * these strike in this order, each once, and the time does not count. Exit 1 on a difference, or
 * when a process of the line ended, with the seed.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1e6) },
    seconds: { type: "string", default: "60" },
    faults: { type: "string" },
  },
});
const seed = Number(values.seed);
const began = performance.now();
const endsAt = began + Number(values.seconds) * 1_000;
const say = (sentence: string) =>
  process.stdout.write(`${((performance.now() - began) / 1_000).toFixed(1)} ${sentence}\n`);

type Fault = "stopped" | "killed" | "frozen";
const faults: Fault[] = ["stopped", "killed", "frozen"];
/** Longer than the broker's session (9 s) and a transaction (10 s). */
const napMinMs = 11_000;

const planned = values.faults?.split(",") as Fault[] | undefined;

/** Does it to a broker, and has it back; others have to do without it meanwhile. */
const strike = async (brokers: ThreeBrokers, id: number, fault: Fault, ms: number) => {
  if (fault === "frozen") {
    brokers.signal(id, "SIGSTOP");
    await delay(napMinMs + ms);
    brokers.signal(id, "SIGCONT");
    return;
  }
  brokers.signal(id, fault === "stopped" ? "SIGTERM" : "SIGKILL");
  await brokers.ended(id);
  await delay(ms);
  brokers.run(id);
};

const haunt = async (brokers: ThreeBrokers, workers: Worker[]): Promise<string[]> => {
  const random = seeded(seed);
  const told: string[] = [];
  const isOver = () =>
    planned ? told.length === planned.length : told.length > 0 && performance.now() >= endsAt;
  for (let last = 0; !isOver(); ) {
    const others = brokers.ids.filter((id) => id !== last);
    last = others[Math.floor(random() * others.length)];
    const fault = planned?.[told.length] ?? faults[Math.floor(random() * faults.length)];
    const ms = 200 + random() * 2_000;
    say(`Broker ${last} is ${fault}; leaders: ${await brokers.leads()}.`);
    await strike(brokers, last, fault, ms);
    await brokers.whole();
    told.push(fault);
    const dead = workers.find((worker) => worker.isOver);
    if (dead) throw new Error(`A process ended by itself: ${dead.story}`);
  }
  return told;
};

const soak = async (brokers: ThreeBrokers, of: Line): Promise<void> => {
  const { sum, mark } = line(of.topics);
  const workers = (["sum", "mark"] as const).flatMap((hop) =>
    [0, 1].map((slot) => of.start({ hop, slot })),
  );
  const loading = await of.load();
  await Promise.all(workers.map((worker) => worker.hears("committed")));
  say("The line runs.");
  const told = await haunt(brokers, workers);
  await loading.stop();
  say(`${loading.sent()} orders sent.`);
  await of.drained(sum);
  await of.drained(mark);
  for (const worker of workers) {
    const ended = await worker.stop();
    if (ended !== 0) throw new Error(`A process ended with ${ended}: ${worker.story}`);
  }
  for (const worker of workers) say(worker.story);
  const [sums, marks] = [await checkSum(of, "mayDouble"), await checkMark(of)];
  say(`${told.join(", ")}: ${sums.outputs} and ${marks.outputs} outputs are as computed.`);
  if (sums.repeated > 0) say(`The load's own client wrote ${sums.repeated} records twice.`);
  say(`Seed ${seed}: right.`);
};

say(`Seed ${seed}, ${values.faults ?? `${values.seconds} seconds`}.`);
const brokers = await ThreeBrokers.start(say);
let of: Line | undefined;
try {
  of = await Line.open(brokers.bootstrap, 6, [""], 3);
  await soak(brokers, of);
} catch (thrown) {
  say(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  for (const worker of of?.workers ?? []) say(worker.story);
  say(`Seed ${seed}: wrong.`);
  process.exitCode = 1;
} finally {
  await of?.close();
  await brokers.close();
}
