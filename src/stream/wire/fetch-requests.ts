import type { PartitionOffset, TopicPartition } from "../kafka.ts";
import { Encoder } from "./bytes.ts";
import type { Connection } from "./connection.ts";

/**
 * What reading asks for, in versions that every Kafka from 2.8 on speaks. `epoch`: the leader's, -1
 * for any. A broker that led before, and does not know yet that another one does, refuses it
 * instead of telling of a log that ends too early.
 */
export type Wanted = TopicPartition & { offset: number; epoch: number };
export type Fetched = TopicPartition & {
  error: number;
  /** The end for a reader of committed records: the last stable offset. */
  end: number;
  aborted: { producerId: number; firstOffset: number }[];
  records: Buffer;
};
export type FetchBounds = {
  waitMs: number;
  minBytes: number;
  maxBytes: number;
  partMaxBytes: number;
};

/** Committed records of these partitions from these offsets on; only whole answers count. */
export const fetchRecords = async (
  connection: Connection,
  wanted: readonly Wanted[],
  { waitMs, minBytes, maxBytes, partMaxBytes }: FetchBounds,
): Promise<Fetched[]> => {
  const body = new Encoder().int32(-1).int32(waitMs).int32(minBytes).int32(maxBytes).int8(1);
  body.int32(0).int32(-1);
  body.parts(wanted, ({ partition, offset, epoch }) =>
    body.int32(partition).int32(epoch).int64(offset).int32(-1).int64(-1).int32(partMaxBytes).end(),
  );
  body
    .array([], () => {})
    .text("")
    .end();
  const answer = await connection.ask({ name: "Fetch", key: 1, version: 12, body: [body.written] });
  answer.int32();
  answer.int16();
  answer.int32();
  return answer.parts((topic) => {
    const partition = answer.int32();
    const error = answer.int16();
    answer.int64();
    const end = answer.int64();
    answer.int64();
    const aborted = answer.array(() => {
      const one = { producerId: answer.int64(), firstOffset: answer.int64() };
      answer.end();
      return one;
    });
    answer.int32();
    const records = answer.block();
    answer.end();
    return { topic, partition, error, end, aborted, records };
  });
};

/** Stand for times where offsets are asked for: where a log begins, and where it ends. */
export const logStart = -2;
export const logEnd = -1;

/**
 * Of partitions that one broker leads, the first offset of that time (ms) or later; -1: there is
 * none. Records of open transactions count.
 */
export const offsetsAt = async (
  connection: Connection,
  wanted: readonly (TopicPartition & { epoch: number })[],
  time: number,
): Promise<(PartitionOffset & { error: number })[]> => {
  const body = new Encoder().int32(-1).int8(0);
  body.parts(wanted, ({ partition, epoch }) =>
    body.int32(partition).int32(epoch).int64(time).end(),
  );
  body.end();
  const answer = await connection.ask({
    name: "ListOffsets",
    key: 2,
    version: 6,
    body: [body.written],
  });
  answer.int32();
  return answer.parts((topic) => {
    const partition = answer.int32();
    const error = answer.int16();
    answer.int64();
    const offset = answer.int64();
    answer.int32();
    answer.end();
    return { topic, partition, error, offset };
  });
};
