import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type pg from "pg";
import { patiently, type Say } from "../../db.ts";
import { notifications } from "../../events/notification.ts";
import { openReader, type Received } from "../../stream/reader.ts";
import type { Topic } from "../../stream/topic.ts";
import type { Channel } from "./channel.ts";
import { ProfilesWatch } from "./profiles-watch.ts";
import { openIntake } from "./queue.ts";
import { openRelay } from "./relay.ts";
import { Sender } from "./sender.ts";
import type { Templates } from "./templates.ts";

export type NotifyOptions = {
  bootstrap: string;
  space: string;
  slot?: number;
  pool: pg.Pool;
  address: string;
  channels: readonly Channel[];
  templates: Templates;
  recordMaxBytes: number;
  lateMs: number;
  sendMaxMs: number;
  drainMaxMs: number;
  say: Say;
};

/**
 * From topic `notifications` to people, and what became of it to `notification-results`:
 * 1. the intake puts each notification into the ledger's queue, most urgent first;
 * 2. the sender looks once more whether it may go, reserves, sends, and writes the answer down;
 * 3. the relay publishes the results.
 * Each works on Postgres alone beside its own end, so that none waits for what another has lost.
 * But the sender writes to no customer while the watch cannot say that profiles are current.
 */
export const notifyParts = (
  options: NotifyOptions,
): { run: (signal: AbortSignal) => Promise<void> }[] => {
  const { bootstrap, space, slot, pool, address, say } = options;
  const profiles = new ProfilesWatch({ bootstrap, space, say });
  const name = `${hostname()} ${process.pid} ${randomUUID()}`;
  const sender = new Sender({ ...options, name, isBehind: profiles.isBehind });
  const take = openIntake({ ...options, now: Date.now });
  const intake = async (signal: AbortSignal) => {
    const handle = async (batch: Received[]) => {
      // The sender misses Postgres as well, and says so.
      await patiently(() => take(batch), { address, say: () => {}, signal });
      sender.wake();
    };
    const topics = [notifications as unknown as Topic];
    const group = "notify-group";
    const reader = openReader({ bootstrap, space, group, topics, slot, handle, say });
    await reader.run(signal).catch((thrown) => {
      if (!signal.aborted) throw thrown;
    });
  };
  return [
    { run: intake },
    { run: (signal) => profiles.run(signal) },
    { run: (signal) => sender.run(signal) },
    { run: openRelay({ bootstrap, space, pool, say }).run },
  ];
};
