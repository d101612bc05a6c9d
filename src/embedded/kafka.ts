import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type GuardedCommand, spawnGuarded } from "./guard.ts";
import { classArchive, type Tools, temporaryFolder } from "./jars.ts";
import { freePort } from "./ports.ts";
import { askKafka } from "./probe.ts";
import { progress, runStep } from "./step.ts";
import type { Say, ServerPlan } from "./supervise.ts";

const host = "127.0.0.1";
const recordMaxBytes = 12 * 1024 * 1024;

type Broker = { tools: Tools; data: string; port: number; controllerPort: number; log: string };

/**
 * One broker that is its own controller, made small: few threads, one partition and replica of each
 * inner topic, the cleaner's buffer at 16 MB instead of 128. Log append time is the default, so
 * that retention does not delete imported history. The session stays Kafka's own nine seconds: a
 * killed broker is let in again only after it, but a shorter one shuts it out after any pause of
 * that length, which costs clients more than the wait (docs/decisions/broker.md).
 */
const properties = ({ data, port, controllerPort }: Broker): string =>
  Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://${host}:${port}`,
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "controller.quorum.voters": `1@${host}:${controllerPort}`,
    "log.dirs": data,
    "auto.create.topics.enable": false,
    "log.message.timestamp.type": "LogAppendTime",
    "message.max.bytes": recordMaxBytes,
    "replica.fetch.max.bytes": recordMaxBytes,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");

/** Quick to start rather than quick at the peak; nothing is written outside our own folders. */
export const javaFlags = [
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-XX:-UsePerfData",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
  "-Dorg.slf4j.simpleLogger.showDateTime=true",
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  `-Djava.io.tmpdir=${temporaryFolder}`,
];
/** What is free goes back to the system: a heap that a burst has filled would stay at its bound. */
const heap = ["-Xms64m", "-Xmx256m", "-XX:MinHeapFreeRatio=15", "-XX:MaxHeapFreeRatio=30"];

const cleanEnv = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  LC_ALL: "C",
  TZ: "UTC",
  // One for each thread would keep what each of them once needed.
  MALLOC_ARENA_MAX: "2",
};

const settingsFile = (broker: Broker): string => `${broker.data}.properties`;

const brokerCommand = (broker: Broker, archive: string[]): GuardedCommand => ({
  file: broker.tools.java,
  args: [
    ...heap,
    ...javaFlags,
    ...archive,
    "-cp",
    broker.tools.classPath,
    "kafka.Kafka",
    settingsFile(broker),
  ],
  log: broker.log,
  stopSignal: "SIGTERM",
  env: cleanEnv,
});

/** Formats beside the data folder and renames, so that a half-formatted one is never met. */
const format = async (broker: Broker): Promise<void> => {
  const draft = `${broker.data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const settings = settingsFile({ ...broker, data: draft });
  writeFileSync(settings, properties({ ...broker, data: draft }));
  const clusterId = randomBytes(16).toString("base64url").replace(/^-/, "A");
  const tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"];
  await runStep({
    title: "Formatting Kafka's folder",
    file: broker.tools.java,
    args: [...javaFlags, "-cp", broker.tools.classPath, ...tool, "-t", clusterId, "-c", settings],
    log: `${broker.log}.format`,
    limits: [1, 5],
    env: cleanEnv,
    say: () => undefined,
  });
  rmSync(settings);
  renameSync(draft, broker.data);
};

const clusterIdOf = (data: string): string =>
  /^cluster\.id=(.*)$/m.exec(readFileSync(join(data, "meta.properties"), "utf8"))?.[1] ?? "";

const prepare = async (broker: Broker): Promise<void> => {
  mkdirSync(dirname(broker.data), { recursive: true });
  if (!existsSync(join(broker.data, "meta.properties"))) await format(broker);
  writeFileSync(settingsFile(broker), properties(broker));
};

/** Whether the broker of this very folder answers at its port. */
const answers = async ({ data, port }: Broker): Promise<boolean> => {
  const answer = await askKafka(`${host}:${port}`, 1_000);
  return answer !== undefined && answer.clusterId === clusterIdOf(data);
};

/**
 * Archives the classes that a start loads, once for this JDK and these jars: a start then takes
 * 0.7 s instead of 1.4. The archive is written when the broker of a throw-away folder ends. Where
 * it cannot be made an empty file says so, and the broker starts without.
 */
const archiveClasses = async (tools: Tools, say: Say): Promise<void> => {
  const archive = classArchive(tools);
  const folder = join(temporaryFolder, `archive-${process.pid}`);
  const draft = join(folder, "kafka.jsa");
  const done = progress("Archiving Kafka's classes, once, so that it starts in half the time", say);
  try {
    const port = await freePort(0);
    const controllerPort = await freePort(0, new Set([port]));
    const log = join(folder, "kafka.log");
    const broker = { tools, data: join(folder, "kafka"), port, controllerPort, log };
    await prepare(broker);
    const child = spawnGuarded(brokerCommand(broker, [`-XX:ArchiveClassesAtExit=${draft}`]));
    const over = new Promise<true>((resolve) => child.once("exit", () => resolve(true)));
    const until = performance.now() + 30_000;
    while (child.exitCode === null && !(await answers(broker)) && performance.now() < until)
      await delay(50);
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await over;
    clearTimeout(kill);
    for (const file of readdirSync(dirname(archive)).filter((name) => name.endsWith(".jsa")))
      rmSync(join(dirname(archive), file));
    if (existsSync(draft)) renameSync(draft, archive);
    else writeFileSync(archive, "");
  } finally {
    done();
    rmSync(folder, { recursive: true, force: true });
  }
};

export const kafkaPlan = async (
  { tools, folder, port, controllerPort }: KafkaSite,
  say: Say,
): Promise<Omit<ServerPlan, "onProcess">> => {
  const log = join(folder, "log", "kafka.log");
  const broker = { tools, data: join(folder, "data", "kafka"), port, controllerPort, log };
  const archive = classArchive(tools);
  if (!existsSync(archive)) await archiveClasses(tools, say);
  const archived = (statSync(archive, { throwIfNoEntry: false })?.size ?? 0) > 0;
  await prepare(broker);
  return {
    name: "Kafka",
    command: brokerCommand(broker, archived ? [`-XX:SharedArchiveFile=${archive}`] : []),
    answers: () => answers(broker),
    startMaxMs: 60_000,
    stopMaxMs: 15_000,
  };
};

export type KafkaSite = { tools: Tools; folder: string; port: number; controllerPort: number };
