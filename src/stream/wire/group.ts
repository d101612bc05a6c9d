import { setTimeout as delay } from "node:timers/promises";
import { inTime } from "../in-time.ts";
import type { PartitionOffset, Rebalance, TopicPartition } from "../kafka.ts";
import { KafkaError } from "../kafka-error.ts";
import { partitionKey } from "../partition.ts";
import { assign } from "./assignor.ts";
import type { Cluster } from "./cluster.ts";
import { Coordinator } from "./coordinator.ts";
import { commitOffsets } from "./group-offsets.ts";
import {
  heartbeatRequest,
  type Joined,
  joinRequest,
  leaveRequest,
  offsetsRequest,
  type Place,
  readError,
  readJoined,
  readOffsets,
  readSynced,
  syncRequest,
} from "./group-requests.ts";
import { isPassing, refusal } from "./refusals.ts";

/**
 * A member of a consumer group, whose partitions change hands cooperatively.
 *
 * Its life is a row of rounds, one for each generation that it takes part in:
 * 1. JoinGroup, which says what it reads and has; answered once all members have asked. The one
 *    that is named leader distributes the partitions.
 * 2. SyncGroup, which answers what this member shall have.
 * 3. Is something missing there that it has, the app gives that up (`revoke`), and the next round
 *    begins at once: only then is it given to others. What would be new is left for that round.
 *    Otherwise the app takes over what is new (`assign`).
 * 4. It stays until a heartbeat says that the group gathers again, or until a topic changes.
 *
 * Heartbeats go on from 2 to the end of the round, also while the app takes its time to answer, and
 * a member joins again only after the app has answered. Who does not join within `rebalanceMaxMs`
 * or is not heard for `sessionMs` is thrown out: it hears that from the coordinator only, and gives
 * up everything as lost. While the coordinator is away it keeps what it has.
 *
 * `memberId` and `generation` stay those of the last round until the next JoinGroup is answered.
 * They go with a transaction's offsets, and so the broker refuses those of a member that is lost.
 */
export type MemberOptions = {
  /** One of the member's own: JoinGroup holds up everything else on its connection. */
  cluster: Cluster;
  group: string;
  /** Makes it a static member, whose place is kept for `sessionMs` when it stops. */
  instance?: string;
  sessionMs?: number;
  heartbeatMs?: number;
  /** How long a member may take to join again, a restore included. */
  rebalanceMaxMs?: number;
  /** Each must be answered with `answered()`; the next comes only after that. */
  onRebalance: (rebalance: Rebalance) => void;
};

const leaveMaxMs = 10_000;
const committedMaxMs = 15_000;
const committedAgainMs = 50;
/** For what a broker answers late at the end of a time that it was given. */
const graceMs = 5_000;
const lookForTopicMs = 1_000;
const lookForPartitionsMs = 30_000;

const pauseMs = (attempt: number): number => Math.min(2_000, 50 * 2 ** attempt);

const without = (parts: readonly TopicPartition[], less: readonly TopicPartition[]) => {
  const keys = new Set(less.map(partitionKey));
  return parts.filter((part) => !keys.has(partitionKey(part)));
};

/** How a round ends: with a wish to join again, or with what the coordinator refused. */
type Ending = PromiseWithResolvers<void> & { refusal?: unknown };

export class Member {
  readonly #options: Required<Omit<MemberOptions, "instance">> & { instance?: string };
  readonly #coordinator: Coordinator;
  readonly #over = new AbortController();
  #living: Promise<void> | undefined;
  #topics: readonly string[] = [];
  #memberId = "";
  #generation = -1;
  /** The id to join with: empty after the group has forgotten this member. */
  #joinAs = "";
  #owned: TopicPartition[] = [];
  /** The generation in which `#owned` was given. */
  #ownedSince = -1;
  #hasTold = false;
  #isLost = false;
  #failure: KafkaError | undefined;
  #unanswered: PromiseWithResolvers<void> | undefined;
  /** Attempts at a round that failed in a row. */
  #failed = 0;

  constructor(options: MemberOptions) {
    this.#options = { sessionMs: 6_000, heartbeatMs: 250, rebalanceMaxMs: 900_000, ...options };
    this.#coordinator = new Coordinator(options.cluster, options.group);
  }

  /** Empty before the first round. */
  get memberId(): string {
    return this.#memberId;
  }
  /** -1 before the first round. */
  get generation(): number {
    return this.#generation;
  }
  get instance(): string | undefined {
    return this.#options.instance;
  }
  /** True from when the group throws this member out until a `revoke` with `lost` says so. */
  get isLost(): boolean {
    return this.#isLost;
  }
  /** Why it has stopped by itself; fatal where another has taken the place of this instance. */
  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  /** Begins the membership; to be called once. */
  subscribe(topics: readonly string[]): void {
    this.#topics = topics;
    this.#living ??= this.#live();
  }

  /** Answers what `onRebalance` told. */
  answered(): void {
    this.#unanswered?.resolve();
  }

  /**
   * The group's committed offsets, -1 where there is none. Waits while a transaction that may
   * change them is open, and while the coordinator is away: up to 15 s, then throws a KafkaError.
   */
  async committed(parts: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    if (parts.length === 0) return [];
    const until = performance.now() + committedMaxMs;
    const request = offsetsRequest(this.#options.group, parts, true);
    for (;;)
      try {
        const { offsets } = await this.#coordinator.ask(request, readOffsets);
        return offsets;
      } catch (thrown) {
        const isOpen = thrown instanceof KafkaError && thrown.code === refusal.unstableOffset;
        if (!isOpen && !isPassing(thrown)) throw thrown;
        if (this.#isOver || performance.now() > until) throw thrown;
        await this.#pause(committedAgainMs);
      }
  }

  /**
   * Notes offsets for the group, asks once, and tells which of them were noted. Throws a KafkaError
   * where none was: while the group changes, while the coordinator is away, or when the group has
   * this member no more.
   */
  commit(offsets: readonly PartitionOffset[]): Promise<PartitionOffset[]> {
    return commitOffsets(this.#coordinator, this.#place, offsets);
  }

  /**
   * Ends the membership; nothing is told any more. The place of a static member is kept for its
   * next start, a dynamic one says goodbye. Takes at most 10 s.
   */
  async leave(): Promise<void> {
    this.#end();
    await inTime(this.#sayGoodbye(), leaveMaxMs, () => {});
  }

  async #sayGoodbye(): Promise<void> {
    await this.#living;
    if (this.instance !== undefined || this.#joinAs === "") return;
    const place = { ...this.#place, memberId: this.#joinAs };
    this.#joinAs = "";
    await this.#coordinator.ask(leaveRequest(place, leaveMaxMs), readError).catch(() => {});
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #end(): void {
    this.#over.abort();
    this.#coordinator.close();
  }

  #fail(thrown: unknown): void {
    const { message } = thrown as Error;
    const error = thrown instanceof KafkaError ? thrown : new KafkaError({ message }, "group");
    if (!this.#isOver) this.#failure = error;
    this.#end();
  }

  get #place(): Place {
    const { group, instance } = this.#options;
    return { group, instance, memberId: this.#memberId, generation: this.#generation };
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#over.signal }).catch(() => {});
  }

  async #live(): Promise<void> {
    while (!this.#isOver)
      try {
        await this.#round();
      } catch (thrown) {
        if (!this.#isOver) await this.#mend(thrown);
      }
  }

  /** Makes the next round possible. */
  async #mend(thrown: unknown): Promise<void> {
    const code = thrown instanceof KafkaError ? thrown.code : undefined;
    if (code === refusal.unknownMember || code === refusal.illegalGeneration) {
      if (code === refusal.unknownMember) this.#joinAs = "";
      await this.#loseAll();
    } else if (code === refusal.rebalance || isPassing(thrown))
      await this.#pause(pauseMs(this.#failed++));
    else this.#fail(thrown);
  }

  async #loseAll(): Promise<void> {
    const parts = this.#owned;
    this.#isLost = true;
    this.#owned = [];
    if (parts.length > 0) await this.#tell({ kind: "revoke", parts, lost: true });
    this.#isLost = false;
  }

  async #tell(rebalance: Rebalance): Promise<void> {
    if (this.#isOver) return;
    const unanswered = Promise.withResolvers<void>();
    const end = () => unanswered.resolve();
    this.#unanswered = unanswered;
    this.#over.signal.addEventListener("abort", end, { once: true });
    if (rebalance.lost) this.#isLost = false;
    this.#options.onRebalance(rebalance);
    await unanswered.promise;
    this.#unanswered = undefined;
    this.#over.signal.removeEventListener("abort", end);
  }

  /** Ends when the member shall join again; throws what the coordinator refuses. */
  async #round(): Promise<void> {
    const joined = await this.#join();
    const read = joined.members.flatMap(({ topics }) => topics);
    const counts = await this.#counts(new Set([...this.#topics, ...read]));
    const isLeader = joined.leader === joined.memberId;
    const shares = isLeader ? assign(joined.members, counts) : new Map();
    const request = syncRequest(this.#place, shares, this.#options.sessionMs + graceMs);
    const { parts } = await this.#coordinator.askLong(request, readSynced);
    this.#failed = 0;
    const ending: Ending = Promise.withResolvers<void>();
    const round = new AbortController();
    const end = () => ending.resolve();
    this.#over.signal.addEventListener("abort", end, { once: true });
    try {
      void this.#beat(round.signal, ending);
      void this.#watch(round.signal, counts, ending);
      if (await this.#take(parts)) await ending.promise;
      if (ending.refusal !== undefined) throw ending.refusal;
    } finally {
      round.abort();
      this.#over.signal.removeEventListener("abort", end);
    }
  }

  async #join(): Promise<Joined> {
    const { sessionMs, rebalanceMaxMs } = this.#options;
    const timeoutMs = rebalanceMaxMs + graceMs;
    for (;;) {
      const place = { ...this.#place, memberId: this.#joinAs };
      const subscription = {
        topics: this.#topics,
        owned: this.#owned,
        generation: this.#ownedSince,
      };
      const joining = { place, subscription, sessionMs, rebalanceMaxMs, timeoutMs };
      const joined = await this.#coordinator.askLong(joinRequest(joining), readJoined);
      this.#joinAs = joined.memberId;
      if (joined.error !== 0) continue;
      this.#memberId = joined.memberId;
      this.#generation = joined.generation;
      return joined;
    }
  }

  /** The topics' numbers of partitions; 0 where there is no such topic (yet). */
  async #counts(topics: ReadonlySet<string>): Promise<Map<string, number>> {
    const { cluster } = this.#options;
    await cluster.learn([...topics]);
    return new Map([...topics].map((topic) => [topic, cluster.knownPartitions(topic)]));
  }

  /** Passes on what has changed; false where the member must join again at once. */
  async #take(parts: TopicPartition[]): Promise<boolean> {
    const revoked = without(this.#owned, parts);
    const added = without(parts, this.#owned);
    this.#ownedSince = this.#generation;
    if (revoked.length > 0) {
      this.#owned = without(this.#owned, revoked);
      await this.#tell({ kind: "revoke", parts: revoked, lost: false });
      return false;
    }
    this.#owned = parts;
    const isNews = added.length > 0 || !this.#hasTold;
    this.#hasTold = true;
    if (isNews) await this.#tell({ kind: "assign", parts: added, lost: false });
    return true;
  }

  /** Heartbeats until the round ends, or the member is thrown out. */
  async #beat(signal: AbortSignal, ending: Ending): Promise<void> {
    const { heartbeatMs, sessionMs } = this.#options;
    let failed = 0;
    while (!signal.aborted)
      try {
        await delay(failed > 0 ? pauseMs(failed - 1) : heartbeatMs, undefined, { signal });
        await this.#coordinator.ask(heartbeatRequest(this.#place, sessionMs), readError);
        failed = 0;
      } catch (thrown) {
        if (signal.aborted) return;
        if (isPassing(thrown)) {
          failed++;
          continue;
        }
        ending.resolve();
        failed = 0;
        const code = thrown instanceof KafkaError ? thrown.code : undefined;
        if (code === refusal.rebalance) continue;
        ending.refusal = thrown;
        this.#isLost = code === refusal.unknownMember || code === refusal.illegalGeneration;
        if (!this.#isLost) this.#fail(thrown);
        return;
      }
  }

  /**
   * Looks whether topics have come or grown. Every member does: a leader that has restarted as a
   * static member is not told that it leads, and from all others a needless join is harmless.
   */
  async #watch(
    signal: AbortSignal,
    before: ReadonlyMap<string, number>,
    ending: Ending,
  ): Promise<void> {
    const isMissing = [...before.values()].includes(0);
    const ms = isMissing ? lookForTopicMs : lookForPartitionsMs;
    while (!signal.aborted)
      try {
        await delay(ms, undefined, { signal });
        const now = await this.#counts(new Set(before.keys()));
        if ([...now].some(([topic, count]) => count !== before.get(topic))) ending.resolve();
      } catch {
        // Looked at again.
      }
  }
}
