import assert from "node:assert/strict";
import { test } from "node:test";
import { murmur2, partitionOf } from "./partition.ts";

test("given the vectors of Kafka's own UtilsTest, then murmur2 gives Java's numbers", () => {
  const vectors: [string, number][] = [
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ];
  for (const [key, hash] of vectors) assert.equal(murmur2(Buffer.from(key)), hash, key);
});

test("given a negative hash, then the partition is that of the hash without its sign", () => {
  assert.equal(partitionOf("foobar", 6), (-790332482 & 0x7fffffff) % 6);
  assert.equal(partitionOf(Buffer.from("foobar"), 6), partitionOf("foobar", 6));
});

test("given many keys, then every partition has its share", () => {
  const counts = new Array(6).fill(0);
  for (let n = 0; n < 6_000; n++) counts[partitionOf(`CUST-${n}`, 6)]++;
  for (const count of counts) assert.ok(count > 850 && count < 1_150, String(counts));
});
