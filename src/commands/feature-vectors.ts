import { readFileSync } from "node:fs";
import type { CustomerFeatures } from "../events/features.ts";
import { policies } from "../events/policy.ts";
import { customerFeatures } from "../events/topics.ts";
import { assess } from "../process/delinquency/assess.ts";
import { FEATURE_SET, features as registry } from "../process/delinquency/features.ts";
import { scoringView } from "../process/delinquency/models.ts";
import { type CustomerRow, customerCodec } from "../process/delinquency/row.ts";
import { readModel } from "../rules/scoring/model.ts";
import { train } from "../rules/scoring/train.ts";
import { Deadlines } from "../stream/deadlines.ts";
import type { Outcome } from "../stream/processor.ts";

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
 * The feature processor over events in memory: rows and timers as the engine keeps them, one
 * partition, without Kafka. Hands on every feature vector that a score would have been made from.
 */
export const takeFeatures = (
  events: Iterable<ToldEvent>,
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
    if (key === null || !inputs.has(topic.name)) continue;
    const record = { topic, key, value, time, ingestTime: time, id, origin: id };
    play(key, (context) => processor.run(record as never, context));
  }
};
