import assert from "node:assert/strict";
import { test } from "node:test";
import {
  readVarint,
  readVarlong,
  varintBytes,
  varintEnd,
  writeVarint,
  writeVarlong,
} from "./varint.ts";

const bytes = Buffer.alloc(16);

test("given numbers of 32 bits, then their varints take the bytes foretold and read back", () => {
  const edges = Array.from({ length: 31 }, (_, bit) => 2 ** bit).flatMap((n) => [n - 1, n, n + 1]);
  for (const n of [...edges, ...edges.map((edge) => -1 - edge), 2 ** 31 - 1, -(2 ** 31)]) {
    const end = writeVarint(bytes, n, 1);
    assert.equal(end - 1, varintBytes(n), `${n}`);
    assert.equal(readVarint(bytes, 1), n);
    assert.equal(varintEnd, end);
    assert.equal(readVarlong(bytes, 1), n);
    assert.equal(varintEnd, end);
  }
});

test("given differences of times up to 2^52, then they read back", () => {
  for (let bit = 20; bit <= 52; bit++)
    for (const n of [2 ** bit, -(2 ** bit), 2 ** bit - 1, 1 - 2 ** bit]) {
      const end = writeVarlong(bytes, n, 0);
      assert.equal(readVarlong(bytes, 0), n);
      assert.equal(varintEnd, end);
    }
});

test("given known numbers, then their bytes are those of zigzag and groups of 7 bits", () => {
  const hex = (n: number) => bytes.toString("hex", 0, writeVarint(bytes, n, 0));
  assert.deepEqual([0, -1, 1, 63, -64, 64, 300].map(hex), [
    "00",
    "01",
    "02",
    "7e",
    "7f",
    "8001",
    "d804",
  ]);
});
