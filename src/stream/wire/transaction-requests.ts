import type { PartitionOffset, TopicPartition } from "../kafka.ts";
import { byTopic, type Decoder, Encoder } from "./bytes.ts";
import type { Connection } from "./connection.ts";
import type { Place } from "./group-requests.ts";

/**
 * The requests of a producer, transactional or idempotent, in versions that every Kafka from 2.8 on
 * speaks. Each answers with Kafka's error codes; what they mean is for the caller.
 */
export type ProducerId = { id: number; epoch: number };
export type PartError = TopicPartition & { error: number };
export type Filled = TopicPartition & { batch: Buffer };

const produceMaxMs = 10_000;

/** `[topic, [partition, error, …]]`, the shape that several answers share. */
const partErrors = (answer: Decoder, rest: () => void = () => {}): PartError[] =>
  answer.parts((topic) => {
    const one = { topic, partition: answer.int32(), error: answer.int16() };
    rest();
    answer.end();
    return one;
  });

/** A producer's id and epoch; one that has an id is given a new epoch. */
export const initProducerId = async (
  connection: Connection,
  transactionalId: string | null,
  timeoutMs: number,
  now: ProducerId | undefined,
): Promise<ProducerId & { error: number }> => {
  const body = new Encoder().text(transactionalId).int32(timeoutMs);
  body
    .int64(now?.id ?? -1)
    .int16(now?.epoch ?? -1)
    .end();
  const answer = await connection.ask({
    name: "InitProducerId",
    key: 22,
    version: 4,
    body: [body.written],
  });
  answer.int32();
  return { error: answer.int16(), id: answer.int64(), epoch: answer.int16() };
};

const head = (transactionalId: string, { id, epoch }: ProducerId): Encoder =>
  new Encoder().text(transactionalId).int64(id).int16(epoch);

export const addPartitions = async (
  connection: Connection,
  transactionalId: string,
  producer: ProducerId,
  parts: readonly TopicPartition[],
): Promise<PartError[]> => {
  const body = head(transactionalId, producer);
  body.parts(parts, ({ partition }) => body.int32(partition));
  body.end();
  const answer = await connection.ask({
    name: "AddPartitionsToTxn",
    key: 24,
    version: 3,
    body: [body.written],
  });
  answer.int32();
  return partErrors(answer);
};

export const addOffsets = async (
  connection: Connection,
  transactionalId: string,
  producer: ProducerId,
  group: string,
): Promise<number> => {
  const body = head(transactionalId, producer).text(group).end();
  const answer = await connection.ask({
    name: "AddOffsetsToTxn",
    key: 25,
    version: 3,
    body: [body.written],
  });
  answer.int32();
  return answer.int16();
};

export const endTransaction = async (
  connection: Connection,
  transactionalId: string,
  producer: ProducerId,
  isCommit: boolean,
): Promise<number> => {
  const body = head(transactionalId, producer).bool(isCommit).end();
  const answer = await connection.ask({
    name: "EndTxn",
    key: 26,
    version: 3,
    body: [body.written],
  });
  answer.int32();
  return answer.int16();
};

export const commitOffsets = async (
  connection: Connection,
  transactionalId: string,
  producer: ProducerId,
  member: Place,
  offsets: readonly PartitionOffset[],
): Promise<PartError[]> => {
  const body = new Encoder().text(transactionalId).text(member.group);
  body.int64(producer.id).int16(producer.epoch).int32(member.generation).text(member.memberId);
  body.text(member.instance ?? null);
  body.parts(offsets, ({ partition, offset }) =>
    body.int32(partition).int64(offset).int32(-1).text(null).end(),
  );
  body.end();
  const answer = await connection.ask({
    name: "TxnOffsetCommit",
    key: 28,
    version: 3,
    body: [body.written],
  });
  answer.int32();
  return partErrors(answer);
};

/** Every batch in one request, side by side with its place; the batches are not copied. */
export const produce = async (
  connection: Connection,
  transactionalId: string | null,
  filled: readonly Filled[],
): Promise<PartError[]> => {
  const pieces: Buffer[] = [];
  const topics = byTopic(filled);
  let body = new Encoder().text(transactionalId).int16(-1).int32(produceMaxMs);
  body.uvarint(topics.length + 1);
  for (const [topic, own] of topics) {
    body.text(topic).uvarint(own.length + 1);
    for (const { partition, batch } of own) {
      body.int32(partition).uvarint(batch.length + 1);
      pieces.push(body.written, batch);
      body = new Encoder().end();
    }
    body.end();
  }
  pieces.push(body.end().written);
  const answer = await connection.ask({ name: "Produce", key: 0, version: 9, body: pieces });
  return partErrors(answer, () => {
    for (let field = 0; field < 3; field++) answer.int64();
    answer.array(() => {
      answer.int32();
      answer.text();
      answer.end();
    });
    answer.text();
  });
};
