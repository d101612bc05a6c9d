import { spawn } from "node:child_process";
import { ensureTools } from "../embedded/jars.ts";
import { javaFlags } from "../embedded/kafka.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure } from "../errors.ts";
import { type Command, print, say } from "./command.ts";

const tools = "org.apache.kafka.tools";

/** The names that Kafka's own scripts have, and the classes that they run. */
const classes: Record<string, string> = {
  topics: `${tools}.TopicCommand`,
  "consumer-groups": `${tools}.consumer.group.ConsumerGroupCommand`,
  "console-consumer": `${tools}.consumer.ConsoleConsumer`,
  "console-producer": `${tools}.ConsoleProducer`,
  configs: "kafka.admin.ConfigCommand",
  "get-offsets": `${tools}.GetOffsetShell`,
  "delete-records": `${tools}.DeleteRecordsCommand`,
  transactions: `${tools}.TransactionsCommand`,
  groups: `${tools}.GroupsCommand`,
  acls: `${tools}.AclCommand`,
  features: `${tools}.FeatureCommand`,
  "log-dirs": `${tools}.LogDirsCommand`,
  "metadata-quorum": `${tools}.MetadataQuorumCommand`,
  "leader-election": `${tools}.LeaderElectionCommand`,
  "reassign-partitions": `${tools}.reassign.ReassignPartitionsCommand`,
  "producer-perf-test": `${tools}.ProducerPerformance`,
  "consumer-perf-test": `${tools}.ConsumerPerformance`,
};

/**
 * `kafka <tool> <arguments>`: one of Kafka's own tools, with --bootstrap-server filled in unless it
 * is given; everything else, streams and exit code too, is the tool's own.
 */
export const kafka: Command = async ([name, ...args], { config }) => {
  const known = Object.keys(classes).sort();
  if (name === undefined || name === "--help") {
    print(`Kafka's own tools, with the address filled in:\n  ${known.join("\n  ")}`);
    return name === undefined ? 2 : 0;
  }
  const main = Object.hasOwn(classes, name) ? classes[name] : undefined;
  if (!main)
    throw failure("ARGUMENT_WRONG", `Kafka has no tool "${name}" here`, `Use ${known.join(", ")}.`);
  const addressed = args.some((arg) => /^--bootstrap-(server|controller)(=|$)/.test(arg));
  const asksForHelp = args.includes("--help") || args.includes("--version");
  const address =
    addressed || asksForHelp
      ? []
      : ["--bootstrap-server", locateServers(config, ["kafka"]).kafka.bootstrap];
  const { java, classPath } = await ensureTools(say);
  const child = spawn(
    java,
    ["-Xmx256m", ...javaFlags, "-cp", classPath, main, ...address, ...args],
    {
      stdio: "inherit",
    },
  );
  // Ctrl-C reaches the tool as well, which ends by itself; a stop of this process is passed on.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
};
