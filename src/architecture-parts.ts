import type { Role, StoreName } from "./app.ts";
import { archiveFolder, type Config } from "./config.ts";
import type { Contract } from "./events/contract.ts";
import type { PlatformComponent, PlatformLayer } from "./serve/messages/platform.ts";
import type { Processor } from "./stream/processor.ts";

/** How each kind of part of the map is told to people: its lane, its look, its words. */
export const layers: readonly PlatformLayer[] = [
  ["events", "Topics", "#F1EEE6", "layers", "What travels: src/events"],
  ["ingest", "Ingest", "#E3F2FD", "log-in", "How it enters: src/ingest"],
  ["process", "Process", "#E0F2F1", "cpu", "What we make of it: src/process"],
  ["serve", "Serve", "#F3E5F5", "monitor", "How people see it: src/serve"],
  ["sink", "Sink", "#FFF3E0", "log-out", "How it leaves: src/sink"],
  ["stream", "Stream and stores", "#FCE4EC", "database", "What everything lies in"],
].map(([id, name, color, icon, says], at) => ({ id, order: at + 1, name, color, icon, says }));

type LaneKind = "ingest" | "processor" | "sink" | "serve";
const lanes: Record<LaneKind, { layer: string; icon: string; color: string; does: string }> = {
  ingest: { layer: "ingest", icon: "log-in", color: "#1565C0", does: "Brings events in" },
  processor: { layer: "process", icon: "cpu", color: "#00695C", does: "Makes events of events" },
  sink: { layer: "sink", icon: "log-out", color: "#A14300", does: "Carries events out" },
  serve: { layer: "serve", icon: "monitor", color: "#6A1B9A", does: "Answers people" },
};

export type About = { role: string; process: Role["process"] };

const nothing = {
  protocols_in: [],
  protocols_out: [],
  database_operations: [],
  functions: [],
  api_calls: [],
  topics: [],
  ports: [],
} satisfies Partial<PlatformComponent>;

/** An ingest, processor, sink or API of a role. */
export const laneOf = (kind: LaneKind, name: string, about: About): PlatformComponent => {
  const { layer, icon, color, does } = lanes[kind];
  return {
    ...nothing,
    id: `${kind}:${name}`,
    layer,
    name,
    icon,
    color,
    badge: "process",
    description: `${does}.`,
    owner: about.role,
    protocols_in: kind === "serve" ? ["HTTP", "WebSocket"] : [],
    facts: [
      { name: "Role", value: about.role },
      { name: "Process of up", value: about.process },
      { name: "Started by", value: `./bellwether run ${about.role}` },
    ],
  };
};

const listed = new Intl.ListFormat("en-GB");

/** The component with the topics that it reads and writes. */
export const reached = (
  component: PlatformComponent,
  reads: readonly string[],
  writes: readonly string[],
): PlatformComponent => {
  const parts = [
    ...(reads.length > 0 ? [`reads ${listed.format(reads)}`] : []),
    ...(writes.length > 0 ? [`writes ${listed.format(writes)}`] : []),
  ];
  const first = component.description.replace(/\.$/, "");
  return {
    ...component,
    description: parts.length > 0 ? `${first}: ${parts.join("; ")}.` : component.description,
    topics: [...new Set([...reads, ...writes])],
    protocols_in: [...component.protocols_in, ...(reads.length > 0 ? ["Kafka (fetch)"] : [])],
    protocols_out: [...component.protocols_out, ...(writes.length > 0 ? ["Kafka (produce)"] : [])],
  };
};

export const groupNote = (group: string) => ({ name: "Consumer group", value: group });

/** A processor's state and its two functions. */
export const processorNotes = (
  of: Processor,
): Pick<PlatformComponent, "functions" | "database_operations"> => ({
  functions: [
    { name: "run", says: "Takes one record and the rows of its key, and says what follows" },
    ...(of.due ? [{ name: "due", says: "Looks again when a deadline of a row is reached" }] : []),
  ],
  database_operations: Object.values(of.state ?? {}).map(
    ({ name }) => `row ${name} in memory, kept in ${of.group}-${name}-changelog`,
  ),
});

const DAY_MS = 86_400_000;

/** A topic, from its contract. */
export const topicPart = (topic: Contract<unknown>): PlatformComponent => {
  const days = Math.round(topic.retentionMs / DAY_MS);
  const kept = topic.compacted ? "the newest of each key, for ever" : `${days} days`;
  return {
    ...nothing,
    id: `topic:${topic.name}`,
    layer: "events",
    name: topic.name,
    icon: "layers",
    color: "#5D5A52",
    badge: "topic",
    description: topic.says,
    owner: topic.owner,
    protocols_in: ["Kafka (produce)"],
    protocols_out: ["Kafka (fetch)"],
    topics: [topic.name],
    keeps: `Records stay: ${kept}. A reader that was away goes on where it stopped.`,
    facts: [
      { name: "Partitions", value: String(topic.partitions) },
      { name: "Kept", value: kept },
      { name: "Key", value: topic.key },
      { name: "Schema version", value: topic.schema },
      { name: "For the audit log, not built yet", value: auditWords[topic.audit] },
    ],
  };
};

const auditWords = {
  body: "the whole value",
  digest: "a keyed digest",
  none: "nothing",
} satisfies Record<Contract<unknown>["audit"], string>;

type Store = { id: StoreName | "kafka"; name: string; icon: string; says: string };
const storeParts: readonly Store[] = [
  {
    id: "kafka",
    name: "Kafka",
    icon: "radio",
    says: "Holds every topic. What a reader has not taken waits here in order.",
  },
  {
    id: "postgres",
    name: "Postgres",
    icon: "database",
    says: "The read model: rows, written in one transaction with the offset they came from.",
  },
  {
    id: "redis",
    name: "Redis",
    icon: "zap",
    says: "A fast copy of profiles, features and scores; refilled from topics when found empty.",
  },
  {
    id: "archive",
    name: "Archive",
    icon: "archive",
    says: "Parquet files by topic and partition: the past beyond what Kafka keeps.",
  },
  {
    id: "channels",
    name: "Channels",
    icon: "send",
    says: "Text messages, e-mail, webhooks and the call list: how people are reached.",
  },
];

const portsIn = (address: string | undefined): number[] =>
  (address?.match(/:(\d+)/g) ?? []).map((found) => Number(found.slice(1)));

/** What everything lies in: brought by its users, or started by `up`. */
export const stores = (config: Config): PlatformComponent[] => {
  const isGiven = {
    kafka: config.kafkaBootstrapServers !== undefined,
    postgres: config.databaseUrl !== undefined || config.postgresHost !== undefined,
    redis: config.redisHost !== undefined,
    archive: false,
    channels: true,
  };
  const ports = {
    kafka: portsIn(config.kafkaBootstrapServers),
    postgres: [config.postgresPort],
    redis: [config.redisPort],
    archive: [],
    channels: [],
  };
  const protocol = { kafka: "Kafka", postgres: "SQL", redis: "RESP", archive: "files" } as const;
  return storeParts.map(({ id, name, icon, says }) => ({
    ...nothing,
    id: `store:${id}`,
    layer: "stream",
    name,
    icon,
    color: "#AD1457",
    badge: id === "channels" ? "external" : isGiven[id] ? "managed" : "embedded",
    description: says,
    owner: "platform",
    protocols_in: [id === "channels" ? "SMTP, HTTPS" : protocol[id]],
    protocols_out: id === "channels" ? [] : [protocol[id]],
    ports: ports[id],
    ...(id === "archive" ? { log_folder: archiveFolder(config) } : {}),
    ...(id === "kafka" ? { keeps: "Records stay for the retention time of their topic." } : {}),
    ...(id === "postgres" ? { keeps: "What was noted waits here for its relay." } : {}),
  }));
};
