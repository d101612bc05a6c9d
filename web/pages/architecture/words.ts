import type { ArchitectureLiveAnswer, LiveFlow } from "../../../src/serve/messages/architecture.ts";
import { count } from "../../parts/figures.tsx";
import { duration } from "../../parts/time.tsx";
import type { Graph, GraphNode } from "./graph.ts";

/** 0/s, 0.3/s, 12/s; null is unknown and said so. */
export const rateWords = (perS: number | null | undefined): string => {
  if (perS === null || perS === undefined) return "unknown";
  if (perS === 0) return "0/s";
  return perS < 0.05 ? "under 0.1/s" : `${count(perS, perS < 10 ? 1 : 0)}/s`;
};

export const lagWords = ({ lag_records: records, lag_seconds: seconds }: LiveFlow): string => {
  if (records === null) return "unknown";
  if (records === 0) return "0";
  if (seconds === null) return `${count(records)} records, for an unknown time`;
  return `${count(records)} records, ${duration(seconds * 1_000)}`;
};

export const badgeWords: Record<string, string> = {
  container: "Container",
  microservice: "Microservice",
  managed: "Managed",
  external: "External",
  process: "Process",
  topic: "Topic",
  embedded: "Embedded",
};

export const partWords = { own: "Bellwether", platform: "The platform around it" } as const;

/** What a line between two parts is called where no such part is declared. */
export const nameOf = (graph: Graph, id: string): string =>
  graph.nodes.get(id)?.name ??
  id.replace(/^(group|writer):/, "$1 ").replace(/^(ingest|topic|processor|sink|store|serve):/, "");

export const plural = (n: number, one: string, more = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : more}`;

/** 3 topics, 2 processes and 1 managed. */
export const kinds = (nodes: readonly GraphNode[]): string => {
  const by = Map.groupBy(nodes, ({ badge }) => badge);
  const many: Record<string, [string, string]> = {
    topic: ["topic", "topics"],
    process: ["process", "processes"],
    container: ["container", "containers"],
    microservice: ["microservice", "microservices"],
    managed: ["managed service", "managed services"],
    external: ["external system", "external systems"],
    embedded: ["embedded server", "embedded servers"],
  };
  const parts = [...by].map(([badge, all]) => plural(all.length, ...(many[badge] ?? ["part"])));
  return parts.length === 0 ? "nothing" : new Intl.ListFormat("en-GB").format(parts);
};

export const namesOf = (graph: Graph, ids: Iterable<string>): string =>
  new Intl.ListFormat("en-GB").format([...ids].map((id) => nameOf(graph, id)));

export type Live = {
  flow: (from: string, to: string) => LiveFlow | undefined;
  rateOf: (topic: string) => number | null;
  newestAt: (topic: string) => string | null;
  all: readonly LiveFlow[];
};

export const liveOf = (answer: ArchitectureLiveAnswer | undefined): Live => {
  const flows = new Map(answer?.flows.map((flow) => [`${flow.from} ${flow.to}`, flow]));
  const topics = new Map(answer?.topics.map((topic) => [topic.topic, topic]));
  return {
    flow: (from, to) => flows.get(`${from} ${to}`),
    rateOf: (topic) => topics.get(topic)?.rate_per_s ?? null,
    newestAt: (topic) => topics.get(topic)?.newest_at ?? null,
    all: answer?.flows ?? [],
  };
};
