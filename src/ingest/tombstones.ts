import { customerUpdates } from "../events/topics.ts";
import { AdminPort } from "../stream/admin.ts";
import type { TopicPartition } from "../stream/kafka.ts";
import { partitionKey, partitionOf } from "../stream/partition.ts";
import { inSpace } from "../stream/space.ts";
import { GroupOffsets } from "../stream/wire/group-offsets.ts";

export type TombstonesOptions = {
  bootstrap: string;
  space: string;
  /** The groups that keep something of customers, without the space. */
  groups: readonly string[];
};

/**
 * How far processors have read the tombstones of customers. Their inputs are read in the order of
 * events, so one that is past a tombstone has made what it makes of all that came before it.
 */
export class Tombstones {
  readonly #topic: string;
  readonly #admin: AdminPort;
  readonly #readers: readonly GroupOffsets[];

  constructor({ bootstrap, space, groups }: TombstonesOptions) {
    this.#topic = inSpace(space, customerUpdates.name);
    this.#admin = AdminPort.open(bootstrap);
    this.#readers = groups.map((group) => new GroupOffsets(bootstrap, inSpace(space, group)));
  }

  #partOf = (customer: string): TopicPartition => ({
    topic: this.#topic,
    partition: partitionOf(customer, customerUpdates.partitions),
  });

  /** By customer, the offset behind everything that was written about it so far. */
  async ends(customers: readonly string[]): Promise<Map<string, number>> {
    const parts = new Map(customers.map((id) => [id, this.#partOf(id)]));
    const distinct = new Map([...parts.values()].map((part) => [partitionKey(part), part]));
    const ends = await this.#admin.endOffsets([...distinct.values()]);
    return new Map([...parts].map(([id, part]) => [id, ends.get(partitionKey(part)) ?? 0]));
  }

  /** Of these customers, by the offset of each, those which every group has read up to there. */
  async passed(offsets: ReadonlyMap<string, number>): Promise<Set<string>> {
    const parts = [...offsets.keys()].map((id) => [id, this.#partOf(id)] as const);
    const distinct = new Map(parts.map(([, part]) => [partitionKey(part), part]));
    const noted = await Promise.all(
      this.#readers.map(async (reader) => {
        // A group that cannot be asked may have read nothing.
        const committed = await reader.read([...distinct.values()]).catch(() => []);
        return new Map(committed.map((part) => [partitionKey(part), part.offset]));
      }),
    );
    const isPast = (id: string, part: TopicPartition) =>
      noted.every((own) => (own.get(partitionKey(part)) ?? -1) >= (offsets.get(id) as number));
    return new Set(parts.flatMap(([id, part]) => (isPast(id, part) ? [id] : [])));
  }

  close(): void {
    this.#admin.close();
    for (const reader of this.#readers) reader.close();
  }
}
