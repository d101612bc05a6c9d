import type { Edge, EdgeKind, Node, Topology } from "../stream/topology.ts";

/** Every processor has these; drawing them would hide the flow. */
const unsaid = new Set<EdgeKind>(["late", "dead", "state"]);
const dotted = new Set<EdgeKind>(["broadcast", "ticks", "clock"]);

const shapes: Record<Node["kind"], (name: string) => string> = {
  ingest: (name) => `[/"${name}"/]`,
  topic: (name) => `(["${name}"])`,
  changelog: (name) => `(["${name}"])`,
  processor: (name) => `["<b>${name}</b>"]`,
  sink: (name) => `[("${name}")]`,
};

const drawn = (id: string): string => id.replace(/[^a-z0-9]/gi, "_");

/** The flow as a Mermaid flowchart: ingests, topics, processors and sinks, and who reads whom. */
export const mermaid = ({ nodes, edges }: Topology): string => {
  const shown = edges.filter(({ kind }) => !unsaid.has(kind));
  const used = new Set(shown.flatMap(({ from, to }) => [from, to]));
  const boxes = nodes
    .filter(({ id }) => used.has(id))
    .map(({ id, kind, name }) => `  ${drawn(id)}${shapes[kind](name)}`);
  const arrow = ({ kind }: Edge) => (dotted.has(kind) ? `-. ${kind} .->` : "-->");
  const arrows = shown.map((edge) => `  ${drawn(edge.from)} ${arrow(edge)} ${drawn(edge.to)}`);
  return ["flowchart LR", ...boxes, ...arrows].join("\n");
};
