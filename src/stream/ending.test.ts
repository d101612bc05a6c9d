import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const place = new URL("./ending.ts", import.meta.url).href;

/** A process that arms itself, runs the rest, and ends. */
const ended = async (rest: string) => {
  const program = `import { endForSureAtExit } from ${JSON.stringify(place)};
endForSureAtExit(); ${rest}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  const [code, signal] = await once(child, "exit");
  return { code, signal };
};

test("given an end that comes, then its code is kept", async () =>
  assert.deepEqual(await ended("process.exit(3);"), { code: 3, signal: null }));

test("given an end that hangs, then the process is killed", async () => {
  // What hangs in earnest is a native thread; an exit handler that never returns does as well.
  const hang = "process.on('exit', () => { for (;;); }); process.exit(0);";
  assert.deepEqual(await ended(hang), { code: null, signal: "SIGKILL" });
});

test("given an error that nobody caught, then the process is killed as well", async () => {
  const hang = "process.on('exit', () => { for (;;); }); throw new Error('no');";
  assert.deepEqual(await ended(hang), { code: null, signal: "SIGKILL" });
});
