import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { identify, isAlive, type ProcessId } from "../stream/lock.ts";
import { supervise } from "./supervise.ts";

const folder = mkdtempSync(join(tmpdir(), "supervise-test-"));
after(() => rmSync(folder, { recursive: true }));

test("given a server that does not stop, when the time is up, then it is killed", async () => {
  const deaf = join(folder, "deaf");
  let server: ProcessId | undefined;
  const plan = {
    name: "Deaf",
    command: {
      file: "sh",
      args: ["-c", "trap '' TERM; : >\"$0\"; while :; do sleep 0.05; done", deaf],
      log: join(folder, "log"),
      stopSignal: "SIGTERM" as const,
    },
    answers: async () => existsSync(deaf),
    onProcess: (pid: number) => {
      server = identify(pid);
    },
    startMaxMs: 60_000,
    stopMaxMs: 3_600_000,
  };
  const supervised = await supervise(plan, () => {});
  await supervised.stop(50);
  assert.ok(server && !isAlive(server));
});
