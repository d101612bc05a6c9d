import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../errors.ts";
import type { CustomerFeatures } from "../events/features.ts";
import { policies } from "../events/policy.ts";
import type { Truth } from "../events/simulation.ts";
import { timeMs } from "../events/time.ts";
import { customerFeatures } from "../events/topics.ts";
import { DAY_MS } from "../ingest/simulate/days.ts";
import { history } from "../ingest/simulate/history.ts";
import type { SimulatedEvent } from "../ingest/simulate/journal.ts";
import { horizonDays, type Label, labels } from "../ingest/simulate/labels.ts";
import { people } from "../ingest/simulate/people.ts";
import { assess } from "../process/delinquency/assess.ts";
import { FEATURE_SET, features as registry } from "../process/delinquency/features.ts";
import { scoringView } from "../process/delinquency/models.ts";
import { type CustomerRow, customerCodec } from "../process/delinquency/row.ts";
import { hash32 } from "../rules/random.ts";
import { readModel } from "../rules/scoring/model.ts";
import { train } from "../rules/scoring/train.ts";
import { Deadlines } from "../stream/deadlines.ts";
import type { Outcome } from "../stream/processor.ts";
import { type Command, print, say } from "./command.ts";

const shippedPolicy = new URL("../../policies/scoring.json", import.meta.url);
/** When the first simulated life of a training set begins; each seed begins some weeks later. */
const firstDay = Date.UTC(2025, 0, 1);
/** In the first weeks next to nothing is known of a customer. */
const warmUpDays = 14;

/** A model that knows nothing: when features are taken does not depend on what they are worth. */
const blankModel = () => {
  const set = { features: [registry[0].id], rows: [[0], [1]], labels: [0, 1] };
  const size = { rounds: 1, maxDepth: 1, eta: 0.1, lambda: 1, gamma: 0, minChildWeight: 1 };
  return readModel(train(set, size));
};

/**
 * The feature processor over events in memory: rows and timers as the engine keeps them, one
 * partition, without Kafka. Hands on every feature vector that a score would have been made from.
 */
const takeFeatures = (
  events: Iterable<SimulatedEvent>,
  found: (vector: CustomerFeatures) => void,
): void => {
  const model = blankModel();
  const processor = assess({ find: () => ({ model }) });
  const entries = new Map<string, unknown>([
    ["scoring", policies.read(readFileSync(shippedPolicy))],
    ["model", { ...policies.example, feature_set: FEATURE_SET }],
  ]);
  const scoring = scoringView(entries, { find: () => ({ model }) });
  const inputs = new Set(processor.reads.map((input) => input.name));
  const rows = new Map<string, CustomerRow>();
  const armed = new Map<string, number>();
  const deadlines = new Deadlines();
  const play = (key: string, act: (context: never) => ReturnType<typeof processor.run>): void => {
    const row = rows.get(key) ?? customerCodec.create(key);
    rows.set(key, row);
    const outcomes = act({ customer: row, scoring, mint: () => "unused" } as never) ?? [];
    for (const one of outcomes as readonly Outcome[])
      if (one.kind === "emit" && one.topic.name === customerFeatures.name)
        found(one.value as CustomerFeatures);
    if (row.deadline === (armed.get(key) ?? Number.POSITIVE_INFINITY)) return;
    armed.set(key, row.deadline);
    if (row.deadline < Number.POSITIVE_INFINITY) deadlines.push({ time: row.deadline, key });
  };
  for (const { topic, key, time, value, id } of events) {
    for (let next = deadlines.next; next && next.time <= time; next = deadlines.next) {
      deadlines.pop();
      const timer = { ...next, table: "customer" };
      if (armed.get(next.key) !== next.time) continue;
      armed.set(next.key, Number.POSITIVE_INFINITY);
      play(next.key, (context) => processor.due?.(timer, context));
    }
    if (!inputs.has(topic.name)) continue;
    const record = { topic, key, value, time, ingestTime: time, id, origin: id };
    play(key, (context) => processor.run(record as never, context));
  }
};

export type Example = {
  customer_id: string;
  as_of: string;
  label: 0 | 1;
  features: CustomerFeatures["features"];
};

/** One in `keepEvery` of the feature vectors of simulated lives, with what came to pass. */
export function* examplesOf(
  seed: number,
  customers: number,
  days: number,
  keepEvery: number,
): Generator<Example> {
  const from = firstDay + ((seed * 37) % 365) * DAY_MS;
  const until = from + days * DAY_MS;
  const truths = new Map<string, Truth[]>();
  const kept: CustomerFeatures[] = [];
  const told = function* (): Generator<SimulatedEvent> {
    for (const event of history(seed, people(seed, customers), from, until)) {
      if (event.topic.name === "simulation-truth")
        truths.set(event.key, [...(truths.get(event.key) ?? []), event.value as Truth]);
      yield event;
    }
  };
  takeFeatures(told(), (vector) => {
    const place = hash32(`${seed} ${vector.customer_id} ${vector.as_of}`);
    if (place % keepEvery === 0) kept.push(vector);
  });
  const knownUntil = until - (horizonDays + 4) * DAY_MS;
  for (const { customer_id, as_of, features } of kept) {
    const asOf = timeMs(as_of);
    if (asOf < from + warmUpDays * DAY_MS || asOf > knownUntil) continue;
    const told = truths.get(customer_id) ?? [];
    const label: Label = told.length > 0 ? labels(told, asOf, until).get(customer_id) : 0;
    if (label === undefined) continue;
    yield { customer_id: `${seed}-${customer_id}`, as_of, label, features };
  }
}

const describe = (says: string) => ({
  feature_set: FEATURE_SET,
  predicts: "Misses a payment within 30 days",
  description: says,
  features: registry.map(({ id, direction }) => ({ id, direction })),
});

const usage =
  "features export --seeds 101-112 --customers 600 --days 330 --keep-every 6 --out folder";

const optionsOf = (args: string[]) => {
  const text = (fallback: string) => ({ type: "string", default: fallback }) as const;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        seeds: text("101-112"),
        customers: text("600"),
        days: text("330"),
        "keep-every": text("6"),
        out: text(".bellwether/training"),
      },
    });
    const numbers = [values.customers, values.days, values["keep-every"]].map(Number);
    const seeds = /^(\d+)(?:-(\d+))?$/.exec(values.seeds);
    if (positionals.join() === "export" && seeds && numbers.every((n) => n >= 1 && n <= 1e6))
      return { numbers, first: +seeds[1], last: +(seeds[2] ?? seeds[1]), out: values.out };
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `Use: ${usage}`);
  }
  throw failure("ARGUMENT_WRONG", "These arguments cannot be used", `Use: ${usage}`);
};

/**
 * `features export`: simulated lives of the given seeds run through the feature processor; what it
 * would score becomes `rows.ndjson`, and the features `features.json`, as training/README.md says.
 */
export const features: Command = async (args) => {
  const { numbers, first, last, out } = optionsOf(args);
  const [customers, days, keepEvery] = numbers;
  mkdirSync(out, { recursive: true });
  const file = createWriteStream(join(out, "rows.ndjson"));
  let [count, ones] = [0, 0];
  for (let seed = first; seed <= last; seed++) {
    for (const example of examplesOf(seed, customers, days, keepEvery)) {
      if (!file.write(`${JSON.stringify(example)}\n`)) await once(file, "drain");
      count++;
      ones += example.label;
    }
    say(`Seed ${seed}: ${count} rows so far, ${ones} with label 1`);
  }
  file.end();
  await finished(file);
  const seeds = first === last ? `seed ${first}` : `seeds ${first} to ${last}`;
  const about = `Simulated customers of ${seeds}, ${customers} each over ${days} days: one in ${keepEvery} of the moments at which they would have been scored. Simulated data.`;
  writeFileSync(join(out, "features.json"), `${JSON.stringify(describe(about), null, 2)}\n`);
  print(`${count} rows, ${ones} with label 1, in ${out}`);
  return 0;
};
