import type { ArchitectureAnswer } from "../../../src/serve/messages/architecture.ts";
import type {
  Platform,
  PlatformComponent,
  PlatformFlow,
  PlatformLayer,
  PlatformScenario,
} from "../../../src/serve/messages/platform.ts";

/** Which part is looked at: the product itself, the platform around it, or both. */
export const views = ["own", "platform", "both"] as const;
export type View = (typeof views)[number];
export type PartName = "own" | "platform";

export type GraphNode = PlatformComponent & { part: PartName; lane: PlatformLayer };
export type GraphEdge = Omit<PlatformFlow, "kind"> & {
  id: string;
  part: PartName;
  /** same: one thing told in both parts. holds: what Kafka's own part keeps; never drawn. */
  kind: PlatformFlow["kind"] | "same" | "holds";
};
export type Scenario = PlatformScenario & { part: PartName };
export type Graph = {
  parts: readonly PartName[];
  lanes: readonly (PlatformLayer & { part: PartName })[];
  nodes: ReadonlyMap<string, GraphNode>;
  edges: readonly GraphEdge[];
};

const kafka = "store:kafka";

const addPart = (
  part: PartName,
  { layers, components, flows }: Platform,
  nodes: Map<string, GraphNode>,
  edges: GraphEdge[],
): void => {
  const lanes = new Map(layers.map((layer) => [layer.id, layer]));
  for (const component of components) {
    const lane = lanes.get(component.layer);
    if (lane) nodes.set(component.id, { ...component, part, lane });
  }
  for (const flow of flows) edges.push({ ...flow, id: `${flow.from}>${flow.to}`, part });
};

/** Topics lie in Kafka: without it they are gone, and with them who reads and writes them. */
const holdings = (nodes: ReadonlyMap<string, GraphNode>): GraphEdge[] =>
  nodes.has(kafka)
    ? [...nodes.values()]
        .filter(({ badge }) => badge === "topic")
        .map(({ id, name }) => ({
          id: `${kafka}>${id}`,
          from: kafka,
          to: id,
          part: "own",
          kind: "holds",
          protocol: "Kafka",
          topics: [name],
          says: "Holds it",
        }))
    : [];

const sameThings = (nodes: ReadonlyMap<string, GraphNode>): GraphEdge[] =>
  [...nodes.values()].flatMap(({ id, same_as, part }): GraphEdge[] =>
    part === "platform" && same_as !== undefined && nodes.has(same_as)
      ? [
          {
            id: `${id}=${same_as}`,
            from: id,
            to: same_as,
            part,
            kind: "same",
            protocol: "",
            topics: [],
            says: "The same, told in both parts",
          },
        ]
      : [],
  );

export const graphOf = (answer: ArchitectureAnswer, view: View): Graph => {
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  const { own, platform } = answer;
  const told: [PartName, Platform][] = [];
  if (platform && view !== "own") told.push(["platform", platform]);
  if (view !== "platform") told.push(["own", own]);
  for (const [part, of] of told) addPart(part, of, nodes, edges);
  const lanes = told.flatMap(([part, { layers }]) =>
    [...layers].sort((a, b) => a.order - b.order).map((layer) => ({ ...layer, part })),
  );
  edges.push(...holdings(nodes), ...sameThings(nodes));
  return { parts: told.map(([part]) => part), lanes, nodes, edges };
};

/** Every scenario of both parts, the platform's first. */
export const scenariosOf = ({ own, platform }: ArchitectureAnswer): Scenario[] => [
  ...(platform?.scenarios ?? []).map((one) => ({ ...one, part: "platform" as const })),
  ...own.scenarios.map((one) => ({ ...one, part: "own" as const })),
];

export type Direction = "upstream" | "downstream";

/** What happens aside, or is only another name, does not carry a blast on. */
const carries = ({ kind, quiet }: GraphEdge): boolean => kind !== "same" && !quiet;

/**
 * Everything that data from `starts` reaches, or that it comes from. A hub that many topics pass
 * through, such as a broker, hands each on only to those who take the same topic.
 */
export const reach = (
  { nodes, edges }: Graph,
  starts: readonly string[],
  direction: Direction,
  without: ReadonlySet<string> = new Set(),
): Set<string> => {
  const near = direction === "downstream" ? "from" : "to";
  const far = direction === "downstream" ? "to" : "from";
  const used = edges.filter(
    (edge) => carries(edge) && !without.has(edge.from) && !without.has(edge.to),
  );
  const from = Map.groupBy(used, (edge) => edge[near]);
  const seen = new Set<string>();
  const found = new Set<string>();
  const queue = starts
    .filter((id) => nodes.has(id) && !without.has(id))
    .map((id) => ({ id, topics: undefined as readonly string[] | undefined }));
  for (let at = queue.pop(); at; at = queue.pop()) {
    for (const edge of from.get(at.id) ?? []) {
      if (edge.kind === "holds" && direction === "upstream") continue;
      const isHub = nodes.get(at.id)?.badge !== "topic" && at.topics !== undefined;
      const passes = !isHub || edge.kind !== "stream" || shares(edge.topics, at.topics);
      if (!passes) continue;
      const isStream = edge.kind === "stream" && nodes.get(edge[far])?.keeps !== undefined;
      const topics = isStream ? edge.topics : undefined;
      const key = `${edge[far]} ${topics?.join() ?? ""}`;
      if (seen.has(key)) continue;
      seen.add(key);
      found.add(edge[far]);
      queue.push({ id: edge[far], topics });
    }
  }
  for (const id of starts) found.delete(id);
  return found;
};

const shares = (a: readonly string[], b: readonly string[] | undefined): boolean =>
  b === undefined || a.some((topic) => b.includes(topic));

export type Blast = { upstream: Set<string>; downstream: Set<string> };

/** What lies before and behind a component: what it needs, and what its loss would touch. */
export const blastOf = (graph: Graph, id: string): Blast => ({
  upstream: reach(graph, [id], "upstream"),
  downstream: reach(graph, [id], "downstream"),
});

/** Components that nobody feeds: where data begins. */
const sources = ({ nodes, edges }: Graph): string[] => {
  const fed = new Set(edges.filter(carries).map(({ to }) => to));
  return [...nodes.keys()].filter((id) => !fed.has(id));
};

export type WhatIf = {
  /** Whose calls find nobody, straight or through another. */
  fail: Set<string>;
  /** Where records wait for the broken one, and for whom. */
  wait: readonly GraphEdge[];
  /** What gets nothing new. */
  starve: Set<string>;
  works: Set<string>;
};

/** What a loss does, from the graph alone: callers fail, what keeps waits, the rest works on. */
export const whatIf = (graph: Graph, broken: ReadonlySet<string>): WhatIf => {
  const { nodes, edges } = graph;
  const lost = new Set(broken);
  for (const edge of edges) if (edge.kind === "holds" && broken.has(edge.from)) lost.add(edge.to);
  const fail = new Set<string>();
  const asked = (kind: GraphEdge["kind"]) => kind === "call" || kind === "store";
  for (let grown = true; grown; ) {
    grown = false;
    for (const { from, to, kind } of edges) {
      const isHit = lost.has(to) || (fail.has(to) && kind === "call");
      if (!asked(kind) || !isHit || lost.has(from) || fail.has(from)) continue;
      fail.add(from);
      grown = true;
    }
  }
  const keeps = (id: string) => nodes.get(id)?.keeps !== undefined && !lost.has(id);
  const wait = edges.filter(
    ({ from, to, kind, quiet }) => kind === "stream" && !quiet && lost.has(to) && keeps(from),
  );
  const before = reach(graph, sources(graph), "downstream");
  const after = reach(graph, sources(graph), "downstream", lost);
  const starve = new Set([...before].filter((id) => !after.has(id) && !lost.has(id)));
  const touched = new Set([...lost, ...fail, ...starve]);
  const works = new Set([...nodes.keys()].filter((id) => !touched.has(id)));
  return { fail, wait, starve, works };
};

export type StepFate = "done" | "stops" | "waits" | "never";

/**
 * What becomes of each step of a scenario. A step needs the one that brought it about: the last one
 * that reached or left its component; what comes out of something that keeps needs only what went in.
 */
export const fatesOf = (
  { nodes, edges }: Graph,
  { steps }: PlatformScenario,
  broken: ReadonlySet<string>,
): StepFate[] => {
  const lost = new Set(broken);
  for (const edge of edges) if (edge.kind === "holds" && broken.has(edge.from)) lost.add(edge.to);
  const keeps = (id: string) => nodes.get(id)?.keeps !== undefined;
  const fates: StepFate[] = [];
  for (const [at, { from, to }] of steps.entries()) {
    const earlier = steps.slice(0, at);
    const cause = earlier.findLastIndex(
      (step) => step.to === from || (step.from === from && !keeps(from)),
    );
    const isCaused = cause < 0 || fates[cause] === "done";
    if (!isCaused || (cause < 0 && lost.has(from))) fates.push("never");
    else if (lost.has(from)) fates.push("never");
    else if (lost.has(to)) fates.push(keeps(from) ? "waits" : "stops");
    else fates.push("done");
  }
  return fates;
};
