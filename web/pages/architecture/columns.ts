import type { Graph, GraphNode, PartName } from "./graph.ts";

/**
 * In which column each component of a part stands: lanes from left to right in their order, and
 * topics between those who write and those who read them. A lane whose components read what others
 * of it write takes several columns.
 */
export const columnsOf = (graph: Graph, part: PartName): Map<string, number> => {
  const nodes = [...graph.nodes.values()].filter((node) => node.part === part);
  const placed = new Map<string, number>();
  const under = new Set<string>();
  const isTopic = ({ badge }: GraphNode) => badge === "topic";
  const flows = graph.edges.filter(({ kind, quiet }) => kind === "stream" && !quiet);
  const into = Map.groupBy(flows, ({ to }) => to);
  const at = (id: string, least: number): number => {
    const known = placed.get(id);
    if (known !== undefined) return known;
    const node = graph.nodes.get(id);
    // A circle of topics and processors is cut where it closes.
    if (node === undefined || under.has(id)) return least - 1;
    under.add(id);
    const before = (into.get(id) ?? []).flatMap(({ from }) => {
      const writer = graph.nodes.get(from);
      if (writer === undefined || isTopic(writer) === isTopic(node)) return [];
      const isLater = isTopic(node) && writer.lane.order > laneNow;
      return isLater ? [] : [at(from, least) + 1];
    });
    const column = Math.max(isTopic(node) ? 1 : least, ...before);
    under.delete(id);
    placed.set(id, column);
    return column;
  };
  let laneNow = 0;
  let least = 0;
  for (const lane of graph.lanes.filter((one) => one.part === part)) {
    laneNow = lane.order;
    const own = nodes.filter((node) => node.lane.id === lane.id && !isTopic(node));
    if (own.length === 0) continue;
    const columns = own.map(({ id }) => at(id, least));
    least = Math.max(...columns) + 1;
  }
  laneNow = Number.POSITIVE_INFINITY;
  for (const { id } of nodes.filter(isTopic)) at(id, 1);
  return placed;
};
