import { type Topic, topic } from "./topic.ts";

/**
 * The topic behind a table: compacted, small segments, so that a restore reads little more than one
 * record for each key.
 */
export const changelogTopic = (name: string, partitions: number): Topic =>
  topic(name, {
    partitions,
    compacted: true,
    envelope: false,
    config: {
      "segment.bytes": "67108864",
      "segment.ms": "600000",
      "min.cleanable.dirty.ratio": "0.1",
    },
  });
