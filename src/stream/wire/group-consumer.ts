import { failure } from "../../errors.ts";
import type { Batch, PartitionOffset, Rebalance, TopicPartition } from "../kafka.ts";
import { Cluster } from "./cluster.ts";
import { Fetcher, type FetchOptions } from "./fetcher.ts";
import { Member } from "./group.ts";
import type { Place } from "./group-requests.ts";

/**
 * A member of a group that reads what the group gives it. It is told of partitions by
 * `onRebalance`, and answers each time with `add` or `remove`; the group waits for that.
 */
export type GroupConsumerOptions = {
  bootstrap: string;
  group: string;
  /** Makes it a static member, whose partitions are kept for a moment when it stops. */
  instance?: string;
  fetch?: Omit<FetchOptions, "bootstrap">;
  onRebalance: (rebalance: Rebalance) => void;
};

export class GroupConsumer {
  readonly #group: string;
  readonly #cluster: Cluster;
  readonly #member: Member;
  readonly #fetcher: Fetcher;

  private constructor(options: GroupConsumerOptions) {
    const { bootstrap, group, instance, fetch, onRebalance } = options;
    this.#group = group;
    this.#cluster = new Cluster(bootstrap);
    this.#member = new Member({ cluster: this.#cluster, group, instance, onRebalance });
    this.#fetcher = new Fetcher({ bootstrap, ...fetch });
  }

  /** Throws KAFKA_UNREACHABLE. */
  static async connect(options: GroupConsumerOptions): Promise<GroupConsumer> {
    const self = new GroupConsumer(options);
    try {
      await self.#cluster.connection();
      return self;
    } catch (thrown) {
      await self.close();
      throw failure("KAFKA_UNREACHABLE", options.bootstrap, String((thrown as Error).message));
    }
  }

  /** Joins the group. */
  subscribe(topics: string[]): void {
    this.#member.subscribe(topics);
  }

  /**
   * Up to `most` records: what is ready; only when nothing is, what comes within `waitMs`. Throws
   * when another process has taken over this member's name.
   */
  consume(most: number, waitMs: number): Promise<Batch> {
    if (this.#member.failure) return Promise.reject(this.#member.failure);
    return this.#fetcher.consume(most, waitMs);
  }

  /** What is ready now. */
  take(most: number): Batch {
    return this.#fetcher.take(most);
  }

  /** Answers an `assign`: starts reading there; an offset of -1 stands for the beginning. */
  add(parts: readonly PartitionOffset[]): void {
    this.#fetcher.add(parts);
    this.#member.answered();
  }
  /** Answers a `revoke`. */
  remove(parts: readonly TopicPartition[]): void {
    this.#fetcher.remove(parts);
    this.#member.answered();
  }
  pause(parts: readonly TopicPartition[]): void {
    this.#fetcher.pause(parts);
  }
  resume(parts: readonly TopicPartition[]): void {
    this.#fetcher.resume(parts);
  }
  seek(part: PartitionOffset): void {
    this.#fetcher.seek(part);
  }
  /** The group's committed offsets; -1 where there is none. Waits for transactions to end. */
  committed(parts: TopicPartition[]): Promise<PartitionOffset[]> {
    return this.#member.committed(parts);
  }
  /**
   * Notes offsets for the group outside of a transaction, and tells which of them were noted.
   * Throws a KafkaError where none was, such as while the group changes or its broker is away.
   */
  commit(offsets: readonly PartitionOffset[]): Promise<PartitionOffset[]> {
    return this.#member.commit(offsets);
  }
  /** Who commits offsets here, in this generation of the group. */
  get membership(): Place {
    const { generation, memberId, instance } = this.#member;
    return { group: this.#group, generation, memberId, instance };
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    await this.#member.leave();
    this.#cluster.close();
  }
}
