import { setTimeout as delay } from "node:timers/promises";
import client from "@confluentinc/kafka-javascript";
import { type Failure, failure } from "../errors.ts";
import { endForSureAtExit } from "./ending.ts";
import type { PartitionOffset, TopicPartition } from "./kafka.ts";
import { codes, isAway, KafkaError } from "./kafka-error.ts";
import { describeGroups } from "./members.ts";
import { partitionKey } from "./partition.ts";
import type { Topic } from "./topic.ts";

/** Questions to the cluster that need no group: offsets, topics, groups. */
// biome-ignore lint/suspicious/noExplicitAny: the client's own types lack what we call
type Untyped = any;

const timeout = 10_000;

/** Clients that calls may still be waiting for. */
const olderMax = 3;

const lookAgainMs = (attempt: number) => Math.min(1_000, 50 * 2 ** attempt);

export type TopicInfo = { name: string; id: string; partitions: number };

const connect = (bootstrap: string): Untyped => {
  endForSureAtExit();
  try {
    const raw = client.AdminClient.create({
      "bootstrap.servers": bootstrap,
      log_level: 0,
      "reconnect.backoff.max.ms": 2_000,
    } as Untyped);
    (raw as Untyped).on?.("event.error", () => {});
    return raw;
  } catch (thrown) {
    throw failure("KAFKA_UNREACHABLE", bootstrap, String((thrown as Error).message));
  }
};

const askedAt = (parts: readonly TopicPartition[], timestamp: number) =>
  parts.map(({ topic, partition }) => ({ topic, partition, offset: { timestamp } }));

export class AdminPort {
  readonly #bootstrap: string;
  readonly #older: Untyped[] = [];
  #raw: Untyped;
  #closed = false;
  #hasAnswered = false;

  private constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
    this.#raw = connect(bootstrap);
  }

  static open(bootstrap: string): AdminPort {
    return new AdminPort(bootstrap);
  }

  #call<T>(doing: string, start: (done: (error: Untyped, value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      try {
        start((error, value) => (error ? reject(new KafkaError(error, doing)) : resolve(value)));
      } catch (thrown) {
        reject(new KafkaError(thrown as Untyped, doing));
      }
    });
  }

  /** The high watermark of each partition, open transactions included, by `topic/partition`. */
  async endOffsets(parts: readonly TopicPartition[]): Promise<Map<string, number>> {
    return this.#offsets(parts, -1);
  }
  /** The first offset that is still stored, by `topic/partition`. */
  async startOffsets(parts: readonly TopicPartition[]): Promise<Map<string, number>> {
    return this.#offsets(parts, -2);
  }

  /**
   * The first record that was appended at `ms` or later, by `topic/partition`; where none was, the
   * partition's end.
   */
  async offsetsAt(parts: readonly TopicPartition[], ms: number): Promise<Map<string, number>> {
    // Asked first, because it finds out whether the client still knows the partitions.
    const ends = await this.endOffsets(parts);
    if (parts.length === 0) return ends;
    const answers = await this.#call<PartitionOffset[]>("listOffsets", (done) =>
      this.#raw.listOffsets(askedAt(parts, Math.max(0, ms)), { isolationLevel: 0, timeout }, done),
    );
    for (const part of answers) if (part.offset >= 0) ends.set(partitionKey(part), part.offset);
    return ends;
  }

  async #offsets(parts: readonly TopicPartition[], timestamp: number) {
    if (parts.length === 0) return new Map<string, number>();
    const asked = askedAt(parts, timestamp);
    const found = await this.#onceLed(async () => {
      const answers = await this.#asked<PartitionOffset[]>("listOffsets", (done) =>
        this.#raw.listOffsets(asked, { isolationLevel: 0, timeout }, done),
      );
      // After a restart of the broker a client that knew it before answers -1, for ever.
      if (answers.some(({ offset }) => offset < 0))
        throw new KafkaError({ code: codes.noEntry, message: "no offset" }, "listOffsets");
      return answers;
    });
    return new Map(found.map((part) => [partitionKey(part), part.offset]));
  }

  /**
   * A new partition answers once it has a leader. A client that looked too early may never learn of
   * it, though it asks again; a new one does. The old one stays for calls that are under way.
   */
  async #onceLed<T>(ask: () => Promise<T>): Promise<T> {
    const until = performance.now() + timeout;
    for (let attempt = 0; ; attempt++)
      try {
        return await ask();
      } catch (thrown) {
        const isUnknown = thrown instanceof KafkaError && thrown.code === codes.noEntry;
        if (!isUnknown || performance.now() > until) throw thrown;
        await delay(lookAgainMs(attempt));
        if (this.#closed) throw thrown;
        this.#renew();
      }
  }

  #renew(): void {
    this.#older.push(this.#raw);
    this.#raw = connect(this.#bootstrap);
    if (this.#older.length > olderMax) this.#older.shift().disconnect();
  }

  /**
   * Asked again by a new client when this one may have lost its brokers (see pulse.ts). Throws
   * KAFKA_UNREACHABLE.
   */
  async #asked<T>(
    doing: string,
    start: (done: (error: Untyped, value: T) => void) => void,
  ): Promise<T> {
    const mayBeLost = this.#hasAnswered;
    try {
      return await this.#ask(doing, start);
    } catch (thrown) {
      if (!isAway(thrown)) throw thrown;
      if (!mayBeLost || this.#closed) throw this.#unreachable(thrown);
    }
    this.#renew();
    return await this.#ask(doing, start).catch((thrown) => {
      throw isAway(thrown) ? this.#unreachable(thrown) : thrown;
    });
  }

  async #ask<T>(
    doing: string,
    start: (done: (error: Untyped, value: T) => void) => void,
  ): Promise<T> {
    const answer = await this.#call(doing, start);
    this.#hasAnswered = true;
    return answer;
  }

  #unreachable(cause: KafkaError): Failure {
    return failure("KAFKA_UNREACHABLE", this.#bootstrap, cause.message);
  }

  async topicNames(): Promise<string[]> {
    return this.#asked("listTopics", (done) => this.#raw.listTopics({ timeout }, done));
  }

  async describe(names: string[]): Promise<TopicInfo[]> {
    if (names.length === 0) return [];
    const found = await this.#asked<Untyped[]>("describeTopics", (done) =>
      this.#raw.describeTopics(names, { timeout }, done),
    );
    return found
      .filter((t) => !t.error)
      .map((t) => ({
        name: t.name,
        id: t.topicId?.base64 ?? String(t.topicId ?? ""),
        partitions: t.partitions.length,
      }));
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
    const until = performance.now() + timeout;
    for (let attempt = 0; ; attempt++) {
      const refused = await this.#create(name, topic, replication, config);
      if (refused === undefined) return true;
      if (refused.code === codes.topicExists) return false;
      // A broker that has just started takes a moment to be allowed to lead.
      if (refused.code !== codes.tooFewBrokers || performance.now() > until) throw refused;
      await delay(lookAgainMs(attempt));
    }
  }

  async #create(
    name: string,
    topic: Topic,
    replication: number,
    config: Record<string, string>,
  ): Promise<KafkaError | undefined> {
    try {
      await this.#call("createTopic", (done) =>
        this.#raw.createTopic(
          {
            topic: name,
            num_partitions: topic.partitions,
            replication_factor: replication,
            config,
          },
          timeout,
          done,
        ),
      );
      return undefined;
    } catch (thrown) {
      if (thrown instanceof KafkaError) return thrown;
      throw thrown;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#call("deleteTopic", (done) => this.#raw.deleteTopic(name, timeout, done));
  }

  async groups(): Promise<string[]> {
    const found = await this.#asked<{ groups: { groupId: string }[] }>("listGroups", (done) =>
      this.#raw.listGroups({ timeout }, done),
    );
    return found.groups.map((g) => g.groupId);
  }

  /** The partitions of a topic that a group's members own; undefined while they are changing. */
  async ownedParts(group: string, topic: string): Promise<Set<number> | undefined> {
    const [found] = await describeGroups(this.#bootstrap, [group]);
    if (found.state !== "stable") return undefined;
    const parts = found.members.flatMap((member) => member.parts);
    return new Set(parts.flatMap((part) => (part.topic === topic ? [part.partition] : [])));
  }

  async removeGroup(group: string): Promise<void> {
    await this.#call("deleteGroups", (done) => this.#raw.deleteGroups([group], { timeout }, done));
  }

  close(): void {
    this.#closed = true;
    for (const raw of [...this.#older, this.#raw]) raw.disconnect();
  }
}
