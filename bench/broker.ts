import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensureTools } from "../src/embedded/jars.ts";
import { freePort } from "../src/embedded/ports.ts";
import { askKafka } from "../src/embedded/probe.ts";
import { failure } from "../src/errors.ts";
import { type Program, runProgram, startProgram } from "./program.ts";

export type BrokerOptions = {
  /** The copy of the peers, whose script starts it; without it the same broker is started here. */
  peers: string | undefined;
  /** Emptied first. */
  data: string;
  log: string;
  cpus: string | undefined;
  say: (sentence: string) => void;
  signal: AbortSignal;
};

export type Broker = { bootstrap: string; stop: () => Promise<void> };

const startMaxMs = 60_000;
const firstPort = 29_092;

/** The settings of the peers' broker/start.sh: all else is Kafka's default. */
const properties = (data: string, port: number): string =>
  Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.bootstrap.servers": `localhost:${port + 1}`,
    listeners: `PLAINTEXT://localhost:${port},CONTROLLER://localhost:${port + 1}`,
    "advertised.listeners": `PLAINTEXT://localhost:${port}`,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "log.dirs": join(data, "log"),
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "auto.create.topics.enable": false,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");

const startOurs = async (options: BrokerOptions, port: number): Promise<Program> => {
  const { data, log, cpus, say, signal } = options;
  const { java, classPath } = await ensureTools(say);
  const file = join(data, "server.properties");
  writeFileSync(file, properties(data, port));
  const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
  const format = ["kafka.tools.StorageTool", "format", "--standalone", "-g", "-c", file];
  const id = Buffer.from(`bellwether-bench`).toString("base64url");
  const formatting = ["-cp", classPath, ...format, "-t", id];
  await runProgram(
    { name: "Formatting the broker's log", file: java, args: formatting, log },
    signal,
  );
  const args = ["-Xms1g", "-Xmx1g", quiet, "-cp", classPath, "kafka.Kafka", file];
  return startProgram({ name: "The broker", file: java, args, log, cpus });
};

const twoFreePorts = async (): Promise<number> => {
  for (let port = firstPort; ; port += 2) {
    port = await freePort(port);
    if ((await freePort(port + 1)) === port + 1) return port;
  }
};

/** One empty Kafka broker of 1 GB with G1 and C2, on a free port from 29092 on. */
export const startBroker = async (options: BrokerOptions): Promise<Broker> => {
  const { peers, data, log, cpus, signal } = options;
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const port = await twoFreePorts();
  const script = peers && join(peers, "broker", "start.sh");
  const program =
    script && cpus
      ? startProgram({ name: "The broker", file: "sh", args: [script, data, port, cpus], log })
      : await startOurs(options, port);
  const bootstrap = `localhost:${port}`;
  const until = Date.now() + startMaxMs;
  while ((await askKafka(bootstrap)) === undefined) {
    signal.throwIfAborted();
    if (program.hasEnded() || Date.now() > until)
      throw failure("SERVER_NOT_STARTED", "The bench broker", "it does not answer", log);
    await delay(200);
  }
  const stop = async (): Promise<void> => {
    await program.stop();
    rmSync(data, { recursive: true, force: true });
  };
  return { bootstrap, stop };
};
