import assert from "node:assert/strict";
import { test } from "node:test";
import { HoldBack } from "./hold-back.ts";
import type { TopicPartition } from "./kafka.ts";

const open = () => {
  const held = new Set<string>();
  const name = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`;
  const holdBack = new HoldBack({
    pause: (parts) => {
      for (const part of parts) held.add(name(part));
    },
    resume: (parts) => {
      for (const part of parts) held.delete(name(part));
    },
  });
  /** What one partition of each input has buffered. */
  const look = (buffers: readonly { records: number; bytes: number }[]) => {
    const task = {
      buffered: (input: number) => buffers[input].records,
      bufferedBytes: (input: number) => buffers[input].bytes,
    };
    holdBack.look({ inputs: ["a", "b"], tasks: new Map([[0, task]]) });
    return [...held];
  };
  return { look, holdBack, held };
};
const few = { records: 10, bytes: 1_000 };

test("given an input with many records, then it is held back until few are left", () => {
  const { look } = open();
  assert.deepEqual(look([few, { records: 5_001, bytes: 1_000 }]), ["b-0"]);
  assert.deepEqual(look([few, { records: 1_000, bytes: 1_000 }]), ["b-0"]);
  assert.deepEqual(look([few, { records: 999, bytes: 1_000 }]), []);
});

test("given an input with few records that are large, then it is held back as well", () => {
  const { look, holdBack, held } = open();
  assert.deepEqual(look([{ records: 9, bytes: 8_000_001 }, few]), ["a-0"]);
  assert.deepEqual(look([{ records: 2, bytes: 2_000_000 }, few]), ["a-0"]);
  assert.deepEqual(look([{ records: 1, bytes: 1_999_999 }, few]), []);
  look([{ records: 9, bytes: 9_000_000 }, few]);
  holdBack.letGo();
  assert.equal(held.size, 0);
});
