import { spawn } from "node:child_process";
import { globSync, readdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { type Config, envName, root, type SettingName, settings } from "../config.ts";
import { buildConsole } from "../embedded/console.ts";
import { removeOutsideData } from "../embedded/postgres-home.ts";
import { anyPorts, serverEnvironment, startServers } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { identify } from "../stream/lock.ts";
import { type Command, print, say } from "./command.ts";
import { withConsole } from "./test-console.ts";

/**
 * What a test costs: `unit` milliseconds, `kafka` and `pg` a real server, `e2e` all of them, `web`
 * a browser on a console that runs.
 */
const classes = ["unit", "kafka", "pg", "e2e", "web"] as const;
export type TestClass = (typeof classes)[number];

/** Told by the file's name and place; the tidy test reads source files and nothing else. */
export const classOf = (file: string): TestClass => {
  if (file === "test/tidy.test.ts") return "unit";
  if (file.startsWith("test/console/")) return "web";
  if (file.startsWith("test/")) return "e2e";
  if (file.endsWith(".kafka.test.ts")) return "kafka";
  return file.endsWith(".pg.test.ts") ? "pg" : "unit";
};

const places = ["src", "verifier", "tools", "training", "bench", "test", "web"];

const allFiles = (): string[] =>
  globSync(
    places.map((place) => `${place}/**/*.test.ts`),
    { cwd: root },
  ).sort();

type Tally = { passed: number; failed: number; skipped: number };

/** Several files at once only as far as the machine is theirs: real servers share it with them. */
const filesAtOnce: Record<TestClass, number> = { unit: 4, kafka: 2, pg: 2, e2e: 1, web: 2 };
const testMaxMs = 20 * 60_000;

const runTests = async (kind: TestClass, files: string[], tally: Tally): Promise<void> => {
  say(`\nTests: ${kind}, ${files.length} ${files.length === 1 ? "file" : "files"}`);
  const tests = run({
    files: files.map((file) => join(root, file)),
    cwd: root,
    concurrency: filesAtOnce[kind],
    timeout: testMaxMs,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  tests.on("test:summary", ({ file, counts }) => {
    // One summary per file, then one over all, which alone has no file.
    if (file !== undefined) return;
    tally.passed += counts.passed;
    tally.failed += counts.tests - counts.passed - counts.skipped - counts.todo;
    tally.skipped += counts.skipped + counts.todo;
  });
  const report = tests.compose(new spec());
  for await (const piece of report) process.stdout.write(piece);
};

const runCheck = (title: string, program: string, args: string[], tally: Tally): Promise<void> => {
  say(`\n${title}`);
  const file = join(root, "node_modules", ".bin", program);
  const child = spawn(file, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) tally.passed += 1;
      else tally.failed += 1;
      settle();
    });
  });
};

const removeFolder = (folder: string): void => {
  removeOutsideData(folder);
  rmSync(folder, { recursive: true, force: true });
};

/** What a run that was killed left behind. */
const removeLeftovers = (dataFolder: string): void => {
  for (const name of readdirSync(dataFolder)) {
    const pid = Number(/^test-(\d+)$/.exec(name)?.[1]);
    if (pid && !identify(pid)) removeFolder(join(dataFolder, name));
  }
};

/** Only BELLWETHER_… reach the tests: a setting of the user's must not decide their outcome. */
const forgetSettings = (): void => {
  for (const name of Object.keys(settings) as SettingName[])
    for (const variable of [
      envName(name),
      ...("also" in settings[name] ? settings[name].also! : []),
    ])
      if (!variable.startsWith("BELLWETHER_")) delete process.env[variable];
};

/** Servers for the tests alone, on free ports with fresh data; removed afterwards. */
const withServers = async (config: Config, work: () => Promise<void>): Promise<void> => {
  const folder = join(config.dataFolder, `test-${process.pid}`);
  const own = { ...config };
  for (const name of ["kafkaBootstrapServers", "databaseUrl", "postgresHost", "redisHost"] as const)
    own[name] = undefined;
  say("\nStarting servers for the tests");
  const servers = await startServers({ config: own, folder, ports: anyPorts, say });
  const clear = async () => {
    await servers.stop();
    removeFolder(folder);
  };
  const interrupted = (signal: NodeJS.Signals) =>
    clear().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  const environment = serverEnvironment(servers);
  try {
    Object.assign(process.env, environment);
    await work();
  } finally {
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
    // What comes after must not look for servers that are gone.
    for (const variable of Object.keys(environment)) delete process.env[variable];
    await clear();
  }
};

/** The tests of screens, on a console with data of its own; removed afterwards. */
const runOnConsole = async (config: Config, work: () => Promise<void>): Promise<void> => {
  const folder = join(config.dataFolder, `test-${process.pid}`);
  try {
    await withConsole(folder, work);
  } finally {
    removeFolder(folder);
  }
};

type Choice = { files: string[]; whole: boolean };

/** Files named by the caller, else those of the class, else all. Throws ARGUMENT_WRONG. */
export const chooseFiles = (args: string[], known: string[], cwd: string): Choice => {
  const [first, ...rest] = args;
  const kind = classes.find((name) => name === first);
  const named = kind ? rest : args;
  const ofKind = kind ? known.filter((file) => classOf(file) === kind) : known;
  if (named.length === 0) return { files: ofKind, whole: kind === undefined };
  const files = named.flatMap((name) => {
    const path = relative(root, resolve(cwd, name));
    const found = ofKind.filter((file) => file === path || file.startsWith(`${path}/`));
    if (found.length > 0) return found;
    const cure = `Give ${classes.join(", ")}, a test file or a folder.`;
    throw failure("ARGUMENT_WRONG", `There is no test in "${name}"`, cure);
  });
  return { files: [...new Set(files)], whole: false };
};

/**
 * `test [unit|kafka|pg|e2e] [files…]`: types, style and every test, or only the named tests. The
 * last line says how many passed and failed; the exit code is 1 when one failed or none ran.
 */
export const test: Command = async (args, { config }) => {
  const { files, whole } = chooseFiles(args, allFiles(), process.cwd());
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  forgetSettings();
  if (whole) {
    await runCheck("Types", "tsc", ["--noEmit"], tally);
    await runCheck("Types of the console", "tsc", ["--noEmit", "-p", "web"], tally);
    await runCheck("Style", "biome", ["check", "--error-on-warnings"], tally);
  }
  const of = (kind: TestClass) => files.filter((file) => classOf(file) === kind);
  const runClass = async (kind: TestClass) => {
    if (of(kind).length > 0) await runTests(kind, of(kind), tally);
  };
  await runClass("unit");
  const real = (["kafka", "pg", "e2e"] as const).filter((kind) => of(kind).length > 0);
  if (real.length + of("web").length > 0) {
    removeLeftovers(config.dataFolder);
    // `up` sends it, with or without a browser that looks.
    await buildConsole(say);
  }
  if (real.length > 0)
    await withServers(config, async () => {
      for (const kind of real) await runClass(kind);
    });
  if (of("web").length > 0) await runOnConsole(config, () => runClass("web"));
  const { passed, failed, skipped } = tally;
  print(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed === 0 && passed > 0 ? 0 : 1;
};
