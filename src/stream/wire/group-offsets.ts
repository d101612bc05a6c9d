import type { PartitionOffset } from "../kafka.ts";
import { nameOf } from "./assignor.ts";
import { Cluster } from "./cluster.ts";
import { Coordinator } from "./coordinator.ts";
import { commitRequest, type Place, readCommitted } from "./group-requests.ts";

/** Asks once, and tells which were noted. Throws a KafkaError where none was. */
export const commitOffsets = async (
  coordinator: Coordinator,
  place: Place,
  offsets: readonly PartitionOffset[],
): Promise<PartitionOffset[]> => {
  if (offsets.length === 0) return [];
  const { noted } = await coordinator.ask(commitRequest(place, offsets), readCommitted);
  const names = new Set(noted.map(nameOf));
  return offsets.filter((part) => names.has(nameOf(part)));
};

/** The offsets of a group that nobody is a member of: with members, it refuses to note them. */
export class GroupOffsets {
  readonly #place: Place;
  readonly #cluster: Cluster;
  readonly #coordinator: Coordinator;

  constructor(bootstrap: string, group: string) {
    this.#place = { group, instance: undefined, memberId: "", generation: -1 };
    this.#cluster = new Cluster(bootstrap);
    this.#coordinator = new Coordinator(this.#cluster, group);
  }

  /** Asks once, and tells which were noted. Throws a KafkaError where none was. */
  commit(offsets: readonly PartitionOffset[]): Promise<PartitionOffset[]> {
    return commitOffsets(this.#coordinator, this.#place, offsets);
  }

  close(): void {
    this.#cluster.close();
  }
}
