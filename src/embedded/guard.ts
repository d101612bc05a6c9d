import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Starts a program that cannot outlive this process, not even when this process is killed with -9.
 *
 * The shell below starts a watcher and then becomes the program itself (`exec`), so that the
 * child's pid, exit code and signals are the program's own. The watcher waits on a pipe whose only
 * other end is held by this process. While all is well it never wakes; `done` tells it that the
 * program has ended; an end of file, that this process is gone: it stops the program, kindly first,
 * for good after `stopMaxMs`. The watcher is a grandchild (forked twice), as Postgres reaps and
 * judges every child that it finds. A session of its own keeps Ctrl-C from the program, which is
 * to stop after its clients, not with them.
 */
const script = `
exec 3<&0 </dev/null
target=$$
[ "$GUARD_GROUP" = 1 ] && target=-$$
( (
  trap '' INT TERM HUP
  exec >/dev/null 2>&1
  read -r word <&3
  [ "$word" = done ] && exit
  kill -s "$GUARD_STOP" -- "$target"
  tries=0
  while kill -0 $$ && [ $tries -lt "$GUARD_TRIES" ]; do
    sleep 0.1 || sleep 1
    tries=$((tries + 1))
  done
  kill -s KILL -- "$target"
) & )
exec 3<&-
unset GUARD_STOP GUARD_GROUP GUARD_TRIES
exec "$@"
`;

export type StopSignal = "SIGTERM" | "SIGINT";
export type GuardedCommand = {
  file: string;
  args: string[];
  /** Where the output is appended; renamed to `<log>.old` once it is over 10 MB. */
  log: string;
  stopSignal: StopSignal;
  /** How long a stop may take when this process is gone; ten seconds unless said. */
  stopMaxMs?: number;
  /** Whether what the program started is to end with it; a server ends its own children. */
  group?: boolean;
  cwd?: string;
  env?: Record<string, string | undefined>;
  uid?: number;
  gid?: number;
};

const logMaxBytes = 10_000_000;

const openLog = (path: string): number => {
  mkdirSync(dirname(path), { recursive: true });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logMaxBytes) renameSync(path, `${path}.old`);
  return openSync(path, "a");
};

/** The child's `pid` is the program's; exit code 127 says that there is no such program. */
export const spawnGuarded = (command: GuardedCommand): ChildProcess => {
  const { stopMaxMs = 10_000 } = command;
  const { file, args, log, stopSignal, group = false, cwd, env, uid, gid } = command;
  const output = openLog(log);
  const child = spawn("/bin/sh", ["-c", script, "guard", file, ...args], {
    stdio: ["pipe", output, output],
    detached: true,
    env: {
      ...(env ?? process.env),
      GUARD_STOP: stopSignal.slice(3),
      GUARD_TRIES: String(Math.ceil(stopMaxMs / 100)),
      GUARD_GROUP: group ? "1" : "0",
    },
    cwd,
    uid,
    gid,
  });
  closeSync(output);
  // The watcher may be gone already when `done` is written.
  child.stdin?.on("error", () => undefined);
  child.once("exit", () => child.stdin?.end("done\n"));
  return child;
};
