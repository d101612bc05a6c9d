import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnGuarded } from "../../src/embedded/guard.ts";
import { classArchive, ensureTools, type Tools } from "../../src/embedded/jars.ts";
import { javaFlags } from "../../src/embedded/kafka.ts";
import { freePort } from "../../src/embedded/ports.ts";
import { runStep } from "../../src/embedded/step.ts";
import { askMetadata, type Leader } from "../../src/stream/wire/cluster-requests.ts";
import { Connection } from "../../src/stream/wire/connection.ts";
import { until } from "./harness.ts";

const host = "127.0.0.1";
const formatting = ["kafka.tools.StorageTool", "format", "--ignore-formatted"];

type Site = { id: number; port: number; controllerPort: number; folder: string; voters: string };

/**
 * Every topic has three replicas, of which two must have a record. Leaders go back to their place
 * soon after a restart, so that they move twice for each stop.
 */
const properties = ({ id, port, controllerPort, folder, voters }: Site): string =>
  Object.entries({
    "process.roles": "broker,controller",
    "node.id": id,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://${host}:${port}`,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "controller.quorum.voters": voters,
    "log.dirs": join(folder, `broker-${id}`),
    "auto.create.topics.enable": false,
    "log.message.timestamp.type": "LogAppendTime",
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "default.replication.factor": 3,
    "min.insync.replicas": 2,
    "offsets.topic.replication.factor": 3,
    "offsets.topic.num.partitions": 3,
    "transaction.state.log.replication.factor": 3,
    "transaction.state.log.min.isr": 2,
    "transaction.state.log.num.partitions": 3,
    "leader.imbalance.check.interval.seconds": 5,
    "leader.imbalance.per.broker.percentage": 0,
    "group.initial.rebalance.delay.ms": 0,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");

/** What one broker says of all: the brokers that are up, and each partition's leader. */
const readPicture = async (port: number): Promise<{ brokers: number; leaders: Leader[] }> => {
  const connection = await Connection.open(host, port);
  try {
    const { brokers, topics } = await askMetadata(connection, null);
    return { brokers: brokers.length, leaders: topics.flatMap(({ leaders }) => leaders) };
  } finally {
    connection.close();
  }
};

/** Three brokers, each a controller too, in a temporary folder of their own. */
export class ThreeBrokers {
  readonly #folder = mkdtempSync(join(tmpdir(), "three-brokers-"));
  readonly #tools: Tools;
  #sites: Site[] = [];
  readonly #running = new Map<number, ChildProcess>();

  private constructor(tools: Tools) {
    this.#tools = tools;
  }

  static async start(say: (sentence: string) => void): Promise<ThreeBrokers> {
    const self = new ThreeBrokers(await ensureTools(say));
    try {
      await self.#open();
      return self;
    } catch (thrown) {
      await self.close();
      throw thrown;
    }
  }

  async #open(): Promise<void> {
    const ports = new Set<number>();
    while (ports.size < 6) ports.add(await freePort(0, ports));
    const [...all] = ports;
    const voters = [1, 2, 3].map((id) => `${id}@${host}:${all[2 + id]}`).join(",");
    this.#sites = [1, 2, 3].map((id) => ({
      id,
      port: all[id - 1],
      controllerPort: all[2 + id],
      folder: this.#folder,
      voters,
    }));
    const cluster = randomBytes(16).toString("base64url").replace(/^-/, "A");
    await Promise.all(this.#sites.map((site) => this.#format(site, cluster)));
    for (const { id } of this.#sites) this.run(id);
    await this.whole();
  }

  get bootstrap(): string {
    return this.#sites.map(({ port }) => `${host}:${port}`).join(",");
  }
  get ids(): number[] {
    return this.#sites.map(({ id }) => id);
  }
  #settings(id: number): string {
    return join(this.#folder, `broker-${id}.properties`);
  }

  async #format(site: Site, cluster: string): Promise<void> {
    const settings = this.#settings(site.id);
    writeFileSync(settings, properties(site));
    const { java, classPath } = this.#tools;
    await runStep({
      title: "Formatting a broker's folder",
      file: java,
      args: [...javaFlags, "-cp", classPath, ...formatting, "-t", cluster, "-c", settings],
      log: join(this.#folder, `format-${site.id}.log`),
      limits: [10, 30],
      say: () => undefined,
    });
  }

  /** Starts a broker that does not run. */
  run(id: number): void {
    const { java, classPath } = this.#tools;
    const archive = classArchive(this.#tools);
    const isArchived = (statSync(archive, { throwIfNoEntry: false })?.size ?? 0) > 0;
    const flags = ["-Xms64m", "-Xmx256m", ...javaFlags];
    if (isArchived) flags.push(`-XX:SharedArchiveFile=${archive}`);
    const child = spawnGuarded({
      file: java,
      args: [...flags, "-cp", classPath, "kafka.Kafka", this.#settings(id)],
      log: join(this.#folder, `broker-${id}.log`),
      stopSignal: "SIGTERM",
    });
    this.#running.set(id, child);
  }

  /** SIGTERM hands its leaders over first; SIGSTOP and SIGCONT only interrupt it. */
  signal(id: number, name: NodeJS.Signals): void {
    this.#running.get(id)?.kill(name);
  }

  /** Until it has ended. */
  async ended(id: number): Promise<void> {
    const child = this.#running.get(id);
    if (child && child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  /** Until all three are up and every replica has what its leader has. */
  async whole(): Promise<void> {
    const ask = () => Promise.all(this.#sites.map(({ port }) => readPicture(port)));
    await until(async () => {
      const pictures = await ask().catch(() => []);
      const isWhole = ({ broker, inSync }: Leader) => broker > 0 && inSync === 3;
      const whole = pictures.filter((one) => one.brokers === 3 && one.leaders.every(isWhole));
      return whole.length === 3;
    });
  }

  /** How many partitions each broker leads. */
  async leads(): Promise<number[]> {
    const { leaders } = await readPicture(this.#sites[0].port);
    return this.ids.map((id) => leaders.filter(({ broker }) => broker === id).length);
  }

  async close(): Promise<void> {
    for (const id of this.#running.keys()) this.signal(id, "SIGKILL");
    await Promise.all(this.ids.map((id) => this.ended(id)));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
