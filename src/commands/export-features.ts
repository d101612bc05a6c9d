import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import type { Config } from "../config.ts";
import { failure, sentenceOf } from "../errors.ts";
import type { CustomerUpdate } from "../events/customer.ts";
import type { OutcomeEvent } from "../events/outcome.ts";
import { timeMs } from "../events/time.ts";
import { customerUpdates, outcomes } from "../events/topics.ts";
import { FEATURE_SET, featureRegistry } from "../process/delinquency/features.ts";
import { type Command, print, say } from "./command.ts";
import { OutcomeLabels, predicts } from "./outcome-labels.ts";
import { lineTopics, openPast } from "./past.ts";
import { openPastFeatures, policiesOf } from "./past-features.ts";
import { groupsOf } from "./results/groups.ts";
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

/**
 * Each customer's features at a time, from nothing but what had happened by then, with what is
 * known of the person and is no feature, and what came to pass.
 */
async function* rowsAt(config: Config, bootstrap: string, asOf: number) {
  const documents = await policiesOf(bootstrap, config.space);
  const past = await openPast(config, bootstrap, config.space, lineTopics);
  try {
    for (const note of past.notes) say(note);
    const line = openPastFeatures(documents, config.currency);
    const labels = new OutcomeLabels();
    const people = new Map<string, CustomerUpdate | null>();
    for await (const told of past.told()) {
      const { topic, time, value, refused } = told;
      if (refused !== undefined) continue;
      if (topic.name === outcomes.name) labels.tell(value as OutcomeEvent);
      if (time > asOf || topic.name === outcomes.name) continue;
      line.feed(told);
      const { key } = told.record;
      if (key === null) continue;
      if (topic.name === customerUpdates.name) people.set(key, value as CustomerUpdate | null);
      else if (!people.has(key)) people.set(key, null);
    }
    for (const customer of [...people.keys()].sort()) {
      const vector = line.vector(customer, asOf);
      if (vector === undefined) continue;
      const { customer_id, as_of, features, baselines } = vector;
      const groups = groupsOf(people.get(customer) ?? {}, asOf);
      const about = Object.keys(groups).length > 0 ? { groups } : undefined;
      yield { customer_id, as_of, label: labels.of(customer, asOf), ...about, features, baselines };
    }
  } finally {
    await past.close();
  }
}

/**
 * `features export --as-of`: every customer's feature vector at that time, point in time: what
 * happened later plays no part in it, whenever it was told, and makes the label alone. Becomes
 * `rows.ndjson` and `features.json`, as training/README.md says.
 */
export const exportFeatures: Command = async (args, { config: given }) => {
  const { asOf, out } = wantedOf(args);
  const config = located(given);
  mkdirSync(out, { recursive: true });
  const file = createWriteStream(join(out, "rows.ndjson"));
  let [count, labelled] = [0, 0];
  for await (const row of rowsAt(config, config.kafkaBootstrapServers, asOf)) {
    if (!file.write(`${JSON.stringify(row)}\n`)) await once(file, "drain");
    count++;
    if (row.label !== null) labelled++;
  }
  file.end();
  await finished(file);
  const as_of = new Date(asOf).toISOString();
  const about = {
    space: config.space,
    as_of,
    feature_set: FEATURE_SET,
    predicts,
    description: `The customers of the space ${config.space} as they stood at ${as_of}.`,
    features: featureRegistry.map((entry) => ({ id: entry.feature, ...entry })),
  };
  writeFileSync(join(out, "features.json"), `${JSON.stringify(about, null, 2)}\n`);
  print(`${count} customers as of ${as_of}, ${labelled} of them with a label, in ${out}`);
  return 0;
};
