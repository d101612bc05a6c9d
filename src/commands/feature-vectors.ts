import { readFileSync } from "node:fs";
import type { CustomerFeatures } from "../events/features.ts";
import { type PolicyDocument, policies } from "../events/policy.ts";
import { customerFeatures } from "../events/topics.ts";
import { assess } from "../process/delinquency/assess.ts";
import { FEATURE_SET, features as registry } from "../process/delinquency/features.ts";
import { readModel } from "../rules/scoring/model.ts";
import { train } from "../rules/scoring/train.ts";
import { openDriver } from "../stream/driver.ts";

const shippedPolicy = new URL("../../policies/scoring.json", import.meta.url);

/** An event of a source, in event-time order with the others. Without a key it only moves time. */
export type ToldEvent = {
  readonly topic: { readonly name: string };
  readonly key: string | null;
  /** ms since 1970. */
  readonly time: number;
  readonly id: string;
  readonly value: unknown;
};

/** A model that knows nothing: when features are taken does not depend on what they are worth. */
const blankModel = () => {
  const set = { features: [registry[0].id], rows: [[0], [1]], labels: [0, 1] };
  const size = { rounds: 1, maxDepth: 1, eta: 0.1, lambda: 1, gamma: 0, minChildWeight: 1 };
  return readModel(train(set, size));
};

/**
 * The feature processor over events in memory, in one partition, without Kafka. Hands on every
 * feature vector that a score would have been made from.
 */
export const takeFeatures = (
  events: Iterable<ToldEvent>,
  found: (vector: CustomerFeatures) => void,
): void => {
  const model = blankModel();
  const processor = assess({ find: () => ({ model }) });
  const driver = openDriver({ processors: [processor], partitions: 1, keepsOutputs: false });
  driver.feed(policies, "scoring", policies.read(readFileSync(shippedPolicy)));
  driver.feed(policies, "model", {
    ...policies.example,
    feature_set: FEATURE_SET,
  } as PolicyDocument);
  driver.listen(customerFeatures, ({ value }) => found(value as CustomerFeatures));
  const inputs = new Map(processor.reads.map((input) => [input.name, input]));
  for (const { topic, key, time, value, id } of events) {
    const input = inputs.get(topic.name);
    if (key === null) driver.tick(time);
    else if (input) driver.feed(input, key, value, { time, id });
  }
};
