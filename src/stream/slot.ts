import { join } from "node:path";
import { failure } from "../errors.ts";
import { takeLock } from "./lock.ts";

/**
 * A slot is the place of one process in a group: `<group>-<slot>` is both its static member id and
 * its transactional id, so a restarted process is recognised at once and fences what it left
 * behind. On one machine a lock file keeps two processes from choosing the same slot. Across
 * machines the number comes from outside (--slot, a StatefulSet's ordinal) and Kafka's fencing has
 * the last word.
 */
export type Slot = {
  readonly number: number;
  /** Whether this process still holds the lock. */
  readonly held: () => boolean;
  readonly release: () => void;
};

const slotsPerMachine = 64;

/** `id` is the group's name in its space; without `wanted` the first free slot is taken. */
export const takeSlot = (folder: string, id: string, wanted?: number): Slot => {
  const first = wanted ?? 0;
  const last = wanted ?? slotsPerMachine - 1;
  let holder = 0;
  for (let number = first; number <= last; number++) {
    const lock = takeLock(join(folder, "locks"), `${id}-${number}`);
    if (!("heldBy" in lock)) return { number, ...lock };
    holder = lock.heldBy.pid;
  }
  throw failure("SLOT_TAKEN", `${id}-${first}`, String(holder));
};
