import { type GroupTopics, oldestOf, type PartLag } from "../../stream/lag.ts";
import { type DescribedGroup, describeGroups } from "../../stream/members.ts";
import { partitionKey } from "../../stream/partition.ts";
import { bareIn } from "../desk/causes.ts";
import type { GroupAnswer, GroupsAnswer, OffsetPlace } from "../messages/groups.ts";
import { askingKafka, type TopicDesk } from "../topics/desk.ts";
import type { TopicWatch } from "../topics/watch.ts";
import { type Sample, trendOf } from "./trend.ts";

/** A group of ours: who works in it, and where it keeps how far it is. */
export type OwnGroup = {
  /** Without the space. */
  readonly group: string;
  readonly of: string;
  readonly kind: "processor" | "sink";
  readonly offsetsIn: OffsetPlace;
  /** What follows from that for who wants to move them, and the command. */
  readonly offsetsSay: string;
  /** The process role to stop and start. */
  readonly role: string;
};

export type GroupDeskOptions = {
  readonly space: string;
  readonly bootstrap: string;
  readonly topics: TopicDesk;
  readonly watch: TopicWatch;
  readonly own: readonly OwnGroup[];
  readonly groups: readonly GroupTopics[];
  /** When a customer was erased last, ms since 1970; undefined: none was. */
  readonly newestErasure: () => Promise<number | undefined>;
};

const historyMs = 10 * 60_000;
const historyMost = 120;
const groupsMost = 300;
/** Of another space: its name and a dot come first. */
const ofAnotherSpace = /^[a-z][a-z0-9]{0,19}\./;

/** Every group of the space: who is in it, and how far behind it is. */
export class GroupDesk {
  readonly #options: GroupDeskOptions;
  readonly #history = new Map<string, Sample[]>();

  constructor(options: GroupDeskOptions) {
    this.#options = options;
  }

  async list(): Promise<GroupsAnswer> {
    const { watch, bootstrap } = this.#options;
    const { at, parts } = await watch.lags();
    const names = await this.#names();
    const described = await askingKafka(() => describeGroups(bootstrap, names));
    const byGroup = Map.groupBy(parts, ({ group }) => group);
    for (const [group, own] of byGroup) this.#keep(group, at, own);
    return {
      at: new Date(at).toISOString(),
      groups: names.map((name) =>
        this.#answer(
          name,
          described.find((one) => one.group === name),
          byGroup.get(name),
        ),
      ),
    };
  }

  /** Full names: ours, whether or not they have begun, then others of the space. */
  async #names(): Promise<string[]> {
    const { space, topics, groups } = this.#options;
    const known = groups.map(({ group }) => group);
    const found = await askingKafka(() => topics.admin.groups());
    const others = found.filter((name) => {
      const bare = bareIn(space, name);
      return space === "live" ? !ofAnotherSpace.test(name) : bare !== name;
    });
    return [...new Set([...known, ...others.sort()])].slice(0, groupsMost);
  }

  #keep(group: string, at: number, parts: readonly PartLag[]): void {
    const earlier = this.#history.get(group) ?? [];
    if (earlier.at(-1)?.at === at) return;
    const records = parts.reduce((sum, part) => sum + part.records, 0);
    const kept = earlier.filter((one) => one.at > at - historyMs).slice(1 - historyMost);
    this.#history.set(group, [...kept, { at, records }]);
  }

  #answer(
    name: string,
    described: DescribedGroup | undefined,
    parts: readonly PartLag[] | undefined,
  ): GroupAnswer {
    const { space } = this.#options;
    const group = bareIn(space, name);
    const own = this.#options.own.find((one) => one.group === group);
    const members = described?.members ?? [];
    const readBy = new Map(
      members.flatMap(({ id, parts: assigned }) =>
        assigned.map((part): [string, string] => [partitionKey(part), id]),
      ),
    );
    // A processor's member reads the same partitions of every topic; Kafka shares out one of them.
    const alike = new Map(
      own?.kind === "processor"
        ? members.flatMap(({ id, parts: given }) => given.map((one) => [one.partition, id]))
        : [],
    );
    const history = this.#history.get(name) ?? [];
    const records = parts?.reduce((sum, part) => sum + part.records, 0) ?? null;
    return {
      group,
      of: own?.of ?? null,
      kind: own?.kind ?? "other",
      state: described?.state ?? "unknown",
      offsets_in: own?.offsetsIn ?? "kafka",
      offsets_say:
        own?.offsetsSay ?? "It is not one of ours; what it does with its offsets is its own.",
      members: members.map(({ id, clientId, instance, host, parts: assigned }) => ({
        id,
        client: clientId,
        instance: instance ?? null,
        host,
        parts: assigned.map(({ topic, partition }) => ({
          topic: bareIn(space, topic),
          partition,
        })),
      })),
      records,
      seconds: parts === undefined ? null : oldestOf(parts),
      ...trendOf(history),
      history: history.map((one) => ({ at: new Date(one.at).toISOString(), records: one.records })),
      parts: (parts ?? []).map((part) => ({
        topic: bareIn(space, part.topic),
        partition: part.partition,
        committed: part.known ? part.committed : null,
        end: part.end,
        records: part.records,
        seconds: part.seconds === null ? null : Math.round(part.seconds * 10) / 10,
        member: readBy.get(partitionKey(part)) ?? alike.get(part.partition) ?? null,
      })),
    };
  }
}
