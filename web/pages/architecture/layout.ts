import type { ELK, ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import { columnsOf } from "./columns.ts";
import type { Graph, GraphEdge, GraphNode, PartName } from "./graph.ts";

export type Point = { x: number; y: number };
export type Box = Point & { width: number; height: number };
export type Lane = Box & {
  /** Its components stand between those of other lanes: only its name is drawn. */
  bare: boolean;
  id: string;
  part: PartName;
  name: string;
  order: number;
  color: string;
};
export type Layout = {
  boxes: ReadonlyMap<string, Box>;
  /** By edge, the corners of its line. */
  lines: ReadonlyMap<string, readonly Point[]>;
  lanes: readonly Lane[];
  width: number;
  height: number;
};

const sizes = { topic: { width: 168, height: 32 }, other: { width: 132, height: 48 } } as const;
const sizeOf = ({ badge }: GraphNode) => (badge === "topic" ? sizes.topic : sizes.other);
const laneHead = 52;
const laneSide = 10;
const partGap = 56;

const options = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.partitioning.activate": "true",
  "elk.separateConnectedComponents": "false",
  "elk.layered.spacing.nodeNodeBetweenLayers": "32",
  "elk.layered.spacing.edgeNodeBetweenLayers": "14",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "7",
  "elk.spacing.nodeNode": "10",
  "elk.spacing.edgeNode": "8",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.mergeEdges": "true",
  // Half the time of the usual ones, and as compact: the picture is to be there at once.
  "elk.layered.nodePlacement.strategy": "LINEAR_SEGMENTS",
  "elk.layered.thoroughness": "3",
  "elk.layered.crossingMinimization.greedySwitch.type": "OFF",
};

/** Lines that go forward are laid out; those back, or within a lane, are drawn over it. */
const forward = (columns: ReadonlyMap<string, number>, { from, to, quiet, kind }: GraphEdge) =>
  !quiet && kind !== "holds" && kind !== "same" && columns.get(from)! < columns.get(to)!;

const layoutPart = async (elk: ELK, graph: Graph, part: PartName): Promise<Layout> => {
  const columns = columnsOf(graph, part);
  const nodes = [...graph.nodes.values()].filter((node) => node.part === part);
  const edges = graph.edges.filter((edge) => edge.part === part && forward(columns, edge));
  const asked: ElkNode = {
    id: part,
    layoutOptions: options,
    children: nodes.map((node) => ({
      id: node.id,
      ...sizeOf(node),
      layoutOptions: { "elk.partitioning.partition": String(columns.get(node.id) ?? 0) },
    })),
    edges: edges.map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
  };
  const told = await elk.layout(asked);
  const boxes = new Map<string, Box>();
  for (const { id, x = 0, y = 0, width = 0, height = 0 } of told.children ?? [])
    boxes.set(id, { x, y: y + laneHead, width, height });
  const lines = new Map<string, Point[]>();
  for (const edge of (told.edges ?? []) as ElkExtendedEdge[]) {
    const [section] = edge.sections ?? [];
    if (section === undefined) continue;
    const corners = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
    lines.set(
      edge.id,
      corners.map(({ x, y }) => ({ x, y: y + laneHead })),
    );
  }
  const [width, height] = [told.width ?? 0, (told.height ?? 0) + laneHead];
  return { boxes, lines, lanes: lanesOf(graph, part, boxes, height), width, height };
};

/**
 * A lane is as wide as its components. Topics stand between lanes, so theirs has no ground, and its
 * name stands over the first column of them.
 */
const lanesOf = (
  graph: Graph,
  part: PartName,
  boxes: ReadonlyMap<string, Box>,
  height: number,
): Lane[] =>
  graph.lanes
    .filter((lane) => lane.part === part)
    .flatMap(({ id, name, order, color }) => {
      const own = [...graph.nodes.values()].filter(
        (node) => node.part === part && node.lane.id === id,
      );
      const solid = own.filter(({ badge }) => badge !== "topic");
      const bare = solid.length === 0;
      const inside = (bare ? own : solid).flatMap((node) => boxes.get(node.id) ?? []);
      if (inside.length === 0) return [];
      const left = Math.min(...inside.map(({ x }) => x));
      const ends = inside.filter(({ x }) => !bare || x <= left + 1).map((box) => box.x + box.width);
      const width = Math.max(...ends) - left + 2 * laneSide;
      const place = { x: left - laneSide, y: 0, width, height };
      return [{ id, part, name, order, color, bare, ...place }];
    });

const shifted = ({ boxes, lines, lanes, ...size }: Layout, by: number): Layout => ({
  ...size,
  boxes: new Map([...boxes].map(([id, box]) => [id, { ...box, y: box.y + by }])),
  lines: new Map(
    [...lines].map(([id, corners]) => [id, corners.map(({ x, y }) => ({ x, y: y + by }))]),
  ),
  lanes: lanes.map((lane) => ({ ...lane, y: lane.y + by })),
});

/** Where everything stands; several parts one below the other. Some lines have no place. */
export const layoutOf = async (elk: ELK, graph: Graph): Promise<Layout> => {
  const parts = await Promise.all(graph.parts.map((part) => layoutPart(elk, graph, part)));
  let below = 0;
  const all = parts.map((part) => {
    const placed = shifted(part, below);
    below += part.height + partGap;
    return placed;
  });
  return {
    boxes: new Map(all.flatMap(({ boxes }) => [...boxes])),
    lines: new Map(all.flatMap(({ lines }) => [...lines])),
    lanes: all.flatMap(({ lanes }) => lanes),
    width: Math.max(0, ...all.map(({ width }) => width)),
    height: Math.max(0, below - partGap),
  };
};
