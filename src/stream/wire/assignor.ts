import type { TopicPartition } from "../kafka.ts";
import { partitionKey } from "../partition.ts";

/**
 * Distributes the partitions of a group, as its leader: as evenly as the members' topics allow, and
 * so that each keeps what it has as far as that goes. Cooperative: what a member still has is given
 * to no other. It is left out until that member has seen it missing, has given it up and has joined
 * again; the distribution is therefore even only one rebalance later.
 *
 * Who has a partition is what the members say themselves. Where two say so, the one of the younger
 * generation is right; where both are of the same, neither is believed and both must give it up.
 */
export type GroupMember = {
  readonly id: string;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
  /** The generation in which it was given what it owns; -1 where it does not say. */
  readonly generation: number;
};

type Share = {
  readonly member: GroupMember;
  readonly topics: ReadonlySet<string>;
  readonly parts: TopicPartition[];
};
/** Who may keep a partition; nobody, where two of one generation claim it. */
type Claim = { owner: string | undefined; generation: number };

const claimsOf = (members: readonly GroupMember[]): Map<string, Claim> => {
  const claims = new Map<string, Claim>();
  for (const { id, owned, generation } of members)
    for (const part of owned) {
      const key = partitionKey(part);
      const other = claims.get(key);
      if (other === undefined || generation > other.generation)
        claims.set(key, { owner: id, generation });
      else if (generation === other.generation) other.owner = undefined;
    }
  return claims;
};

const byLoad = (a: Share, b: Share): number => a.parts.length - b.parts.length;

/** Moves one partition from a member to one that has at least two fewer; false where none does. */
const evenOut = (shares: readonly Share[]): boolean => {
  const sorted = shares.toSorted(byLoad);
  for (const from of sorted.toReversed())
    for (const to of sorted) {
      if (to.parts.length + 1 >= from.parts.length) break;
      const at = from.parts.findLastIndex(({ topic }) => to.topics.has(topic));
      if (at < 0) continue;
      to.parts.push(...from.parts.splice(at, 1));
      return true;
    }
  return false;
};

/**
 * What each member shall have, by its id. `counts` are the topics' numbers of partitions; a topic
 * that is missing there has none.
 */
export const assign = (
  members: readonly GroupMember[],
  counts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> => {
  const claims = claimsOf(members);
  const shares = members
    .map((member): Share => ({ member, topics: new Set(member.topics), parts: [] }))
    .sort((a, b) => (a.member.id < b.member.id ? -1 : 1));
  const byId = new Map(shares.map((share) => [share.member.id, share]));
  const free: TopicPartition[] = [];
  for (const [topic, count] of counts)
    for (let partition = 0; partition < count; partition++) {
      const part = { topic, partition };
      const keeper = byId.get(claims.get(partitionKey(part))?.owner ?? "");
      if (keeper?.topics.has(topic)) keeper.parts.push(part);
      else free.push(part);
    }
  for (const part of free) {
    const readers = shares.filter(({ topics }) => topics.has(part.topic));
    if (readers.length > 0) readers.reduce((a, b) => (byLoad(a, b) <= 0 ? a : b)).parts.push(part);
  }
  while (evenOut(shares));
  const mayHave = (id: string, part: TopicPartition): boolean => {
    const claim = claims.get(partitionKey(part));
    return claim === undefined || claim.owner === id;
  };
  return new Map(
    shares.map(({ member: { id }, parts }) => [id, parts.filter((part) => mayHave(id, part))]),
  );
};
