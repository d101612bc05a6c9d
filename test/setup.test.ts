import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { base, checkout, fake, plain, run } from "./checkout.ts";
import { until } from "./launch.ts";

/** Java that says its version, and what it was asked to run. */
const javaOf = (major: number): string =>
  fake(
    `java ${major}`,
    "java",
    `[ "$1" = -version ] && echo 'openjdk version "${major}.0.1"' >&2 && exit; echo "$@"`,
  );
/** Maven that brings a jar and a Redis for every platform, and notes that it was run. */
const mavenIn = (folder: string, before = ""): string =>
  fake(
    folder,
    "mvn",
    `echo run >>"${join(base, folder)}.runs"
for given; do case $given in -Dservers=*) servers=\${given#*=} ;; esac; done
mkdir -p "$servers/kafka" "$servers/redis"
${before}
: >"$servers/kafka/kafka.jar"
for name in linux-amd64 linux-arm64 darwin-amd64 darwin-arm64; do
  : >"$servers/redis/redis-server-7-$name"
done`,
  );
const runsOf = (folder: string): number =>
  readFileSync(join(base, `${folder}.runs`), "utf8")
    .trim()
    .split("\n").length;

const ready = [".bellwether/node", "node_modules"];
const kafka = (folder: string, path: string) =>
  run(join(folder, "bellwether"), ["kafka", "topics", "--help"], path);

test("given no Java, an old one, or no Maven, then one sentence with the cure", () => {
  const folder = checkout("no java", ready);
  const says = (path: string): string => {
    const { status, stderr } = kafka(folder, path);
    assert.equal(status, 1, stderr);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    return stderr;
  };
  assert.match(says(plain), /Kafka needs Java, and there is none\. Install a JDK of 17 or later/);
  assert.match(says(`${javaOf(11)}:${plain}`), /java is Java 11, too old\. Install a JDK of 17/);
  assert.match(says(`${javaOf(17)}:${plain}`), /Maven fetches Kafka and is missing\. Install Mav/);
});

test("given Java and Maven, then one run fetches jars and Redis, and the next start none", () => {
  const folder = checkout("maven", ready);
  const path = `${javaOf(21)}:${mavenIn("maven once")}:${plain}`;
  const first = kafka(folder, path);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /^Fetching Kafka and Redis with Maven …\n.*: done in \d+ s\.\n$/s);
  const jar = join(folder, ".bellwether", "jars", "kafka", "kafka.jar");
  assert.ok(first.stdout.includes(`-cp ${jar} org.apache.kafka.tools.TopicCommand --help`));
  const redis = join(folder, ".bellwether", "jars", "redis");
  for (const name of readdirSync(redis)) accessSync(join(redis, name), constants.X_OK);
  const second = kafka(folder, `${javaOf(21)}:${plain}`);
  assert.deepEqual([second.status, second.stderr], [0, ""]);
  assert.equal(second.stdout, first.stdout);
  assert.equal(runsOf("maven once"), 1);
});

test("given a list of jars that has changed, then they are fetched anew", () => {
  const folder = checkout("other pom", ready);
  const path = `${javaOf(21)}:${mavenIn("maven twice")}:${plain}`;
  assert.equal(kafka(folder, path).status, 0);
  writeFileSync(join(folder, "tools", "pom.xml"), "<project/>\n");
  assert.equal(kafka(folder, path).status, 0);
  assert.equal(runsOf("maven twice"), 2);
});

test("given a start killed while Maven runs, then the next one begins it again", async () => {
  const folder = checkout("killed", ready);
  const mark = join(base, "maven.mark");
  const halts = mavenIn("maven halts", `: >"$servers/half"; : >"${mark}"; exec tail -f /dev/null`);
  const env = { PATH: `${javaOf(21)}:${halts}:${plain}`, HOME: base };
  const asked = ["kafka", "topics", "--help"];
  const started = spawn(join(folder, "bellwether"), asked, { env, stdio: "ignore" });
  const ended = new Promise((resolve) => started.once("exit", resolve));
  await until("Maven is at work", () => existsSync(mark));
  started.kill("SIGKILL");
  await ended;
  const again = kafka(folder, `${javaOf(21)}:${mavenIn("maven again")}:${plain}`);
  assert.equal(again.status, 0, again.stderr);
  const jars = join(folder, ".bellwether", "jars");
  assert.deepEqual(readdirSync(jars).sort(), ["kafka", "pom.xml", "redis"]);
  assert.ok(!existsSync(`${jars}.draft`));
});

const client = "node_modules/@confluentinc/kafka-javascript";
const addon = join("build", "Release", "confluent-kafka-javascript.node");

/** A package of npm's, as far as set-up looks at it. */
const installed = (folder: string, name: string, main: string): void => {
  const place = join(folder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "1.2.3", main }));
};

/**
 * A checkout whose Kafka client loads once its addon is there, and a node-pre-gyp that notes how it
 * is called and makes that addon: as `makes` says by what it downloads, or only when it compiles.
 */
const withClient = (name: string, makes: "prebuilt" | "compiled"): string => {
  const folder = checkout(name, [".bellwether/node"]);
  installed(folder, "@confluentinc/kafka-javascript", "index.js");
  writeFileSync(
    join(folder, client, "index.js"),
    `require("fs").accessSync(require("path").join(__dirname, ${JSON.stringify(addon)}));`,
  );
  installed(folder, "nan", "index.js");
  writeFileSync(join(folder, "node_modules", "nan", "index.js"), "");
  installed(folder, "@mapbox/node-pre-gyp", "index.js");
  mkdirSync(join(folder, "node_modules/@mapbox/node-pre-gyp/bin"));
  writeFileSync(
    join(folder, "node_modules/@mapbox/node-pre-gyp/bin/node-pre-gyp"),
    `const { appendFileSync, mkdirSync, realpathSync, writeFileSync } = require("fs");
     const { CKJS_LINKING: linking, npm_config_nodedir: nodedir } = process.env;
     const headers = nodedir && realpathSync(nodedir);
     const args = process.argv.slice(2);
     const note = { args, cwd: process.cwd(), linking, nodedir, headers };
     appendFileSync(${JSON.stringify(join(folder, "builds"))}, JSON.stringify(note) + "\\n");
     if (${makes === "compiled"} && !args.includes("--build-from-source")) process.exit(1);
     mkdirSync("build/Release", { recursive: true });
     writeFileSync(${JSON.stringify(addon)}, "");`,
  );
  return folder;
};

type Build = { args: string[]; cwd: string; linking?: string; nodedir?: string; headers?: string };
const buildsIn = (folder: string): Build[] => {
  const notes = join(folder, "builds");
  if (!existsSync(notes)) return [];
  const lines = readFileSync(notes, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
};

/** Compilers that are there; headers are found where the system has the packages `has` names. */
const compilers = (name: string, has: (header: string) => boolean): string => {
  const headers = ["openssl/ssl.h", "zlib.h", "zstd.h"].filter(has);
  fake(name, "make", "exit 0");
  fake(name, "python3", "exit 0");
  return fake(
    name,
    "g++",
    `[ "$1" = --version ] && exit 0
read -r line
for header in ${headers.join(" ")}; do [ "$line" = "#include <$header>" ] && exit 0; done
[ -e "${join(base, name)}.installed" ]`,
  );
};

const temporary = join("/tmp", `setup-test-${process.pid}`);
const headersFolder = join(base, "node headers");
mkdirSync(headersFolder);

/** Prepares the client as the launcher asks for it, by this user. */
const prepare = (folder: string, path: string, uid = 0) => {
  const who = `data:text/javascript,process.getuid=()=>${uid}`;
  const args = [`--import=${who}`, join(folder, "tools", "native.mjs")];
  mkdirSync(temporary, { recursive: true });
  try {
    return run(process.execPath, args, path, folder, {
      BELLWETHER_SETUP: "1",
      TMPDIR: temporary,
      npm_config_nodedir: headersFolder,
    });
  } finally {
    assert.deepEqual(readdirSync(temporary), [], "nothing stays in the temporary folder");
    rmSync(temporary, { recursive: true });
  }
};

test("given a prebuilt Kafka client, then it is taken, once, and nothing is compiled", () => {
  const folder = withClient("prebuilt", "prebuilt");
  assert.equal(prepare(folder, plain).status, 0);
  assert.deepEqual(
    buildsIn(folder).map(({ args }) => args),
    [["install"]],
  );
  assert.equal(prepare(folder, plain).status, 0);
  assert.equal(buildsIn(folder).length, 1);
});

test("given none, then a copy is compiled with our headers, kept, and taken from there", () => {
  const folder = withClient("compiled", "compiled");
  const path = `${compilers("all there", () => true)}:${plain}`;
  const { status, stdout, stderr } = prepare(folder, path, 1000);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^There is no prebuilt Kafka client for this platform; compiling it\.$/m);
  const [, build] = buildsIn(folder);
  assert.deepEqual(build.args, ["install", "--build-from-source"]);
  assert.equal(build.linking, "dynamic");
  assert.equal(build.headers, headersFolder);
  // Make cannot work under a path with blanks, as this checkout's is.
  assert.match(`${build.cwd} ${build.nodedir}`, /^\S+ \S+$/);
  rmSync(join(folder, client, "build"), { recursive: true });
  assert.equal(prepare(folder, plain, 1000).status, 0);
  assert.equal(buildsIn(folder).length, 2, "what was kept is taken");
  assert.ok(existsSync(join(folder, client, addon)));
});

test("given a system that lacks what the build needs, then others than root are told", () => {
  const folder = withClient("lacking", "compiled");
  const path = `${compilers("no openssl", (header) => header !== "openssl/ssl.h")}:${plain}`;
  const { status, stderr } = prepare(folder, path, 1000);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^bellwether: The Kafka client must be compiled here and needs libssl-dev: install them .*\.$/m,
  );
  assert.equal(buildsIn(folder).length, 1, "nothing is compiled");
});

test("given root on Debian, then what the build needs is installed", {
  skip: !existsSync("/usr/bin/apt-get") && "This is no Debian",
}, () => {
  const folder = withClient("debian", "compiled");
  const name = "no headers";
  const script = `echo "$DEBIAN_FRONTEND $*" >>"${join(base, name)}.apt"
[ "$1" = update ] || : >"${join(base, name)}.installed"`;
  fake(name, "apt-get", script);
  const path = `${compilers(name, () => false)}:${plain}`;
  assert.equal(prepare(folder, path).status, 0);
  const packages = "libssl-dev zlib1g-dev libzstd-dev";
  assert.deepEqual(readFileSync(join(base, `${name}.apt`), "utf8").split("\n"), [
    "noninteractive update -q",
    `noninteractive install -q -y --no-install-recommends ${packages}`,
    "",
  ]);
  assert.equal(buildsIn(folder).length, 2);
});
