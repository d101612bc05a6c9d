import { failure } from "../errors.ts";
import { changelogNames } from "./assignment.ts";
import { changelogTopic } from "./changelog.ts";
import type { Processor } from "./processor.ts";
import type { Topic } from "./topic.ts";

/**
 * What follows from the map alone: which topics there have to be, whether the parts fit together,
 * and the picture of who writes and reads what. Nothing here asks Kafka.
 */

/**
 * Something at the edge of Kafka: an ingest with the topics it writes, a sink with those it reads.
 */
export type Flow = { readonly name: string; readonly topics: readonly Topic[] };
export type MapEntry = {
  readonly role: string;
  readonly processors: readonly Processor[];
  readonly ingests: readonly Flow[];
  readonly sinks: readonly Flow[];
};
/** Every topic that carries events, and where the engine puts what could not be used. */
export type Declared = {
  readonly topics: readonly Topic[];
  readonly deadLetters: Topic;
  readonly lateEvents: Topic;
};

export type NodeKind = "ingest" | "topic" | "changelog" | "processor" | "sink";
export type Node = {
  /** Unique in the graph: kind and name. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  /** The process role that runs it; topics have none. */
  readonly role?: string;
  /** The consumer group of a processor. */
  readonly group?: string;
  readonly partitions?: number;
  readonly compacted?: boolean;
};
/** Data goes from `from` to `to`. A changelog is written by its processor and read at restore. */
export type EdgeKind =
  | "reads"
  | "broadcast"
  | "ticks"
  | "writes"
  | "clock"
  | "late"
  | "dead"
  | "state";
export type Edge = { readonly from: string; readonly to: string; readonly kind: EdgeKind };

export type Topology = {
  /** What has to exist before any role starts: the declared topics and the changelogs. */
  readonly topics: readonly Topic[];
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
};

/** Checks the map and computes what follows from it. Throws TOPOLOGY_WRONG for what cannot work. */
export const topologyOf = (map: readonly MapEntry[], declared: Declared): Topology => {
  const processors = map.flatMap((entry) => entry.processors);
  const flows = map.flatMap(({ ingests, sinks }) => [...ingests, ...sinks]);
  checkProcessors(processors);
  once("two ingests or sinks", flows);
  once("two topics", declared.topics);
  checkDeclared(map, declared);
  checkClocks(processors);
  const changelogs = processors.flatMap(changelogsOf);
  return {
    topics: [...declared.topics, ...changelogs],
    nodes: nodesOf(map, declared),
    edges: edgesOf(map, declared),
  };
};

const wrong = (detail: string) => failure("TOPOLOGY_WRONG", detail);

const once = (what: string, all: readonly { readonly name: string }[]): void => {
  const seen = new Set<string>();
  for (const { name } of all) {
    if (seen.has(name)) throw wrong(`${what} are called ${name}. Give each its own name.`);
    seen.add(name);
  }
};

/** What each processor must keep by itself, whoever else is in the map. */
export const checkProcessors = (processors: readonly Processor[]): void => {
  once("two processors", processors);
  const groups = processors.map(({ group }) => ({ name: group }));
  once("the groups of two processors", groups);
  for (const each of processors) {
    checkPartitions(each);
    const tables = Object.values(each.state ?? {});
    once(`two tables of ${each.name}`, tables);
    if (each.due && tables.length === 0)
      throw wrong(`${each.name} has timers but no table. A deadline is a field of a row.`);
  }
};

const checkPartitions = ({ name, reads, ticks, clock }: Processor): void => {
  const [first, ...others] = reads;
  if (first === undefined) throw wrong(`${name} reads no topic. Give it at least one.`);
  once(`two inputs of ${name}`, reads);
  const along = [...others, ...(ticks ? [ticks.topic] : []), ...(clock ? [clock] : [])];
  for (const topic of along)
    if (topic.partitions !== first.partitions)
      throw wrong(
        `${name} needs ${first.name} and ${topic.name} to have equally many partitions; ` +
          `they have ${first.partitions} and ${topic.partitions}. Give both the same number.`,
      );
};

const checkDeclared = (map: readonly MapEntry[], declared: Declared): void => {
  const byName = new Map(declared.topics.map((topic) => [topic.name, topic]));
  const check = (who: string, topics: readonly Topic[]): void => {
    for (const { name, partitions } of topics) {
      const known = byName.get(name);
      if (known === undefined)
        throw wrong(`${who} uses ${name}, which is not declared. Add it to the list of topics.`);
      if (known.partitions !== partitions)
        throw wrong(
          `${who} takes ${name} to have ${partitions} partitions; it is declared with ` +
            `${known.partitions}. Use the declared topic.`,
        );
    }
  };
  check("The engine", [declared.deadLetters, declared.lateEvents]);
  for (const { processors, ingests, sinks } of map) {
    for (const each of processors) check(each.name, topicsOf(each));
    for (const flow of [...ingests, ...sinks]) check(flow.name, flow.topics);
  }
};

const topicsOf = ({ reads, writes, broadcast, ticks, clock }: Processor): Topic[] => [
  ...reads,
  ...writes,
  ...Object.values(broadcast ?? {}).map((spec) => spec.topic),
  ...((ticks ? [ticks.topic] : []) as Topic[]),
  ...((clock ? [clock] : []) as Topic[]),
];

/** A clock has one writer, and one that is taken to be exact is a processor's. */
const checkClocks = (processors: readonly Processor[]): void => {
  const written = processors.flatMap(({ clock }) => (clock ? [clock] : []));
  once("the clocks of two processors", written);
  const names = new Set(written.map((clock) => clock.name));
  for (const { name, ticks } of processors)
    if (ticks?.exact && !names.has(ticks.topic.name))
      throw wrong(
        `${name} takes ${ticks.topic.name} as exact, but no processor writes it as its clock. ` +
          "Name it as the clock of the processor before.",
      );
};

const changelogsOf = (processor: Processor): Topic[] =>
  changelogNames(processor).map((name) => changelogTopic(name, processor.reads[0].partitions));

const idOf = (kind: NodeKind, { name }: { readonly name: string }): string => `${kind}:${name}`;

const nodesOf = (map: readonly MapEntry[], declared: Declared): Node[] => {
  const node = (kind: NodeKind, { name }: { name: string }, more: Partial<Node>): Node => ({
    id: idOf(kind, { name }),
    kind,
    name,
    ...more,
  });
  const ofTopic = (kind: NodeKind) => (topic: Topic) =>
    node(kind, topic, { partitions: topic.partitions, compacted: topic.compacted });
  return [
    ...declared.topics.map(ofTopic("topic")),
    ...map.flatMap(({ role, processors, ingests, sinks }) => [
      ...ingests.map((each) => node("ingest", each, { role })),
      ...processors.map((each) => node("processor", each, { role, group: each.group })),
      ...processors.flatMap(changelogsOf).map(ofTopic("changelog")),
      ...sinks.map((each) => node("sink", each, { role })),
    ]),
  ];
};

const edgesOf = (map: readonly MapEntry[], declared: Declared): Edge[] =>
  map.flatMap(({ processors, ingests, sinks }) => [
    ...ingests.flatMap((flow) => flow.topics.map((topic) => outOf("ingest", flow, topic))),
    ...processors.flatMap((each) => processorEdges(each, declared)),
    ...sinks.flatMap((flow) => flow.topics.map((topic) => into("sink", flow, topic))),
  ]);

type Named = { readonly name: string };
const into = (kind: NodeKind, to: Named, topic: Named, edge: EdgeKind = "reads"): Edge => ({
  from: idOf("topic", topic),
  to: idOf(kind, to),
  kind: edge,
});
const outOf = (kind: NodeKind, from: Named, topic: Named, edge: EdgeKind = "writes"): Edge => ({
  from: idOf(kind, from),
  to: idOf("topic", topic),
  kind: edge,
});

const processorEdges = (each: Processor, { deadLetters, lateEvents }: Declared): Edge[] => {
  const { reads, writes, broadcast, ticks, clock } = each;
  const views = Object.values(broadcast ?? {});
  return [
    ...reads.map((topic) => into("processor", each, topic)),
    ...views.map(({ topic }) => into("processor", each, topic, "broadcast")),
    ...(ticks ? [into("processor", each, ticks.topic, "ticks")] : []),
    ...writes.map((topic) => outOf("processor", each, topic)),
    ...(clock ? [outOf("processor", each, clock, "clock")] : []),
    outOf("processor", each, lateEvents, "late"),
    outOf("processor", each, deadLetters, "dead"),
    ...changelogsOf(each).map(
      (log): Edge => ({ from: idOf("processor", each), to: idOf("changelog", log), kind: "state" }),
    ),
  ];
};

/**
 * The processors so that each comes after those whose outputs it reads; the given order decides
 * where the flow leaves it open, and where it goes round.
 */
export const inFlowOrder = (processors: readonly Processor[]): Processor[] => {
  const ordered: Processor[] = [];
  const seen = new Set<Processor>();
  const visit = (each: Processor): void => {
    if (seen.has(each)) return;
    seen.add(each);
    const needs = new Set(sourcesOf(each));
    for (const other of processors)
      if (other.writes.some(({ name }) => needs.has(name))) visit(other);
    ordered.push(each);
  };
  for (const each of processors) visit(each);
  return ordered;
};

const sourcesOf = ({ reads, broadcast }: Processor): string[] => [
  ...reads.map((topic) => topic.name),
  ...Object.values(broadcast ?? {}).map((spec) => spec.topic.name),
];
