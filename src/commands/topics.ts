import { parseArgs } from "node:util";
import type { Config } from "../config.ts";
import { locateServers } from "../embedded/servers.ts";
import { failure, sentenceOf } from "../errors.ts";
import type { Contract } from "../events/contract.ts";
import { allTopics } from "../events/topics.ts";
import { type MaskNode, masked } from "../serve/masked.ts";
import { createTopics, seedPolicies, topicsOf } from "../space-setup.ts";
import { AdminPort } from "../stream/admin.ts";
import { readHeader } from "../stream/header.ts";
import type { RawMessage } from "../stream/kafka.ts";
import { partitionKey } from "../stream/partition.ts";
import { inSpace } from "../stream/space.ts";
import { Fetcher } from "../stream/wire/fetcher.ts";
import { printAcls } from "./acls.ts";
import { type Command, print, say } from "./command.ts";
import { table } from "./table.ts";
import { stopSignal } from "./up-stage.ts";

const usage = "Such as: topics create, topics list, topics acls, topics tail predictions-stream.";

/** `topics create | list | acls | tail <topic>`: the space's topics, and who needs which. */
export const topics: Command = async (args, { config }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      count: { type: "string" },
      "from-beginning": { type: "boolean", default: false },
      "principal-prefix": { type: "string", default: "bellwether-" },
    },
  });
  const [what, name] = positionals;
  if (what === "acls") return printAcls(config, values["principal-prefix"], values.json);
  if (what !== "create" && what !== "list" && (what !== "tail" || name === undefined))
    throw failure("ARGUMENT_WRONG", "topics needs create, list, acls or tail with a topic", usage);
  const { bootstrap } = locateServers(config, ["kafka"]).kafka;
  if (what === "create") return create(config, bootstrap, values.json);
  if (what === "list") return list(config, bootstrap, values.json);
  const count = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
  if (!(count >= 1)) throw failure("ARGUMENT_WRONG", "--count is no number above 0", "Give 10.");
  return tail(config, bootstrap, name, { ...values, count });
};

const create = async (config: Config, bootstrap: string, json: boolean): Promise<number> => {
  const topics = await createTopics(config, bootstrap);
  const policies = await seedPolicies(config, bootstrap);
  if (json) print(JSON.stringify({ topics, policies }));
  else print(`${topics} topics and ${policies} policies were missing and are there now.`);
  return 0;
};

const list = async (config: Config, bootstrap: string, json: boolean): Promise<number> => {
  const admin = AdminPort.open(bootstrap);
  try {
    const known = topicsOf(config).map((topic) => ({
      topic,
      name: inSpace(config.space, topic.name),
    }));
    const there = new Set(await admin.topicNames());
    const existing = known.filter(({ name }) => there.has(name));
    const parts = existing.flatMap(({ name, topic }) =>
      Array.from({ length: topic.partitions }, (_, partition) => ({ topic: name, partition })),
    );
    const [ends, starts] = await Promise.all([admin.endOffsets(parts), admin.startOffsets(parts)]);
    const stored = (name: string) =>
      parts
        .filter((part) => part.topic === name)
        .map((part) => (ends.get(partitionKey(part)) ?? 0) - (starts.get(partitionKey(part)) ?? 0))
        .reduce((sum, records) => sum + records, 0);
    const rows = existing.map(({ name, topic }) => ({
      topic: name,
      partitions: topic.partitions,
      offsets: stored(name),
      kept: topic.compacted ? "compacted" : `${Math.round(topic.retentionMs / 86_400_000)} days`,
      says: (topic as unknown as Contract<unknown>).says ?? "State of a processor, for restores",
    }));
    rows.sort((a, b) => a.topic.localeCompare(b.topic));
    if (json) print(JSON.stringify(rows));
    else if (rows.length === 0) say("No topics yet. Run ./bellwether topics create.");
    else print(table(Object.keys(rows[0]), rows.map(Object.values)));
    return 0;
  } finally {
    admin.close();
  }
};

type Tail = { json: boolean; count: number; "from-beginning": boolean };

/** Shows committed records as they come, personal fields masked, until Ctrl-C or the count. */
const tail = async (
  config: Config,
  bootstrap: string,
  name: string,
  how: Tail,
): Promise<number> => {
  const contract = allTopics.find((topic) => topic.name === name) as Contract<unknown> | undefined;
  if (!contract)
    throw failure(
      "ARGUMENT_WRONG",
      `There is no topic "${name}"`,
      "Run ./bellwether topics list for the names; a space is given with --space.",
    );
  const topic = inSpace(config.space, name);
  const admin = AdminPort.open(bootstrap);
  const stop = stopSignal();
  const fetcher = new Fetcher({ bootstrap });
  try {
    if (!(await admin.topicNames()).includes(topic)) throw failure("TOPIC_MISSING", topic);
    const parts = Array.from({ length: contract.partitions }, (_, partition) => ({
      topic,
      partition,
    }));
    const from = how["from-beginning"]
      ? await admin.startOffsets(parts)
      : await admin.endOffsets(parts);
    fetcher.add(parts.map((part) => ({ ...part, offset: from.get(partitionKey(part)) ?? 0 })));
    for (let shown = 0; shown < how.count && !stop.aborted; ) {
      const { messages } = await fetcher.consume(100, 100);
      for (const message of messages.slice(0, how.count - shown))
        print(line(message, contract, how));
      shown += messages.length;
    }
    return 0;
  } finally {
    fetcher.close();
    admin.close();
  }
};

const line = (message: RawMessage, contract: Contract<unknown>, { json }: Tail): string => {
  const header = readHeader(message.headers);
  const key = message.key?.toString("utf8") ?? null;
  const value = shownValue(message, contract);
  const dead = message.headers?.find((h) => "dead" in h)?.dead.toString("utf8");
  const why = dead === undefined ? undefined : JSON.parse(dead);
  const at = new Date(header?.eventTime ?? message.timestamp).toISOString();
  const { partition, offset } = message;
  if (json) return JSON.stringify({ partition, offset, time: at, key, header, why, value });
  const place = `${partition}-${offset}`.padEnd(10);
  const reason = why ? `${why.reason}: ${why.detail} ` : "";
  return `${place} ${at} ${key ?? "–"} ${reason}${JSON.stringify(value)}`;
};

/** Without a JSON Schema nobody has said what is personal, so only the size is shown. */
const shownValue = ({ value }: RawMessage, contract: Contract<unknown>): unknown => {
  if (value === null) return null;
  if (!contract.envelope) return value.toString("utf8");
  if (!contract.json) return `${value.length} bytes`;
  try {
    return masked(contract.read(value), contract.json as MaskNode);
  } catch (thrown) {
    return `unreadable: ${sentenceOf(thrown)}`;
  }
};
