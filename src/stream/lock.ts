import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A process, told apart from a later one with the same pid by when it started. */
export type ProcessId = { pid: number; started: string };
export type Lock = {
  /** False once somebody removed the lock, or took it after that. */
  held: () => boolean;
  release: () => void;
};

const startedAt = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : rest[18];
  } catch {
    if (process.platform === "linux") return undefined;
  }
  try {
    const args = ["-o", "lstart=", "-p", String(pid)];
    return execFileSync("ps", args, { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
};

export const thisProcess = (): ProcessId => identify(process.pid)!;
export const identify = (pid: number): ProcessId | undefined => {
  const started = startedAt(pid);
  return started === undefined ? undefined : { pid, started };
};
export const isAlive = ({ pid, started }: ProcessId): boolean => startedAt(pid) === started;

const textIn = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const readOwner = (path: string): ProcessId | undefined => {
  try {
    const owner = JSON.parse(textIn(path) ?? "");
    return isAlive(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
};

const claimsIn = (folder: string, name: string): number[] => {
  const prefix = `${name}.lock.`;
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => file.startsWith(prefix) && /^\d+$/.test(file.slice(prefix.length)))
    .map((file) => Number(file.slice(prefix.length)))
    .sort((a, b) => b - a);
};

/** The living processes that hold a lock in `folder`. */
export const holders = (folder: string): ProcessId[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => /\.lock\.\d+$/.test(file))
    .flatMap((file) => readOwner(join(folder, file)) ?? []);

/** Who holds the lock at this moment, if anybody does. */
export const holderOf = (folder: string, name: string): ProcessId | undefined => {
  const [highest] = claimsIn(folder, name);
  return highest === undefined ? undefined : readOwner(join(folder, `${name}.lock.${highest}`));
};

/**
 * Takes the lock `name` in `folder`, or answers who holds it. A lock ends with its process, however
 * that ends, and is never stolen from a living one.
 *
 * A claim is a file `<name>.lock.<n>`; the owner is the living process named in the highest n. Who
 * finds the highest claim dead adds n + 1 (`link` refuses an existing name) and owns the lock if,
 * looked at again, that is still the highest. Removing a dead claim and making a new one under the
 * same name would not do: of two who saw the dead one, the slower would remove the quicker's.
 */
export const takeLock = (folder: string, name: string): Lock | { heldBy: ProcessId } => {
  mkdirSync(folder, { recursive: true });
  const claims = () => claimsIn(folder, name);
  const path = (n: number) => join(folder, `${name}.lock.${n}`);
  const draft = join(folder, `${name}.draft.${process.pid}`);
  const owner = JSON.stringify(thisProcess());
  writeFileSync(draft, owner);
  try {
    for (;;) {
      const highest = claims()[0] ?? 0;
      const other = highest === 0 ? undefined : readOwner(path(highest));
      if (other) return { heldBy: other };
      const mine = highest + 1;
      try {
        linkSync(draft, path(mine));
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === "EEXIST") continue;
        throw thrown;
      }
      const seen = claims();
      if (seen[0] !== mine) {
        rmSync(path(mine), { force: true });
        continue;
      }
      for (const lower of seen.slice(1)) rmSync(path(lower), { force: true });
      const held = () => claims()[0] === mine && textIn(path(mine)) === owner;
      // Emptied, not removed: the numbers of a lock only ever grow.
      return { held, release: () => held() && writeFileSync(path(mine), "") };
    }
  } finally {
    rmSync(draft, { force: true });
  }
};

/** The same, waiting until it is free, which is said once. */
export const waitForLock = async (
  folder: string,
  name: string,
  say: (line: string) => void,
): Promise<Lock> => {
  for (let said = false; ; said = true) {
    const lock = takeLock(folder, name);
    if ("release" in lock) return lock;
    if (!said) say(`Process ${lock.heldBy.pid} is at the same set-up; waiting for it.`);
    await delay(200);
  }
};
