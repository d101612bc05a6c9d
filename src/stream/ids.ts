import { hash, randomBytes } from "node:crypto";

const dashed = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-` +
  `${hex.slice(16, 20)}-${hex.slice(20)}`;

const variants = "89ab";

/**
 * UUIDv8 (RFC 9562, section 5.8) from SHA-256 of the maker, the id of the cause and an ordinal:
 * the same cause gives the same id, so a replay mints what the first run minted.
 */
export const mintId = (maker: string, cause: string, ordinal: number): string => {
  const hex = hash("sha256", `${maker}\n${cause}\n${ordinal}`, "hex");
  const variant = variants[Number.parseInt(hex[16], 16) & 3];
  return dashed(`${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`);
};

/** UUIDv7 (RFC 9562, section 5.7): time-ordered, for what enters the system. */
export const ingestId = (now: number): string => {
  const random = randomBytes(10).toString("hex");
  const variant = variants[Number.parseInt(random[3], 16) & 3];
  const time = now.toString(16).padStart(12, "0");
  return dashed(`${time}7${random.slice(0, 3)}${variant}${random.slice(4, 19)}`);
};

/** 32 hex digits for `traceparent` and the header, derived from the id of the first cause. */
export const traceOf = (id: string): string => {
  const hex = id.replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(hex) ? hex : hash("sha256", id, "hex").slice(0, 32);
};
