import { setTimeout as delay } from "node:timers/promises";
import type { AdminPort } from "./admin.ts";
import { Cluster } from "./wire/cluster.ts";
import { Member } from "./wire/group.ts";

/**
 * Sees to it that each partition of a group's topic has an owner.
 *
 * A cooperative rebalance has two parts: first members give partitions up and join again, then
 * others get them. A static member that dies in between and comes back at once is given what it
 * had, and because the group looks as it did, the broker starts no rebalance: the second part never
 * comes, and what was given up has no owner until the next member joins or leaves. Whoever starts
 * therefore looks until it has seen the group whole, and has it distribute once more if need be.
 */
export type OwnershipOptions = {
  bootstrap: string;
  admin: AdminPort;
  /** Full names. */
  group: string;
  topic: string;
};

const lookMs = 1_000;
/** A rebalance on its way leaves partitions without an owner too, for about a heartbeat. */
const looksInVain = 4;
const stirsAtMost = 3;
const joinMaxMs = 15_000;

/** Looks until every partition has an owner; ends then, or when the signal aborts. */
export const ensureOwned = async (
  options: OwnershipOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { admin, group, topic } = options;
  let inVain = 0;
  for (let stirs = 0; stirs < stirsAtMost; ) {
    await delay(lookMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const isOwned = await isWhole(admin, group, topic).catch(() => undefined);
    if (isOwned) return;
    inVain = isOwned === undefined ? 0 : inVain + 1;
    if (inVain < looksInVain) continue;
    inVain = 0;
    stirs++;
    await stir(options, signal).catch(() => {});
  }
};

/** Undefined while the group is changing. */
const isWhole = async (admin: AdminPort, group: string, topic: string) => {
  const owned = await admin.ownedParts(group, topic);
  const [info] = await admin.describe([topic]);
  return owned && info && owned.size >= info.partitions;
};

/** Joins the group as one more member and leaves again, so that it distributes anew. */
const stir = async ({ bootstrap, group, topic }: OwnershipOptions, signal: AbortSignal) => {
  const joined = new AbortController();
  const cluster = new Cluster(bootstrap);
  const onRebalance = () => {
    joined.abort();
    member.answered();
  };
  const member = new Member({ cluster, group, onRebalance });
  try {
    member.subscribe([topic]);
    const until = AbortSignal.any([signal, joined.signal]);
    await delay(joinMaxMs, undefined, { signal: until }).catch(() => {});
  } finally {
    await member.leave();
    cluster.close();
  }
};
