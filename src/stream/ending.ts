import { spawn } from "node:child_process";

/** After a drain as long as the setting allows by default, a stop still ends within ten seconds. */
const waitTenths = 12;

// Told by its parent whether it is still the same process: a number may have been given anew.
const script = `n=0
while [ $n -lt ${waitTenths} ]; do
  sleep 0.1 || sleep 1
  read -r _ _ _ parent _ < /proc/$$/stat
  [ "$parent" = "$1" ] || exit 0
  n=$((n + 1))
done
kill -9 "$1"`;

const endForSure = (): void => {
  const args = ["-c", script, "sh", String(process.pid)];
  spawn("/bin/sh", args, { detached: true, stdio: "ignore" }).unref();
};

let isArmed = false;

/**
 * A call into Kafka's client that waits for a lost broker keeps a thread, and Node waits for its
 * threads before it ends, for ever if need be: nobody would start the process again. So whoever is
 * still there a second after the exit began is killed.
 */
export const endForSureAtExit = (): void => {
  if (isArmed) return;
  isArmed = true;
  process.once("exit", endForSure);
};
