import { setTimeout as delay } from "node:timers/promises";
import type { Say } from "../../db.ts";
import { customerUpdates } from "../../events/customer.ts";
import { AdminPort } from "../../stream/admin.ts";
import { type GroupTopics, LagWatch, oldestOf } from "../../stream/lag.ts";
import { inSpace } from "../../stream/space.ts";
import { orStopped } from "../../stream/stopping.ts";
import { customersTable } from "../postgres/customers.ts";
import { sinkTables } from "../postgres/tables.ts";

export type ProfilesWatchOptions = {
  bootstrap: string;
  space: string;
  say: Say;
  /** A change of a profile that is older than this is in the table, or messages wait for it. */
  behindMostMs?: number;
};

const lookEveryMs = 1_000;
const usualBehindMostMs = 10_000;
/** For so long a look is believed where none has been possible since. */
const believedMs = 10_000;

/** The group that fills table `customers`, on the topic that it is filled from. */
const profilesIn = (space: string): GroupTopics => {
  const sink = sinkTables("EUR").find(({ tables }) => tables.includes(customersTable));
  const { name, partitions } = customerUpdates;
  const group = inSpace(space, `${sink?.name}-group`);
  return { group, topics: [{ name: inSpace(space, name), partitions }] };
};

/**
 * Whether table `customers` can be believed. A customer who said no is in the topic at once and in
 * the table when the sink gets to it: while it is away, the table says yes. So whoever is about to
 * contact somebody asks here first. What cannot be told counts as behind: a message can wait, and
 * cannot be taken back.
 */
export class ProfilesWatch {
  readonly #options: ProfilesWatchOptions;
  /** By performance.now(): when it was last seen not to be behind. */
  #currentAt = Number.NEGATIVE_INFINITY;
  #hasLooked = false;
  #hasSaid = false;

  constructor(options: ProfilesWatchOptions) {
    this.#options = options;
  }

  isBehind = (): boolean => {
    const isBehind = performance.now() - this.#currentAt > believedMs;
    if (isBehind && this.#hasLooked && !this.#hasSaid) {
      this.#hasSaid = true;
      this.#options.say(
        "Messages to customers wait: what customers said last may not be in table customers yet. " +
          "Check that role sink runs and that Kafka answers.",
      );
    }
    return isBehind;
  };

  async run(signal: AbortSignal): Promise<void> {
    const { bootstrap, space } = this.#options;
    const profiles = profilesIn(space);
    const admin = AdminPort.open(bootstrap);
    const watch = new LagWatch(bootstrap, admin);
    try {
      while (!signal.aborted) {
        await orStopped(this.#look(watch, profiles), signal);
        await delay(lookEveryMs, undefined, { signal }).catch(() => {});
      }
    } finally {
      watch.close();
      admin.close();
    }
  }

  async #look(watch: LagWatch, profiles: GroupTopics): Promise<void> {
    const { behindMostMs = usualBehindMostMs } = this.#options;
    const at = performance.now();
    const lags = await watch.read([profiles], Date.now()).catch(() => []);
    if (lags.length > 0) {
      const seconds = oldestOf(lags) ?? Infinity;
      this.#currentAt = 1_000 * seconds <= behindMostMs ? at : Number.NEGATIVE_INFINITY;
    }
    this.#hasLooked = true;
    if (!this.#hasSaid || this.isBehind()) return;
    this.#hasSaid = false;
    this.#options.say("Messages to customers go out again: table customers is up to date.");
  }
}
