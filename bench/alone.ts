import { join } from "node:path";
import { Random } from "../src/rules/random.ts";
import { AdminPort } from "../src/stream/admin.ts";
import { topic } from "../src/stream/topic.ts";
import { openWriter } from "../src/stream/writer.ts";
import { type Bench, launcher, logFolder, measure } from "./context.ts";
import { drain, partsOf } from "./drain.ts";
import { startProgram } from "./program.ts";
import type { Section } from "./results.ts";
import { ours, oursFree } from "./w1-rounds.ts";

/** W1 of ours where the peers and their tools cannot run: made-up events, seen from here. */
const input = topic<object>("bench-alone", { envelope: false });
const DAY_MS = 86_400_000;
const firstDay = Date.UTC(2023, 0, 1);
const days = 700;
const customers = 6_000;

const eventOf = (n: number, events: number, random: Random) => {
  const customer = `cust-${String(random.whole(0, customers - 1)).padStart(6, "0")}`;
  const at = firstDay + (n * days * DAY_MS) / events;
  return {
    transaction_id: `txn-${String(n).padStart(10, "0")}`,
    customer_id: customer,
    amount: random.whole(100, 2_000_000) / 100,
    currency: "CZK",
    transaction_type: random.chance(0.4) ? "credit" : "debit",
    category: "household",
    is_failed: random.chance(0.01),
    balance: random.whole(-500_000, 9_000_000) / 100,
    txn_time: new Date(at).toISOString(),
    channel: "transfer",
    counterparty_bank: null,
    source: "made-up",
    source_id: n,
  };
};

const generate = async (bench: Bench, admin: AdminPort, events: number): Promise<void> => {
  await admin.create(input.name, input, 1);
  const writer = await openWriter({ bootstrap: bench.bootstrap, space: "live", source: "bench@1" });
  const random = new Random(5, 6, 7, 8);
  for (let n = 0; n < events; n++) {
    const event = eventOf(n, events, random);
    await writer.send(input, event.customer_id, event);
  }
  await writer.flush();
  await writer.close();
  bench.say(`Input: ${events} made-up events on ${input.name}.`);
};

type Run = { who: string; section: Section; round: number; killAt?: number };

const take = (bench: Bench, admin: AdminPort, events: number, run: Run): Promise<void> => {
  const { bootstrap, pins, folder, signal } = bench;
  const { who, section, round, killAt } = run;
  const group = `bench-${bench.run}-${section}-${who === ours ? "fixed" : "free"}-${round}`;
  const output = topic(`${group}-output`, { envelope: false });
  const topics = ["--bootstrap", bootstrap, "--input", input.name, "--output", output.name];
  const more = who === ours ? ["--commit-ms", 100] : [];
  const args = ["bench", "w1", ...topics, "--group", group, "--slot", 0, ...more];
  const start = () =>
    startProgram({
      name: "bench w1",
      file: launcher,
      args,
      cpus: pins.one,
      env: { DATA_FOLDER: join(folder, "state") },
      log: join(logFolder, "bench-alone.log"),
    });
  const what = killAt === undefined ? "one core" : "kill -9 at half";
  return measure(bench, { section, what, who, round }, async () => {
    await admin.create(output.name, output, 1);
    const parts = partsOf(input.name, input.partitions);
    const figures = await drain({ bootstrap, group, parts, events, start, killAt, signal });
    await admin.remove(output.name);
    return figures;
  });
};

export const measureAlone = async (bench: Bench, only: readonly Section[]): Promise<void> => {
  const admin = AdminPort.open(bench.bootstrap);
  const events = bench.quick ? 100_000 : 1_000_000;
  try {
    await generate(bench, admin, events);
    for (let round = 1; round <= bench.rounds; round++)
      for (const who of [ours, oursFree]) {
        if (only.includes("w1")) await take(bench, admin, events, { who, section: "w1", round });
        if (only.includes("restart") && round % 2 === 1)
          await take(bench, admin, events, { who, section: "restart", round, killAt: 0.5 });
      }
  } finally {
    admin.close();
  }
};
