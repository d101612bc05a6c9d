import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { installFolder } from "../embedded/jars.ts";
import { outsideData, outsideFolder } from "../embedded/postgres-home.ts";
import { type Failure, failure } from "../errors.ts";
import { holders, identify, takeLock } from "../stream/lock.ts";
import { type Command, say } from "./command.ts";

/** What set-up made: fetched again at a cost, and no data of anybody's. */
const kept = /^(node|jars|native|compiled|.*\.lock\.\d+)$/;
/** All that is ours in a data folder of the user's own choice, which may hold other things. */
const ours = /^(data|archive|log|tmp|locks|models|progress|servers\.json|test-\d+)$/;

/** Processes at work here: holders of a slot, and of test servers. */
const workers = (folder: string): number[] => {
  const slots = holders(join(folder, "locks")).map(({ pid }) => pid);
  const tests = readdirSync(folder).flatMap((name) => /^test-(\d+)$/.exec(name)?.[1] ?? []);
  return [...slots, ...tests.map(Number).filter((pid) => identify(pid))];
};

const busy = (pids: number[]): Failure =>
  failure("FAILED", `Something runs here (process ${pids.join(", ")}). Stop it, then reset.`);

const confirmed = async (doomed: string[]): Promise<boolean> => {
  if (!process.stdin.isTTY)
    throw failure("ARGUMENT_WRONG", "reset asks before it removes data", "Pass --yes in a script.");
  say(`This removes for good:\n  ${doomed.join("\n  ")}`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question("Go on? [y/N] ").finally(() => asking.close());
  return /^y(es)?$/i.test(answer.trim());
};

/**
 * `reset [--yes]`: removes the embedded servers' data, logs and progress, also what Postgres keeps
 * in /var/lib/bellwether for root; not what set-up installed. Refuses while something runs here.
 */
export const reset: Command = async (args, { config }) => {
  const folder = config.dataFolder;
  const unknown = args.find((arg) => arg !== "--yes");
  if (unknown) throw failure("ARGUMENT_WRONG", `reset knows no "${unknown}"`, "Use --yes.");
  if (!existsSync(folder)) {
    say("There is nothing to remove.");
    return 0;
  }
  const lock = takeLock(folder, "servers");
  if ("heldBy" in lock) throw busy([lock.heldBy.pid]);
  try {
    const working = workers(folder);
    if (working.length > 0) throw busy(working);
    const isOurs = (name: string) =>
      folder === installFolder ? !kept.test(name) : ours.test(name);
    const inside = readdirSync(folder).filter(isOurs);
    const outside = folder === installFolder ? outsideFolder() : outsideData(folder);
    const doomed = [...inside.map((name) => join(folder, name)), outside].filter(existsSync);
    if (doomed.length === 0) {
      say("There is nothing to remove.");
      return 0;
    }
    if (!args.includes("--yes") && !(await confirmed(doomed))) {
      say("Nothing was removed.");
      return 1;
    }
    for (const path of doomed) rmSync(path, { recursive: true, force: true });
    say(`Removed ${doomed.join(", ")}.`);
    return 0;
  } finally {
    lock.release();
  }
};
