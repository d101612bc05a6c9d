import assert from "node:assert/strict";
import { test } from "node:test";
import { changelogTopic } from "./changelog.ts";

test("given a table, then its changelog is compacted early, in small segments", () => {
  const { compacted, envelope, partitions, config } = changelogTopic("g-rows-changelog", 6);
  assert.deepEqual([compacted, envelope, partitions], [true, false, 6]);
  assert.deepEqual(config, {
    "segment.bytes": String(64 * 1_048_576),
    "segment.ms": String(10 * 60_000),
    "min.cleanable.dirty.ratio": "0.1",
  });
});
