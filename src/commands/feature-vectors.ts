import { readFileSync } from "node:fs";
import type { CustomerFeatures } from "../events/features.ts";
import { type PolicyDocument, policies, policyKey } from "../events/policy.ts";
import { type Prediction, predictionsStream } from "../events/prediction.ts";
import { customerFeatures } from "../events/topics.ts";
import { assess } from "../process/delinquency/assess.ts";
import { FEATURE_SET, features as registry } from "../process/delinquency/features.ts";
import type { ModelShelf } from "../process/delinquency/models.ts";
import { readModel } from "../rules/scoring/model.ts";
import { train } from "../rules/scoring/train.ts";
import { type Driver, openDriver } from "../stream/driver.ts";

const shipped = (name: string): PolicyDocument =>
  policies.read(readFileSync(new URL(`../../policies/${name}.json`, import.meta.url)));

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
export const blankModel = () => {
  const set = { features: [registry[0].id], rows: [[0], [1]], labels: [0, 1] };
  const size = { rounds: 1, maxDepth: 1, eta: 0.1, lambda: 1, gamma: 0, minChildWeight: 1 };
  return readModel(train(set, size));
};

type Line = {
  readonly models: ModelShelf;
  /** Policies: the rules of scoring and the choice of the model among them. */
  readonly documents: readonly PolicyDocument[];
  /** Called once, before the first event. */
  readonly listen: (driver: Driver) => void;
};

/** The feature processor over events in memory, in one partition, without Kafka. */
const assessEvents = (events: Iterable<ToldEvent>, line: Line): void => {
  const processor = assess(line.models);
  const driver = openDriver({ processors: [processor], partitions: 1, keepsOutputs: false });
  for (const document of line.documents) driver.feed(policies, policyKey(document), document);
  line.listen(driver);
  const inputs = new Map(processor.reads.map((input) => [input.name, input]));
  for (const { topic, key, time, value, id } of events) {
    const input = inputs.get(topic.name);
    if (key === null) driver.tick(time);
    else if (input) driver.feed(input, key, value, { time, id });
  }
};

/** Hands on every feature vector that a score would have been made from. */
export const takeFeatures = (
  events: Iterable<ToldEvent>,
  found: (vector: CustomerFeatures) => void,
): void => {
  const model = blankModel();
  const choice = { ...policies.example, feature_set: FEATURE_SET } as PolicyDocument;
  assessEvents(events, {
    models: { find: () => ({ model }) },
    documents: [shipped("scoring"), shipped("rates"), choice],
    listen: (driver) =>
      driver.listen(customerFeatures, ({ value }) => found(value as CustomerFeatures)),
  });
};

/** Hands on every prediction that the line makes of the events, in the order of event time. */
export const takePredictions = (
  events: Iterable<ToldEvent>,
  models: ModelShelf,
  documents: readonly PolicyDocument[],
  found: (prediction: Prediction) => void,
): void =>
  assessEvents(events, {
    models,
    documents,
    listen: (driver) => driver.listen(predictionsStream, ({ value }) => found(value as Prediction)),
  });
