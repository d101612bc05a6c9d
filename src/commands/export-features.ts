import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import type { Config } from "../config.ts";
import { failure, sentenceOf } from "../errors.ts";
import { timeMs } from "../events/time.ts";
import { FEATURE_SET, featureRegistry } from "../process/delinquency/features.ts";
import { type Command, print, say } from "./command.ts";
import { openPast } from "./past.ts";
import { openPastFeatures, policiesOf } from "./past-features.ts";
import { located } from "./run.ts";

const usage = "features export --as-of 2026-01-31T00:00Z [--out folder]";

const wantedOf = (args: string[]) => {
  let values: { "as-of"?: string; out?: string };
  try {
    const text = { type: "string" } as const;
    values = parseArgs({ args, options: { "as-of": text, out: text } }).values;
  } catch (thrown) {
    throw failure("ARGUMENT_WRONG", sentenceOf(thrown), `Use: ${usage}`);
  }
  const asOf = timeMs(values["as-of"] ?? "");
  if (Number.isNaN(asOf)) throw failure("ARGUMENT_WRONG", "--as-of is not a time", `Use: ${usage}`);
  return { asOf, out: values.out ?? ".bellwether/features" };
};

/** Each customer's features at a time, from nothing but what had happened by then. */
async function* vectorsAt(config: Config, bootstrap: string, asOf: number) {
  const documents = await policiesOf(bootstrap, config.space);
  const past = await openPast(config, bootstrap, config.space);
  try {
    for (const note of past.notes) say(note);
    const line = openPastFeatures(documents, config.currency);
    const customers = new Set<string>();
    for await (const told of past.told()) {
      if (told.time > asOf || told.refused !== undefined) continue;
      line.feed(told);
      if (told.record.key !== null) customers.add(told.record.key);
    }
    for (const customer of [...customers].sort()) {
      const vector = line.vector(customer, asOf);
      if (vector !== undefined) yield vector;
    }
  } finally {
    await past.close();
  }
}

/**
 * `features export --as-of`: every customer's feature vector at that time, point in time: what
 * happened later plays no part, whenever it was told. Becomes `rows.ndjson` and `features.json`.
 */
export const exportFeatures: Command = async (args, { config: given }) => {
  const { asOf, out } = wantedOf(args);
  const config = located(given);
  mkdirSync(out, { recursive: true });
  const file = createWriteStream(join(out, "rows.ndjson"));
  let count = 0;
  for await (const vector of vectorsAt(config, config.kafkaBootstrapServers, asOf)) {
    const { customer_id, as_of, features, baselines } = vector;
    const line = `${JSON.stringify({ customer_id, as_of, features, baselines })}\n`;
    if (!file.write(line)) await once(file, "drain");
    count++;
  }
  file.end();
  await finished(file);
  const about = {
    space: config.space,
    as_of: new Date(asOf).toISOString(),
    feature_set: FEATURE_SET,
    features: featureRegistry,
  };
  writeFileSync(join(out, "features.json"), `${JSON.stringify(about, null, 2)}\n`);
  print(`${count} customers as of ${about.as_of}, in ${out}`);
  return 0;
};
