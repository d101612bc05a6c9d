import { createRequire } from "node:module";

const load = createRequire(import.meta.url);
let native: typeof import("@node-rs/crc32") | undefined;

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4) as an unsigned number of 32 bits. */
export const crc32c = (bytes: Buffer): number => {
  native ??= load("@node-rs/crc32") as typeof import("@node-rs/crc32");
  return native.crc32c(bytes);
};
