import type { CustomerFeatures } from "../events/features.ts";
import { type PolicyDocument, policies, policyKey } from "../events/policy.ts";
import type { Trigger } from "../events/prediction.ts";
import { assess } from "../process/delinquency/assess.ts";
import { FEATURE_SET } from "../process/delinquency/features.ts";
import type { CustomerRow } from "../process/delinquency/row.ts";
import { vectorAt } from "../process/delinquency/score.ts";
import { lookAt } from "../process/delinquency/sight.ts";
import type { Told } from "../sink/archive/timeline.ts";
import { AdminPort } from "../stream/admin.ts";
import { openDriver } from "../stream/driver.ts";
import { restore } from "../stream/restore.ts";
import { inSpace } from "../stream/space.ts";
import { blankModel } from "./feature-vectors.ts";

/** The feature processor in memory over the past, and what it knows of a customer by then. */
export type PastFeatures = {
  readonly feed: (told: Told) => void;
  /** Time of the customer's newest event that counts, ms since 1970. */
  readonly newest: (customer: string) => number | undefined;
  /**
   * The customer's features at a time, which is not before the newest record that was fed;
   * undefined: nothing is known of them, or nothing can be known at that time any more.
   */
  readonly vector: (customer: string, asOf: number) => CustomerFeatures | undefined;
};

/** A vector is made for no reason but to be looked at; `Cause` wants one. */
const noTrigger: Trigger = "request";

/** The policies of a space as they were written. Its choice of a model plays no part. */
export const policiesOf = async (bootstrap: string, space: string): Promise<PolicyDocument[]> => {
  const found = new Map<string, PolicyDocument>();
  const apply = ({ key, value }: { key: Buffer | null; value: Buffer | null }) => {
    if (value !== null) found.set(String(key), policies.read(value));
  };
  const topic = inSpace(space, policies.name);
  const admin = AdminPort.open(bootstrap);
  try {
    await restore({ bootstrap, admin, parts: [{ topic, partition: 0, apply }] });
  } finally {
    admin.close();
  }
  return [...found.values()].filter(({ kind }) => kind !== "model");
};

/**
 * The same definitions as the line's, since it is the same processor: only what scores are worth is
 * left out. Records are fed one by one, so nothing that comes later can leak into a vector.
 */
export const openPastFeatures = (
  documents: readonly PolicyDocument[],
  currency: string,
): PastFeatures => {
  const model = blankModel();
  const processor = assess({ find: () => ({ model }) }, currency);
  const driver = openDriver({ processors: [processor], partitions: 1, keepsOutputs: false });
  const choice = { ...policies.example, feature_set: FEATURE_SET } as PolicyDocument;
  for (const document of [...documents, choice])
    driver.feed(policies, policyKey(document), document);
  const inputs = new Map(processor.reads.map((input) => [input.name, input]));
  const rowOf = (customer: string) =>
    driver.row(processor.name, "customer", customer) as CustomerRow | undefined;
  return {
    feed: ({ topic, record, header, place, time, value, refused }) => {
      const input = inputs.get(topic.name);
      if (input === undefined || refused !== undefined) return;
      const origin = header?.origin ?? place;
      const more = { time, id: header?.id ?? place, origin };
      driver.feed(input, record.key, value as never, more);
    },
    newest: (customer) => rowOf(customer)?.newest,
    vector: (customer, asOf) => {
      const row = rowOf(customer);
      if (row === undefined || row.newest < 0 || asOf > row.observedUntil) return undefined;
      const cause = { trigger: noTrigger, time: asOf, asOf, transaction: null };
      return vectorAt(customer, lookAt(row, asOf), cause);
    },
  };
};
