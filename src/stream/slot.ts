import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../errors.ts";

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

/** Tells a process from a later one with the same id. */
const startOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ")[19];
  } catch {
    try {
      process.kill(pid, 0);
      return "alive";
    } catch (thrown) {
      return (thrown as NodeJS.ErrnoException).code === "EPERM" ? "alive" : "";
    }
  }
};

const ownerOf = (path: string): { pid: number; alive: boolean } => {
  const [pid, start] = readFileSync(path, "latin1").split(" ");
  return { pid: Number(pid), alive: start !== "" && startOf(Number(pid)) === start };
};

/** Takes the lock, or says who holds it. */
const lock = (path: string, mine: string): number | undefined => {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, mine, { flag: "wx" });
      return undefined;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    }
    try {
      const owner = ownerOf(path);
      if (owner.alive) return owner.pid;
      rmSync(path, { force: true });
    } catch {
      // It went away between the two looks: try again.
    }
  }
  return -1;
};

/** `id` is the group's name in its space; without `wanted` the first free slot is taken. */
export const takeSlot = (folder: string, id: string, wanted?: number): Slot => {
  const locks = join(folder, "locks");
  mkdirSync(locks, { recursive: true });
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const first = wanted ?? 0;
  const last = wanted ?? slotsPerMachine - 1;
  let holder = 0;
  for (let number = first; number <= last; number++) {
    const path = join(locks, `${id}-${number}`);
    const other = lock(path, mine);
    if (other !== undefined) {
      holder = other;
      continue;
    }
    const held = () => {
      try {
        return readFileSync(path, "latin1") === mine;
      } catch {
        return false;
      }
    };
    return { number, held, release: () => held() && rmSync(path, { force: true }) };
  }
  throw failure("SLOT_TAKEN", `${id}-${first}`, String(holder));
};
