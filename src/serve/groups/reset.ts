import { failure } from "../../errors.ts";
import { isoTime } from "../../events/time.ts";
import type { PartitionOffset, TopicPartition } from "../../stream/kafka.ts";
import { committedOf } from "../../stream/lag.ts";
import { describeGroups } from "../../stream/members.ts";
import { setOffsets } from "../../stream/offsets.ts";
import { partitionKey } from "../../stream/partition.ts";
import { inSpace } from "../../stream/space.ts";
import type { Caller } from "../access.ts";
import type { Approvals, FourEyesAct } from "../approvals.ts";
import { bareIn } from "../desk/causes.ts";
import type { ResetAnswer, Target } from "../messages/groups.ts";
import { askingKafka } from "../topics/desk.ts";
import { readingTables } from "../vectors.ts";
import type { GroupDeskOptions, OwnGroup } from "./desk.ts";

/**
 * Moves the place from which a group goes on. It has no members then, since a member would go on
 * from where it is; a second person agrees; and what they agreed to is what is done: if the group
 * has moved in between, it is not done.
 *
 * Nobody is moved back behind an erasure. What comes of records that are read again is newer than
 * the tombstone, and every table would take it in.
 */
export type ResetWish = {
  readonly to: Target;
  /** ms since 1970. */
  readonly time: number | undefined;
  readonly offset: number | undefined;
  readonly topic: string | undefined;
  readonly partition: number | undefined;
};

type Move = TopicPartition & { from: number; to: number };
type Planned = { readonly group: string; readonly moves: readonly Move[] };

const plural = (n: number, what: string): string =>
  n === 1 ? `1 ${what}` : `${n.toLocaleString("en-GB")} ${what}s`;

export class OffsetReset {
  readonly #options: GroupDeskOptions;

  constructor(options: GroupDeskOptions) {
    this.#options = options;
  }

  get act(): FourEyesAct {
    return {
      act: "reset_offsets",
      roles: ["lead", "engineer"],
      carryOut: async (what) => {
        const { group, moves } = what as Planned;
        await this.#move(group, moves);
        return `${group} goes on from there when it starts.`;
      },
    };
  }

  /** What it would bring about, and why it cannot be done now, if it cannot. */
  async plan(group: string, wish: ResetWish): Promise<ResetAnswer & { moves: Move[] }> {
    const known = this.#known(group);
    const moves = await this.#moves(known.group, known.topics, wish);
    const own = this.#options.own.find((one) => one.group === group);
    const parts = moves.map(({ topic, partition, from, to }) => ({
      topic: bareIn(this.#options.space, topic),
      partition,
      from,
      to,
      again: Math.max(0, from - to),
      skipped: Math.max(0, to - from),
    }));
    return {
      group,
      moves,
      parts,
      effect: effectOf(group, parts),
      hindrance: (await this.#hindrance(known.group, own)) ?? behind(await this.#erasureIn(moves)),
      warning:
        own?.kind === "processor"
          ? "What the processor remembers stays as it is: records that are read again are told " +
            "from new ones by their ids alone, and it writes again what they bring about."
          : null,
      approval: null,
    };
  }

  /**
   * Asks for a second person. Throws GROUP_BUSY, OFFSETS_ELSEWHERE, NOTHING_MOVES,
   * BEHIND_ERASURE.
   */
  async ask(group: string, wish: ResetWish, caller: Caller, approvals: Approvals) {
    const { moves, ...planned } = await this.plan(group, wish);
    const { hindrance, effect } = planned;
    const own = this.#options.own.find((one) => one.group === group);
    if (own && own.offsetsIn !== "kafka") throw failure("OFFSETS_ELSEWHERE", group, own.offsetsSay);
    await this.#refuseBehind(moves);
    if (hindrance) throw failure("GROUP_BUSY", group);
    if (moves.every(({ from, to }) => from === to)) throw failure("NOTHING_MOVES", group);
    const what: Planned = { group, moves };
    const approval = await approvals.ask({ act: this.act.act, what, effect }, caller);
    return { ...planned, approval };
  }

  /** When somebody was erased whom these moves would read about again. */
  async #erasureIn(moves: readonly Move[]): Promise<number | undefined> {
    const back = moves.filter(({ from, to }) => to < from);
    const erasedAt = await readingTables(this.#options.newestErasure);
    if (back.length === 0 || erasedAt === undefined) return undefined;
    const { admin } = this.#options.topics;
    const firstAfter = await askingKafka(() => admin.offsetsAt(back, erasedAt + 1));
    const isBehind = (move: Move) => move.to < (firstAfter.get(partitionKey(move)) ?? 0);
    return back.some(isBehind) ? erasedAt : undefined;
  }

  async #refuseBehind(moves: readonly Move[]): Promise<void> {
    const erasedAt = await this.#erasureIn(moves);
    if (erasedAt !== undefined) throw failure("BEHIND_ERASURE", isoTime(erasedAt));
  }

  #known(group: string) {
    const full = inSpace(this.#options.space, group);
    const found = this.#options.groups.find((one) => one.group === full);
    if (found === undefined) throw failure("GROUP_UNKNOWN", group);
    return found;
  }

  async #moves(
    group: string,
    topics: readonly { name: string; partitions: number }[],
    wish: ResetWish,
  ): Promise<Move[]> {
    const { space } = this.#options;
    const parts = topics
      .filter(({ name }) => wish.topic === undefined || bareIn(space, name) === wish.topic)
      .flatMap(({ name, partitions }) =>
        Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
      )
      .filter(({ partition }) => wish.partition === undefined || partition === wish.partition);
    if (parts.length === 0)
      throw failure("REQUEST_WRONG", "the group reads no such topic or partition");
    const { admin } = this.#options.topics;
    return askingKafka(async () => {
      const [starts, ends, known, targets] = await Promise.all([
        admin.startOffsets(parts),
        admin.endOffsets(parts),
        committedOf(this.#options.bootstrap, group, parts),
        wish.to === "time" ? admin.offsetsAt(parts, wish.time ?? 0) : undefined,
      ]);
      const committed = new Map(known.map((part) => [partitionKey(part), part.offset]));
      return parts.map((part) => {
        const key = partitionKey(part);
        const [start, end] = [starts.get(key) ?? 0, ends.get(key) ?? 0];
        const wanted = { earliest: start, latest: end, time: targets?.get(key) ?? end };
        const to = wish.to === "offset" ? (wish.offset ?? 0) : wanted[wish.to];
        const from = Math.max(start, committed.get(key) ?? start);
        return { ...part, from, to: Math.min(end, Math.max(start, to)) };
      });
    });
  }

  async #hindrance(group: string, own: OwnGroup | undefined): Promise<ResetAnswer["hindrance"]> {
    if (own && own.offsetsIn !== "kafka")
      return {
        says: `The offsets that ${own.of} goes by are not Kafka's.`,
        cure: own.offsetsSay,
        command: null,
      };
    const { bootstrap } = this.#options;
    const [described] = await askingKafka(() => describeGroups(bootstrap, [group]));
    const members = described?.members ?? [];
    if (members.length === 0) return null;
    const names = members.map(({ instance, id }) => instance ?? id).join(", ");
    return {
      says: `${plural(members.length, "member")} would go on from where they are: ${names}.`,
      cure: own
        ? `Stop what runs ${own.role}, ask again, and start it afterwards. Where \`up\` does, ` +
          "end it, start it as below, ask again, and start it afterwards as usual:"
        : "Stop these programs, and ask again.",
      command: own ? `./bellwether up --without ${own.role}` : null,
    };
  }

  async #move(group: string, moves: readonly Move[]): Promise<void> {
    const { group: full, topics } = this.#known(group);
    const own = this.#options.own.find((one) => one.group === group);
    if (await this.#hindrance(full, own)) throw failure("GROUP_BUSY", group);
    await this.#refuseBehind(moves);
    const { bootstrap } = this.#options;
    const parts = moves.map(({ topic, partition }) => ({ topic, partition }));
    await askingKafka(async () => {
      const committed = await committedOf(bootstrap, full, parts);
      const known = new Map(committed.map((part) => [partitionKey(part), part.offset]));
      const isThere = (move: Move) => topics.some(({ name }) => name === move.topic);
      const hasMoved = moves.some((move) => {
        const now = known.get(partitionKey(move));
        return !isThere(move) || (now !== undefined && now !== move.from && now !== move.to);
      });
      if (hasMoved) throw failure("GROUP_MOVED", group);
      const to: PartitionOffset[] = moves.map((move) => ({
        topic: move.topic,
        partition: move.partition,
        offset: move.to,
      }));
      await setOffsets(bootstrap, full, to);
    });
  }
}

const behind = (erasedAt: number | undefined): ResetAnswer["hindrance"] => {
  if (erasedAt === undefined) return null;
  const { what, cure = "" } = failure("BEHIND_ERASURE", isoTime(erasedAt));
  return { says: what, cure, command: null };
};

const effectOf = (group: string, parts: ResetAnswer["parts"]): string => {
  const sum = (of: (part: ResetAnswer["parts"][number]) => number) =>
    parts.reduce((all, part) => all + of(part), 0);
  const moved = parts.filter(({ from, to }) => from !== to).length;
  const [again, skipped] = [sum((part) => part.again), sum((part) => part.skipped)];
  return (
    `move the offsets of ${group} on ${plural(moved, "partition")}: about ` +
    `${plural(again, "record")} read again, about ${plural(skipped, "record")} skipped`
  );
};
