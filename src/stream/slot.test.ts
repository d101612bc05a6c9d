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
  writeFileSync(join(home, "locks", "g-0"), `${process.pid} 1`);
  if (process.platform === "linux") assert.equal(takeSlot(home, "g", 0).number, 0);
});

test("given a lock that another has taken over, then it is not held nor released", () => {
  const home = folder();
  const slot = takeSlot(home, "g", 0);
  const path = join(home, "locks", "g-0");
  writeFileSync(path, "1 2");
  assert.equal(slot.held(), false);
  slot.release();
  assert.equal(readFileSync(path, "latin1"), "1 2");
  rmSync(path);
  assert.equal(slot.held(), false);
  assert.deepEqual(readdirSync(join(home, "locks")), []);
});
