import type { TopicPartition } from "../kafka.ts";
import { KafkaError } from "../kafka-error.ts";
import { partitionKey } from "../partition.ts";
import { type Cluster, unled } from "./cluster.ts";
import { offsetsAt } from "./fetch-requests.ts";
import { movesLeader } from "./refusals.ts";

/**
 * Asks the leader of each partition once for the offset of a time, and adds to `found` what was
 * told, by `topic/partition`. Throws a KafkaError where a partition is missing there.
 */
export const askOffsets = async (
  cluster: Cluster,
  parts: readonly TopicPartition[],
  time: number,
  found: Map<string, number>,
): Promise<void> => {
  const leaderOf = ({ topic, partition }: TopicPartition) => cluster.knownLeader(topic, partition);
  const unknown = parts.filter((part) => leaderOf(part) === undefined);
  if (unknown.length > 0) await cluster.learn([...new Set(unknown.map(({ topic }) => topic))]);
  const asked = [...Map.groupBy(parts, leaderOf)].map(async ([leader, own]) => {
    if (leader === undefined) throw unled(own[0]);
    await askLeader(cluster, leader, own, time, found);
  });
  for (const one of await Promise.allSettled(asked))
    if (one.status === "rejected") throw one.reason;
};

const askLeader = async (
  cluster: Cluster,
  leader: number,
  parts: readonly TopicPartition[],
  time: number,
  found: Map<string, number>,
): Promise<void> => {
  try {
    const connection = await cluster.connection(leader);
    const wanted = parts.map(({ topic, partition }) => {
      return { topic, partition, epoch: cluster.leaderEpoch(topic, partition) };
    });
    const answers = await offsetsAt(connection, wanted, time);
    for (const part of answers) if (part.error === 0) found.set(partitionKey(part), part.offset);
    const wrong = answers.find(({ error }) => error !== 0);
    if (wrong) throw notTold(wrong);
  } catch (thrown) {
    cluster.forgetLeaders(parts.map(({ topic }) => topic));
    throw thrown;
  }
};

const notTold = (part: TopicPartition & { error: number }): KafkaError => {
  const { error: code } = part;
  const raw = { code, message: `Kafka's error ${code}`, isRetriable: movesLeader(code) };
  return new KafkaError(raw, `offset of ${partitionKey(part)}`);
};
