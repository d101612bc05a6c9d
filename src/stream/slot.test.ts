import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Failure } from "../errors.ts";
import { takeSlot } from "./slot.ts";

const folders: string[] = [];
const folder = () => {
  folders.push(mkdtempSync(join(tmpdir(), "slot-test-")));
  return folders[folders.length - 1];
};
after(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});
const isTaken = (thrown: unknown) => thrown instanceof Failure && thrown.code === "SLOT_TAKEN";

test("given no wish, then the first free slot is taken, and free again when released", () => {
  const home = folder();
  const [a, b] = [takeSlot(home, "g"), takeSlot(home, "g")];
  assert.deepEqual([a.number, b.number], [0, 1]);
  assert.equal(takeSlot(home, "other").number, 0, "each group has slots of its own");
  a.release();
  assert.equal(a.held(), false);
  assert.equal(b.held(), true);
  assert.equal(takeSlot(home, "g").number, 0);
});

test("given a slot that is held, when wanted, then it is refused and the holder named", () => {
  const home = folder();
  takeSlot(home, "g", 3);
  assert.throws(
    () => takeSlot(home, "g", 3),
    (thrown) => isTaken(thrown) && String(thrown).includes(`${process.pid}`),
  );
  assert.equal(takeSlot(home, "g", 4).number, 4);
});

test("given a holder that was killed, then its slot is taken over", async () => {
  const home = folder();
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "-e",
      `import { takeSlot } from ${JSON.stringify(join(import.meta.dirname, "slot.ts"))};
       takeSlot(${JSON.stringify(home)}, "g", 0);
       process.stdout.write("held");
       setInterval(() => {}, 1_000);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  assert.throws(() => takeSlot(home, "g", 0), isTaken);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(takeSlot(home, "g", 0).number, 0);
});

test("given the lock of another life of the same process id, then it is stale", () => {
  const home = folder();
  takeSlot(home, "g", 0).release();
  const other = JSON.stringify({ pid: process.pid, started: "1" });
  writeFileSync(join(home, "locks", "g-0.lock.1"), other);
  assert.equal(takeSlot(home, "g", 0).number, 0);
});

test("given a lock that another has taken over, then it is not held nor released", () => {
  const home = folder();
  const locks = join(home, "locks");
  const slot = takeSlot(home, "g", 0);
  assert.deepEqual(readdirSync(locks), ["g-0.lock.1"]);
  const path = join(locks, "g-0.lock.1");
  const other = JSON.stringify({ pid: 1, started: "2" });
  writeFileSync(path, other);
  assert.equal(slot.held(), false);
  slot.release();
  assert.equal(readFileSync(path, "utf8"), other);
  rmSync(path);
  assert.equal(slot.held(), false);
  rmSync(locks, { recursive: true });
  assert.equal(slot.held(), false);
});

/** Takes the first free slot, says which, and holds it until its input ends. */
const starter = `
  const { takeSlot } = await import(process.argv[1]);
  process.stdout.write(String(takeSlot(process.argv[2], "g").number));
  process.stdin.resume();
`;

test("given many that start at once beside a dead holder, then each has its own", async () => {
  const home = folder();
  takeSlot(home, "g", 0);
  const dead = JSON.stringify({ pid: process.pid, started: "1" });
  writeFileSync(join(home, "locks", "g-0.lock.1"), dead);
  const module = join(import.meta.dirname, "slot.ts");
  const children = Array.from({ length: 5 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", starter, module, home], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  const ends = children.map((child) => once(child, "exit"));
  const said = await Promise.all(children.map((child) => once(child.stdout, "data")));
  for (const child of children) child.stdin.end();
  await Promise.all(ends);
  assert.deepEqual(said.map(String).sort(), ["0", "1", "2", "3", "4"]);
});
