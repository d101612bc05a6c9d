import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { root } from "../src/config.ts";
import { base, checkout, fake, plain, run } from "./checkout.ts";
import { until } from "./launch.ts";

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

test("given a command, then the launcher becomes Node: there is no process between", () => {
  const folder = checkout("one process", [".bellwether/node", "node_modules"]);
  writeFileSync(join(folder, "src/cli.ts"), "console.log(process.pid);");
  const options = { encoding: "utf8", env: { PATH: plain, HOME: base } } as const;
  const { pid, stdout } = spawnSync(join(folder, "bellwether"), ["up"], options);
  assert.equal(stdout, `${pid}\n`);
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

test("given an error that nobody foresaw, then debug alone shows where it is from", () => {
  const folder = checkout("bug", [".bellwether/node", "node_modules"]);
  const bug = 'export const graph = async () => { throw new TypeError("no such thing"); };';
  writeFileSync(join(folder, "src/commands/graph.ts"), bug);
  const said = (...flags: string[]) => {
    const { status, stderr } = run(join(folder, "bellwether"), ["graph", ...flags], plain);
    assert.equal(status, 1);
    assert.match(stderr, /^no such thing/);
    return stderr;
  };
  assert.doesNotMatch(said(), /graph\.ts/);
  assert.match(said("--log-level", "debug"), / at .*graph\.ts:1:/);
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
  const fire = fake("fire", "npm", "echo the registry is on fire; exit 1");
  for (let tries = 0; tries < 2; tries += 1) {
    const { status, stderr } = run(join(folder, "bellwether"), ["sql", "x"], `${fire}:${plain}`);
    assert.equal(status, 1);
    assert.match(stderr, / {2}\| the registry is on fire/);
    assert.match(stderr, /failed: exit code 1\. The whole output is in .*npm\.log\.\n$/);
  }
});

/** The caller's own Node: ours, under another version where one is given. */
const ownNode = (version = process.version): string =>
  fake(
    `node ${version}`,
    "node",
    `[ "$1" = --version ] && echo ${version} && exit; exec "${process.execPath}" "$@"`,
  );
/** An npm that installs what the launcher asks for: here a Node that only says whose it is. */
const npmWithNode = fake(
  "npm with node",
  "npm",
  `bin="$3/node_modules/\${8%@*}/bin"
mkdir -p "$bin"
printf '#!/bin/sh\\necho ours\\n' >"$bin/node"
chmod +x "$bin/node"`,
);
test("given a Node that is too old, then one sentence with the cure, by the doctor too", () => {
  const folder = checkout("old node", []);
  const npm = fake("npm", "npm", "exit 1");
  const path = `${ownNode("v18.19.0")}:${npm}:${plain}`;
  const { status, stderr } = run(join(folder, "bellwether"), ["up"], path);
  assert.equal(status, 1);
  assert.match(stderr, /^Node 18 is too old to set up Bellwether\. Install Node 20 or later.*\n$/);
  const doctor = run(join(folder, "bellwether"), ["doctor"], path);
  assert.match(doctor.stdout, /npm +found, with Node 18, too old: 20 or later is needed/);
});

test("given no Node of ours, then it is installed with a word, and the next start is mute", () => {
  const folder = checkout("no node", []);
  const first = run(
    join(folder, "bellwether"),
    ["--version"],
    `${ownNode()}:${npmWithNode}:${plain}`,
  );
  assert.deepEqual([first.status, first.stdout], [0, "ours\n"], first.stderr);
  assert.match(first.stderr, /^Installing Node 24\.\d+\.\d+ …\n$/);
  const second = run(join(folder, "bellwether"), ["--version"], plain);
  assert.deepEqual(second, { status: 0, stdout: "ours\n", stderr: "" });
});

test("given a launcher killed as it installs Node, then the next one clears up", async () => {
  const folder = checkout("killed", []);
  const mark = join(base, "killed.mark");
  const npm = fake("slow npm", "npm", `: >"$3/half"; : >"${mark}"; exec tail -f /dev/null`);
  const env = { PATH: `${ownNode()}:${npm}:${plain}`, HOME: base };
  const options = { env, detached: true, stdio: "ignore" } as const;
  const child = spawn(join(folder, "bellwether"), ["--version"], options);
  await until("npm is at work", () => existsSync(mark));
  process.kill(-(child.pid as number), "SIGKILL");
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  await until("the launcher has ended", ended);
  const drafts = () =>
    readdirSync(join(folder, ".bellwether")).filter((name) => name.startsWith("node.draft."));
  assert.equal(drafts().length, 1);
  const path = `${ownNode()}:${npmWithNode}:${plain}`;
  assert.equal(run(join(folder, "bellwether"), ["--version"], path).stdout, "ours\n");
  assert.deepEqual(drafts(), []);
});

test("given no dependencies and a Postgres of one's own, then the doctor does not ask it", () => {
  const folder = checkout("no dependencies", [".bellwether/node"]);
  writeFileSync(join(folder, ".env"), "DATABASE_URL=postgres://a:b@127.0.0.1:1/c\n");
  const { stdout, stderr } = run(join(folder, "bellwether"), ["doctor"], plain);
  assert.equal(stderr, "");
  assert.match(
    stdout,
    /later +Postgres +127\.0\.0\.1:1\/c \(configured\) is asked once the depend/,
  );
});

test("given root where others may not enter, then Postgres lives outside until the reset", {
  skip: process.getuid?.() !== 0 && "Only root keeps anything outside the checkout",
}, () => {
  const folder = checkout("closed", [".bellwether/node", "node_modules"]);
  const home = join(folder, ".bellwether");
  const script = `import { postgresHome } from "./src/embedded/postgres-home.ts";
    console.log(postgresHome(${JSON.stringify(home)}).data);`;
  const asked = ["--input-type=module", "-e", script];
  const made = run(process.execPath, asked, process.env.PATH, folder);
  const data = made.stdout.trim();
  assert.match(data, /^\/var\/lib\/bellwether\/[0-9a-f]{12}\/bellwether\/postgres$/, made.stderr);
  const outside = dirname(dirname(data));
  try {
    mkdirSync(data);
    const doctor = run(join(folder, "bellwether"), ["doctor"], plain);
    assert.ok(doctor.stdout.includes(`; Postgres for root: ${outside}`), doctor.stdout);
    const reset = run(join(folder, "bellwether"), ["reset", "--yes"], plain);
    assert.equal(reset.status, 0, reset.stderr);
    assert.ok(!existsSync(outside));
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
});
