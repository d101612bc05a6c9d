import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Flow, type Role, roleNames, roles, type storeNames } from "./app.ts";
import {
  type About,
  groupNote,
  laneOf,
  layers,
  processorNotes,
  reached,
  stores,
  topicPart,
} from "./architecture-parts.ts";
import { type Config, root } from "./config.ts";
import { allTopics } from "./events/topics.ts";
import { topologyIn } from "./map.ts";
import type {
  PlatformComponent,
  PlatformFlow,
  PlatformScenario,
} from "./serve/messages/platform.ts";
import type { OwnPart, WatchedReader, WatchedWriter } from "./serve/own-part.ts";
import { permissions } from "./serve/permissions.ts";
import { sinkTables } from "./sink/postgres/tables.ts";
import type { Processor } from "./stream/processor.ts";
import { inSpace } from "./stream/space.ts";
import type { Edge } from "./stream/topology.ts";

/**
 * The product's own part of the architecture, computed from the map: what a new role, processor,
 * sink or topic needs to be drawn, explained and watched is its place in src/app.ts.
 */
export const ownPart = (config: Config): OwnPart => {
  const { edges } = topologyIn(config);
  const parts = roleNames.flatMap((name) => partsOfRole(name, config));
  const components = [
    ...allTopics.map((topic) => topicPart(topic)),
    ...parts.map((part) => withTopics(part.component, edges)),
    ...stores(config),
  ];
  return {
    drawn: {
      name: "Bellwether",
      says: "Computed from the map of this release: every role, topic and store.",
      layers: [...layers],
      components,
      flows: [...streamFlows(edges, components), ...parts.flatMap(({ flows }) => flows)],
      scenarios: ownScenarios(),
    },
    topics: allTopics.map(({ name, partitions, envelope }) => ({ name, partitions, envelope })),
    readers: parts.flatMap(({ reader }) => reader ?? []),
    writers: parts.flatMap(({ writer }) => writer ?? []),
  };
};

type RolePart = {
  component: PlatformComponent;
  flows: PlatformFlow[];
  reader?: WatchedReader;
  writer?: WatchedWriter;
};

const names = (topics: readonly { name: string }[]): string[] => topics.map(({ name }) => name);

const partsOfRole = (name: (typeof roleNames)[number], config: Config): RolePart[] => {
  const role: Role = roles[name];
  const { space } = config;
  const about = { role: name, process: role.process };
  return [
    ...(role.ingests ?? []).map((flow): RolePart => {
      const component = laneOf("ingest", flow.name, about);
      const writer = { id: component.id, sources: flow.sources ?? [flow.name] };
      const flows = (flow.stores ?? []).map((store) => fromStore(store, component.id));
      return { component, flows, writer: { ...writer, topics: names(flow.topics) } };
    }),
    ...(role.processors?.(config) ?? []).map((each) => processorPart(each, about, space)),
    ...(role.sinks?.(config) ?? []).map((flow) => sinkPart(flow, about, config)),
    ...(role.serves ?? []).map(({ name: served, stores: asked }): RolePart => {
      const calls = { api_calls: Object.keys(permissions), ports: [config.port] };
      const component = { ...laneOf("serve", served, about), ...calls };
      return { component, flows: asked.map((store) => fromStore(store, component.id)) };
    }),
  ];
};

const processorPart = (each: Processor, about: About, space: string): RolePart => {
  const component = laneOf("processor", each.name, about);
  const facts = [...(component.facts ?? []), groupNote(inSpace(space, each.group))];
  const topics = names([...each.reads, ...(each.ticks ? [each.ticks.topic] : [])]);
  return {
    component: { ...component, facts, ...processorNotes(each) },
    flows: [],
    reader: { id: component.id, group: inSpace(space, each.group), topics },
    writer: { id: component.id, sources: [each.name], topics: names(each.writes) },
  };
};

const sinkPart = (flow: Flow, about: About, config: Config): RolePart => {
  const component = laneOf("sink", flow.name, about);
  const operations = tablesOf(flow.name, config).map((name) => `upsert ${name}`);
  const group = inSpace(config.space, `${flow.name}-group`);
  const facts = [...(component.facts ?? []), ...(flow.groupless ? [] : [groupNote(group)])];
  return {
    component: { ...component, facts, database_operations: operations },
    flows: (flow.stores ?? []).map((store) => intoStore(component.id, store)),
    ...(flow.groupless ? {} : { reader: { id: component.id, group, topics: names(flow.topics) } }),
  };
};

const tablesOf = (sink: string, config: Config): string[] => {
  const filled = sinkTables(config.currency)
    .filter(({ name }) => name === sink)
    .flatMap(({ tables }) => tables.map(({ name, into }) => into ?? name));
  return [...new Set(filled)];
};

const protocols: Record<(typeof storeNames)[number], string> = {
  postgres: "SQL",
  redis: "RESP",
  archive: "Parquet files",
  channels: "SMTP, HTTPS",
};
type StoreName = keyof typeof protocols;

const fromStore = (store: StoreName, to: string): PlatformFlow => ({
  from: `store:${store}`,
  to,
  kind: "store",
  protocol: protocols[store],
  topics: [],
  says: "What it reads there",
});
const intoStore = (from: string, store: StoreName): PlatformFlow => ({
  from,
  to: `store:${store}`,
  kind: "store",
  protocol: protocols[store],
  topics: [],
  says: "What it writes there, with the offset it came from",
});

const says: Partial<Record<Edge["kind"], string>> = {
  reads: "Reads its records in order",
  writes: "Writes records",
  broadcast: "Reads the topic whole before its first record",
  ticks: "Takes from it what time it is",
  clock: "Writes the time that it has reached",
  late: "Writes what came too late to count",
  dead: "Writes what could not be used",
};
const aside = new Set<Edge["kind"]>(["late", "dead"]);

/** The edges of the map; changelogs are their processor's own and are told in its facts. */
const streamFlows = (
  edges: readonly Edge[],
  components: readonly PlatformComponent[],
): PlatformFlow[] => {
  const known = new Set(components.map(({ id }) => id));
  return edges
    .filter(({ from, to, kind }) => kind !== "state" && known.has(from) && known.has(to))
    .map(({ from, to, kind }) => {
      const topic = (from.startsWith("topic:") ? from : to).slice("topic:".length);
      const quiet = aside.has(kind) ? { quiet: true } : {};
      return {
        from,
        to,
        kind: "stream",
        protocol: "Kafka",
        topics: [topic],
        says: says[kind]!,
        ...quiet,
      };
    });
};

/** With the topics at its two sides, and what that makes of it in words. */
const withTopics = (component: PlatformComponent, edges: readonly Edge[]): PlatformComponent => {
  const topicsOf = (mine: "from" | "to", other: "from" | "to") => [
    ...new Set(
      edges
        .filter((edge) => edge[mine] === component.id && edge[other].startsWith("topic:"))
        .map((edge) => edge[other].slice("topic:".length)),
    ),
  ];
  return reached(component, topicsOf("to", "from"), topicsOf("from", "to"));
};

const ownScenarios = (): PlatformScenario[] => {
  const file = join(root, "deploy", "platform", "own-line.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { scenarios: PlatformScenario[] }).scenarios;
};
