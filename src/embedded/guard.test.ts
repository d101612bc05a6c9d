import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { identify, isAlive, type ProcessId } from "../stream/lock.ts";
import { spawnGuarded } from "./guard.ts";

const folder = mkdtempSync(join(tmpdir(), "guard test-"));
after(() => rmSync(folder, { recursive: true }));

const log = join(folder, "a log.txt");
const stopSignal = "SIGTERM";

const until = async (met: () => boolean): Promise<void> => {
  while (!met()) await delay(10);
};

test("given a program that ends, then its pid, output and exit code are its own", async () => {
  const args = ["-c", 'echo "pid $$ $1"; exit 7', "sh", "a 'b' $HOME"];
  const child = spawnGuarded({ file: "sh", args, log, stopSignal });
  const code = await new Promise((done) => child.once("exit", done));
  assert.equal(code, 7);
  assert.equal(readFileSync(log, "utf8"), `pid ${child.pid} a 'b' $HOME\n`);
});

test("given no such program, then the exit code is 127", async () => {
  const child = spawnGuarded({ file: "./nowhere", args: [], log, stopSignal });
  assert.equal(await new Promise((done) => child.once("exit", done)), 127);
});

test("given a signal, then it reaches the program", async () => {
  const child = spawnGuarded({ file: "sleep", args: ["1000"], log, stopSignal });
  child.kill("SIGINT");
  assert.equal(await new Promise((done) => child.once("exit", (_, how) => done(how))), "SIGINT");
});

/** A parent that starts a program under guard, names it, and stays. */
const parent = `
  const { spawnGuarded } = await import(process.argv[1]);
  const group = process.argv[4] === "group";
  const child = spawnGuarded({ file: "sh", args: ["-c", process.argv[3]], log: process.argv[2],
    stopSignal: "SIGTERM", group, stopMaxMs: 300 });
  console.log(child.pid);
  setInterval(() => {}, 1000);
`;

const killParent = async (program: string, mode: string, out: string): Promise<void> => {
  const args = [join(import.meta.dirname, "guard.ts"), out, program, mode];
  const child = spawn(process.execPath, ["--input-type=module", "-e", parent, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = Number(await new Promise((done) => child.stdout.once("data", done)));
  const server = identify(pid) as ProcessId;
  assert.ok(isAlive(server));
  let inner: ProcessId | undefined;
  await until(() => {
    const said = /inner (\d+)/.exec(readFileSync(out, "utf8"));
    inner = said ? identify(Number(said[1])) : undefined;
    return inner !== undefined;
  });
  child.kill("SIGKILL");
  await until(() => !isAlive(server));
  if (mode === "group") await until(() => !isAlive(inner as ProcessId));
  else process.kill((inner as ProcessId).pid, "SIGKILL");
};

const withInner = "sleep 1000 & echo inner $!; wait";

test("given a parent killed with -9, then the program ends", () =>
  killParent(withInner, "alone", join(folder, "alone")));

test("given a group and a parent killed with -9, then all that it started ends", () =>
  killParent(withInner, "group", join(folder, "group")));

test("given a program that is deaf to its stop signal, then it ends all the same", () =>
  killParent(`trap '' TERM; ${withInner}; wait`, "group", join(folder, "deaf")));
