import { createRequire } from "node:module";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/** Numbers of the codecs, as they stand in the lowest three bits of a batch's attributes. */
export const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** Native packages are loaded when first needed: most processes never meet snappy. */
const load = createRequire(import.meta.url);
let lz4: typeof import("lz4-napi") | undefined;
let snappy: typeof import("snappy") | undefined;

const javaSnappyMagic = Buffer.from("\x82SNAPPY\0", "latin1");
/** The magic, then a version and the lowest compatible version, 4 bytes each. */
const javaSnappyHeaderBytes = 16;

/** Java writes blocks, each behind its length in 4 bytes; others write one bare block. */
const unsnap = (bytes: Buffer): Buffer => {
  snappy ??= load("snappy") as typeof import("snappy");
  if (!bytes.subarray(0, javaSnappyMagic.length).equals(javaSnappyMagic))
    return snappy.uncompressSync(bytes) as Buffer;
  const blocks: Buffer[] = [];
  for (let at = javaSnappyHeaderBytes; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    blocks.push(snappy.uncompressSync(bytes.subarray(at + 4, end)) as Buffer);
    at = end;
  }
  return Buffer.concat(blocks);
};

/**
 * The records of a batch, whose codec stands in its attributes (0 none, 1 gzip, 2 snappy, 3 lz4,
 * 4 zstd). Without a codec these are the same bytes, not a copy. Throws an Error for another codec
 * and for bytes that are damaged.
 */
export const decompress = (codec: number, bytes: Buffer): Buffer => {
  switch (codec) {
    case codecs.none:
      return bytes;
    case codecs.gzip:
      return gunzipSync(bytes);
    case codecs.snappy:
      return unsnap(bytes);
    case codecs.lz4:
      lz4 ??= load("lz4-napi") as typeof import("lz4-napi");
      return lz4.decompressFrameSync(bytes);
    case codecs.zstd:
      return zstdDecompressSync(bytes);
    default:
      throw new Error(`records are compressed with codec ${codec}, which Kafka does not know`);
  }
};

/** An lz4 frame of independent blocks: the only kind that Kafka's Java clients read. */
export const compress = (bytes: Buffer): Buffer => {
  lz4 ??= load("lz4-napi") as typeof import("lz4-napi");
  return lz4.compressFrameSync(bytes);
};
