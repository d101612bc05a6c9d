import type { Contract } from "../../events/contract.ts";
import { admit } from "../../stream/admit.ts";
import { type Header, readHeader } from "../../stream/header.ts";
import { partKey } from "../../stream/reader.ts";
import { inSpace } from "../../stream/space.ts";
import type { HistoryInput } from "./history.ts";
import type { LogRecord } from "./parquet.ts";

/** A record of History in its turn. */
export type Told = {
  readonly topic: Contract<unknown>;
  readonly partition: number;
  readonly record: LogRecord;
  readonly header: Header | undefined;
  /** `topic-partition-offset` where it lay. */
  readonly place: string;
  /**
   * Event time, ms since 1970. A record that cannot be read has none of its own and comes right
   * behind the one before it.
   */
  readonly time: number;
  /** The checked value; undefined: it cannot be read. */
  readonly value: unknown;
  /** Why it cannot be used, if it cannot. */
  readonly refused: string | undefined;
};

type Head = { told: Told | undefined; next: () => Promise<Told | undefined> };

/**
 * Several topics in one event-time order, as the engine merges its inputs: within a partition the
 * order of the log, always; between them the smallest event time, then the order of `inputs`, then
 * the partition. `wants` may leave records out before they are read.
 */
export async function* timeline(
  space: string,
  inputs: readonly HistoryInput[],
  recordMaxBytes: number,
  wants: (topic: Contract<unknown>, record: LogRecord) => boolean = () => true,
): AsyncGenerator<Told> {
  const heads: Head[] = [];
  for (const { topic, parts } of inputs)
    for (const [partition, part] of parts.entries()) {
      const read = one(space, topic, partition, part.read(), recordMaxBytes, wants);
      const next = async () => (await read.next()).value ?? undefined;
      heads.push({ told: await next(), next });
    }
  for (;;) {
    let first: Head | undefined;
    for (const head of heads)
      if (head.told !== undefined && (!first?.told || head.told.time < first.told.time))
        first = head;
    if (first?.told === undefined) return;
    yield first.told;
    first.told = await first.next();
  }
}

async function* one(
  space: string,
  topic: Contract<unknown>,
  partition: number,
  pieces: AsyncGenerator<LogRecord[]>,
  recordMaxBytes: number,
  wants: (topic: Contract<unknown>, record: LogRecord) => boolean,
): AsyncGenerator<Told, undefined> {
  let last: number | undefined;
  for await (const records of pieces)
    for (const record of records) {
      if (!wants(topic, record)) continue;
      const header = readHeader([...record.headers]);
      const admission = admit(topic, { ...record, header }, recordMaxBytes);
      const refused = admission.reason;
      if (refused === undefined) last = admission.time;
      const time = last ?? record.appendTime;
      const value = refused === undefined ? admission.value : undefined;
      const place = partKey(partKey(inSpace(space, topic.name), partition), record.offset);
      yield { topic, partition, record, header, place, time, value, refused };
    }
  return undefined;
}
