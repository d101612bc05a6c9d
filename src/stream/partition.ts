import type { TopicPartition } from "./kafka.ts";

const seed = 0x9747b28c;
const m = 0x5bd1e995;
const r = 24;

/**
 * MurmurHash2, 32 bit, with the seed of Kafka's Java client (org.apache.kafka.common.utils.Utils):
 * the hash behind its default partitioner. Returns a signed 32-bit number, as Java does.
 */
export const murmur2 = (bytes: Uint8Array): number => {
  const { length } = bytes;
  const whole = length & ~3;
  let h = seed ^ length;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    let k = Math.imul(word, m);
    k ^= k >>> r;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length & 3;
  if (rest === 3) h ^= bytes[whole + 2] << 16;
  if (rest >= 2) h ^= bytes[whole + 1] << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[whole], m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
};

/** The partition that a key belongs to, in Kafka's Java client as in ours (`murmur2_random`). */
export const partitionOf = (key: string | Uint8Array, partitions: number): number => {
  const bytes = typeof key === "string" ? Buffer.from(key) : key;
  return (murmur2(bytes) & 0x7fffffff) % partitions;
};

/** A partition as one word, to look it up. */
export const partitionKey = ({ topic, partition }: TopicPartition): string =>
  `${topic}/${partition}`;
