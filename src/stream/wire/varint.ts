/**
 * Kafka's varints: zigzag (the sign in the lowest bit), then 7 bits to a byte, the lowest first.
 * A record holds some ten of them, so nothing here makes an object.
 */

/** Bytes that the varint of a length or a delta of 32 bits takes. */
export const varintBytes = (value: number): number => {
  const zigzag = (value << 1) ^ (value >> 31);
  if ((zigzag & ~0x7f) === 0) return 1;
  return Math.ceil((32 - Math.clz32(zigzag)) / 7);
};

/** Writes a signed integer of 32 bits and returns the place behind it. */
export const writeVarint = (bytes: Buffer, value: number, to: number): number => {
  let rest = (value << 1) ^ (value >> 31);
  while ((rest & ~0x7f) !== 0) {
    bytes[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[to] = rest;
  return to + 1;
};

/** The same for any safe integer, such as a difference of times. */
export const writeVarlong = (bytes: Buffer, value: number, to: number): number => {
  if (value === (value | 0)) return writeVarint(bytes, value, to);
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  while (rest >= 0x80) {
    bytes[to++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[to] = rest;
  return to + 1;
};

/** Where the last varint that was read ended: a second result without an object for it. */
export let varintEnd = 0;

/** Reads a signed integer of 32 bits; `varintEnd` is then the place behind it. */
export const readVarint = (bytes: Buffer, from: number): number => {
  let byte = bytes[from++];
  let zigzag = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = bytes[from++];
    zigzag |= (byte & 0x7f) << shift;
  }
  varintEnd = from;
  return (zigzag >>> 1) ^ -(zigzag & 1);
};

/** The same for 64 bits; exact for safe integers. */
export const readVarlong = (bytes: Buffer, from: number): number => {
  let byte = bytes[from++];
  let zigzag = byte & 0x7f;
  for (let unit = 0x80; byte >= 0x80; unit *= 0x80) {
    byte = bytes[from++];
    zigzag += (byte & 0x7f) * unit;
  }
  varintEnd = from;
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
};
