import { setTimeout as delay } from "node:timers/promises";
import { failure } from "../errors.ts";
import type { TopicPartition } from "./kafka.ts";
import { codes, isAway, KafkaError } from "./kafka-error.ts";
import { describeGroups } from "./members.ts";
import { partitionKey } from "./partition.ts";
import { orStopped } from "./stopping.ts";
import type { Topic } from "./topic.ts";
import {
  createTopic,
  type Decided,
  deleteGroupRequest,
  deleteTopic,
  listGroups,
  readDeleted,
} from "./wire/admin-requests.ts";
import { Cluster } from "./wire/cluster.ts";
import type { Connection } from "./wire/connection.ts";
import { Coordinator } from "./wire/coordinator.ts";
import { logEnd, logStart } from "./wire/fetch-requests.ts";
import { askOffsets } from "./wire/log-offsets.ts";
import { isPassing, mayBeDecidedAnew, refusal, refused } from "./wire/refusals.ts";

/**
 * Questions to the cluster that need no group: offsets, topics, groups. What may pass, such as a
 * broker that is away or a new partition that nobody leads yet, is asked again for ten seconds.
 * Then it throws KAFKA_UNREACHABLE where no broker answers, and a KafkaError where one refuses.
 */
const askMaxMs = 10_000;

const againMs = (attempt: number) => Math.min(1_000, 50 * 2 ** attempt);

export type TopicInfo = { name: string; id: string; partitions: number };

export class AdminPort {
  readonly #bootstrap: string;
  readonly #cluster: Cluster;
  readonly #closing = new AbortController();

  private constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
    this.#cluster = new Cluster(bootstrap);
  }

  /** The signal closes it. */
  static open(bootstrap: string, until?: AbortSignal): AdminPort {
    const port = new AdminPort(bootstrap);
    const { signal } = port.#closing;
    until?.addEventListener("abort", () => port.close(), { once: true, signal });
    if (until?.aborted) port.close();
    return port;
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    const { signal } = this.#closing;
    const until = performance.now() + askMaxMs;
    for (let attempt = 0; ; attempt++)
      try {
        return await ask();
      } catch (thrown) {
        // A leader that hangs may take all the time; then another one leads.
        const isLate = attempt > 0 && performance.now() > until;
        if (signal.aborted || (isLate && isAway(thrown)))
          throw failure("KAFKA_UNREACHABLE", this.#bootstrap, (thrown as Error).message);
        if (isLate || !isPassing(thrown)) throw thrown;
        await delay(againMs(attempt), undefined, { signal }).catch(() => {});
      }
  }

  /** The high watermark of each partition, open transactions included, by `topic/partition`. */
  async endOffsets(parts: readonly TopicPartition[]): Promise<Map<string, number>> {
    return this.#offsets(parts, logEnd);
  }
  /** The first offset that is still stored, by `topic/partition`. */
  async startOffsets(parts: readonly TopicPartition[]): Promise<Map<string, number>> {
    return this.#offsets(parts, logStart);
  }

  /**
   * The first record that was appended at `ms` or later, by `topic/partition`; where none was, the
   * partition's end.
   */
  async offsetsAt(parts: readonly TopicPartition[], ms: number): Promise<Map<string, number>> {
    // Asked first: what is appended in between must not be passed over.
    const found = await this.endOffsets(parts);
    for (const [part, offset] of await this.#offsets(parts, Math.max(0, ms)))
      if (offset >= 0) found.set(part, offset);
    return found;
  }

  async #offsets(parts: readonly TopicPartition[], time: number): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const isLeft = (part: TopicPartition) => !found.has(partitionKey(part));
    await this.#asked(() => askOffsets(this.#cluster, parts.filter(isLeft), time, found));
    return found;
  }

  async topicNames(): Promise<string[]> {
    const { topics } = await this.#asked(() => this.#cluster.metadata(null));
    return topics.map(({ name }) => name);
  }

  /** In the order asked; topics that do not exist are left out. */
  async describe(names: readonly string[]): Promise<TopicInfo[]> {
    if (names.length === 0) return [];
    const { topics } = await this.#asked(() => this.#cluster.metadata(names));
    const there = topics.filter(({ error }) => error === 0);
    const byName = new Map(there.map((topic) => [topic.name, topic]));
    return names
      .flatMap((name) => byName.get(name) ?? [])
      .map(({ name, id, leaders }) => ({ name, id, partitions: leaders.length }));
  }

  /** Creates what is missing; true when the topic is new. */
  async create(name: string, topic: Topic, replication: number): Promise<boolean> {
    const config: Record<string, string> = {
      "message.timestamp.type": "LogAppendTime",
      "cleanup.policy": topic.compacted ? "compact" : "delete",
      "retention.ms": topic.compacted ? "-1" : String(topic.retentionMs),
      "max.message.bytes": "12000000",
      ...topic.config,
    };
    const { partitions } = topic;
    const wanted = { name, partitions, replication, config };
    try {
      await this.#decided("createTopic", (connection) => createTopic(connection, wanted));
      return true;
    } catch (thrown) {
      if (thrown instanceof KafkaError && thrown.code === codes.topicExists) return false;
      throw thrown;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#decided("deleteTopic", (connection) => deleteTopic(connection, name));
  }

  #decided(doing: string, ask: (connection: Connection) => Promise<Decided>): Promise<void> {
    return this.#asked(async () => {
      const { error: code, message } = await ask(await this.#cluster.controller());
      if (code !== 0)
        throw new KafkaError({ code, message, isRetriable: mayBeDecidedAnew(code) }, doing);
    });
  }

  async groups(): Promise<string[]> {
    return this.#asked(async () => {
      const answers = await Promise.all((await this.#cluster.everyone()).map(listGroups));
      const wrong = answers.find(({ error }) => error !== 0);
      if (wrong) throw refused(wrong.error, "listGroups");
      return [...new Set(answers.flatMap(({ groups }) => groups))];
    });
  }

  /** The partitions of a topic that a group's members own; undefined while they are changing. */
  async ownedParts(group: string, topic: string): Promise<Set<number> | undefined> {
    const asking = describeGroups(this.#bootstrap, [group]);
    const answer = await orStopped(asking, this.#closing.signal);
    if (answer === undefined) throw failure("KAFKA_UNREACHABLE", this.#bootstrap);
    const [found] = answer;
    if (found.state !== "stable") return undefined;
    const parts = found.members.flatMap((member) => member.parts);
    return new Set(parts.flatMap((part) => (part.topic === topic ? [part.partition] : [])));
  }

  /** Also where there is none. */
  async removeGroup(group: string): Promise<void> {
    const coordinator = new Coordinator(this.#cluster, group);
    try {
      await this.#asked(() => coordinator.ask(deleteGroupRequest(group), readDeleted));
    } catch (thrown) {
      const isGone = thrown instanceof KafkaError && thrown.code === refusal.unknownGroup;
      if (!isGone) throw thrown;
    }
  }

  /** Ends what is under way at once, with KAFKA_UNREACHABLE. */
  close(): void {
    this.#closing.abort();
    this.#cluster.close();
  }
}
