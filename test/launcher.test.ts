import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { root } from "../src/config.ts";

const base = mkdtempSync(join(tmpdir(), "launcher test-"));
after(() => rmSync(base, { recursive: true }));

/** The system's own programs, without Node and npm. */
const plain = join(base, "programs");
mkdirSync(plain);
for (const program of ["sh", "uname", "cksum", "readlink", "mkdir", "rm", "mv", "tail", "sed"]) {
  const { stdout } = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
  symlinkSync(stdout.trim(), join(plain, program));
}

/** A checkout in a folder with a blank in its name, with what `parts` names of ours. */
const checkout = (name: string, parts: string[]): string => {
  const folder = join(base, name);
  mkdirSync(join(folder, ".bellwether"), { recursive: true });
  for (const part of ["bellwether", "src", "tools", "package.json", "package-lock.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  for (const part of parts) symlinkSync(join(root, part), join(folder, part));
  return folder;
};

const run = (program: string, args: string[], path = process.env.PATH ?? "", cwd = base) => {
  const env = { PATH: path, HOME: base };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env, cwd });
  return { status, stdout, stderr };
};

test("given a checkout that is set up, then it runs from anywhere, also through links", () => {
  const folder = checkout("set up", [".bellwether/node", "node_modules"]);
  const [near, far] = [join(folder, "near"), join(base, "far")];
  symlinkSync("bellwether", near);
  symlinkSync("set up/near", far);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const said = { status: 0, stdout: `${version}\n`, stderr: "" };
  for (const program of [join(folder, "bellwether"), near, far, "./far"])
    assert.deepEqual(run(program, ["--version"], plain), said);
  assert.equal(run("sh", ["bellwether", "--version"], plain, folder).stdout, said.stdout);
});

test("given a role to run, then there are threads for all that its clients wait for", () => {
  const folder = checkout("threads", [".bellwether/node", "node_modules"]);
  writeFileSync(join(folder, "src/cli.ts"), "console.log(process.env.UV_THREADPOOL_SIZE);");
  const threadsOf = (...args: string[]) => run(join(folder, "bellwether"), args, plain).stdout;
  assert.deepEqual([threadsOf("run", "out"), threadsOf("up")], ["40\n", "16\n"]);
});

test("given what it does not know, then one sentence and exit code 2", () => {
  const folder = checkout("unknown", [".bellwether/node", "node_modules"]);
  const { status, stdout, stderr } = run(join(folder, "bellwether"), ["fly"], plain);
  assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
  assert.match(stderr, /^There is no command "fly"\. .*--help.*\n$/);
});

test("given wrong settings, then each is named with its cure, and exit code 2", () => {
  const folder = checkout("settings", [".bellwether/node", "node_modules"]);
  writeFileSync(join(folder, ".env"), "PORT=abc\n");
  const args = ["sql", "select 1", "--space", "Not Good"];
  const { status, stderr } = run(join(folder, "bellwether"), args, plain);
  assert.equal(status, 2);
  assert.match(stderr, /PORT is "abc"/);
  assert.match(stderr, /--space is "Not Good"/);
  assert.doesNotMatch(stderr, / at .*\.ts:/);
});

test("given no npm and no Node, then one sentence with the cure", () => {
  const folder = checkout("no npm", []);
  const { status, stderr } = run(join(folder, "bellwether"), ["up"], plain);
  assert.deepEqual({ status, lines: stderr.trim().split("\n").length }, { status: 1, lines: 1 });
  assert.match(stderr, /npm is missing\. Install Node 20/);
});

test("given nothing set up, then the doctor says so and installs nothing", () => {
  const folder = checkout("doctor", []);
  const { status, stdout } = run(join(folder, "bellwether"), ["doctor"], plain);
  assert.equal(status, 1);
  assert.match(stdout, /not set up yet/);
  assert.match(stdout, /npm +missing/);
  assert.deepEqual(spawnSync("ls", ["-A", join(folder, ".bellwether")]).stdout.toString(), "");
});

test("given an npm that fails, then its output is shown and the next run tries again", () => {
  const folder = checkout("npm fails", [".bellwether/node"]);
  const fake = join(base, "fake");
  mkdirSync(fake);
  writeFileSync(join(fake, "npm"), "#!/bin/sh\necho the registry is on fire\nexit 1\n");
  chmodSync(join(fake, "npm"), 0o755);
  for (let tries = 0; tries < 2; tries += 1) {
    const { status, stderr } = run(join(folder, "bellwether"), ["sql", "x"], `${fake}:${plain}`);
    assert.equal(status, 1);
    assert.match(stderr, / {2}\| the registry is on fire/);
    assert.match(stderr, /failed: exit code 1\. The whole output is in .*npm\.log\.\n$/);
  }
});
