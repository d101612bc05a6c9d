import { join } from "node:path";
import { type Bench, launcher, measure, measureUndisturbed, type Subject } from "./context.ts";
import { runPeer } from "./peers.ts";

export const streams = "Kafka Streams";
export const quix = "Quix Streams";
export const ours = "Bellwether, every 100 ms";
export const oursFree = "Bellwether, own bounds";

const commitMs = 100;
const input = "bench-transactions";
const disordered = "bench-disorder";

/** A product as it is run on W1: its script and arguments. */
type Product = { who: string; script: string; args: readonly (string | number)[] };

const kafkaStreams = (threads: number): Product => ({
  who: streams,
  script: "kafka-streams/run.py",
  args: ["--store", "memory", "--threads", threads, "--commit-ms", commitMs],
});
const bellwether = (who: string, processes: number, more: (string | number)[]): Product => ({
  who,
  script: "bellwether/run.py",
  args: ["--launcher", launcher, "--processes", processes, ...more],
});
const fixed = (processes: number) => bellwether(ours, processes, ["--commit-ms", commitMs]);
const free = (processes: number) => bellwether(oursFree, processes, []);
const quixStreams: Product = {
  who: quix,
  script: "quix/run.py",
  args: ["--commit-s", commitMs / 1_000],
};

/** Where the peers' generator finds the ledger that its events are made from. */
const ledgerOf = ({ data }: Bench): Record<string, string> => ({
  BERKA: join(data ?? "", "berka"),
});

type Where = { cores: 1 | 2; more?: readonly (string | number)[] };

const take = (bench: Bench, subject: Subject, product: Product, where: Where) =>
  measureUndisturbed(bench, subject, () => {
    const { pins, bootstrap, peers, signal } = bench;
    if (!peers) throw new Error("there are no peers");
    const env = ledgerOf(bench);
    const cpus = where.cores === 1 ? pins.one : pins.two;
    const tools = where.cores === 1 ? pins.toolsOfOne : pins.toolsOfTwo;
    const common = ["--bootstrap", bootstrap, "--topic", input, "--cpus", cpus ?? "0"];
    const args = [...product.args, ...common, ...(where.more ?? [])];
    return runPeer({ peers, script: product.script, args, tools, env, signal });
  });

const generate = async (bench: Bench, topic: string, events: number, disorder: number) => {
  const { peers, data, bootstrap, signal, say } = bench;
  if (!peers || !data) return;
  const args = ["--bootstrap", bootstrap, "--topic", topic, "--events", events];
  const env = ledgerOf(bench);
  const more = disorder > 0 ? ["--disorder", disorder] : [];
  const run = { peers, script: "gen.py", args: [...args, ...more], tools: undefined, env, signal };
  const made = await runPeer(run);
  say(`Input: ${made.events} events on ${topic} in ${made.seconds} s.`);
};

/** Fills the input topics of W1: a million events in order, and fewer out of order. */
export const generateInput = async (bench: Bench): Promise<void> => {
  await generate(bench, input, bench.quick ? 100_000 : 1_000_000, 0);
  await generate(bench, disordered, bench.quick ? 40_000 : 200_000, 0.01);
};

/** Drains of the whole input, one product after the other. */
export const drains = async (bench: Bench, round: number): Promise<void> => {
  const one = { section: "w1", what: "one core", round } as const;
  for (const product of [kafkaStreams(1), fixed(1), free(1)])
    await take(bench, { ...one, who: product.who }, product, { cores: 1 });
  if (round === 1) await take(bench, { ...one, who: quix }, quixStreams, { cores: 1 });
  if (!bench.pins.hasTwo) return;
  const two = { section: "w1", what: "two cores", round } as const;
  for (const product of [kafkaStreams(2), fixed(2), free(2)])
    await take(bench, { ...two, who: product.who }, product, { cores: 2 });
};

/** From intended send time until a `read_committed` reader holds the output. */
export const latencies = async (bench: Bench, round: number): Promise<void> => {
  const [seconds, warmUp] = bench.quick ? [8, 4] : [30, 15];
  for (const rate of [2_000, 10_000])
    for (const product of [kafkaStreams(1), free(1)]) {
      const subject = { section: "latency", what: `${rate}/s`, who: product.who, round } as const;
      const more = ["--rate", rate, "--seconds", seconds, "--warm-up", warmUp];
      await take(bench, subject, product, { cores: 1, more });
    }
};

/** Killed with -9 half-way and started again. */
export const restarts = async (bench: Bench, round: number): Promise<void> => {
  for (const product of [kafkaStreams(1), fixed(1), free(1)]) {
    const subject = { section: "restart", what: "kill -9 at half", who: product.who } as const;
    await take(bench, { ...subject, round }, product, { cores: 1, more: ["--kill-at", 0.5] });
  }
};

/** Our output on disordered input, record by record against the oracle, to the byte. */
export const correctness = async (bench: Bench): Promise<void> => {
  const { peers, pins, bootstrap, signal, run } = bench;
  if (!peers) return;
  const processes: (1 | 2)[] = pins.hasTwo ? [1, 2] : [1];
  for (const killed of [false, true])
    for (const cores of processes) {
      const output = `bench-correct-${run}-${cores}-${killed ? "killed" : "plain"}`;
      const name = `${cores === 1 ? "one process" : "two processes"}${killed ? ", killed" : ""}`;
      const subject = { section: "correct", what: name, who: ours, round: 1 } as const;
      await measure(bench, subject, async () => {
        const { script, args } = fixed(cores);
        const cpus = ["--cpus", (cores === 1 ? pins.one : pins.two) ?? "0"];
        const topics = ["--bootstrap", bootstrap, "--topic", disordered, "--output", output];
        const more = [...topics, ...cpus, "--keep", ...(killed ? ["--kill-at", 0.5] : [])];
        const tools = pins.toolsOfOne;
        await runPeer({ peers, script, args: [...args, ...more], tools, signal });
        const compare = {
          peers,
          script: "compare.py",
          args: [...topics, "--bytes"],
          tools,
          signal,
        };
        return runPeer(compare);
      });
    }
};
