import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../errors.ts";
import type { CustomerFeatures } from "../events/features.ts";
import type { Truth } from "../events/simulation.ts";
import { timeMs } from "../events/time.ts";
import { history } from "../ingest/simulate/history.ts";
import type { SimulatedEvent } from "../ingest/simulate/journal.ts";
import { horizonDays, type Label, labels } from "../ingest/simulate/labels.ts";
import { people } from "../ingest/simulate/people.ts";
import { FEATURE_SET, modelFeatures } from "../process/delinquency/features.ts";
import { DAY_MS } from "../rules/calendar.ts";
import { hash32 } from "../rules/random.ts";
import { type Command, print, say } from "./command.ts";
import { takeFeatures } from "./feature-vectors.ts";
import { predicts } from "./outcome-labels.ts";

/** When the first simulated life of a training set begins; each seed begins some weeks later. */
const firstDay = Date.UTC(2025, 0, 1);
/** In the first weeks next to nothing is known of a customer. */
const warmUpDays = 14;

export type Example = {
  customer_id: string;
  as_of: string;
  label: 0 | 1;
  features: CustomerFeatures["features"];
};

/** What models may learn from. */
const learned = (all: CustomerFeatures["features"]): CustomerFeatures["features"] =>
  Object.fromEntries(modelFeatures.map(({ id }) => [id, all[id]]));

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
    yield { customer_id: `${seed}-${customer_id}`, as_of, label, features: learned(features) };
  }
}

const describe = (says: string) => ({
  feature_set: FEATURE_SET,
  predicts,
  description: says,
  features: modelFeatures.map(({ id, direction }) => ({ id, direction })),
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
 * With `--as-of` from History instead; `features parity` compares the stores with History.
 */
export const features: Command = async (args, context) => {
  const [what, ...rest] = args;
  if (what === "parity") return (await import("./parity.ts")).parity(rest, context);
  if (what === "export" && rest.some((arg) => /^--as-of(=|$)/.test(arg)))
    return (await import("./export-features.ts")).exportFeatures(rest, context);
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
  const about =
    `Simulated customers of ${seeds}, ${customers} each over ${days} days: ` +
    `one in ${keepEvery} of the moments at which they would have been scored. Simulated ` +
    "data.";
  writeFileSync(join(out, "features.json"), `${JSON.stringify(describe(about), null, 2)}\n`);
  print(`${count} rows, ${ones} with label 1, in ${out}`);
  return 0;
};
