import type { Contract } from "../events/contract.ts";
import { plainSchema } from "../rules/schema/plain.ts";
import { headerName } from "../stream/header.ts";
import { inSpace } from "../stream/space.ts";
import type { Edge, Node, Topology } from "../stream/topology.ts";
import { exampleHeader, exampleOf, groupOf } from "./contracts.ts";

/** What the document is computed from. */
export type AsyncApiOptions = {
  version: string;
  bootstrap: string;
  space: string;
  groups: ReadonlySet<string>;
  contracts: readonly Contract<unknown>[];
  topology: Topology;
};

type Json = Record<string, unknown>;

const bindings = "0.5.0";
const marks: Record<string, string> = { personal: "x-personal", money: "x-money" };

/** Our own marks as extensions, which the specification allows under names with x-. */
const withExtensions = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withExtensions);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      const isMark = typeof child === "boolean" && Object.hasOwn(marks, name);
      return [isMark ? marks[name] : name, withExtensions(child)];
    }),
  );
};

const payloadOf = (contract: Contract<unknown>): Json => {
  if (contract.json) return withExtensions(plainSchema(contract.json)) as Json;
  return typeof contract.example === "number"
    ? { type: "string", pattern: "^[0-9]+$", description: "Milliseconds since 1970, as text" }
    : { type: "string", format: "binary", description: "The bytes of another record" };
};

const typeOf = (contract: Contract<unknown>): string =>
  contract.json || typeof contract.example === "number"
    ? "application/json"
    : "application/octet-stream";

const headers = {
  type: "object",
  required: [headerName],
  properties: {
    [headerName]: {
      type: "string",
      pattern: "^1(\\|[^|]*){8}$",
      description:
        "Nine parts with | between them: version of this header, id of the record, type of " +
        "event, who wrote it, version of the schema, origin (topic-partition-offset of what " +
        "caused it), event time and time of entry in ms since 1970, trace.",
    },
  },
};

const examplesOf = (contract: Contract<unknown>): Json => {
  const header = exampleHeader(contract);
  const shown = header === undefined ? {} : { headers: { [headerName]: header } };
  const example = exampleOf(contract);
  const payload = typeof example === "number" ? String(example) : example;
  return { examples: [{ name: "example", ...shown, payload }] };
};

const messageOf = (contract: Contract<unknown>): Json => ({
  name: contract.typeOf(contract.example),
  title: contract.typeOf(contract.example).replaceAll("_", " "),
  summary: contract.says,
  contentType: typeOf(contract),
  ...(contract.envelope ? { headers } : {}),
  payload: { $ref: `#/components/schemas/${contract.name}` },
  ...examplesOf(contract),
  bindings: {
    kafka: { key: { type: "string", description: contract.key }, bindingVersion: bindings },
  },
  "x-version": contract.schema,
});

const tombstone = (contract: Contract<unknown>): Json => ({
  name: "tombstone",
  title: "tombstone",
  summary: "A null value: the key is removed.",
  ...(contract.envelope ? { headers } : {}),
  payload: { type: "null" },
  bindings: {
    kafka: { key: { type: "string", description: contract.key }, bindingVersion: bindings },
  },
});

const messagesOf = (contract: Contract<unknown>): [name: string, message: Json][] => [
  ["event", messageOf(contract)],
  ...(contract.tombstones ? [["tombstone", tombstone(contract)] as [string, Json]] : []),
];

const settingsOf = (contract: Contract<unknown>): Json => {
  const { config, compacted, retentionMs } = contract;
  const most = config["max.message.bytes"];
  const kept = config["delete.retention.ms"];
  return {
    "cleanup.policy": [compacted ? "compact" : "delete"],
    ...(compacted ? {} : { "retention.ms": retentionMs }),
    ...(kept === undefined ? {} : { "delete.retention.ms": Number(kept) }),
    ...(most === undefined ? {} : { "max.message.bytes": Number(most) }),
  };
};

const channelOf = (contract: Contract<unknown>, space: string): Json => {
  const topic = inSpace(space, contract.name);
  const messages = messagesOf(contract).map(([name]) => [
    name,
    { $ref: `#/components/messages/${contract.name}.${name}` },
  ]);
  return {
    address: topic,
    title: contract.name,
    description: `${contract.says} Keyed by: ${contract.key}. Owned by: ${contract.owner}.`,
    servers: [{ $ref: "#/servers/kafka" }],
    messages: Object.fromEntries(messages),
    bindings: {
      kafka: {
        topic,
        partitions: contract.partitions,
        topicConfiguration: settingsOf(contract),
        bindingVersion: bindings,
      },
    },
    "x-owner": contract.owner,
    "x-audit": contract.audit,
    "x-personal-fields": [...contract.personal],
  };
};

const actions = {
  receive: { verb: "Reads", kinds: ["reads", "broadcast", "ticks"] },
  send: { verb: "Writes", kinds: ["writes", "clock", "late", "dead"] },
} as const;

type Use = { action: keyof typeof actions; node: Node; topic: string };

/** Who does what with which topic, once each, by the edges of the map. */
const usesOf = ({ nodes, edges }: Topology, named: ReadonlySet<string>): Use[] => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const uses = edges.flatMap(({ from, to, kind }: Edge): Use[] => {
    const [source, target] = [byId.get(from), byId.get(to)];
    if (!source || !target) return [];
    const reads = (actions.receive.kinds as readonly string[]).includes(kind);
    const [node, topic] = reads ? [target, source] : [source, target];
    if (topic.kind !== "topic" || !named.has(topic.name)) return [];
    return [{ action: reads ? "receive" : "send", node, topic: topic.name }];
  });
  return [...new Map(uses.map((use) => [operationName(use), use])).values()];
};

const operationName = ({ action, node, topic }: Use): string => `${node.name}.${action}.${topic}`;

const operationOf = (use: Use, contract: Contract<unknown>, options: AsyncApiOptions): Json => {
  const { action, node, topic } = use;
  const group = groupOf(node, options);
  const messages = messagesOf(contract).map(([name]) => ({
    $ref: `#/channels/${topic}/messages/${name}`,
  }));
  return {
    action,
    channel: { $ref: `#/channels/${topic}` },
    title: `${node.name}, ${action === "receive" ? "from" : "to"} ${topic}`,
    summary: `${actions[action].verb} ${topic}.`,
    tags: [{ name: node.role ?? node.name }],
    "x-kind": node.kind,
    messages,
    ...(group && action === "receive"
      ? {
          bindings: {
            kafka: {
              groupId: { type: "string", enum: [inSpace(options.space, group)] },
              bindingVersion: bindings,
            },
          },
        }
      : {}),
  };
};

const info = (version: string): Json => ({
  title: "Bellwether",
  version,
  description:
    "What travels through Bellwether's topics in Kafka, who writes it and who reads it. Computed " +
    "from the product's own map. Changelogs are the engine's own and are left out.",
  license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
});

/** The topics, who writes and who reads them, in AsyncAPI 3.0. */
export const asyncApi = (options: AsyncApiOptions): Json => {
  const { version, bootstrap, space, contracts, topology } = options;
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  const messages = contracts.flatMap((contract) =>
    messagesOf(contract).map(([name, message]) => [`${contract.name}.${name}`, message]),
  );
  const uses = usesOf(topology, new Set(byName.keys()));
  const operations = uses.map((use) => [
    operationName(use),
    operationOf(use, byName.get(use.topic) as Contract<unknown>, options),
  ]);
  return {
    asyncapi: "3.0.0",
    info: info(version),
    defaultContentType: "application/json",
    servers: {
      kafka: { host: bootstrap, protocol: "kafka", description: `The broker of space ${space}` },
    },
    channels: Object.fromEntries(contracts.map((one) => [one.name, channelOf(one, space)])),
    operations: Object.fromEntries(operations),
    components: {
      schemas: Object.fromEntries(contracts.map((one) => [one.name, payloadOf(one)])),
      messages: Object.fromEntries(messages),
    },
  };
};
