import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { compressFrameSync } from "lz4-napi";
import { compressSync } from "snappy";
import { codecs, compress, decompress } from "./compression.ts";

const bytes = Buffer.from(JSON.stringify(Array.from({ length: 9_000 }, (_, n) => ({ id: n }))));

test("given each codec, then its bytes read back", () => {
  assert.equal(decompress(codecs.none, bytes), bytes);
  assert.deepEqual(decompress(codecs.gzip, gzipSync(bytes)), bytes);
  assert.deepEqual(decompress(codecs.snappy, compressSync(bytes)), bytes);
  assert.deepEqual(decompress(codecs.lz4, compress(bytes)), bytes);
  assert.deepEqual(decompress(codecs.zstd, zstdCompressSync(bytes)), bytes);
  assert.throws(() => decompress(7, bytes), /codec 7/);
});

test("given our frames of lz4, then their blocks are independent, as Java needs them", () => {
  for (const size of [0, 1, 100, 70_000, bytes.length]) {
    const frame = compress(bytes.subarray(0, size));
    assert.equal(frame.readUInt32LE(0), 0x184d2204);
    const versionAndIndependence = frame[4] & 0xe0;
    assert.equal(versionAndIndependence, 0x60);
    assert.deepEqual(decompress(codecs.lz4, frame), bytes.subarray(0, size));
  }
});

test("given a frame with sums, or its size and blocks that point back, then it reads back", () => {
  const summed = compressFrameSync(bytes, { contentChecksum: true, blockChecksums: true });
  assert.deepEqual(decompress(codecs.lz4, summed), bytes);
  const head = "04224d184840" + "1500000000000000" + "c7";
  const first = "09000000" + "806162636465666768";
  const second = "09000000" + "040800" + "50696a6b6c6d";
  const linked = Buffer.from(`${head}${first}${second}00000000`, "hex");
  assert.equal(String(decompress(codecs.lz4, linked)), "abcdefghabcdefghijklm");
});

test("given damaged bytes, then each codec throws", () => {
  const all = [gzipSync(bytes), compressSync(bytes), compress(bytes), zstdCompressSync(bytes)];
  for (const [n, packed] of all.entries())
    assert.throws(() => decompress(n + 1, packed.subarray(0, packed.length >> 1)), Error, `${n}`);
});

test("given a process that meets no codec, then it loads no native package", () => {
  const place = new URL("./compression.ts", import.meta.url).href;
  const program = `
    const { compress, decompress } = await import(${JSON.stringify(place)});
    const loaded = () => process.report.getReport().sharedObjects
      .filter((path) => /lz4-napi|snappy/.test(path)).length;
    const before = loaded();
    decompress(3, compress(Buffer.from("x")));
    console.log(before, loaded());`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program]);
  assert.equal(String(said), "0 1\n");
});
