import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { root } from "../config.ts";
import { failure } from "../errors.ts";
import { waitForLock } from "../stream/lock.ts";
import { runStep, tryRun } from "./step.ts";
import type { Say } from "./supervise.ts";

/** What one run of Maven brings: Kafka's broker and tools as jars, and a static Redis server. */
export type Tools = { java: string; classPath: string; redisServer: string };

export const installFolder = join(root, ".bellwether");
/** Where Java unpacks its native libraries, instead of /tmp. */
export const temporaryFolder = join(installFolder, "tmp");
const jarsFolder = join(installFolder, "jars");
const pom = join(root, "tools", "pom.xml");
/** Written last: the folder is whole if and only if it holds the pom that it was made from. */
const stamp = join(jarsFolder, "pom.xml");

const onPath = (program: string): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));

const ownJava = (): string | undefined => {
  const home = process.env.JAVA_HOME;
  const own = home ? join(home, "bin", "java") : "";
  return existsSync(own) ? own : undefined;
};

/** JAVA_HOME's program, else the first on the path; links are followed. */
export const findJava = (): string | undefined => {
  const found = ownJava() ?? onPath("java");
  return found && realpathSync(found);
};
export const findMaven = (): string | undefined => onPath("mvn");

/** The major version, such as 17, from Java's own `-version` line. */
export const javaVersion = (java: string): number | undefined => {
  const said = /version "(?:1\.)?(\d+)/.exec(tryRun(java, ["-version"]));
  return said ? Number(said[1]) : undefined;
};

export const javaCure =
  "Install a JDK of 17 or later (Debian: apt-get install default-jdk-headless) or set JAVA_HOME";
export const mavenCure = "Install Maven (Debian: apt-get install maven)";

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

export const toolsInstalled = (): boolean => {
  const wanted = readText(pom);
  return wanted !== undefined && readText(stamp) === wanted;
};

const redisName = (): string => {
  const cpu = process.arch === "x64" ? "amd64" : process.arch;
  return `${process.platform}-${cpu}`;
};

const install = async (say: Say): Promise<void> => {
  const java = findJava();
  if (!java) throw failure("PREREQUISITE_MISSING", "Kafka needs Java, and there is none", javaCure);
  const version = javaVersion(java);
  if (version === undefined || version < 17)
    throw failure("PREREQUISITE_MISSING", `${java} is Java ${version}, too old`, javaCure);
  const maven = findMaven();
  if (!maven)
    throw failure("PREREQUISITE_MISSING", "Maven fetches Kafka and is missing", mavenCure);
  const draft = `${jarsFolder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await runStep({
    title: "Fetching Kafka and Redis with Maven",
    file: maven,
    args: ["-B", "-ntp", "-f", pom, `-Dservers=${draft}`, "process-resources"],
    log: join(installFolder, "log", "maven.log"),
    limits: [8, 20, 60],
    // Maven refuses to run with a JAVA_HOME that leads nowhere, though it finds Java without.
    env: { ...process.env, JAVA_HOME: ownJava() && process.env.JAVA_HOME },
    say,
  });
  for (const file of readdirSync(join(draft, "redis")))
    chmodSync(join(draft, "redis", file), 0o755);
  rmSync(jarsFolder, { recursive: true, force: true });
  renameSync(draft, jarsFolder);
  cpSync(pom, stamp);
};

const locate = (): Tools => {
  mkdirSync(temporaryFolder, { recursive: true });
  const java = findJava();
  if (!java) throw failure("PREREQUISITE_MISSING", "Kafka needs Java, and there is none", javaCure);
  const kafka = join(jarsFolder, "kafka");
  const jars = readdirSync(kafka).filter((file) => file.endsWith(".jar"));
  const redis = readdirSync(join(jarsFolder, "redis")).find((file) => file.endsWith(redisName()));
  return {
    java,
    // In one order: the class archive is refused when the order differs.
    classPath: jars
      .sort()
      .map((file) => join(kafka, file))
      .join(delimiter),
    redisServer:
      redis === undefined ? (onPath("redis-server") ?? "") : join(jarsFolder, "redis", redis),
  };
};

/**
 * The servers' programs, fetched when they are missing or tools/pom.xml has changed. Safe to
 * interrupt and to run twice at once. Throws PREREQUISITE_MISSING without Java 17 or Maven.
 */
export const ensureTools = async (say: Say): Promise<Tools> => {
  if (toolsInstalled()) return locate();
  const lock = await waitForLock(installFolder, "jars", say);
  try {
    if (!toolsInstalled()) await install(say);
    return locate();
  } finally {
    lock.release();
  }
};

/** Where the archive of Kafka's classes for this JDK and these jars belongs. */
export const classArchive = ({ java, classPath }: Tools): string => {
  const release = readText(join(dirname(dirname(java)), "release")) ?? "";
  const inputs = [java, release, classPath].join("\n");
  const hash = createHash("sha256").update(inputs).digest("hex").slice(0, 12);
  return join(jarsFolder, `kafka-${hash}.jsa`);
};
