import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, root } from "../config.ts";
import {
  findJava,
  findMaven,
  installFolder,
  javaCure,
  javaVersion,
  mavenCure,
  toolsInstalled,
} from "../embedded/jars.ts";
import { outsideFolder } from "../embedded/postgres-home.ts";
import {
  type Addresses,
  configuredAddresses,
  runningServers,
  type ServerName,
  serverAnswers,
  serverNames,
} from "../embedded/servers.ts";
import { tryRun } from "../embedded/step.ts";
import { failure } from "../errors.ts";
import { type Command, print } from "./command.ts";

/** `ok`; `later`: the next command that needs it sees to it; `missing`: somebody has to act. */
type State = "ok" | "later" | "missing";
type Finding = { what: string; state: State; says: string; cure?: string };

const client = "@confluentinc/kafka-javascript";

const npm = (): Finding => {
  const version = tryRun("npm", ["--version"]).trim();
  return version
    ? { what: "npm", state: "ok", says: version }
    : {
        what: "npm",
        state: "missing",
        says: "not found",
        cure: "Install Node 20 or later with npm",
      };
};

const java = (): Finding => {
  const found = findJava();
  const version = found && javaVersion(found);
  if (!version) return { what: "Java", state: "missing", says: "not found", cure: javaCure };
  const says = `${version} at ${found}`;
  if (version < 17)
    return { what: "Java", state: "missing", says: `${says}, too old`, cure: javaCure };
  return { what: "Java", state: "ok", says };
};

const maven = (): Finding => {
  const found = findMaven();
  if (found) return { what: "Maven", state: "ok", says: found };
  const needless = toolsInstalled();
  const says = needless ? "not found, and no longer needed" : "not found";
  return { what: "Maven", state: needless ? "ok" : "missing", says, cure: mavenCure };
};

const wantedNode = (): string | undefined =>
  /^version=(\S+)$/m.exec(readFileSync(join(root, "bellwether"), "utf8"))?.[1];

const dependencies = (): Finding => {
  const what = "Dependencies";
  const { stdout } = spawnSync("cksum", { input: readFileSync(join(root, "package-lock.json")) });
  const stamp = join(root, "node_modules", ".bellwether");
  const wanted = `${wantedNode()} ${String(stdout).trim()}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8").trim() === wanted)
    return { what, state: "ok", says: "as the lock file names them" };
  return {
    what,
    state: "later",
    says: "not installed for this lock file; the next command does it",
  };
};

const kafkaClient = (): Finding => {
  const what = "Kafka client";
  const load = `console.log(require("${client}").librdkafkaVersion)`;
  const loaded = spawnSync(process.execPath, ["-e", load], { cwd: root, encoding: "utf8" });
  if (loaded.status === 0) return { what, state: "ok", says: `librdkafka ${loaded.stdout.trim()}` };
  return { what, state: "later", says: "not prepared; the next command does it" };
};

const servers = (config: Config): Finding => {
  const what = "Server programs";
  const { kafka, redis } = configuredAddresses(config);
  if (toolsInstalled()) return { what, state: "ok", says: join(installFolder, "jars") };
  if (kafka && redis) return { what, state: "ok", says: "not needed: addresses are configured" };
  return { what, state: "later", says: "not fetched; up, test and kafka do it with Maven" };
};

const titles: Record<ServerName, string> = { kafka: "Kafka", postgres: "Postgres", redis: "Redis" };

const address = (name: ServerName, { kafka, postgres, redis }: Partial<Addresses>): string => {
  if (name === "kafka") return kafka?.bootstrap ?? "";
  if (name === "redis") return `${redis?.host}:${redis?.port}`;
  // Never with the password.
  const { host, pathname } = new URL(postgres?.url ?? "postgres://");
  return `${host}${pathname}`;
};

const server = async (name: ServerName, config: Config, installed: boolean): Promise<Finding> => {
  const what = titles[name];
  const configured = configuredAddresses(config);
  const known = configured[name] ? configured : runningServers(config.dataFolder);
  if (!known?.[name])
    return { what, state: "later", says: "not running; ./bellwether up starts it" };
  const kind = configured[name] ? "configured" : `run by up, process ${known[name].pid}`;
  const says = `${address(name, known)} (${kind})`;
  // Postgres alone is asked by a package.
  if (name === "postgres" && !installed)
    return { what, state: "later", says: `${says} is asked once the dependencies are installed` };
  if (await serverAnswers(name, known)) return { what, state: "ok", says: `${says} answers` };
  const cure = `Start it or correct its address; its log is ${join(config.dataFolder, "log")}`;
  return { what, state: "missing", says: `${says} does not answer`, cure };
};

const folders = (config: Config): Finding => {
  const outside = existsSync(outsideFolder()) ? `; Postgres for root: ${outsideFolder()}` : "";
  return { what: "Data", state: "ok", says: `${config.dataFolder}${outside}` };
};

const marks: Record<State, string> = { ok: "ok     ", later: "later  ", missing: "MISSING" };

/**
 * `doctor [--json]`: what is present, missing and running, and what to do. Changes nothing. Exit
 * code 1 when something is missing that somebody has to see to.
 */
export const doctor: Command = async (args, { config }) => {
  const unknown = args.find((arg) => arg !== "--json");
  if (unknown) throw failure("ARGUMENT_WRONG", `doctor knows no "${unknown}"`, "Use --json.");
  const node = process.versions.node;
  const packages = dependencies();
  const installed = packages.state === "ok";
  const found: Finding[] = [
    { what: "Node", state: "ok", says: `${node} at ${process.execPath}` },
    npm(),
    java(),
    maven(),
    packages,
    kafkaClient(),
    servers(config),
    ...(await Promise.all(serverNames.map((name) => server(name, config, installed)))),
    folders(config),
  ];
  const cures = found.filter(({ state }) => state === "missing");
  if (args.includes("--json"))
    print(JSON.stringify({ ok: cures.length === 0, found }, undefined, 2));
  else {
    for (const { what, state, says } of found) print(`${marks[state]}  ${what.padEnd(16)}${says}`);
    for (const { what, cure } of cures) print(`To do: ${what}: ${cure}.`);
    const waiting = found.some(({ state }) => state === "later");
    if (cures.length === 0)
      print(waiting ? "Nothing is missing. Next: ./bellwether up" : "All is well.");
  }
  return cures.length === 0 ? 0 : 1;
};
