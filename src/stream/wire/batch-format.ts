/**
 * Where the fields of a record batch lie (Kafka's message format 2), in bytes from its start.
 * Integers are big-endian. What `length` counts begins behind it, what `crc` covers behind that.
 */
export const at = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;

export const magic = 2;

/** Parts of a batch's attributes. */
export const attributes = {
  codec: 0x07,
  isAppendTime: 0x08,
  isTransactional: 0x10,
  isControl: 0x20,
} as const;

const TWO_32 = 2 ** 32;

/** A signed integer of 64 bits as a number; exact up to 2^53, which no offset and no id passes. */
export const readInt64 = (bytes: Buffer, from: number): number =>
  bytes.readInt32BE(from) * TWO_32 + bytes.readUInt32BE(from + 4);

export const writeInt64 = (bytes: Buffer, value: number, to: number): void => {
  bytes.writeInt32BE(Math.floor(value / TWO_32), to);
  bytes.writeUInt32BE(value >>> 0, to + 4);
};
