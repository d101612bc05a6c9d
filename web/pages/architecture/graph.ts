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

type Stop = { id: string; topics: readonly string[] | undefined; isStart: boolean };

/**
 * Everything that data from `starts` reaches, or that it comes from. A hub that many topics pass
 * through, such as a broker, hands each on only to those who take the same topic. A store is where
 * most ways end: who takes from one to write anew takes other rows than those just written.
 */
export const reach = (
  graph: Graph,
  starts: readonly string[],
  direction: Direction,
  without: ReadonlySet<string> = new Set(),
): Set<string> => {
  const { nodes, edges } = graph;
  const far = direction === "downstream" ? "to" : "from";
  const used = edges.filter(
    (edge) => carries(edge) && !without.has(edge.from) && !without.has(edge.to),
  );
  const from = Map.groupBy(used, (edge) => edge[direction === "downstream" ? "from" : "to"]);
  const relays = relaysOf(graph);
  const seen = new Set<string>();
  const found = new Set<string>();
  const queue = starts
    .filter((id) => nodes.has(id) && !without.has(id))
    .map((id): Stop => ({ id, topics: undefined, isStart: true }));
  for (let at = queue.pop(); at; at = queue.pop()) {
    // What people ask for does not follow from what they were told.
    if (!at.isStart && nodes.get(at.id)?.people) continue;
    for (const edge of from.get(at.id) ?? []) {
      const isAnew = relays.has(edge);
      if (edge.kind === "holds" && direction === "upstream") continue;
      if (isAnew && direction === "downstream" && !at.isStart) continue;
      const isHub = nodes.get(at.id)?.badge !== "topic" && at.topics !== undefined;
      if (isHub && edge.kind === "stream" && !shares(edge.topics, at.topics)) continue;
      const isStream = edge.kind === "stream" && nodes.get(edge[far])?.keeps !== undefined;
      const topics = isStream ? edge.topics : undefined;
      const key = `${edge[far]} ${topics?.join() ?? ""}`;
      if (seen.has(key)) continue;
      found.add(edge[far]);
      if (isAnew && direction === "upstream") continue;
      seen.add(key);
      queue.push({ id: edge[far], topics, isStart: false });
    }
  }
  for (const id of starts) found.delete(id);
  return found;
};

/** Flows out of a store to somebody who writes to Kafka what was noted there for that. */
const relaysOf = ({ edges }: Graph): Set<GraphEdge> => {
  const writers = new Set(edges.filter(({ kind }) => kind === "stream").map(({ from }) => from));
  return new Set(edges.filter(({ kind, to }) => kind === "store" && writers.has(to)));
};

const shares = (a: readonly string[], b: readonly string[] | undefined): boolean =>
  b === undefined || a.some((topic) => b.includes(topic));

export type Blast = { upstream: Set<string>; downstream: Set<string> };

/** What lies before and behind a component: what it needs, and what its loss would touch. */
export const blastOf = (graph: Graph, id: string): Blast => ({
  upstream: reach(graph, [id], "upstream"),
  downstream: reach(graph, [id], "downstream"),
});

/** Where data begins: what nobody feeds, and stores that relays take from; Kafka only holds. */
const sources = (graph: Graph): string[] => {
  const relays = relaysOf(graph);
  const fed = new Set(graph.edges.filter((e) => carries(e) && !relays.has(e)).map(({ to }) => to));
  const relayed = new Set([...relays].map(({ from }) => from));
  for (const { to } of relays) fed.add(to);
  const begins = (id: string) => id !== kafka && (!fed.has(id) || relayed.has(id));
  return [...graph.nodes.keys()].filter(begins);
};

export type WhatIf = {
  /** Whose calls find nobody, straight or through another. */
  fail: Set<string>;
  /** Who cannot go on, and what waits for them meanwhile. */
  stalled: Set<string>;
  wait: readonly GraphEdge[];
  /** What gets nothing new. */
  starve: Set<string>;
  works: Set<string>;
};

/** The broken ones, and what lies in them. */
const lostWith = ({ edges }: Graph, broken: ReadonlySet<string>): Set<string> => {
  const held = edges.filter(({ kind, from }) => kind === "holds" && broken.has(from));
  return new Set([...broken, ...held.map(({ to }) => to)]);
};

/** What a loss does, from the graph alone: callers fail, what keeps waits, the rest works on. */
export const whatIf = (graph: Graph, broken: ReadonlySet<string>): WhatIf => {
  const { nodes, edges } = graph;
  const lost = lostWith(graph, broken);
  const keeps = (id: string) => nodes.get(id)?.keeps !== undefined && !lost.has(id);
  const kept = edges.filter(({ kind, quiet, from }) => kind === "stream" && !quiet && keeps(from));
  const fed = new Set(kept.map(({ to }) => to));
  const streams = new Set(
    edges.filter(({ kind }) => kind === "stream").flatMap(({ from, to }) => [from, to]),
  );
  const [fail, stalled] = [new Set<string>(), new Set<string>()];
  for (let grown = true; grown; ) {
    grown = false;
    for (const { from, to, kind, quiet } of edges) {
      const isHit = lost.has(to) || (kind === "call" && fail.has(to));
      const isTold = lost.has(from) || fail.has(from) || stalled.has(from);
      const isAside = kind === "same" || kind === "holds" || quiet || keeps(from);
      if (!isHit || isTold || isAside) continue;
      (fed.has(from) || kind === "stream" ? stalled : fail).add(from);
      grown = true;
    }
    // Who answers from a lost store has nothing to answer with.
    for (const { from, to, kind } of edges)
      if (kind === "store" && lost.has(from) && !streams.has(from) && !streams.has(to)) {
        grown ||= !fail.has(to) && !lost.has(to);
        if (!lost.has(to)) fail.add(to);
      }
  }
  const wait = kept.filter(({ to }) => lost.has(to) || stalled.has(to));
  const before = reach(graph, sources(graph), "downstream");
  const after = reach(graph, sources(graph), "downstream", new Set([...lost, ...stalled]));
  const told = new Set([...lost, ...fail, ...stalled]);
  const starve = new Set([...before].filter((id) => !after.has(id) && !told.has(id)));
  const works = new Set([...nodes.keys()].filter((id) => !told.has(id) && !starve.has(id)));
  return { fail, stalled, wait, starve, works };
};

export type StepFate = "done" | "stops" | "waits" | "never";

/**
 * What becomes of each step of a scenario. A step needs the one that brought it about: the last
 * that reached or left its component; out of something that keeps comes whatever went in.
 */
export const fatesOf = (
  graph: Graph,
  { steps }: PlatformScenario,
  broken: ReadonlySet<string>,
): StepFate[] => {
  const { nodes } = graph;
  const lost = lostWith(graph, broken);
  const keeps = (id: string) => nodes.get(id)?.keeps !== undefined;
  const fates: StepFate[] = [];
  for (const [at, { from, to }] of steps.entries()) {
    const earlier = steps.slice(0, at);
    const cause = earlier.findLastIndex(
      (step) => step.to === from || (step.from === from && !keeps(from)),
    );
    const isCaused = cause < 0 || fates[cause] === "done";
    if (!isCaused || lost.has(from)) fates.push("never");
    else if (lost.has(to)) fates.push(keeps(from) ? "waits" : "stops");
    else fates.push("done");
  }
  return fates;
};
