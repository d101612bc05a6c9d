import type { Config } from "./config.ts";
import { topologyIn } from "./map.ts";
import { groupsOf } from "./space-setup.ts";
import { inSpace } from "./stream/space.ts";
import type { Edge, EdgeKind, Node, Topology } from "./stream/topology.ts";

/**
 * What each role must be allowed in a broker that asks, computed from the map, in Kafka's words.
 * Reading and writing imply Describe there, and writing to a topic that a producer may be
 * idempotent. Making topics is not among it: whoever runs `topics create` needs Create and
 * DescribeConfigs for the cluster.
 */
export type Acl = {
  role: string;
  resource: "topic" | "group" | "transactional-id";
  /** As it is called in Kafka, with the prefix of the space. */
  name: string;
  /** A prefix where what is numbered by slots begins so. */
  pattern: "literal" | "prefixed";
  operations: readonly Operation[];
};
type Operation = "Read" | "Write" | "Describe";

const operationsOf: Readonly<Record<EdgeKind, readonly Operation[]>> = {
  reads: ["Read"],
  broadcast: ["Read"],
  ticks: ["Read"],
  writes: ["Write"],
  clock: ["Write"],
  late: ["Write"],
  dead: ["Write"],
  state: ["Read", "Write"],
};

/** Ingests that write in transactions, and how their transactional ids begin. */
const inTransactions: Readonly<Record<string, readonly string[]>> = {
  simulator: ["simulator", "simulate-"],
  importer: ["import-"],
  outbox: ["outbox"],
};

/** Reads the age of what waits for each group. */
const watchesLag = "overview";
/** Shows every topic, puts dead letters back where they were read, and moves groups' offsets. */
const repairs = "api";

const nameOf = (id: string): string => id.slice(id.indexOf(":") + 1);

/** An ingest looks where it ended before it goes on, so that it reads what it writes. */
const ofEdges = (node: Node, edges: readonly Edge[]): Given[] =>
  edges.flatMap(({ from, to, kind }): Given[] => {
    if (from !== node.id && to !== node.id) return [];
    const name = nameOf(from === node.id ? to : from);
    const operations = operationsOf[kind];
    if (node.kind !== "ingest") return [{ resource: "topic", name, operations }];
    return [{ resource: "topic", name, operations: ["Read", ...operations] }];
  });

type Given = Omit<Acl, "role" | "pattern"> & { pattern?: Acl["pattern"] };

const ofNode = (node: Node, edges: readonly Edge[], groups: ReadonlySet<string>): Given[] => {
  const group = node.group ?? `${node.name}-group`;
  const prefixes = node.kind === "processor" ? [`${group}-`] : (inTransactions[node.name] ?? []);
  return [
    ...ofEdges(node, edges),
    ...(groups.has(group) && node.kind !== "ingest"
      ? [{ resource: "group", name: group, operations: ["Read"] } as const]
      : []),
    ...prefixes.map(
      (name): Given => ({
        resource: "transactional-id",
        name,
        pattern: "prefixed",
        operations: ["Write"],
      }),
    ),
  ];
};

const ofWatchers = ({ topics, edges }: Topology, groups: ReadonlySet<string>) => {
  const read = new Set(edges.flatMap(({ from, kind }) => (kind === "reads" ? nameOf(from) : [])));
  const every = (resource: Acl["resource"], names: Iterable<string>, operations: Operation[]) =>
    [...names].map((name): Given => ({ resource, name, operations }));
  return {
    [watchesLag]: [...every("group", groups, ["Describe"]), ...every("topic", read, ["Read"])],
    [repairs]: [
      ...every("group", groups, ["Read"]),
      ...every("topic", new Set(topics.map(({ name }) => name)), ["Read"]),
      ...every("topic", read, ["Write"]),
    ],
  };
};

/** Each right once, in the order of the map; several to one thing are one entry. */
export const aclsOf = (config: Config): Acl[] => {
  const topology = topologyIn(config);
  const bare = inSpace(config.space, "").length;
  const groups = new Set(groupsOf(config).map(({ group }) => group.slice(bare)));
  const watchers: Readonly<Record<string, Given[]>> = ofWatchers(topology, groups);
  const roles = new Set(topology.nodes.flatMap(({ role }) => role ?? []));
  return [...roles].flatMap((role) => {
    const own = topology.nodes.filter((node) => node.role === role);
    const given = [
      ...own.flatMap((node) => ofNode(node, topology.edges, groups)),
      ...(watchers[role] ?? []),
    ];
    const byThing = Map.groupBy(given, (one) => `${one.resource} ${one.name}`);
    return [...byThing.values()].map((same): Acl => {
      const [{ resource, name, pattern = "literal" }] = same;
      const asked = new Set(same.flatMap(({ operations }) => operations));
      // Describe follows from the others.
      if (asked.size > 1) asked.delete("Describe");
      const operations = [...asked].sort();
      return { role, resource, name: inSpace(config.space, name), pattern, operations };
    });
  });
};
