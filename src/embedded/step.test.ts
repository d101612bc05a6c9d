import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
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

test("given a program of the launcher's that never ends, then it is run again", () => {
  const tool = join(root, "tools", "limited.mjs");
  const limited = (limits: string, args: string[]) =>
    spawnSync(process.execPath, [tool, limits, ...args], { encoding: "utf8" });
  const { status, stderr } = limited("0.3,600", ["sh", ...hangsOnce("second")]);
  assert.deepEqual([status, stderr], [0, "sh had not ended after 0.3 s and was stopped.\n"]);
  assert.equal(limited("600", ["sh", "-c", "exit 3"]).status, 3);
  assert.equal(limited("0.1", ["tail", "-f", "/dev/null"]).status, 1);
});
