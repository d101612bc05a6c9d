import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { root } from "../config.ts";
import { runStep } from "./step.ts";

const base = mkdtempSync(join(tmpdir(), "step-"));
after(() => rmSync(base, { recursive: true }));

/** A program that never ends when it is run first, and succeeds when it is run again. */
const hangsOnce = (name: string): string[] => {
  const mark = join(base, name);
  return ["-c", `[ -e ${mark} ] && exit 0; : > ${mark}; exec tail -f /dev/null`];
};

test("given a step that never ends, then it is stopped and tried again", async () => {
  const said: string[] = [];
  await runStep({
    title: "Fetching",
    file: "sh",
    args: hangsOnce("first"),
    log: join(base, "log"),
    limits: [0.005, 10],
    say: (line) => said.push(line),
  });
  assert.ok(said.includes("Fetching: no end after 0.005 minutes; trying again."), said.join("\n"));
  assert.match(said.at(-1)!, /^Fetching: done in/);
});

test("given a step that never ends at its last try, then it fails with the reason", async () => {
  const step = { title: "Fetching", file: "tail", args: ["-f", "/dev/null"], limits: [0.005] };
  await assert.rejects(
    runStep({ ...step, log: join(base, "log"), say: () => undefined }),
    /Fetching failed: no end after 0\.005 minutes\. The whole output is in .*log/,
  );
});

test("given a step that knows what is wrong, then that sentence alone is said", async () => {
  const said: string[] = [];
  const script = "echo a line of no interest; echo 'bellwether: Install g++ and run this again.'";
  const step = { title: "Preparing", file: "sh", args: ["-c", `${script}; exit 1`], limits: [10] };
  await assert.rejects(
    runStep({ ...step, log: join(base, "log"), say: (line) => said.push(line) }),
    { message: "Install g++ and run this again." },
  );
  assert.deepEqual(said, ["Preparing …"]);
});

test("given a program of the launcher's that never ends, then it is run again", () => {
  const tool = join(root, "tools", "limited.mjs");
  const log = join(base, "limited.log");
  const limited = (limits: string, args: string[]) =>
    spawnSync(process.execPath, [tool, limits, log, "Fetching", ...args], { encoding: "utf8" });
  const { status, stderr } = limited("0.3,600", ["sh", ...hangsOnce("second")]);
  assert.equal(status, 0);
  assert.match(
    stderr,
    /^Fetching …\n(Fetching … 0 s\n)+sh had not ended after 0\.3 s and was stopp/,
  );
  assert.equal(limited("600", ["sh", "-c", "echo said; exit 3"]).status, 3);
  assert.equal(readFileSync(log, "utf8"), "said\n");
  assert.equal(limited("0.1", ["tail", "-f", "/dev/null"]).status, 1);
});
