import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { identify, isAlive, takeLock, thisProcess } from "./lock.ts";

const base = mkdtempSync(join(tmpdir(), "lock-test-"));
after(() => rmSync(base, { recursive: true }));

const owned = (lock: ReturnType<typeof takeLock>) => {
  assert.ok("release" in lock);
  return lock;
};

test("given a lock in use, when it is asked for, then its holder is named", () => {
  const folder = join(base, "held");
  const lock = owned(takeLock(folder, "x"));
  assert.deepEqual(takeLock(folder, "x"), { heldBy: thisProcess() });
  owned(takeLock(folder, "y"));
  lock.release();
  owned(takeLock(folder, "x"));
});

test("given a holder that is gone, when the lock is asked for, then it is had", () => {
  const folder = join(base, "dead");
  owned(takeLock(folder, "x")).release();
  const reused = { pid: process.pid, started: "1" };
  assert.equal(isAlive(reused), false);
  for (const left of [JSON.stringify(reused), "", "no JSON", '{"pid":1e99,"started":"2"}']) {
    writeFileSync(join(folder, "x.lock.7"), left);
    const lock = owned(takeLock(folder, "x"));
    assert.deepEqual(readdirSync(folder), ["x.lock.8"]);
    lock.release();
    rmSync(join(folder, "x.lock.8"));
  }
});

test("given a pid that nobody has, then it is nobody", () => {
  assert.equal(identify(2 ** 22 + 1), undefined);
});

/** Takes the lock, says so, and holds it until its input ends. */
const holder = `
  const { takeLock } = await import(process.argv[1]);
  const lock = takeLock(process.argv[2], "x");
  process.stdout.write("release" in lock ? "mine\\n" : "other\\n");
  process.stdin.resume();
`;

test("given many at once and a dead holder, then one has the lock", async () => {
  const folder = join(base, "race");
  owned(takeLock(folder, "x"));
  writeFileSync(join(folder, "x.lock.1"), JSON.stringify({ pid: process.pid, started: "1" }));
  const module = join(import.meta.dirname, "lock.ts");
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", holder, module, folder], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  const ends = children.map((child) => new Promise((done) => child.once("exit", done)));
  const said = await Promise.all(
    children.map((child) => new Promise<string>((done) => child.stdout.once("data", done))),
  );
  for (const child of children) child.stdin.end();
  await Promise.all(ends);
  assert.equal(said.filter((answer) => String(answer) === "mine\n").length, 1);
});
