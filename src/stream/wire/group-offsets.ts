import type { PartitionOffset, TopicPartition } from "../kafka.ts";
import { partitionKey } from "../partition.ts";
import { Cluster } from "./cluster.ts";
import { Coordinator } from "./coordinator.ts";
import {
  commitRequest,
  offsetsRequest,
  type Place,
  readCommitted,
  readOffsets,
} from "./group-requests.ts";

/** Asks once, and tells which were noted. Throws a KafkaError where none was. */
export const commitOffsets = async (
  coordinator: Coordinator,
  place: Place,
  offsets: readonly PartitionOffset[],
): Promise<PartitionOffset[]> => {
  if (offsets.length === 0) return [];
  const { noted } = await coordinator.ask(commitRequest(place, offsets), readCommitted);
  const keys = new Set(noted.map(partitionKey));
  return offsets.filter((part) => keys.has(partitionKey(part)));
};

/** How far a group has read, for somebody who is no member of it. */
export class GroupOffsets {
  readonly #place: Place;
  readonly #cluster: Cluster;
  readonly #coordinator: Coordinator;

  constructor(bootstrap: string, group: string) {
    this.#place = { group, instance: undefined, memberId: "", generation: -1 };
    this.#cluster = new Cluster(bootstrap);
    this.#coordinator = new Coordinator(this.#cluster, group);
  }

  /**
   * What it has committed, without waiting for open transactions; partitions without an offset are
   * left out. Asks once; throws a KafkaError.
   */
  async read(parts: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    if (parts.length === 0) return [];
    const request = offsetsRequest(this.#place.group, parts, false);
    const { offsets } = await this.#coordinator.ask(request, readOffsets);
    return offsets.filter(({ offset }) => offset >= 0);
  }

  /**
   * Asks once, and tells which were noted. Throws a KafkaError where none was, as where the group
   * has members.
   */
  commit(offsets: readonly PartitionOffset[]): Promise<PartitionOffset[]> {
    return commitOffsets(this.#coordinator, this.#place, offsets);
  }

  close(): void {
    this.#cluster.close();
  }
}
